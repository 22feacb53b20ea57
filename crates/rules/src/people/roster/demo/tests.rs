//! The demonstration school is believable, and the same for the same seed.

use std::collections::BTreeMap;

use kernel::{Role, Year};

use super::*;
use crate::people::roster::{Mode, Part, Roll, Wanted, apply, collect, difference, parse, parse_responsibilities};

fn read(wish: &Wish) -> (super::super::Roster, Vec<(String, String)>) {
    let files = files(wish);
    let taken = collect(files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))).unwrap();
    let wanted = Wanted { today: jiff::civil::date(wish.school_year, 11, 24), school: None };
    (parse(&taken, &wanted).unwrap(), files)
}

fn wish(pupils: u32, version: Version) -> Wish {
    Wish { pupils, seed: 7, version, school_year: 2026 }
}

fn roll(wish: &Wish) -> Roll {
    let (roster, _) = read(wish);
    assert_eq!(roster.refused, [], "nothing of it is refused");
    let change = difference(&Roll::default(), &roster);
    assert_eq!((change.refused.len(), change.warnings.len()), (0, 0), "{:?} {:?}", change.refused, change.warnings);
    apply(Roll::default(), &change)
}

#[test]
fn equal_seeds_give_equal_schools() {
    assert_eq!(school(420, 1), school(420, 1));
    assert_ne!(school(420, 1), school(420, 2));
}

#[test]
fn a_school_has_as_many_pupils_as_were_wished() {
    for pupils in [40, 90, 210, 420, 1_200] {
        for version in [Version::V1_1, Version::V1_2] {
            let roll = roll(&wish(pupils, version));
            let held = |role: Role| roll.people.values().filter(|one| one.roles.contains(&role)).count();
            assert_eq!(held(Role::Pupil), usize::try_from(pupils).unwrap(), "{pupils} {version}");
            let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
            for (class, _) in
                roll.people.values().flat_map(|one| &one.classes).filter(|(_, part)| **part == Part::Pupil)
            {
                *sizes.entry(class.clone()).or_default() += 1;
            }
            assert!(sizes.values().all(|size| *size <= 30), "{sizes:?}");
            assert_eq!(sizes.len(), roll.classes.len(), "each class has pupils");
            assert_eq!(held(Role::ClassTeacher), roll.classes.len(), "each class has its teacher");
            let parented =
                roll.people.values().flat_map(|one| &one.children).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(parented.len(), held(Role::Pupil), "each pupil has a parent");
        }
    }
}

#[test]
fn maya_jones_is_in_5b_whatever_the_seed() {
    for seed in [0, 1, 42, u64::MAX] {
        for pupils in [40, 420] {
            let roll = roll(&Wish { seed, ..wish(pupils, Version::V1_2) });
            let maya = roll.people.values().find(|one| one.username == "maya.jones").unwrap();
            assert_eq!((maya.full_name().as_str(), maya.year), ("Maya Jones", Year::numbered(5)));
            let class = maya.classes.keys().next().unwrap();
            assert_eq!(roll.classes[class].name, "5B");
            let head = roll.people.values().find(|one| one.username == "helen.marsh").unwrap();
            assert!(head.roles.contains(&Role::Headteacher), "1.2 knows who is head");
        }
    }
}

#[test]
fn both_versions_tell_of_the_same_people() {
    let (old, new) = (roll(&wish(420, Version::V1_1)), roll(&wish(420, Version::V1_2)));
    assert_eq!(old.people.len(), new.people.len());
    assert_eq!(old.classes, new.classes);
    let differ = old.people.iter().filter(|(id, one)| new.people[*id].roles != one.roles).count();
    assert_eq!(differ, 1, "1.1 has no word for the head");
}

#[test]
fn those_who_answer_for_something_are_on_the_roll() {
    let (roster, files) = read(&wish(420, Version::V1_1));
    assert_eq!(roster.modes.users, Mode::Bulk);
    let text = &files.iter().find(|(name, _)| name == RESPONSIBILITIES).unwrap().1;
    let (rows, refused) = parse_responsibilities(RESPONSIBILITIES, text.as_bytes()).unwrap();
    assert_eq!(refused, []);
    for row in &rows {
        assert!(roster.people.values().any(|one| one.username == row.person), "{}", row.person);
    }
    for role in [Role::Headteacher, Role::SafeguardingLead, Role::NetworkManager, Role::OnlineSafetyLead] {
        assert!(rows.iter().any(|row| row.role == role && !row.deputy), "{role}");
    }
}

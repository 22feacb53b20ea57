//! What holds whatever the files say.

use proptest::{collection, prelude::*, sample};

use super::*;

/// Rolls of a few people, classes and families, as a bulk roster of them would leave them.
fn school() -> impl Strategy<Value = Small> {
    let person =
        (0..12_u8, 0..6_u8, 0..4_u8, 0..4_u8, any::<bool>(), sample::select(vec!["", "tobedeleted", "active"]));
    collection::vec(person, 1..14).prop_map(|people| {
        let mut school = Small::old();
        for (nth, (who, role, name, agent, enabled, status)) in people.into_iter().enumerate() {
            let role = ["student", "student", "teacher", "parent", "aide", "guardian"][usize::from(role)];
            school = school
                .add(
                    "users.csv",
                    &format!(
                        "q{who},{status},{enabled},S,{role},u{},G{name},F,,q{agent},{name}\n",
                        who / 2 * 2 + name % 2
                    ),
                )
                .add(
                    "enrollments.csv",
                    &format!(
                        "x{nth},{status},c5,S,q{who},{},{enabled}\n",
                        if role == "student" { "student" } else { "teacher" }
                    ),
                );
        }
        school
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_difference_gives_the_target(first in school(), second in school()) {
        let roll = first.roll();
        let roster = second.parse().unwrap();
        let aim = target(&roll, &roster);
        let change = difference(&roll, &roster);
        let next = apply(roll, &change);
        prop_assert_eq!(&next, &aim.roll);
        // Said twice, it changes nothing.
        let again = difference(&next, &roster);
        prop_assert!(again.is_empty(), "{:?}", again);
    }

    #[test]
    fn a_roll_differs_from_itself_in_nothing(school in school()) {
        let roll = school.roll();
        prop_assert!(difference::between(&roll, &roll).is_empty());
    }

    #[test]
    fn nobody_shares_a_username_and_no_pupil_is_staff(first in school(), second in school()) {
        let roll = first.roll();
        let next = apply(roll.clone(), &second.change(&roll));
        let names: std::collections::BTreeSet<_> = next.people.values().map(|one| &one.username).collect();
        prop_assert_eq!(names.len(), next.people.len());
        for one in next.people.values() {
            prop_assert!(!next.reserved.contains_key(&one.username));
            let pupil = one.roles.contains(&kernel::Role::Pupil);
            prop_assert!(!pupil || one.roles.iter().all(|role| role.capacity() != kernel::Capacity::Staff));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in collection::vec(any::<u8>(), 0..400), which in 0..5_usize) {
        let name = files::NAMES[which + 1];
        let mut given: Vec<(&str, Vec<u8>)> = Small::new().0.iter().map(|(name, text)| (*name, text.clone().into_bytes())).collect();
        given.retain(|(file, _)| *file != name);
        given.push((name, bytes.clone()));
        let files = collect(given.iter().map(|(name, bytes)| (*name, bytes.as_slice()))).unwrap();
        let _ = parse(&files, &Wanted { today: date(2026, 11, 24), school: None });
        let _ = parse_responsibilities("r.csv", &bytes);
    }

    #[test]
    fn no_text_in_a_row_makes_it_panic(row in "[\\PC,\"\n]{0,80}", tail in "[a-z0-9,\"]{0,60}") {
        for file in ["users.csv", "roles.csv", "classes.csv", "enrollments.csv", "orgs.csv", "manifest.csv"] {
            let _ = Small::new().add(file, &format!("{row}\nz,,{tail}\n")).parse().map(|roster| difference(&Roll::default(), &roster));
        }
    }
}

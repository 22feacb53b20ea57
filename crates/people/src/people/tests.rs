//! Stories of the roll on both databases.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::{Capacity, PersonId, Role, Subject, Year};
use rules::people::roster::{
    Files, Version, collect,
    demo::{self, Wish},
    words::Detail,
};
use store::{
    School,
    entity::{access_account, access_device, access_session, people_person},
    ids,
    ledger::Which,
    query::{ColumnTrait, Set},
};
use testkit::{SmallSchool, TestStore, store_test};
use webkit::{
    Rights, Session,
    permit::{MayImportPeople, MayManageRoles},
    session::SessionParts,
};

use super::{
    import::{Applied, Asked, ImportError, Importer, apply, preview},
    read::{self, Narrowed},
    roles::{RoleError, assign_role, assign_role_at_first_start, end_role, import_roles, responsibilities},
    standing,
};

const NOW: &str = "2026-11-24T10:15:00Z";
const NEXT_DAY: &str = "2026-11-25T10:15:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn head(school: &School, person: PersonId) -> Session {
    Session::new(SessionParts {
        id: kernel::SessionId(person.0),
        school: school.id(),
        person,
        given: String::new(),
        family: String::new(),
        subject: Subject { roles: [Role::Headteacher].into(), ..Subject::default() },
        first: None,
    })
}

fn roster(change: impl Fn(&str, String) -> String) -> Files {
    let wish = Wish { pupils: 60, seed: 3, version: Version::V1_2, school_year: 2026 };
    let files = demo::files(&wish);
    let changed: Vec<(String, String)> = files
        .into_iter()
        .map(|(name, text)| {
            let text = change(&name, text);
            (name, text)
        })
        .collect();
    collect(changed.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))).unwrap()
}

fn whole() -> Files {
    roster(|_, text| text)
}

/// The roster without the rows of users, roles and enrolments that hold one of `ids`.
fn without(ids: &[&str]) -> Files {
    roster(|name, text| match name {
        "users.csv" | "roles.csv" | "enrollments.csv" => {
            let goes = |line: &&str| {
                ids.iter().any(|id| line.split([',', '"']).any(|cell| cell == *id || cell == format!("ro-{id}")))
            };
            let kept = |line: &&str| !goes(line) || (name == "users.csv" && !ids.iter().any(|id| line.starts_with(id)));
            text.lines().filter(kept).map(|line| format!("{line}\r\n")).collect()
        }
        _ => text,
    })
}

async fn school_with_roll(kit: &TestStore, slug: &str) -> School {
    let school = kit.store.create_school(slug, "Willow Lane", at(NOW)).await.unwrap();
    apply(&school, Importer::FirstStart, &whole(), &Asked::default(), at(NOW)).await.unwrap();
    school
}

async fn who(school: &School, username: &str) -> PersonId {
    let rows = school.read();
    let account =
        rows.find::<access_account::Entity>().filter(access_account::Column::Username.eq(username)).one().await;
    PersonId(account.unwrap().unwrap_or_else(|| panic!("nobody is {username}")).person_id)
}

async fn acts(school: &School) -> Vec<String> {
    let which = Which { act: Some("people.".into()), ..Which::default() };
    school.ledger().entries(&which).await.unwrap().into_iter().map(|entry| entry.act).rev().collect()
}

async fn the_demonstration_goes_the_way_of_real_data(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let counts = standing::counts(&school, at(NOW).to_zoned(jiff::tz::TimeZone::UTC).date()).await.unwrap();
    assert_eq!((counts.pupils, counts.imported), (60, Some(at(NOW))));
    assert!(counts.staff > 15 && counts.governors == 4 && counts.parents > 60, "{counts:?}");
    let maya = read::person(&school.read(), who(&school, "maya.jones").await).await.unwrap().unwrap();
    assert_eq!((maya.full_name().as_str(), maya.year), ("Maya Jones", Year::numbered(5)));
    assert_eq!(maya.classes[0].0, "5B");
    assert_eq!(maya.parents.len(), 2);
    assert_eq!(maya.joined, None, "at the first import nobody knows when somebody came");
    assert_eq!(acts(&school).await, ["people.import"], "everybody is one entry");
    // Said again, it changes nothing.
    let again = preview(&school, Importer::FirstStart, &whole(), &Asked::default(), at(NOW)).await.unwrap();
    assert!(again.difference.is_empty(), "{}", again.in_words(Detail::Counts));
    let again = apply(&school, Importer::FirstStart, &whole(), &Asked::default(), at(NOW)).await;
    assert!(matches!(again, Err(ImportError::NotFirst)), "the second time somebody must answer for it");
}

async fn a_leaver_finds_every_door_closed(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let head_id = who(&school, "helen.marsh").await;
    let may = MayImportPeople::ask(&head(&school, head_id), &Rights::built_in()).unwrap();
    let tom = who(&school, "tom.okafor").await;
    assign_role_at_first_start(&school, tom, Role::NetworkManager, false, at(NOW)).await.unwrap();
    let id = ids::new_id(at(NOW)).unwrap();
    school
        .bookkeep(at(NOW), async |tx| {
            tx.insert::<access_session::Entity, _>(access_session::ActiveModel {
                id: Set(id),
                school_id: Set(school.id().0),
                person_id: Set(tom.0),
                token_digest: Set("d".into()),
                created_at: Set(1),
                last_seen_at: Set(1),
                ended_at: Set(None),
                address: Set("::1".into()),
                binds_address: Set(false),
                heard_at: Set(None),
            })
            .await?;
            tx.insert::<access_device::Entity, _>(access_device::ActiveModel {
                id: Set(id),
                school_id: Set(school.id().0),
                person_id: Set(Some(tom.0)),
                network: Set(None),
                asset_id: Set(None),
                label: Set("l".into()),
                token_digest: Set("e".into()),
                created_at: Set(1),
                revoked_at: Set(None),
            })
            .await
        })
        .await
        .unwrap();
    let files = without(&["st-0005"]);
    let shown = preview(&school, Importer::Person(may), &files, &Asked::default(), at(NEXT_DAY)).await.unwrap();
    assert_eq!(shown.difference.leavers.len(), 1, "{}", shown.in_words(Detail::People));
    let asked = Asked { shown: Some(shown.digest.clone()), ..Asked::default() };
    let done = apply(&school, Importer::Person(may), &files, &asked, at(NEXT_DAY)).await.unwrap();
    assert_eq!((done.left, done.joined, done.changed), (1, 0, 0));
    let rows = school.read();
    let tom_now = read::person(&rows, tom).await.unwrap().unwrap();
    assert_eq!(tom_now.left.as_deref(), Some("2026-11-24"), "from now on nothing holds");
    assert!(tom_now.account.unwrap().closed.is_some());
    assert!(!tom_now.roles.iter().any(|held| held.until.is_none()), "responsibilities end with it");
    assert!(rows.get::<access_session::Entity>(id).await.unwrap().unwrap().ended_at.is_some());
    assert!(rows.get::<access_device::Entity>(id).await.unwrap().unwrap().revoked_at.is_some());
    assert!(!responsibilities(&rows).await.unwrap().contains_key(&Role::NetworkManager), "vacant");
    assert_eq!(acts(&school).await, ["people.import", "people.assign-role", "people.import", "people.leave"]);
    // Shown before and changed since: not done.
    let late = apply(&school, Importer::Person(may), &whole(), &asked, at(NEXT_DAY)).await;
    assert!(matches!(late, Err(ImportError::Changed)));
    // Back again: the same person, a new password.
    let done = apply(&school, Importer::Person(may), &whole(), &Asked::default(), at(NEXT_DAY)).await.unwrap();
    assert_eq!(done.joined, 1);
    let back = read::person(&school.read(), tom).await.unwrap().unwrap();
    assert_eq!((back.left, back.joined.as_deref()), (None, Some("2026-11-25")));
    assert_eq!(back.account.unwrap().closed, None);
    assert!(
        !back.roles.iter().any(|held| held.role == Role::NetworkManager && held.until.is_none()),
        "not given again by itself"
    );
    assert!(school.ledger().verify().await.unwrap().faults.is_empty());
}

async fn movers_move(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let may = MayImportPeople::ask(&head(&school, who(&school, "helen.marsh").await), &Rights::built_in()).unwrap();
    let files = roster(|name, text| match name {
        // Two change usernames with each other; a class is renamed; an account is closed; a parent is lost.
        "users.csv" => text
            .replace("maya.jones,", "~,")
            .replace("alfie.brennan,", "maya.jones,")
            .replace("~,", "alfie.brennan,")
            .replace(",zara.iqbal,,Zara,", ",zara.iqbal,,Zahra,")
            .lines()
            .map(|line| {
                if line.contains("noah.jones") {
                    line.replace(",true,", ",false,") + "\r\n"
                } else {
                    line.to_owned() + "\r\n"
                }
            })
            .collect(),
        "classes.csv" => text.replace("5B,5,", "5 Badgers,5,"),
        "roles.csv" => text.replace(
            "ro-st-0005,,,st-0005,primary,systemAdministrator",
            "ro-st-0005,,,st-0005,primary,siteAdministrator",
        ),
        _ => text,
    });
    let (maya, alfie) = (who(&school, "maya.jones").await, who(&school, "alfie.brennan").await);
    let done = apply(&school, Importer::Person(may), &files, &Asked::default(), at(NEXT_DAY)).await.unwrap();
    assert_eq!(done, Applied { joined: 0, changed: 5, left: 0, unchanged: done.unchanged, classes: 1, refused: 0 });
    assert_eq!((who(&school, "alfie.brennan").await, who(&school, "maya.jones").await), (maya, alfie));
    let rows = school.read();
    let noah = read::person(&rows, who(&school, "noah.jones").await).await.unwrap().unwrap();
    assert!(noah.account.unwrap().closed.is_some() && noah.left.is_none());
    let moved = read::person(&rows, maya).await.unwrap().unwrap();
    assert_eq!(moved.classes[0].0, "5 Badgers");
    let zahra = read::list(&rows, &Narrowed { name: "ZAHRA iqb".into(), ..Narrowed::default() }).await.unwrap();
    assert_eq!(zahra.len(), 1);
    let tom = read::person(&rows, who(&school, "tom.okafor").await).await.unwrap().unwrap();
    let now: BTreeSet<Role> = tom.roles.iter().filter(|held| held.until.is_none()).map(|held| held.role).collect();
    assert_eq!(now, [Role::Office].into());
    assert_eq!(acts(&school).await, ["people.import", "people.import", "people.change-roles"]);
    assert_eq!(
        preview(&school, Importer::Person(may), &files, &Asked::default(), at(NEXT_DAY))
            .await
            .unwrap()
            .difference
            .movers
            .len(),
        0
    );
}

async fn half_an_export_empties_no_school(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let may = MayImportPeople::ask(&head(&school, who(&school, "helen.marsh").await), &Rights::built_in()).unwrap();
    let gone: Vec<String> = (1..=20).map(|nth| format!("pu-{nth:05}")).collect();
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    let files = without(&gone);
    let shown = preview(&school, Importer::Person(may), &files, &Asked::default(), at(NEXT_DAY)).await.unwrap();
    assert_eq!(shown.too_many.as_ref().map(|many| many.leavers), Some(20));
    let refused = apply(&school, Importer::Person(may), &files, &Asked::default(), at(NEXT_DAY)).await;
    assert!(matches!(refused, Err(ImportError::TooMany(_))));
    let here =
        school.read().find::<people_person::Entity>().filter(people_person::Column::LeftOn.is_not_null()).count().await;
    assert_eq!(here.unwrap(), 0);
    assert_eq!(acts(&school).await.len(), 1, "what was refused is in no ledger");
    let asked = Asked { allow_leavers: Some(20), ..Asked::default() };
    assert_eq!(apply(&school, Importer::Person(may), &files, &asked, at(NEXT_DAY)).await.unwrap().left, 20);
}

async fn two_schools_with_equal_outside_ids_stay_apart(kit: &TestStore) {
    let (one, two) = (school_with_roll(kit, "willow-lane").await, school_with_roll(kit, "ash-hill").await);
    let may = MayImportPeople::ask(&head(&one, who(&one, "helen.marsh").await), &Rights::built_in()).unwrap();
    assert_ne!(who(&one, "maya.jones").await, who(&two, "maya.jones").await);
    apply(&one, Importer::Person(may), &without(&["pu-00001"]), &Asked::default(), at(NEXT_DAY)).await.unwrap();
    let here = async |school: &School| {
        read::list(&school.read(), &Narrowed { role: Some(Role::Pupil), ..Narrowed::default() }).await.unwrap().len()
    };
    assert_eq!((here(&one).await, here(&two).await), (59, 60));
    let other = apply(&two, Importer::Person(may), &whole(), &Asked::default(), at(NEXT_DAY)).await;
    assert!(matches!(other, Err(ImportError::OtherSchool)));
    assert!(read::person(&one.read(), who(&two, "maya.jones").await).await.unwrap().is_none());
}

async fn responsibilities_are_given_and_ended(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let may = MayManageRoles::ask(&head(&school, who(&school, "helen.marsh").await), &Rights::built_in()).unwrap();
    let (priya, owen, maya) =
        (who(&school, "priya.nair").await, who(&school, "owen.pritchard").await, who(&school, "maya.jones").await);
    assign_role(&school, &may, priya, Role::SafeguardingLead, false, at(NOW)).await.unwrap();
    assign_role(&school, &may, owen, Role::SafeguardingLead, true, at(NOW)).await.unwrap();
    let refuse =
        async |person, role| assign_role(&school, &may, person, role, false, at(NOW)).await.unwrap_err().to_string();
    assert_eq!(refuse(priya, Role::SafeguardingLead).await, "the person is safeguarding-lead already");
    assert_eq!(refuse(maya, Role::NetworkManager).await, "a pupil cannot be network-manager");
    assert_eq!(refuse(priya, Role::Parent).await, "who is parent the roll says, nobody else");
    assert_eq!(refuse(PersonId(school.id().0), Role::Slt).await, "there is no such person at the school now");
    let held = responsibilities(&school.read()).await.unwrap();
    let words: Vec<_> = held[&Role::SafeguardingLead].iter().map(|one| (one.name.as_str(), one.deputy)).collect();
    assert_eq!(words, [("Priya Nair", false), ("Owen Pritchard", true)]);
    let facts = standing::holders(&school.read()).await.unwrap();
    assert_eq!((facts[&Role::SafeguardingLead].holders.len(), facts[&Role::SafeguardingLead].deputies.len()), (1, 1));
    // The deputy takes over.
    end_role(&school, &may, priya, Role::SafeguardingLead, at(NEXT_DAY)).await.unwrap();
    assign_role(&school, &may, owen, Role::SafeguardingLead, false, at(NEXT_DAY)).await.unwrap();
    let held = responsibilities(&school.read()).await.unwrap();
    assert_eq!(held[&Role::SafeguardingLead].len(), 1);
    assert!(!held[&Role::SafeguardingLead][0].deputy);
    let again = end_role(&school, &may, priya, Role::SafeguardingLead, at(NEXT_DAY)).await;
    assert!(matches!(again, Err(RoleError::NotHeld(_))));
    let by_roll = end_role(&school, &may, who(&school, "helen.marsh").await, Role::Headteacher, at(NEXT_DAY)).await;
    assert!(matches!(by_roll, Err(RoleError::FromRoll(_))));
    // An import leaves alone what the school gave.
    let import = MayImportPeople::ask(&head(&school, may_by(&may)), &Rights::built_in()).unwrap();
    apply(&school, Importer::Person(import), &whole(), &Asked::default(), at(NEXT_DAY)).await.unwrap();
    assert!(responsibilities(&school.read()).await.unwrap().contains_key(&Role::SafeguardingLead));
}

fn may_by(may: &MayManageRoles) -> PersonId {
    webkit::Permit::by(may)
}

async fn a_file_of_responsibilities_is_taken(kit: &TestStore) {
    let school = school_with_roll(kit, "willow-lane").await;
    let files = demo::files(&Wish { pupils: 60, seed: 3, version: Version::V1_2, school_year: 2026 });
    let text = &files.iter().find(|(name, _)| name == demo::RESPONSIBILITIES).unwrap().1;
    let text = format!("{text}nobody.here,slt,no\r\nmaya.jones,slt,no\r\n");
    let done = import_roles(&school, None, demo::RESPONSIBILITIES, text.as_bytes(), at(NOW)).await.unwrap();
    assert_eq!(done.refused.len(), 2, "{:?}", done.refused);
    assert_eq!(done.held, 1, "the head is head by the roll");
    assert!(done.given > 10);
    let again = import_roles(&school, None, demo::RESPONSIBILITIES, text.as_bytes(), at(NOW)).await.unwrap();
    assert_eq!(again.given, 0);
    let people = standing::people(&school.read(), jiff::civil::date(2026, 11, 24)).await.unwrap();
    let owen = who(&school, "owen.pritchard").await;
    let owen = people.iter().find(|one| one.id == owen).unwrap();
    assert!(owen.subject.roles.contains(&Role::Headteacher), "a deputy sees what the holder sees");
    assert!(owen.subject.has_capacity(Capacity::Staff) && !owen.subject.joiner && owen.account && !owen.password);
}

async fn what_others_made_is_left_alone(kit: &TestStore) {
    let small = SmallSchool::build(&kit.store, "small", at(NOW)).await;
    let school = &small.school;
    let admin = small.person("Ada", "Admin", None).await;
    small.account(admin, "ada.whitcombe", None).await;
    let may = MayImportPeople::ask(&head(school, admin), &Rights::built_in()).unwrap();
    let asked = Asked { allow_leavers: Some(50), ..Asked::default() };
    let done = apply(school, Importer::Person(may), &whole(), &asked, at(NEXT_DAY)).await.unwrap();
    assert_eq!(done.left, 7, "those of the roll are not in the file");
    let shown = preview(school, Importer::Person(may), &whole(), &asked, at(NEXT_DAY)).await.unwrap();
    let not_theirs =
        shown.difference.refused.iter().filter(|row| row.reason.ends_with("nobody gets another's")).count();
    assert_eq!(not_theirs, 2, "the username of the administrator and that of a leaver are nobody else's");
    let admin = read::person(&school.read(), admin).await.unwrap().unwrap();
    assert_eq!((admin.left, admin.account.unwrap().closed), (None, None));
}

store_test!(
    the_demonstration_goes_the_way_of_real_data,
    a_leaver_finds_every_door_closed,
    movers_move,
    half_an_export_empties_no_school,
    two_schools_with_equal_outside_ids_stay_apart,
    responsibilities_are_given_and_ended,
    a_file_of_responsibilities_is_taken,
    what_others_made_is_left_alone,
);

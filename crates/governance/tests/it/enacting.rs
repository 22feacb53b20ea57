//! Versions: enacted, refused, superseded, read back.

use governance::{By, EnactError, Enactment, PolicyError, policy_pages::service};
use jiff::{Span, civil::date};
use policy::{Code, Source};
use store::{entity::policy_version, ledger::Which, query::ColumnTrait};
use testkit::{SmallSchool, TestStore, store_test};

use super::sample::{approved, first, head, policies, source};

store_test!(
    a_broken_policy_is_refused_and_the_old_one_stays,
    an_approval_that_is_missing_is_named,
    what_is_enacted_is_in_force_with_its_act_and_event,
    a_version_for_later_waits_for_its_day,
    only_the_first_policy_needs_no_person,
    what_was_changed_in_the_database_is_no_policy,
    two_schools_have_their_own,
);

async fn a_broken_policy_is_refused_and_the_old_one_stays(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let (policies, by) = (policies(), By::Person(head(&school.school, school.who("head").await)));
    let before = first(&policies, &school.school, kit.now()).await;
    let broken = source(|text| text.replace("filter.categories", "filter.catgories"));
    let error = policies.enact(&school.school, by, approved(broken), kit.now()).await.unwrap_err();
    let EnactError::Check { diagnostics } = &error else { panic!("{error}") };
    let found = diagnostics.iter().find(|it| it.code == Code::UNKNOWN_CONTROL).unwrap();
    assert_eq!(found.spot.path, "policy.md");
    assert!(error.to_string().contains("1 error"), "{error}");
    let now = policies.in_force(&school.school, kit.now()).await.unwrap().unwrap();
    assert_eq!(now.digest(), before.digest());
    let nothing = policies.enact(&school.school, by, approved(Source::default()), kit.now()).await;
    assert!(matches!(nothing, Err(EnactError::Check { .. })));
    assert_eq!(policies.versions(&school.school).await.unwrap().len(), 1);
}

async fn an_approval_that_is_missing_is_named(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let (policies, by) = (policies(), By::Person(head(&school.school, school.who("head").await)));
    let enact = async |approved_by: &[&str]| {
        let approved_by = approved_by.iter().map(|it| (*it).to_owned()).collect();
        let enactment = Enactment { source: source(str::to_owned), from: None, approved_by };
        policies.enact(&school.school, by, enactment, kit.now()).await.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(enact(&[]).await.unwrap_err(), "the policy asks for the approval of the Leadership team and governors");
    assert_eq!(enact(&["role:slt"]).await.unwrap_err(), "the policy asks for the approval of governors");
    let stranger = enact(&["slt", "governors", "parents"]).await.unwrap_err();
    assert!(stranger.starts_with("`parents` is none of those who approve this policy"), "{stranger}");
    assert!(policies.in_force(&school.school, kit.now()).await.unwrap().is_none());
    enact(&["governors", "slt"]).await.unwrap();
}

async fn what_is_enacted_is_in_force_with_its_act_and_event(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let person = school.who("head").await;
    let (policies, by) = (policies(), By::Person(head(&school.school, person)));
    first(&policies, &school.school, kit.now()).await;
    kit.clock.pass(Span::new().hours(30));
    let mut events = kit.store.events();
    let changed = source(|text| text.replace("version = \"1\"", "version = \"2\""));
    let enacted = policies.enact(&school.school, by, approved(changed), kit.now()).await.unwrap();
    assert_eq!(enacted.before.unwrap().version.version, "1");
    let now = policies.in_force(&school.school, kit.now()).await.unwrap().unwrap();
    assert_eq!((now.version.version.as_str(), now.version.enacted_by), ("2", Some(person)));
    assert_eq!(now.digest(), now.policy.digest(), "the digest of the bytes is that of the policy");
    assert_eq!(now.version.approvals.len(), 2);
    assert_eq!(now.version.approvals[0].on, date(2026, 11, 25));
    let which = Which { act: Some(service::ENACT.into()), ..Which::default() };
    let acts = school.school.ledger().entries(&which).await.unwrap();
    assert_eq!(acts.len(), 2);
    assert_eq!((acts[0].actor, acts[0].clause.as_deref()), (Some(person), Some("doc")));
    assert_eq!(acts[1].actor, None, "the first was the installation's");
    let mut kinds = Vec::new();
    while let Ok(event) = events.try_recv() {
        kinds.push(event.kind);
    }
    assert!(kinds.iter().any(|kind| kind == service::ENACTED), "{kinds:?}");
    let same = policies.enact(&school.school, by, approved(now.source.clone()), kit.now()).await;
    assert!(matches!(same, Err(EnactError::Same { .. })));
    let versions = policies.versions(&school.school).await.unwrap();
    assert_eq!(versions.iter().map(|it| it.version.as_str()).collect::<Vec<_>>(), ["2", "1"]);
    assert!(!versions[1].is_in_force(kit.now()) && versions[1].ever());
}

async fn a_version_for_later_waits_for_its_day(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let (policies, by) = (policies(), By::Person(head(&school.school, school.who("head").await)));
    first(&policies, &school.school, kit.now()).await;
    let version = |number: &str| source(|text| text.replace("version = \"1\"", &format!("version = \"{number}\"")));
    let on = |number: &str, from| Enactment { from: Some(from), ..approved(version(number)) };
    let past = policies.enact(&school.school, by, on("2", date(2026, 11, 23)), kit.now()).await;
    assert!(matches!(past, Err(EnactError::Past { .. })));
    policies.enact(&school.school, by, on("2", date(2026, 12, 1)), kit.now()).await.unwrap();
    let in_force =
        async || policies.in_force(&school.school, kit.now()).await.unwrap().unwrap().version.version.clone();
    assert_eq!(in_force().await, "1");
    let next = policies.next_change(&school.school, kit.now()).await.unwrap().unwrap();
    assert_eq!(kernel::SchoolTime::new(next).in_tables(), "2026-12-01 00:00:00");
    kit.clock.set("2026-11-30 23:59");
    assert_eq!(in_force().await, "1");
    kit.clock.set("2026-12-01 00:00");
    assert_eq!(in_force().await, "2");
    assert_eq!(policies.next_change(&school.school, kit.now()).await.unwrap(), None);
    kit.clock.pass(Span::new().hours(9));
    // One that is enacted at once takes the place of one that still waits.
    policies.enact(&school.school, by, on("3", date(2026, 12, 24)), kit.now()).await.unwrap();
    policies.enact(&school.school, by, approved(version("4")), kit.now()).await.unwrap();
    kit.clock.set("2026-12-25 09:00");
    assert_eq!(in_force().await, "4");
    let never: Vec<_> = policies
        .versions(&school.school)
        .await
        .unwrap()
        .into_iter()
        .filter(|it| !it.ever())
        .map(|it| it.version)
        .collect();
    assert_eq!(never, ["3"]);
}

async fn only_the_first_policy_needs_no_person(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let policies = policies();
    first(&policies, &school.school, kit.now()).await;
    let changed = source(|text| text.replace("version = \"1\"", "version = \"2\""));
    let again = policies.enact(&school.school, By::Installation, approved(changed), kit.now()).await;
    assert!(matches!(again, Err(EnactError::NotFirst)));
    assert_eq!(policies.in_force(&school.school, kit.now()).await.unwrap().unwrap().version.version, "1");
}

async fn what_was_changed_in_the_database_is_no_policy(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let enacted = first(&policies(), &school.school, kit.now()).await;
    let row = school.school.read().get::<policy_version::Entity>(enacted.version.id.0).await.unwrap().unwrap();
    let forged = row.source.replace("gambling", "gardening");
    assert_ne!(forged, row.source);
    let done = school
        .school
        .bookkeep(kit.now(), async |tx| {
            use policy_version::Column;
            let change = tx.change::<policy_version::Entity>().set(Column::Source, forged);
            change.filter(Column::Id.eq(row.id)).run().await
        })
        .await;
    if done.is_err() {
        // The database itself refuses to change what was enacted: better still.
        return;
    }
    let error = policies().in_force(&school.school, kit.now()).await.unwrap_err();
    assert!(matches!(error, PolicyError::Damaged { .. }), "{error}");
}

async fn two_schools_have_their_own(kit: &TestStore) {
    let ash = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let oak = SmallSchool::build(&kit.store, "oak", kit.now()).await;
    let policies = policies();
    first(&policies, &ash.school, kit.now()).await;
    assert!(policies.in_force(&oak.school, kit.now()).await.unwrap().is_none());
    first(&policies, &oak.school, kit.now()).await;
    let by = By::Person(head(&ash.school, ash.who("head").await));
    let changed = || source(|text| text.replace("version = \"1\"", "version = \"2\""));
    let other = policies.enact(&oak.school, by, approved(changed()), kit.now()).await;
    assert!(matches!(other, Err(EnactError::OtherSchool)));
    policies.enact(&ash.school, by, approved(changed()), kit.now()).await.unwrap();
    let version = async |school| policies.in_force(school, kit.now()).await.unwrap().unwrap().version.version.clone();
    assert_eq!(version(&ash.school).await, "2");
    assert_eq!(version(&oak.school).await, "1");
}

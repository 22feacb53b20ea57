//! Acts: rows, entry and event together, or nothing; and one school never sees another.

use store::{
    Act, Actor, Store, StoreError,
    entity::{access_account, people_person, people_role},
    ledger::{Details, Which},
    query::{ColumnTrait, EntityTrait, Set},
};
use testkit::{SmallSchool, TestStore, store_test};

async fn two_schools_with_equal_names_do_not_see_each_other(kit: &TestStore) {
    let (one, two) = (
        SmallSchool::build(&kit.store, "north", kit.now()).await,
        SmallSchool::build(&kit.store, "south", kit.now()).await,
    );
    let people = one.school.read().find::<people_person::Entity>().all().await.unwrap();
    assert_eq!(people.len(), 7);
    assert!(people.iter().all(|person| person.school_id == one.school.id().0));
    let (maya, other) = (one.who("maya.jones").await, two.who("maya.jones").await);
    assert_ne!(maya, other);
    let read = one.school.read();
    assert!(read.get::<people_person::Entity>(maya.0).await.unwrap().is_some());
    assert!(read.get::<people_person::Entity>(other.0).await.unwrap().is_none(), "by its own key neither");
    let found = read.find::<people_person::Entity>().filter(people_person::Column::OutsideId.eq("maya-jones"));
    assert_eq!(found.count().await.unwrap(), 1);
    let fresh = read.find::<people_person::Entity>().with(|_| people_person::Entity::find());
    assert_eq!(fresh.count().await.unwrap(), 7, "nothing said in a query takes the school away");
    let either = store::query::Condition::any()
        .add(people_person::Column::Id.eq(other.0))
        .add(people_person::Column::Id.eq(maya.0));
    assert_eq!(read.find::<people_person::Entity>().filter(either).count().await.unwrap(), 1);
    let with = read.find::<people_role::Entity>().all_with::<people_person::Entity>().await.unwrap();
    assert!(with.iter().all(|(_, person)| person.as_ref().unwrap().school_id == one.school.id().0));

    // Changes stay within the school, even by the other's key, and with no filter at all.
    let act = || Act::new("people.rename", Actor::Gatehouse);
    let change = people_person::ActiveModel { id: Set(other.0), given_name: Set("X".into()), ..Default::default() };
    let refused = one.school.act(act(), kit.now(), async |tx| tx.update(change).await).await;
    assert!(matches!(refused, Err(StoreError::NotFound("people_person"))), "{refused:?}");
    let row = two.school.read().get::<people_person::Entity>(other.0).await.unwrap().unwrap();
    let refused = one.school.act(act(), kit.now(), async |tx| tx.insert(row.clone()).await).await;
    assert!(matches!(refused, Err(StoreError::OtherSchool(_))), "{refused:?}");
    let theirs: people_person::ActiveModel = people_person::Model { school_id: one.school.id().0, ..row }.into();
    let refused =
        one.school.act(act(), kit.now(), async |tx| tx.upsert(theirs, &[people_person::Column::Id]).await).await;
    assert!(matches!(refused, Err(StoreError::OtherSchool(_))), "{refused:?}");
    let changed: Result<u64, StoreError> = one
        .school
        .act(act(), kit.now(), async |tx| {
            tx.change::<people_person::Entity>().set(people_person::Column::GivenName, "Y").run().await
        })
        .await;
    assert_eq!(changed.unwrap(), 7);
    let gone: Result<u64, StoreError> =
        one.school.act(act(), kit.now(), async |tx| tx.delete::<access_account::Entity>().run().await).await;
    assert_eq!(gone.unwrap(), 7);
    assert_eq!(two.school.read().find::<access_account::Entity>().count().await.unwrap(), 7);
    let row = two.school.read().get::<people_person::Entity>(other.0).await.unwrap().unwrap();
    assert_eq!(row.given_name, "Maya");

    // The database itself refuses a row that refers to the other school's person.
    let stray = people_role::Model {
        id: store::ids::new_id(kit.now()).unwrap(),
        school_id: one.school.id().0,
        person_id: other.0,
        role: "pupil".into(),
        deputy: false,
        since_on: "2026-09-01".into(),
        until_on: None,
        source: "desk".into(),
    };
    let refused = one.school.act(act(), kit.now(), async |tx| tx.insert(stray).await).await;
    assert!(matches!(refused, Err(StoreError::Reference(_))), "{refused:?}");
    assert_ne!(one.school.secret("token"), two.school.secret("token"));
}

/// What a module's own error looks like.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the year is over")]
    TooLate,
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn a_refused_act_leaves_nothing(kit: &TestStore) {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    let maya = it.who("maya.jones").await;
    let before = it.school.ledger().head().await.unwrap();
    let events = kit.store.outbox().pending("test", 1000).await.unwrap().len();
    let change = people_person::ActiveModel { id: Set(maya.0), given_name: Set("X".into()), ..Default::default() };
    let refused = it
        .school
        .act(Act::new("people.rename", maya), kit.now(), async |tx| {
            tx.update(change).await?;
            tx.record(Act::new("people.more", maya))?;
            tx.emit("people.changed", serde_json::json!({}));
            Err::<(), _>(Refused::TooLate)
        })
        .await;
    assert!(matches!(refused, Err(Refused::TooLate)), "{refused:?}");
    let row = it.school.read().get::<people_person::Entity>(maya.0).await.unwrap().unwrap();
    assert_eq!(row.given_name, "Maya");
    assert_eq!(it.school.ledger().head().await.unwrap(), before);
    assert_eq!(kit.store.outbox().pending("test", 1000).await.unwrap().len(), events);
    // A broken-off act leaves nothing either, and does not hold up the next.
    let school = it.school.clone();
    let now = kit.now();
    let task = tokio::spawn(async move {
        let act = Act::new("people.rename", maya);
        let row = people_person::ActiveModel { id: Set(maya.0), given_name: Set("Z".into()), ..Default::default() };
        school
            .act(act, now, async |tx| {
                tx.update(row).await?;
                std::future::pending::<()>().await;
                Ok::<_, StoreError>(())
            })
            .await
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    it.role(maya, kernel::Role::Pupil).await;
    assert_eq!(it.school.ledger().head().await.unwrap(), before);
    let row = it.school.read().get::<people_person::Entity>(maya.0).await.unwrap().unwrap();
    assert_eq!(row.given_name, "Maya");
}

async fn an_act_is_row_entry_and_event(kit: &TestStore) {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    let maya = it.who("maya.jones").await;
    let mut heard = kit.store.events();
    let row = people_person::ActiveModel { id: Set(maya.0), year: Set(Some("year-6".into())), ..Default::default() };
    let done: Result<u8, StoreError> = it
        .school
        .act(Act::new("people.move", it.who("head").await).about_person(maya), kit.now(), async |tx| {
            tx.update(row).await?;
            tx.detail("from", "year-5");
            tx.record(Act::new("people.noticed", Actor::Gatehouse).about_person(maya))?;
            tx.emit("people.moved", serde_json::json!({ "person": maya }));
            Ok(5)
        })
        .await;
    assert_eq!(done.unwrap(), 5);
    let kinds: Vec<_> = (0..3).map(|_| heard.try_recv().unwrap().kind).collect();
    assert_eq!(kinds, ["people.move", "people.noticed", "people.moved"]);
    let entries = it.school.ledger().entries(&Which { limit: Some(2), ..Which::default() }).await.unwrap();
    assert_eq!([entries[0].act.as_str(), entries[1].act.as_str()], ["people.noticed", "people.move"]);
    let details = it.school.ledger().details(&entries[1]).await.unwrap();
    assert_eq!(details, Details::Known(serde_json::json!({ "from": "year-5" })));
    let all = it.school.ledger().entries(&Which { act: Some("people.".into()), ..Which::default() }).await.unwrap();
    assert!(all.iter().all(|entry| entry.act.starts_with("people.")) && all.len() == 9);
}

async fn events_wait_for_each_consumer(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    it.person("Maya", "Jones", None).await;
    let outbox = kit.store.outbox();
    let pending = outbox.pending("roster", 10).await.unwrap();
    assert_eq!(pending.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["school.create", "people.add"]);
    assert!(pending.iter().all(|event| event.school == it.school.id() && event.payload["seq"].is_i64()));
    let first = [pending[0].id];
    outbox.done("roster", &first, kit.now()).await.unwrap();
    outbox.done("roster", &first, kit.now()).await.unwrap();
    assert_eq!(outbox.pending("roster", 10).await.unwrap().len(), 1);
    assert_eq!(outbox.pending("standing", 10).await.unwrap().len(), 2, "another consumer has its own");
    assert_eq!(outbox.pending("standing", 1).await.unwrap().len(), 1);
    kit.clock.pass(jiff::Span::new().hours(1));
    assert_eq!(outbox.prune(kit.now()).await.unwrap(), 2);
    assert!(outbox.pending("standing", 10).await.unwrap().is_empty());
}

async fn acts_at_once_follow_each_other(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    let person = it.person("Maya", "Jones", None).await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (school, now) = (it.school.clone(), kit.now());
            tokio::spawn(async move {
                school
                    .act(Act::new("people.count", person), now, async |tx| {
                        let row = tx.get::<people_person::Entity>(person.0).await?.unwrap();
                        let year: i32 = row.year.as_deref().unwrap_or("0").parse().unwrap();
                        let row = people_person::ActiveModel {
                            id: Set(person.0),
                            year: Set(Some((year + 1).to_string())),
                            ..Default::default()
                        };
                        tx.update(row).await
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let row = it.school.read().get::<people_person::Entity>(person.0).await.unwrap().unwrap();
    assert_eq!(row.year.as_deref(), Some("20"), "no act saw what another was about to change");
    assert!(it.school.ledger().verify().await.unwrap().is_whole());
}

async fn rows_are_added_replaced_and_told_apart(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    let person = |n: usize| people_person::Model {
        id: store::ids::new_id(kit.now()).unwrap(),
        school_id: it.school.id().0,
        outside_id: format!("p{n}"),
        given_name: format!("Given {n}"),
        family_name: "Family".into(),
        preferred_name: None,
        year: None,
        joined_on: None,
        left_on: None,
        email: None,
    };
    let act = || Act::new("people.import", Actor::Gatehouse);
    let many: Vec<_> = (0..1200).map(person).collect();
    it.school.act(act(), kit.now(), async |tx| tx.insert_many(many).await).await.unwrap();
    let rows = it.school.read();
    assert_eq!(rows.find::<people_person::Entity>().count().await.unwrap(), 1200);
    let refused = it.school.act(act(), kit.now(), async |tx| tx.insert(person(7)).await).await;
    assert!(refused.as_ref().is_err_and(StoreError::is_duplicate), "{refused:?}");
    // An upsert by the outside id keeps the identifier.
    let unique = [people_person::Column::SchoolId, people_person::Column::OutsideId];
    let seven = || rows.find::<people_person::Entity>().filter(people_person::Column::OutsideId.eq("p7")).one();
    let before = seven().await.unwrap().unwrap();
    let again = people_person::Model { family_name: "New".into(), ..person(7) };
    it.school.act(act(), kit.now(), async |tx| tx.upsert(again, &unique).await).await.unwrap();
    let after = seven().await.unwrap().unwrap();
    assert_eq!((after.id, after.family_name.as_str()), (before.id, "New"));
    let page = rows.find::<people_person::Entity>().ascending(people_person::Column::Id).offset(5).limit(3);
    assert_eq!(page.all().await.unwrap().len(), 3);
    assert_eq!(format!("{after:?}"), format!("people_person {{ id: {}, .. }}", after.id), "no name in a log");
    #[derive(sea_orm::FromQueryResult)]
    struct Tally {
        family_name: String,
        n: i64,
    }
    let tallies: Vec<Tally> = rows
        .find::<people_person::Entity>()
        .with(|select| {
            use store::query::QuerySelect;
            select
                .select_only()
                .column(people_person::Column::FamilyName)
                .column_as(people_person::Column::Id.count(), "n")
                .group_by(people_person::Column::FamilyName)
        })
        .ascending(people_person::Column::FamilyName)
        .all_as()
        .await
        .unwrap();
    let tallies: Vec<_> = tallies.iter().map(|row| (row.family_name.as_str(), row.n)).collect();
    assert_eq!(tallies, [("Family", 1199), ("New", 1)]);
    let note = it.school.bookkeep(kit.now(), async |tx| tx.record(act())).await;
    assert!(note.is_err(), "bookkeeping records nothing");
}

async fn keys_of_another_database_are_refused(kit: &TestStore) {
    let mut settings = kit.settings().clone();
    settings.keys_dir = kit.folder().join("other-keys");
    let refused = Store::open(&settings, kit.now()).await;
    assert!(matches!(refused, Err(StoreError::WrongKeys(_))));
    kit.reopen().await;
}

async fn words_that_are_sealed_open_for_their_purpose_alone(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    let other = SmallSchool::empty(&kit.store, "south", kit.now()).await;
    let sealed = it.school.seal("incident", b"words").unwrap();
    assert_eq!(it.school.unseal("incident", &sealed).unwrap(), b"words");
    assert!(it.school.unseal("other", &sealed).is_err());
    assert!(other.school.unseal("incident", &sealed).is_err());
}

store_test!(
    two_schools_with_equal_names_do_not_see_each_other,
    a_refused_act_leaves_nothing,
    an_act_is_row_entry_and_event,
    events_wait_for_each_consumer,
    acts_at_once_follow_each_other,
    rows_are_added_replaced_and_told_apart,
    keys_of_another_database_are_refused,
    words_that_are_sealed_open_for_their_purpose_alone,
);

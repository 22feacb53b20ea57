//! Acts: rows, entry and event together, or nothing; and one school never sees another.

use store::{
    Act, Actor, StoreError,
    entity::{access_account, people_person, people_role},
    query::{ColumnTrait, Set},
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

store_test!(two_schools_with_equal_names_do_not_see_each_other);

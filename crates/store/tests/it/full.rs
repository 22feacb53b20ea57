//! A disk that is full: what is answered with an error has not happened, and what is answered well afterwards has.

use store::{Act, Actor, StoreError, entity::people_class, ids};
use testkit::{SmallSchool, TestStore, store_test};

/// Adds a class with a name of so many bytes.
async fn add(kit: &TestStore, it: &SmallSchool, bytes: usize) -> Result<(), StoreError> {
    let id = ids::new_id(kit.now())?;
    let (school_id, outside_id, name) = (it.school.id().0, id.to_string(), "x".repeat(bytes));
    let row = people_class::Model { id, school_id, outside_id, name, year: None };
    let act = Act::new("people.class", Actor::Gatehouse).about(id);
    it.school.act(act, kit.now(), async |tx| tx.insert(row).await.map(drop)).await
}

async fn what_follows_a_full_disk_is_kept(kit: &TestStore) {
    if kit.kind == testkit::Kind::Postgres {
        return;
    }
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    let count = async || it.school.read().find::<people_class::Entity>().count().await.unwrap();
    let (before, head) = (count().await, it.school.ledger().head().await.unwrap());
    for round in 1..=2 {
        // SQLite gives the same error as on a full disk, and undoes the transaction by itself.
        store::testing::tamper(&kit.store, "PRAGMA max_page_count = 1").await.unwrap();
        assert!(add(kit, &it, 4 << 20).await.is_err());
        assert_eq!((count().await, it.school.ledger().head().await.unwrap() == head), (before + round - 1, round == 1));
        // There is room again, and somebody is refused something.
        store::testing::tamper(&kit.store, "PRAGMA max_page_count = 1000000").await.unwrap();
        for _ in 0..2 {
            let act = Act::new("people.class", Actor::Gatehouse);
            let refused = it.school.act(act, kit.now(), async |_| Err::<(), _>(StoreError::NotFound("x"))).await;
            assert!(refused.is_err());
        }
        add(kit, &it, 2).await.unwrap();
        assert_eq!(count().await, before + round, "it was answered, so others see it");
    }
    // As after a reboot.
    let again = store::Store::open(kit.settings(), kit.now()).await.unwrap();
    let school = again.school("north").await.unwrap();
    assert_eq!(school.read().find::<people_class::Entity>().count().await.unwrap(), before + 2);
}

store_test!(what_follows_a_full_disk_is_kept);

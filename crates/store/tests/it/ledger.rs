//! The ledger: a chain that verifies, names what is wrong with it, and forgets details when told to.

use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    ledger::{Details, Fault, Trust, Which},
    testing::tamper,
    verify_export,
};
use testkit::{SmallSchool, TestStore, store_test};

async fn note(school: &School, kit: &TestStore, act: Act) {
    school.act(act, kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
}

/// A school with an act about each of two people.
async fn with_acts(kit: &TestStore) -> SmallSchool {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    for who in ["maya.jones", "tom.reed"] {
        let person = it.who(who).await;
        let act = Act::new("agreements.sign", person).about_person(person).under("sign-first");
        note(&it.school, kit, act.with(json!({ "name": who }))).await;
    }
    it
}

async fn entry_of(school: &School, act: &str, subject: uuid::Uuid) -> store::ledger::Entry {
    let which = Which { act: Some(act.to_owned()), subject: Some(subject), ..Which::default() };
    school.ledger().entries(&which).await.unwrap().remove(0)
}

async fn a_chain_verifies_here_and_elsewhere(kit: &TestStore) {
    let it = with_acts(kit).await;
    let report = it.school.ledger().verify().await.unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!(report.entries, 10, "the school, seven people, two signatures");
    let mut bytes = Vec::new();
    let exported = it.school.ledger().export(&mut bytes, kit.now()).await.unwrap();
    let trust = Trust {
        public_key: kernel::Digest::parse(&kit.store.ledger_public_key()).ok(),
        seen: vec![(exported.newest.seq, exported.newest.hash)],
    };
    let report = verify_export(bytes.as_slice(), &trust).unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!((report.entries, report.checkpoints), (10, 1));
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("maya"), "nothing personal but identifiers leaves in the chain");
    let wrong = Trust { public_key: Some(kernel::Digest([7; 32])), ..Trust::default() };
    assert_eq!(verify_export(text.as_bytes(), &wrong).unwrap().faults, [Fault::OtherKey]);
}

async fn erasing_takes_the_details_and_leaves_the_chain(kit: &TestStore) {
    let it = with_acts(kit).await;
    let ledger = it.school.ledger();
    let (maya, tom, head) = (it.who("maya.jones").await, it.who("tom.reed").await, it.who("head").await);
    let entry = entry_of(&it.school, "agreements.sign", maya.0).await;
    assert_eq!(ledger.details(&entry).await.unwrap(), Details::Known(json!({ "name": "maya.jones" })));

    let erase = Act::erase(maya.0, head).under("keep-no-longer").with(json!({ "why": "left a year ago" }));
    note(&it.school, kit, erase).await;
    let erasure = entry_of(&it.school, "ledger.erase", maya.0).await;
    if kit.kind == testkit::Kind::Sqlite {
        let journal = std::fs::metadata(kit.folder().join("gatehouse.db-wal")).unwrap();
        assert_eq!(journal.len(), 0, "what was erased does not stand in the journal");
    }
    assert_eq!(ledger.details(&entry).await.unwrap(), Details::Erased { at: kit.now(), by: erasure.seq });
    assert_eq!(ledger.details(&erasure).await.unwrap(), Details::Known(json!({ "why": "left a year ago" })));
    let other = entry_of(&it.school, "agreements.sign", tom.0).await;
    assert_eq!(ledger.details(&other).await.unwrap(), Details::Known(json!({ "name": "tom.reed" })));
    // What is done later about the same person has a key of its own.
    note(&it.school, kit, Act::new("people.note", head).about_person(maya).with(json!("later"))).await;
    let later = entry_of(&it.school, "people.note", maya.0).await;
    assert_eq!(ledger.details(&later).await.unwrap(), Details::Known(json!("later")));

    let report = ledger.verify().await.unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
    let mut bytes = Vec::new();
    ledger.export(&mut bytes, kit.now()).await.unwrap();
    let report = verify_export(bytes.as_slice(), &Trust::default()).unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
    let said = &report.erasures[0];
    assert_eq!((said.entry, said.at, said.subject), (erasure.seq, kit.now(), Some(maya.0)));
    assert_eq!(said.clause.as_deref(), Some("keep-no-longer"), "it says when and why");
}

async fn the_database_refuses_to_change_the_chain(kit: &TestStore) {
    let it = with_acts(kit).await;
    for sql in ["UPDATE ledger_entry SET act = 'x' WHERE seq = 1", "DELETE FROM ledger_entry WHERE seq = 1"] {
        let refused = tamper(&kit.store, sql).await.unwrap_err();
        let cause = std::error::Error::source(&refused).unwrap().to_string();
        assert!(cause.contains("ledger_entry is append-only"), "{sql}: {cause}");
    }
    assert!(it.school.ledger().verify().await.unwrap().is_whole());
}

async fn what_is_done_past_the_triggers_is_found(kit: &TestStore) {
    let it = with_acts(kit).await;
    let (ledger, maya) = (it.school.ledger(), it.who("maya.jones").await);
    let entry = entry_of(&it.school, "agreements.sign", maya.0).await.seq;
    ledger.checkpoint(kit.now()).await.unwrap();
    let triggers = match kit.kind {
        testkit::Kind::Sqlite => ["DROP TRIGGER ledger_entry_no_update", "DROP TRIGGER ledger_entry_no_delete"],
        testkit::Kind::Postgres => ["DROP TRIGGER ledger_entry_no_change ON ledger_entry", "SELECT 1"],
    };
    for sql in triggers {
        tamper(&kit.store, sql).await.unwrap();
    }
    let faults = async |sql: &str| {
        tamper(&kit.store, sql).await.unwrap();
        ledger.verify().await.unwrap().faults
    };
    let detail = format!(
        "UPDATE ledger_detail SET sealed = (SELECT sealed FROM ledger_detail WHERE seq = {}) \
                          WHERE seq = {entry}",
        entry + 1
    );
    assert_eq!(faults(&detail).await, [Fault::DetailsChanged { entry }]);
    let gone = format!("DELETE FROM ledger_detail WHERE seq = {entry}");
    assert_eq!(faults(&gone).await, [Fault::DetailsGone { entry }]);
    let changed = faults("UPDATE ledger_entry SET actor_id = NULL WHERE act = 'agreements.sign'").await;
    assert!(changed.contains(&Fault::Changed { entry }) && changed.contains(&Fault::Changed { entry: entry + 1 }));
    let cut = faults("DELETE FROM ledger_entry WHERE act = 'agreements.sign'").await;
    assert!(cut.contains(&Fault::Truncated { last: 8, signed: 10 }), "{cut:?}");
    assert!(cut.contains(&Fault::Head { last: 8, remembered: 10 }), "{cut:?}");
}

async fn a_long_chain_is_checked_page_by_page(kit: &TestStore) {
    let it = with_acts(kit).await;
    let head = it.who("head").await;
    let acts: Vec<_> =
        (0..2500).map(|n| Act::new("people.note", head).about_person(head).with(json!({ "n": n }))).collect();
    it.school.act_many(acts, kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
    let report = it.school.ledger().verify().await.unwrap();
    assert!(report.is_whole() && report.entries == 2510, "{:?}", report.faults);
    let mut bytes = Vec::new();
    assert_eq!(it.school.ledger().export(&mut bytes, kit.now()).await.unwrap().entries, 2510);
    assert!(verify_export(bytes.as_slice(), &Trust::default()).unwrap().is_whole());
    let page = Which { before: Some(2001), limit: Some(3), ..Which::default() };
    let page: Vec<_> = it.school.ledger().entries(&page).await.unwrap().iter().map(|entry| entry.seq).collect();
    assert_eq!(page, [2000, 1999, 1998]);
}

async fn a_checkpoint_is_made_once_a_day(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    let ledger = it.school.ledger();
    assert!(ledger.daily_checkpoint(kit.now()).await.unwrap().is_some());
    kit.clock.set("2026-11-24 23:59");
    assert!(ledger.daily_checkpoint(kit.now()).await.unwrap().is_none());
    kit.clock.set("2026-11-25 00:01");
    assert!(ledger.daily_checkpoint(kit.now()).await.unwrap().is_some());
    assert_eq!(ledger.checkpoints().await.unwrap().len(), 2);
}

async fn free_text_is_refused_in_the_chain(kit: &TestStore) {
    let it = SmallSchool::empty(&kit.store, "north", kit.now()).await;
    for act in [
        Act::new("Maya Jones", Actor::Gatehouse),
        Act::new("", Actor::Gatehouse),
        Act::new("a.b", Actor::Gatehouse).under("because of Maya"),
        Act::new("ledger.erase", Actor::Gatehouse),
    ] {
        let refused = it.school.act(act, kit.now(), async |_| Ok::<_, StoreError>(())).await;
        assert!(matches!(refused, Err(StoreError::BadWord { .. })), "{refused:?}");
    }
    let all = Act::erase(it.school.id().0, Actor::Gatehouse);
    assert!(it.school.act(all, kit.now(), async |_| Ok::<_, StoreError>(())).await.is_err());
    assert_eq!(it.school.ledger().head().await.unwrap().0, 1);
}

store_test!(
    a_chain_verifies_here_and_elsewhere,
    erasing_takes_the_details_and_leaves_the_chain,
    the_database_refuses_to_change_the_chain,
    what_is_done_past_the_triggers_is_found,
    a_checkpoint_is_made_once_a_day,
    a_long_chain_is_checked_page_by_page,
    free_text_is_refused_in_the_chain,
);

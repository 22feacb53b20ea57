//! What is done without anybody: old entries leave, what was computed is computed anew, standings read what changed.

use declare::Value;
use engines::registers::Draft;
use jiff::{Span, civil::date};
use store::{
    entity::{people_person, register_entry, register_file, register_key},
    ledger::{Details, Which},
    query::Set,
};
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, draft};

async fn what_was_kept_long_enough_leaves_with_its_files(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 12, 1)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    let cookie = desk.sign_in("office").await;
    let path = format!("/registers/assets/loans/{id}/move/return");
    let back = desk.post(&cookie, &path, &[("version", "1"), ("f-returned-on", "24 11 2026")]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    assert_eq!(desk.engines.entries(loans.school(), "assets.loans").await.unwrap().len(), 1);

    kit.clock.pass(Span::new().hours(24 * 366));
    assert_eq!(desk.engines.retain(loans.school(), kit.now()).await.unwrap(), 1);
    assert_eq!(desk.engines.retain(loans.school(), kit.now()).await.unwrap(), 0);
    let rows = desk.school.school.read();
    assert_eq!(rows.find::<register_entry::Entity>().count().await.unwrap(), 1, "the device in use stays");
    assert!(rows.find::<register_key::Entity>().all().await.unwrap().iter().all(|key| key.entry_id == device));
    assert_eq!(rows.find::<register_file::Entity>().count().await.unwrap(), 0);
    assert!(desk.engines.entries(loans.school(), "assets.loans").await.unwrap().is_empty());
    let which = Which { act: Some("register.retain".to_owned()), ..Which::default() };
    let acts = desk.school.school.ledger().entries(&which).await.unwrap();
    assert_eq!(acts.len(), 1);
    let Details::Known(details) = desk.school.school.ledger().details(&acts[0]).await.unwrap() else { panic!() };
    assert_eq!(details["registers"]["assets.loans"], 1);
}

async fn what_is_kept_in_a_register_that_is_gone_leaves_too(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let school = desk.school.school.clone();
    let keep_until = async || {
        let rows = school.read();
        rows.find::<register_entry::Entity>().key(device).one().await.unwrap().unwrap().keep_until_on
    };
    assert_eq!(desk.engines.refresh(&school, kit.now()).await.unwrap(), 0);
    assert_eq!(keep_until().await, None, "a device in use is kept, however old");

    // The file is taken out of the policy's folder: nobody can open or end what it kept.
    let without = desk.engines_with(&[]);
    assert_eq!(without.refresh(&school, kit.now()).await.unwrap(), 1);
    assert_eq!(without.refresh(&school, kit.now()).await.unwrap(), 0);
    assert_eq!(keep_until().await.as_deref(), Some("2032-11-24"));
    // Where it is put back, what it said of them holds again.
    assert_eq!(desk.engines.refresh(&school, kit.now()).await.unwrap(), 1);
    assert_eq!(keep_until().await, None);

    assert_eq!(without.refresh(&school, kit.now()).await.unwrap(), 1);
    kit.clock.pass(Span::new().hours(24 * (6 * 365 + 1)));
    assert_eq!(without.retain(&school, kit.now()).await.unwrap(), 0, "until the end of the last day");
    kit.clock.pass(Span::new().hours(48));
    assert_eq!(without.retain(&school, kit.now()).await.unwrap(), 1);
    assert_eq!(school.read().find::<register_key::Entity>().count().await.unwrap(), 0);
}

async fn a_new_name_is_in_titles_by_the_next_morning(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "teacher", date(2026, 11, 1), date(2026, 12, 1)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    assert_eq!(desk.engines.refresh(loans.school(), kit.now()).await.unwrap(), 0);
    let teacher = desk.who("teacher").await;
    let renamed =
        people_person::ActiveModel { id: Set(teacher.0), family_name: Set("Tailor".to_owned()), ..Default::default() };
    let school = loans.school().clone();
    school.bookkeep(kit.now(), async |tx| tx.update::<people_person::Entity, _>(renamed).await).await.unwrap();
    assert_eq!(desk.engines.refresh(&school, kit.now()).await.unwrap(), 1);
    let kept = loans.get(id).await.unwrap();
    assert_eq!((kept.title.as_str(), kept.entry.version), ("WL-1 to Tariq Tailor", 1));
}

async fn standings_read_what_others_wrote(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let school = desk.school.school.clone();
    let another = desk.another_process();
    let number = async |engines: &engines::Engines| engines.entries(&school, "assets.hardware").await.unwrap().len();
    let first = desk.device("WL-1").await;
    assert_eq!((number(&desk.engines).await, number(&another).await), (1, 1));
    let second = desk.device("WL-2").await;
    assert_eq!((number(&desk.engines).await, number(&another).await), (2, 2));
    let book = desk.book("office", "assets.hardware").await;
    book.mover("dispose").unwrap().take(second, 1, Draft::default()).await.unwrap();
    book.writer().unwrap().strike_out(first, 1, "Never ours").await.unwrap();
    for engines in [&desk.engines, &another] {
        let entries = engines.entries(&school, "assets.hardware").await.unwrap();
        assert_eq!(entries.iter().map(|it| it.state.as_deref()).collect::<Vec<_>>(), [Some("gone")]);
    }
    // An act whose time was taken before that of a later one is seen too.
    kit.clock.pass(Span::new().minutes(-5));
    let book = desk.book("office", "assets.hardware").await;
    let third = [("tag", Value::Text("WL-3".to_owned())), ("kind", Value::Choice("laptop".to_owned()))];
    book.writer().unwrap().enter(draft(&third)).await.unwrap();
    assert_eq!((number(&desk.engines).await, number(&another).await), (2, 2));
}

store_test!(
    what_was_kept_long_enough_leaves_with_its_files,
    what_is_kept_in_a_register_that_is_gone_leaves_too,
    a_new_name_is_in_titles_by_the_next_morning,
    standings_read_what_others_wrote,
);

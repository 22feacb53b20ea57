//! The clock of a breach runs until somebody tells the regulator or decides not to.

use axum::http::StatusCode;
use declare::Value;
use jiff::civil::{date, time};
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::{TestDesk, choice, draft, text};

async fn found(desk: &TestDesk<'_>, number: &str, day: i8) -> Uuid {
    let values = [
        ("number", text(number)),
        ("found-on", Value::Date(date(2026, 11, day))),
        ("found-at", Value::Time(time(9, 15, 0, 0))),
        ("what", choice("lost-device")),
        ("account", text("A stick with reports.")),
        ("about", Value::Choices(vec!["pupils".to_owned()])),
        ("people", Value::Number(30.0)),
        ("special", Value::YesNo(true)),
    ];
    desk.enter("data.breach", &values).await.unwrap()
}

async fn the_clock_runs_on_the_page_and_stands_first(kit: &TestStore) {
    kit.clock.set("2026-11-24 10:15");
    let desk = TestDesk::open(kit).await;
    let id = found(&desk, "B-1", 23).await;
    let officer = desk.sign_in("dpo").await;
    let entry = format!("/registers/data/breach/{id}");
    let page = desk.get(&officer, &entry).await;
    page.has(&["47 hours left of 72 hours", "Stop it, and get back what can be got back", &format!("{entry}/clock")]);
    assert!(page.headers.get("refresh").is_none());
    let clock = desk.get(&officer, &format!("{entry}/clock")).await;
    assert_eq!(clock.status, StatusCode::OK);
    clock.has(&[
        "47 hours left of 72 hours",
        "23 November 2026 at 09:15",
        "26 November 2026 at 09:15",
        "Judge the risk",
    ]);
    assert_eq!(clock.headers["refresh"], "60");
    let still = desk.get(&officer, &format!("{entry}/clock?still=yes")).await;
    assert!(still.headers.get("refresh").is_none());
    // It stands before what is overdue elsewhere.
    let session = desk.session("dpo").await;
    let due = engines::due::due(&desk.engines, &session, kit.now()).await.unwrap();
    assert!(due[0].first && due[0].what.starts_with("Breach B-1: stop it"), "{:?}", due[0]);
    assert_eq!((due[0].when.as_str(), due[0].href.as_str()), ("47 hours left of 72 hours", entry.as_str()));

    kit.clock.set("2026-11-26 10:15");
    desk.get(&officer, &format!("{entry}/clock")).await.has(&["1 hour over the 72 hours", "Tell the regulator now"]);
    let book = desk.book("dpo", "data.breach").await;
    let judged = draft(&[
        ("risk", choice("risk")),
        ("risk-why", text("Marks and health.")),
        ("officer-on", Value::Date(date(2026, 11, 26))),
    ]);
    book.mover("judge").unwrap().take(id, 1, judged).await.unwrap();
    desk.get(&officer, &format!("{entry}/clock")).await.has(&["1 hour over", "tell-late"]);
    let told = draft(&[
        ("regulator-on", Value::Date(date(2026, 11, 26))),
        ("regulator-at", Value::Time(time(10, 30, 0, 0))),
        ("late-why", text("Found on a Monday, seen on Thursday.")),
        ("risk", choice("risk")),
        ("risk-why", text("Marks and health.")),
        ("officer-on", Value::Date(date(2026, 11, 26))),
    ]);
    book.mover("tell-late").unwrap().take(id, 2, told).await.unwrap();
    let stopped = desk.get(&officer, &format!("{entry}/clock")).await;
    stopped.has(&["The regulator was told after 73 hours 15 minutes, which is late"]);
    assert!(stopped.headers.get("refresh").is_none());
    let due = engines::due::due(&desk.engines, &session, kit.now()).await.unwrap();
    assert!(due.iter().all(|one| !one.first), "{due:?}");
}

async fn a_decision_with_its_reason_stops_it(kit: &TestStore) {
    kit.clock.set("2026-11-24 10:15");
    let desk = TestDesk::open(kit).await;
    let id = found(&desk, "B-2", 24).await;
    let book = desk.book("dpo", "data.breach").await;
    let judged = draft(&[
        ("risk", choice("unlikely")),
        ("risk-why", text("It was encrypted.")),
        ("officer-on", Value::Date(date(2026, 11, 24))),
    ]);
    book.mover("judge").unwrap().take(id, 1, judged).await.unwrap();
    let officer = desk.sign_in("dpo").await;
    desk.get(&officer, &format!("/registers/data/breach/{id}/clock")).await.has(&["need not be told", "Not needed"]);
    // What was wrong to enter has no clock.
    let other = found(&desk, "B-3", 24).await;
    book.writer().unwrap().strike_out(other, 1, "Entered twice").await.unwrap();
    let gone = desk.get(&officer, &format!("/registers/data/breach/{other}/clock")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

store_test!(the_clock_runs_on_the_page_and_stands_first, a_decision_with_its_reason_stops_it);

//! Whoever took pictures is reminded of them on the day; everybody whom the register names, from the next.

use declare::Value;
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, choice, draft, text};

async fn the_taker_is_reminded_first(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let book = desk.book("teacher", "images.school-equipment").await;
    let values = [
        ("occasion", text("Sports day")),
        ("taken-on", Value::Date(date(2026, 11, 24))),
        ("taken-by", Value::Person(desk.who("teacher").await)),
        ("equipment", choice("camera")),
        ("consent-looked", Value::YesNo(true)),
    ];
    book.writer().unwrap().enter(draft(&values)).await.unwrap();
    let reminded = async |username| {
        let session = desk.session(username).await;
        let due = desk.engines.due_in(&session, kit.now()).await.unwrap();
        due.iter().map(|one| one.items.len()).sum::<usize>()
    };
    assert_eq!((reminded("teacher").await, reminded("office").await), (1, 0));
    kit.clock.set("2026-11-25 08:00");
    assert_eq!((reminded("teacher").await, reminded("office").await), (1, 1));
}

store_test!(the_taker_is_reminded_first);

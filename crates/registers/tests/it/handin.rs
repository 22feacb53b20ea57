//! Phones are ticked in and out at reception.

use axum::http::StatusCode;
use declare::Value;
use engines::registers::Asked;
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, choice, text};

const TODAY: &str = "/registers/devices/handin/today";

async fn slots(desk: &TestDesk<'_>) -> Vec<String> {
    let book = desk.book("office", "devices.handin").await;
    let asked = Asked { sort: Some(("slot".to_owned(), false)), ..Asked::default() };
    book.list(&asked).await.unwrap().entries.into_iter().map(|kept| kept.title).collect()
}

async fn a_class_is_ticked_in_and_out(kit: &TestStore) {
    kit.clock.set("2026-11-24 08:40");
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    desk.get(&office, "/registers/devices/handin").await.has(&["Tick in and out today", TODAY]);
    let page = desk.get(&office, TODAY).await;
    assert_eq!(page.status, StatusCode::OK);
    page.has(&["Nothing is here now.", "5B", "Take in those ticked"]);
    // What the policy has said there, to each age.
    page.has(&["Your phone sleeps here", "Phones go to the office"]);
    // Other pages of the register are still its own.
    desk.get(&office, "/registers/devices/handin/new").await.has(&["Enter a phone"]);

    let (maya, noah) = (desk.who("maya.jones").await.to_string(), desk.who("ava.hill").await.to_string());
    let class = desk.get(&office, &format!("{TODAY}?class=5B")).await;
    class.has(&["Maya Jones", &format!("slot-{maya}")]);
    let said = desk
        .post(&office, TODAY, &[("class", "5B"), ("do", &format!("in-{maya}")), (&format!("slot-{maya}"), "14")])
        .await;
    assert_eq!((said.status, said.location()), (StatusCode::SEE_OTHER, "/registers/devices/handin/today?class=5B"));
    assert_eq!(slots(&desk).await, ["14 on 24 November 2026"]);
    desk.get(&office, &format!("{TODAY}?class=5B")).await.has(&["1 is here now.", "5B (1)", "Give back"]);
    // A slot is not given twice, and nobody is taken in twice.
    let twice = desk.post(&office, TODAY, &[("do", "in"), ("tick", &noah), (&format!("slot-{noah}"), "14")]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.has(&["Slot 14 has the phone of Maya Jones"]);
    let again = desk.post(&office, TODAY, &[("do", &format!("in-{maya}"))]).await;
    again.has(&["is here already: slot 14"]);
    let ticked = desk.post(&office, TODAY, &[("do", "in"), ("tick", &noah), ("tick", &maya)]).await;
    assert_eq!(ticked.status, StatusCode::SEE_OTHER);
    assert_eq!(slots(&desk).await.len(), 2);
    assert_eq!(desk.acts("register.enter").await, 2);

    kit.clock.set("2026-11-24 15:25");
    let page = desk.get(&office, &format!("{TODAY}?class=here")).await;
    page.has(&["2 are here now.", "All 2 have gone back"]);
    desk.post(&office, TODAY, &[("class", "here"), ("do", &format!("back-{maya}"))]).await;
    assert_eq!(slots(&desk).await.len(), 1);
    desk.post(&office, TODAY, &[("class", "here"), ("do", "all-back")]).await;
    assert_eq!(slots(&desk).await.len(), 0);
    desk.get(&office, &format!("{TODAY}?class=here")).await.has(&["Everything has gone back."]);
    assert_eq!(desk.acts("register.move").await, 2);
    let book = desk.book("office", "devices.handin").await;
    let asked = Asked { shown: engines::registers::Shown::All, ..Asked::default() };
    let all = book.list(&asked).await.unwrap().entries;
    assert!(all.iter().all(|kept| kept.entry.values["back-to"] == choice("owner")));
    assert!(all.iter().all(|kept| kept.entry.values["back-at"] == Value::Time(jiff::civil::time(15, 25, 0, 0))));
    // Tomorrow, she lies where she lay.
    kit.clock.set("2026-11-25 08:40");
    desk.get(&office, &format!("{TODAY}?class=5B")).await.has(&["value=\"14\""]);
}

async fn a_few_letters_and_enter(kit: &TestStore) {
    kit.clock.set("2026-11-24 08:40");
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let page = desk.get(&office, TODAY).await.text;
    // Enter presses the first button: taking in in the morning, giving back later.
    assert!(page.find("find-in").unwrap() < page.find("find-back").unwrap());
    let done = desk.post(&office, TODAY, &[("do", "find-in"), ("find", "may jo 7")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(slots(&desk).await, ["7 on 24 November 2026"]);
    desk.post(&office, TODAY, &[("do", "find-in"), ("find", "zzz")])
        .await
        .has(&["Nobody who hands in a phone is called so"]);
    desk.post(&office, TODAY, &[("do", "find-in"), ("find", " ")]).await.has(&["Type the first letters of a name"]);
    let other = desk.school.pupil("Maya", "Marsh", "year-5", None).await;
    let several = desk.post(&office, TODAY, &[("do", "find-in"), ("find", "maya 9")]).await;
    several.has(&["Who is it?", "Maya Marsh", &format!("in-{other}")]);
    assert!(several.text.contains("value=\"9\""), "the slot that was typed stays");
    kit.clock.set("2026-11-24 15:25");
    let page = desk.get(&office, TODAY).await.text;
    assert!(page.find("find-back").unwrap() < page.find("find-in").unwrap());
    desk.post(&office, TODAY, &[("do", "find-back"), ("find", "maya j")]).await;
    assert_eq!(slots(&desk).await.len(), 0);
    let page = desk.get(&office, TODAY).await.text;
    assert!(page.find("find-in").unwrap() < page.find("find-back").unwrap(), "nothing is here to be given back");
    desk.post(&office, TODAY, &[("do", "find-back"), ("find", "maya j")]).await.has(&["None of these is here"]);
}

async fn what_was_taken_from_a_pupil_stays(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let maya = desk.who("maya.jones").await;
    let phone = |why: &str, slot: &str, day| {
        vec![
            ("owner", Value::Person(maya)),
            ("slot", text(slot)),
            ("day", Value::Date(day)),
            ("kept-in", choice("safe")),
            ("why", choice(why)),
        ]
    };
    desk.enter("devices.handin", &phone("confiscated", "S1", date(2026, 11, 24))).await.unwrap();
    desk.enter("devices.handin", &phone("day", "14", date(2026, 11, 23))).await.unwrap();
    let page = desk.get(&office, &format!("{TODAY}?class=here")).await;
    page.has(&[
        "Here since 23 November 2026",
        "Goes back on its own page",
        "All 1 have gone back",
        "1 was taken from a pupil",
    ]);
    desk.post(&office, TODAY, &[("class", "here"), ("do", "all-back")]).await;
    assert_eq!(slots(&desk).await, ["S1 on 24 November 2026"]);
    let said = desk.post(&office, TODAY, &[("do", &format!("back-{maya}"))]).await;
    said.has(&["give it back on its own page"]);
}

async fn sixty_phones_take_seconds(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let mut fields = vec![("do".to_owned(), "in".to_owned())];
    for nth in 0..60 {
        let pupil = desk.school.pupil(&format!("Pupil{nth}"), "Many", "year-6", None).await;
        fields.push(("tick".to_owned(), pupil.to_string()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let begun = std::time::Instant::now();
    let done = desk.post(&office, TODAY, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    desk.get(&office, &format!("{TODAY}?class=here")).await.has(&["60 are here now."]);
    desk.post(&office, TODAY, &[("do", "all-back")]).await;
    assert_eq!(slots(&desk).await.len(), 0);
    assert_eq!((desk.acts("register.enter").await, desk.acts("register.move").await), (60, 60));
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

store_test!(
    a_class_is_ticked_in_and_out,
    a_few_letters_and_enter,
    what_was_taken_from_a_pupil_stays,
    sixty_phones_take_seconds,
);

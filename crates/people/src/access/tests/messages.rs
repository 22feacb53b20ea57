//! What people tell is read, however much somebody else sends.

use kernel::Role;

use super::browser::Desktop;

async fn send(desk: &Desktop, username: &str, words: &str) {
    let (school, who) = (&desk.small.school, desk.small.who(username).await);
    desk.access.tell(school, who, None, None, words, kernel::Clock::now(&desk.clock)).await.unwrap();
}

#[tokio::test]
async fn nobody_buries_the_message_of_another() {
    let desk = Desktop::open().await;
    send(&desk, "maya.jones", "Maya wants to speak").await;
    desk.clock.pass(jiff::Span::new().seconds(1));
    for nth in 0..230 {
        send(&desk, "tom.reed", &format!("Tom number {nth}.")).await;
    }
    let mut nadia = desk.signed_in("nadia.nair", "192.0.2.5").await;
    assert!(nadia.get("/").await.text.contains("Read 231 messages for you"));
    let page = nadia.get("/concerns").await;
    assert!(page.text.contains("Maya wants to speak"), "{}", page.main());
    assert_eq!(page.text.matches("</strong></h2>").count(), 2, "one entry a person");
    assert!(page.text.contains("Tom number 49.") && page.text.contains("180 more messages have not been read"));
    assert!(nadia.get("/").await.text.contains("Read 180 messages for you"), "what was not shown is not read");
    // An older page opens nothing that is new.
    let older = nadia.get("/concerns?page=2").await;
    assert!(older.text.contains("180 more messages"), "{}", older.main());
    for _ in 0..4 {
        nadia.get("/concerns").await;
    }
    assert!(!nadia.get("/").await.text.contains("messages for you"), "the alarm ends");
    let pages = [nadia.get("/concerns").await.text, nadia.get("/concerns?page=2").await.text];
    let third = nadia.get("/concerns?page=3").await.text;
    let all = pages.concat() + &third;
    for nth in 0..230 {
        assert!(all.contains(&format!("Tom number {nth}.")), "{nth} is lost");
    }
    assert!(third.contains("Maya wants to speak"));
}

#[tokio::test]
async fn messages_of_one_person_stand_together_for_an_hour() {
    let desk = Desktop::open().await;
    for (username, words) in [("maya.jones", "One"), ("tom.reed", "Two"), ("maya.jones", "Three")] {
        send(&desk, username, words).await;
        desk.clock.pass(jiff::Span::new().minutes(10));
    }
    desk.clock.pass(jiff::Span::new().hours(2));
    send(&desk, "maya.jones", "Four").await;
    let mut nadia = desk.signed_in("nadia.nair", "192.0.2.5").await;
    let text = nadia.get("/concerns").await.text;
    let at = |words: &str| text.find(&format!(">{words}<")).unwrap();
    assert!(at("One") < at("Three") && at("Three") < at("Two") && at("Two") < at("Four"));
    assert_eq!(text.matches("</strong></h2>").count(), 3);
}

#[tokio::test]
async fn who_reads_for_a_time_is_somebody() {
    let desk = Desktop::open().await;
    let (school, now) = (&desk.small.school, kernel::Clock::now(&desk.clock));
    let readers = [Role::SafeguardingLead, Role::Headteacher].into();
    let until = async |day: &str| {
        let sql =
            format!("UPDATE people_role SET until_on = '{day}' WHERE role IN ('safeguarding-lead', 'headteacher')");
        store::testing::tamper(desk.access.store(), &sql).await.unwrap();
        desk.access.somebody_reads(school, &readers, now).await.unwrap()
    };
    assert!(until("2026-12-18").await, "a head for a term is a head");
    assert!(!until("2026-11-23").await, "who was it is not");
}

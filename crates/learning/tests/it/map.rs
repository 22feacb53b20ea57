//! The map of what is taught, from its cells to the register and back.

use axum::http::StatusCode;
use declare::Value;
use testkit::{TestStore, store_test};

use super::desk::TestDesk;

const MAP: &str = "/registers/learning/curriculum/map";
const ENTER: &str = "/registers/learning/curriculum/map/enter";

async fn gaps_are_seen_and_closed_for_a_whole_year_at_once(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let teacher = desk.sign_in("teacher").await;
    let list = desk.get(&teacher, "/registers/learning/curriculum").await;
    assert!(list.text.contains(MAP), "the list leads to the map");

    let map = desk.get(&teacher, MAP).await;
    assert_eq!(map.status, StatusCode::OK);
    // What pupils are only told has no lessons. Passwords are for Years 3 to 6, telling for all three classes.
    assert!(
        map.words()
            .contains("2 clauses say what is taught, to 5 places on this map. 0 are taught, 0 planned, 5 not planned."),
        "{}",
        map.words()
    );
    assert!(map.words().contains("Year 5 : 0 of 4 taught, 4 gaps"), "{}", map.words());
    assert!(
        map.text.contains("<th scope=\"col\"")
            && map.text.contains("<th scope=\"row\"")
            && map.text.contains("scope=\"rowgroup\"")
    );
    assert!(map.words().contains("Begin with the plan that the school has"));

    let year = format!("{ENTER}?clause=skill-password&year=year-5&from=2026");
    assert!(map.text.contains(&year.replace('&', "&#38;")), "a cell leads to entering for the year");
    let form = desk.get(&teacher, &year).await;
    for class in ["5A", "5B"] {
        assert!(form.text.contains(&format!("value=\"{class}\" checked")), "{class} is ticked");
    }
    assert!(!form.text.contains("value=\"1A\""), "the clause is not for Year 1");
    let sent = [
        ("clause", "skill-password"),
        ("from", "2026"),
        ("year", "year-5"),
        ("class", "5A"),
        ("class", "5B"),
        ("done", "taught"),
        ("day", "2 October"),
        ("f-lesson", "I can choose a safe password."),
        ("f-strands", "privacy"),
    ];
    let saved = desk.post(&teacher, ENTER, &sent).await;
    assert_eq!(saved.location(), format!("{MAP}?from=2026&year=year-5#skill-skill-password"), "{}", saved.words());
    let entries = desk.entries("learning.curriculum").await;
    assert_eq!(entries.len(), 2);
    for kept in &entries {
        assert_eq!(
            (kept.entry.state.as_deref(), kept.entry.clause.as_deref()),
            (Some("taught"), Some("skill-password"))
        );
    }
    let map = desk.get(&teacher, &format!("{MAP}?year=year-5")).await;
    assert!(map.words().contains("5A 1 of 2") && map.words().contains("5B 1 of 2"), "{}", map.words());
    assert!(map.text.contains("/move/assess"), "what was taught leads to what the class took from it");
    let by_strand = desk.get(&teacher, &format!("{MAP}?by=strand")).await.words();
    assert!(
        by_strand.contains("Privacy and security 2 of 2") && by_strand.contains("Strand not yet entered 0 of 3"),
        "{by_strand}"
    );
}

async fn a_lesson_counts_for_each_clause_that_it_serves(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let teacher = desk.sign_in("teacher").await;
    let sent = [
        ("clause", "skill-password"),
        ("also", "skill-tell"),
        ("f-class", "5B"),
        ("f-lesson", "I choose a safe password, and tell somebody when it is guessed."),
        ("f-planned-for", "2 10 2026"),
    ];
    let saved = desk.post(&teacher, "/registers/learning/curriculum/new", &sent).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    let entries = desk.entries("learning.curriculum").await;
    assert_eq!(entries[0].entry.also, ["skill-tell"]);
    let map = desk.get(&teacher, MAP).await.words();
    assert!(map.contains("0 are taught, 2 planned, 3 not planned."), "{map}");
}

async fn what_was_planned_becomes_taught_and_is_not_doubled(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let teacher = desk.sign_in("teacher").await;
    let send = |done: &'static str, day: &'static str, classes: &'static [&'static str]| {
        let mut sent =
            vec![("clause", "skill-tell"), ("from", "2026"), ("done", done), ("day", day), ("f-lesson", "I tell.")];
        sent.extend(classes.iter().map(|class| ("class", *class)));
        sent
    };
    let planned = send("planned", "4 December", &["5A", "1A"]);
    assert_eq!(desk.post(&teacher, ENTER, &planned).await.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.post(&teacher, ENTER, &planned).await.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.entries("learning.curriculum").await.len(), 2, "who has it in the plan is not entered twice");
    let map = desk.get(&teacher, &format!("{MAP}?year=year-5")).await;
    assert!(map.text.contains("/move/taught") && map.words().contains("for 4 December"), "{}", map.words());

    let later = desk.post(&teacher, ENTER, &send("taught", "1 December", &["5A"])).await;
    assert_eq!(later.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        later.words().contains("still to come") && later.text.contains("value=\"5A\" checked"),
        "{}",
        later.words()
    );
    let nobody = desk.post(&teacher, ENTER, &send("taught", "20 November", &[])).await;
    assert!(nobody.words().contains("Tick at least one class"));

    let taught = send("taught", "20 November", &["5A", "5B", "1A"]);
    assert_eq!(desk.post(&teacher, ENTER, &taught).await.status, StatusCode::SEE_OTHER);
    let entries = desk.entries("learning.curriculum").await;
    let mut found: Vec<(String, Option<&str>)> = entries
        .iter()
        .map(|kept| match kept.entry.values.get("class") {
            Some(Value::Class(name)) => (name.clone(), kept.entry.state.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [("1A".to_owned(), Some("taught")), ("5A".to_owned(), Some("taught")), ("5B".to_owned(), Some("taught"))]
    );
}

async fn those_who_only_read_enter_nothing_and_others_find_no_map(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let governor = desk.sign_in("governor").await;
    let map = desk.get(&governor, MAP).await;
    assert!(!map.text.contains("/import"), "no way to what is refused: {}", map.text);
    assert_eq!(map.status, StatusCode::OK);
    assert!(!map.text.contains("/map/enter"));
    assert_eq!(desk.get(&governor, &format!("{ENTER}?clause=skill-tell&class=5A")).await.status, StatusCode::FORBIDDEN);
    let sent =
        [("clause", "skill-tell"), ("class", "5A"), ("done", "taught"), ("day", "20 November"), ("f-lesson", "x")];
    assert_eq!(desk.post(&governor, ENTER, &sent).await.status, StatusCode::FORBIDDEN);
    for username in ["maya.jones", "parent"] {
        let cookie = desk.sign_in(username).await;
        assert_eq!(desk.get(&cookie, MAP).await.status, StatusCode::NOT_FOUND, "{username}");
        assert_eq!(desk.post(&cookie, ENTER, &sent).await.status, StatusCode::NOT_FOUND, "{username}");
    }
    assert!(desk.get("", MAP).await.location().starts_with("/sign-in"));
    let teacher = desk.sign_in("teacher").await;
    assert_eq!(desk.get(&teacher, &format!("{ENTER}?clause=told&class=5A")).await.status, StatusCode::NOT_FOUND);
    assert!(desk.entries("learning.curriculum").await.is_empty());
}

store_test!(
    gaps_are_seen_and_closed_for_a_whole_year_at_once,
    a_lesson_counts_for_each_clause_that_it_serves,
    what_was_planned_becomes_taught_and_is_not_doubled,
    those_who_only_read_enter_nothing_and_others_find_no_map,
);

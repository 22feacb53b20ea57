//! Who may open the pages of this area: those whom each register's declaration names, and nobody else.

use axum::http::{Method, StatusCode};
use testkit::{TestStore, store_test};

use super::desk::TestDesk;

const EVERYBODY: [&str; 9] = ["head", "tech", "office", "dpo", "bursar", "dataman", "teacher", "maya.jones", "parent"];

/// Who writes in which register, by their usernames.
fn writes(path: &str) -> &'static [&'static str] {
    match path {
        _ if path.contains("/devices/handin/") => &["head", "office"],
        _ if path.contains("/data/breach/") => &["dpo", "head", "dataman", "bursar"],
        _ if path.contains("/assets/licences/") => &["tech", "office", "bursar"],
        _ if path.contains("/malware/endpoint-status/") => &["tech", "office"],
        other => panic!("{other} has no row here"),
    }
}

async fn every_role_that_is_not_named_is_refused(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    for username in EVERYBODY {
        let cookie = desk.sign_in(username).await;
        for row in &desk.own {
            // Nobody has entered a breach: whoever may read the register finds no entry, as does whoever may not.
            if row.path.contains("{id}") {
                continue;
            }
            let status = match row.method {
                Method::GET => desk.get(&cookie, row.path).await.status,
                _ => desk.post(&cookie, row.path, &[]).await.status,
            };
            let may = writes(row.path).contains(&username);
            let refused = matches!(status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN);
            assert_eq!(refused, !may, "{username} {} {}: {status}", row.method, row.path);
        }
    }
    for row in &desk.own {
        let status = desk.get("", row.path).await.status;
        assert!(status == StatusCode::SEE_OTHER || row.method != Method::GET, "{}: {status}", row.path);
    }
}

async fn only_readers_of_breaches_see_a_clock(kit: &TestStore) {
    use declare::Value;
    let desk = TestDesk::open(kit).await;
    let values = [
        ("number", super::desk::text("B-1")),
        ("found-on", Value::Date(jiff::civil::date(2026, 11, 23))),
        ("found-at", Value::Time(jiff::civil::time(9, 0, 0, 0))),
        ("what", super::desk::choice("verbal")),
        ("account", super::desk::text("Said aloud.")),
        ("about", Value::Choices(vec!["parents".to_owned()])),
        ("people", Value::Number(1.0)),
        ("special", Value::YesNo(false)),
    ];
    let id = desk.enter("data.breach", &values).await.unwrap();
    for username in EVERYBODY {
        let cookie = desk.sign_in(username).await;
        let status = desk.get(&cookie, &format!("/registers/data/breach/{id}/clock")).await.status;
        let may = writes("/data/breach/").contains(&username);
        assert_eq!(status, if may { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{username}");
    }
}

store_test!(every_role_that_is_not_named_is_refused, only_readers_of_breaches_see_a_clock);

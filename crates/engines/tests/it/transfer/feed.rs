//! A calendar of what is due, at a secret address.

use axum::http::{StatusCode, header};
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::import::said;
use crate::registers::desk::{POLICY, TestDesk};

store_test!(a_calendar_counts_and_names_nobody, a_calendar_says_what_is_to_be_confirmed, an_address_ends);

/// Makes an address, and gives its path.
async fn make(desk: &TestDesk<'_>, cookie: &str) -> String {
    let page = desk.post(cookie, "/due/feed", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", said(&page.text));
    let address = page.text.split("id=\"address\">").nth(1).unwrap().split('<').next().unwrap();
    address.strip_prefix("http://localhost").unwrap().to_owned()
}

async fn a_calendar_counts_and_names_nobody(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let (office, teacher) = (desk.sign_in("office").await, desk.sign_in("teacher").await);
    let book = desk.book("office", "assets.loans").await;
    for (tag, due) in [("L 1", date(2026, 11, 30)), ("L 2", date(2026, 11, 30)), ("L 3", date(2026, 11, 2))] {
        let device = desk.device(tag).await;
        let loan = desk.loan(device, "maya.jones", date(2026, 10, 1), due).await;
        book.writer().unwrap().enter(loan).await.unwrap();
    }
    let path = make(&desk, &office).await;
    // The address alone is enough, and it tells no more than it must.
    let answer = desk.get("", &path).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    let text = answer.text.replace("\r\n ", "");
    for line in [
        "SUMMARY:2 loans due: Equipment on loan\r\n",
        "DTSTART;VALUE=DATE:20261130\r\n",
        "SUMMARY:1 loan overdue: Equipment on loan\r\n",
        "DTSTART;VALUE=DATE:20261124\r\n",
        "DTSTAMP:20261124T101500Z\r\n",
        "URL:http://localhost/registers/assets/loans?show=due\r\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("Maya") && !text.contains("Jones") && !text.contains("L 1"), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    // A teacher reads loans, but does not see to them.
    let theirs = make(&desk, &teacher).await;
    let empty = desk.get("", &theirs).await;
    assert!(empty.status == StatusCode::OK && !empty.text.contains("VEVENT"), "{}", empty.text);
}

async fn a_calendar_says_what_is_to_be_confirmed(kit: &TestStore) {
    let clauses = "- The shelf is counted. `shelf: assets.hardware { attest = \"office\" }`\n\
        - So is the cupboard. `cupboard: assets.hardware { attest = \"office\" }`\n";
    let desk = TestDesk::open_under(kit, &POLICY.replace("\n# 2 Teaching", &format!("{clauses}\n# 2 Teaching"))).await;
    let path = make(&desk, &desk.sign_in("office").await).await;
    let text = desk.get("", &path).await.text.replace("\r\n ", "");
    for line in [
        "UID:confirm-overdue@gatehouse.invalid\r\n",
        "DTSTART;VALUE=DATE:20261124\r\n",
        "SUMMARY:2 things to confirm\\, overdue\r\n",
        "URL:http://localhost/attestations\r\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "{text}");
    let teacher = make(&desk, &desk.sign_in("teacher").await).await;
    assert!(!desk.get("", &teacher).await.text.contains("VEVENT"), "who is not asked has nothing there");
}

async fn an_address_ends(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let first = make(&desk, &office).await;
    let page = desk.get(&office, "/due/feed").await;
    assert!(said(&page.text).contains("You have had an address since") && !page.text.contains(".ics"));
    let second = make(&desk, &office).await;
    assert_eq!(desk.get("", &first).await.status, StatusCode::NOT_FOUND, "a new one ends the old");
    assert_eq!(desk.get("", &second).await.status, StatusCode::OK);
    desk.post(&office, "/due/feed/end", &[]).await;
    assert_eq!(desk.get("", &second).await.status, StatusCode::NOT_FOUND);
    let cut = second.replace(".ics", "");
    for path in [
        cut.as_str(),
        "/due/feed/x.ics",
        "/due/feed/.ics",
        "/due/feed/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics",
    ] {
        assert_eq!(desk.get("", path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Reading it without end is slowed down.
    let third = make(&desk, &office).await;
    let mut statuses = Vec::new();
    for _ in 0..45 {
        statuses.push(desk.get("", &third).await.status);
    }
    assert_eq!((statuses[0], statuses[44]), (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS));
}

//! Training: a whole day entered at once, and who is covered by it.

use axum::http::StatusCode;
use declare::Value;
use testkit::{TestStore, store_test};

use super::desk::TestDesk;

const STAFF: &str = "/registers/learning/staff-training";
const NO_FILE: (&str, &str, &[u8]) = ("f-certificate", "", b"");

async fn everybody_but_two_came_to_the_inset_day(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    assert!(desk.get(&office, STAFF).await.text.contains(&format!("{STAFF}/together")));
    let before = desk.get(&office, &format!("{STAFF}/coverage")).await;
    assert!(before.words().contains("0 of 6 are covered today"), "{}", before.words());
    let form = desk.get(&office, &format!("{STAFF}/together")).await;
    assert!(form.words().contains("Teacher, Tariq") && !form.words().contains("Jones, Maya"), "{}", form.words());

    let away = desk.school.who("tech").await.to_string();
    let also = desk.school.who("safe").await.to_string();
    let sent = [
        ("f-title", "September INSET"),
        ("f-held-on", "2 September 2026"),
        ("f-how", "inset"),
        ("f-topics", "policy"),
        ("f-topics", "reporting"),
        ("f-trainer", "Online safety lead"),
        ("how", "but"),
        ("people", away.as_str()),
        ("people", also.as_str()),
    ];
    let file = ("f-certificate", "came.pdf", b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n".as_slice());
    let saved = desk.upload(&office, &format!("{STAFF}/together"), &sent, file).await;
    assert_eq!(saved.location(), format!("{STAFF}/coverage"), "{}", saved.words());
    let entries = desk.entries("learning.staff-training").await;
    assert_eq!(entries.len(), 1, "one session is one entry");
    let Some(Value::People(came)) = entries[0].entry.values.get("attended") else { panic!("nobody") };
    assert_eq!(came.len(), 4);
    assert!(matches!(entries[0].entry.values.get("certificate"), Some(Value::File { name, .. }) if name == "came.pdf"));

    let after = desk.get(&office, &format!("{STAFF}/coverage")).await;
    assert!(after.words().contains("4 of 6 are covered today"), "{}", after.words());
    assert!(after.words().contains("2 September 2027") && after.words().contains("Not yet"), "{}", after.words());
    let teachers = desk.get(&office, &format!("{STAFF}/coverage?role=teacher")).await.words();
    assert!(teachers.contains("Teacher, Tariq") && !teachers.contains("Network, Nina"), "{teachers}");
    let missing = desk.get(&office, &format!("{STAFF}/coverage?state=not-built")).await.words();
    assert!(missing.contains("Network, Nina") && !missing.contains("Teacher, Tariq"), "{missing}");

    // A year later it has run out.
    kit.clock.set("2027-09-03 10:00");
    let late = desk.get(&office, &format!("{STAFF}/coverage")).await.words();
    assert!(late.contains("0 of 6 are covered today") && late.contains("Has run out"), "{late}");
}

async fn what_is_wrong_is_said_and_nothing_is_saved(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let path = format!("{STAFF}/together");
    let refused = desk.upload(&office, &path, &[("f-title", "Half"), ("how", "only")], NO_FILE).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.words().contains("Nobody is left") && refused.text.contains("value=\"Half\""),
        "{}",
        refused.words()
    );
    let lies = ("f-certificate", "list.pdf", b"MZ\x90\x00\x03".as_slice());
    let sent = [("f-title", "T"), ("f-held-on", "today"), ("f-how", "inset"), ("f-topics", "policy"), ("how", "but")];
    assert_eq!(desk.upload(&office, &path, &sent, lies).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(desk.entries("learning.staff-training").await.is_empty());
}

async fn leads_each_get_an_entry_of_their_own_in_one_step(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let head = desk.sign_in("head").await;
    let path = "/registers/learning/lead-training";
    let form = desk.get(&head, &format!("{path}/together")).await.words();
    assert!(form.contains("Lead, Lena") && form.contains("Safe, Sadia") && !form.contains("Teacher, Tariq"), "{form}");
    let sent = [
        ("f-title", "Safeguarding update"),
        ("f-held-on", "3 November 2026"),
        ("f-how", "formal"),
        ("f-topics", "guidance"),
        ("f-changes", "Nothing"),
        ("f-runs-out", "3 November 2028"),
        ("how", "but"),
    ];
    let saved = desk.upload(&head, &format!("{path}/together"), &sent, NO_FILE).await;
    assert_eq!(saved.location(), format!("{path}/coverage"), "{}", saved.words());
    assert_eq!(desk.entries("learning.lead-training").await.len(), 2);
    let page = desk.get(&head, &format!("{path}/coverage")).await.words();
    assert!(page.contains("All 2 are covered today") && page.contains("3 November 2028"), "{page}");
}

async fn coverage_is_for_readers_and_entering_for_writers(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    for (username, register, reads, writes) in [
        ("teacher", "staff-training", false, false),
        ("governor", "staff-training", true, false),
        ("governor", "governor-training", true, true),
        ("maya.jones", "staff-training", false, false),
        ("parent", "induction", false, false),
        ("office", "induction", true, true),
        ("head", "curriculum", false, false),
    ] {
        let cookie = desk.sign_in(username).await;
        let page = desk.get(&cookie, &format!("/registers/learning/{register}/coverage")).await;
        let expected = if reads { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(page.status, expected, "{username} {register}");
        let form = desk.get(&cookie, &format!("/registers/learning/{register}/together")).await;
        let expected = match (reads, writes) {
            (_, true) => StatusCode::OK,
            (true, false) => StatusCode::FORBIDDEN,
            (false, false) => StatusCode::NOT_FOUND,
        };
        assert_eq!(form.status, expected, "{username} {register}");
    }
}

store_test!(
    everybody_but_two_came_to_the_inset_day,
    what_is_wrong_is_said_and_nothing_is_saved,
    leads_each_get_an_entry_of_their_own_in_one_step,
    coverage_is_for_readers_and_entering_for_writers,
);

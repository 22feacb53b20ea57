//! Steps, as somebody takes them on their page.

use testkit::{TestStore, store_test};

use super::desk::TestDesk;

async fn a_step_shows_what_it_waits_for(kit: &TestStore) {
    let desk = TestDesk::shipped(kit).await;
    let office = desk.sign_in("tech").await;
    let path = "/registers/assets/disposal";
    let entry = [
        ("f-name", "Server 2026"),
        ("f-what", "server"),
        ("f-data", "personal"),
        ("f-media", "working"),
        ("f-agency", "Green Bytes"),
        ("f-planned-on", "23 11 2026"),
    ];
    let saved = desk.post(&office, &format!("{path}/new"), &entry).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let list = desk.get(&office, path).await.text;
    let id = list
        .split(&format!("href=\"{path}/"))
        .filter_map(|rest| rest.split('"').next())
        .find(|word| word.len() == 36)
        .unwrap_or_else(|| panic!("{list}"));
    let collect = format!("{path}/{id}/move/collect");
    // The permit is asked where it is needed, beside what the step asks.
    let page = desk.get(&office, &collect).await.text;
    assert!(page.contains("id=\"f-receipt\"") && page.contains("id=\"f-permit\""), "{page}");
    let asked = [("version", "1"), ("f-collected-on", "today"), ("f-receipt", "R-7"), ("f-responsibility", "yes")];
    let without = desk.post(&office, &collect, &asked).await;
    assert!(
        without.status == 422 && without.text.contains("only an authorised agency may collect"),
        "{}",
        without.text
    );
    assert!(without.text.contains("id=\"f-permit\"") && without.text.contains("value=\"R-7\""), "{}", without.text);
    let with: Vec<(&str, &str)> = asked.into_iter().chain([("f-permit", "CBDU12345")]).collect();
    assert_eq!(desk.post(&office, &collect, &with).await.status, 303);
    let finish = format!("{path}/{id}/move/finish");
    assert!(desk.get(&office, &finish).await.text.contains("id=\"f-certificate\""));
    let proof = [("version", "2"), ("f-destroyed-how", "wiped"), ("f-certificate", "C-9")];
    assert_eq!(desk.post(&office, &finish, &proof).await.status, 303);
    let page = desk.get(&office, &format!("{path}/{id}")).await.text;
    assert!(page.contains("CBDU12345") && page.contains("C-9") && page.contains("Finished"), "{page}");
}

store_test!(a_step_shows_what_it_waits_for);

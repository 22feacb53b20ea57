//! What waits for somebody, from all engines.

use axum::http::StatusCode;
use engines::{
    attestations::due_counts,
    due::{AT_HOME, Engine, at_home, due},
};
use jiff::civil::date;
use testkit::{TestStore, store_test};
use webkit::kit::Urgency;

use super::desk::TestDesk;

store_test!(each_role_has_its_own_list, a_long_list_is_short_at_home, a_calendar_shows_numbers);

const CLAUSES: &str = "- Servers are in locked rooms. `rooms: assets.physical`\n- Everyone knows of monitoring. `mon: monitor.notice`\n\
    - Homes are told what is kept. `priv: data.privacy-notice`\n";

async fn each_role_has_its_own_list(kit: &TestStore) {
    let desk = TestDesk::open(kit, CLAUSES).await;
    let list = async |username: &str| {
        let session = desk.session(username, kit).await;
        let all = due(&desk.engines, &session, kit.now()).await.unwrap();
        all.into_iter().map(|one| (one.engine, one.href)).collect::<Vec<_>>()
    };
    let reading = (Engine::Reading, "/notices/waiting".to_owned());
    assert_eq!(list("tech").await, [(Engine::Attestation, "/attestations/rooms~1".to_owned()), reading.clone()]);
    assert_eq!(list("office").await, [(Engine::Issuing, "/notices/priv~1".to_owned()), reading.clone()]);
    assert_eq!(list("teacher").await, std::slice::from_ref(&reading));
    assert_eq!(list("maya.jones").await, [reading]);
    // The agreement comes first, and stands in a list of its own.
    desk.has_not_signed("teacher").await;
    assert_eq!(list("teacher").await, []);
    let tech = desk.sign_in("tech", kit).await;
    let page = desk.get(&tech, "/due").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("2 things wait for you; 1 should be done by now."), "{}", page.text);
    assert!(page.text.contains("Overdue since 15 November 2026") && page.text.contains("Confirm"), "{}", page.text);
    // Two steps: the question, the answer.
    let fields = [("answer", "yes"), ("words", "Tried both doors.")];
    desk.upload(&tech, "/attestations/rooms~1", &fields, None).await;
    assert!(!desk.get(&tech, "/due").await.text.contains("rooms~1"));
    desk.repeal();
    assert!(desk.get(&tech, "/due").await.text.contains("Nothing waits for you."));
}

async fn a_long_list_is_short_at_home(kit: &TestStore) {
    let clauses: String = [
        "network.provider",
        "data.siro",
        "assets.loans",
        "backup.media",
        "network.wifi",
        "review.audit",
        "website.credits",
        "people.vetting",
        "devices.exams",
        "learning.ai-tools",
    ]
    .iter()
    .enumerate()
    .map(|(nth, control)| format!("- Clause. `c-{nth}: {control} {{ attest = \"headteacher\" }}`\n"))
    .collect();
    let desk = TestDesk::open(kit, &clauses).await;
    let head = desk.session("head", kit).await;
    let all = due(&desk.engines, &head, kit.now()).await.unwrap();
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|one| one.urgency == Urgency::Late && one.engine == Engine::Attestation));
    let home = at_home(all);
    assert_eq!((home.len(), home[AT_HOME].what.as_str(), home[AT_HOME].href.as_str()), (9, "And 2 more", "/due"));
}

async fn a_calendar_shows_numbers(kit: &TestStore) {
    let desk = TestDesk::open(kit, CLAUSES).await;
    let tech = desk.school.who("tech").await;
    let (from, to) = (date(2026, 11, 24), date(2027, 4, 30));
    let counts = async || due_counts(&desk.engines, &desk.school.school, tech, (from, to), kit.now()).await.unwrap();
    assert_eq!(counts().await.into_iter().collect::<Vec<_>>(), [(from, 1)], "what is overdue stands on the first day");
    let cookie = desk.sign_in("tech", kit).await;
    let fields = [("answer", "yes"), ("words", "Tried both doors.")];
    desk.upload(&cookie, "/attestations/rooms~1", &fields, None).await;
    assert_eq!(counts().await.into_iter().collect::<Vec<_>>(), [(date(2027, 3, 24), 1)]);
    let teacher = desk.school.who("teacher").await;
    let none = due_counts(&desk.engines, &desk.school.school, teacher, (from, to), kit.now()).await.unwrap();
    assert!(none.is_empty());
}

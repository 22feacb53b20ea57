//! Whose password nobody sees but they themselves.

use axum::http::StatusCode;
use kernel::{PersonId, Role};

use super::browser::{Desktop, PASSWORD};

async fn somebody(desk: &Desktop, given: &str, username: &str, role: Role) -> PersonId {
    let person = desk.small.person(given, "Example", None).await;
    desk.small.role(person, role).await;
    desk.small.role(person, Role::Staff).await;
    let hash = desk.access.hasher().hash(PASSWORD).await.unwrap();
    desk.small.account(person, username, Some(&hash)).await;
    person
}

#[tokio::test]
async fn nobody_sees_the_password_of_the_second_person_or_of_who_hears_children() {
    let desk = Desktop::open().await;
    let safe = somebody(&desk, "Olga", "olga", Role::OnlineSafetyLead).await;
    somebody(&desk, "Dan", "dan", Role::DataManager).await;
    let (nadia, tech, head) =
        (desk.small.who("nadia.nair").await, desk.small.who("tech").await, desk.small.who("head").await);
    let teacher = desk.small.who("teacher").await;
    for (nth, (username, of, status)) in [
        ("tech", safe, StatusCode::FORBIDDEN),
        ("tech", nadia, StatusCode::FORBIDDEN),
        ("tech", head, StatusCode::FORBIDDEN),
        ("tech", teacher, StatusCode::OK),
        ("dan", tech, StatusCode::FORBIDDEN),
        ("dan", nadia, StatusCode::FORBIDDEN),
        ("head", tech, StatusCode::FORBIDDEN),
        ("head", nadia, StatusCode::FORBIDDEN),
        ("head", safe, StatusCode::FORBIDDEN),
    ]
    .into_iter()
    .enumerate()
    {
        let mut browser = desk.signed_in(username, &format!("192.0.2.{}", nth + 1)).await;
        let answer = browser.post_from("/accounts", &format!("/accounts/{of}/reset"), "").await;
        assert_eq!(answer.status, status, "{username}: {nth}");
        assert_eq!(answer.text.contains("<dt>Password</dt>"), status == StatusCode::OK, "{username}: {nth}");
    }
    let mut tech = desk.signed_in("tech", "192.0.2.20").await;
    let page = tech.get("/accounts?who=staff").await;
    assert!(!page.text.contains(&format!("/accounts/{safe}/reset")) && page.text.contains("gatehouse access reset"));
}

#[tokio::test]
async fn first_passwords_of_those_are_made_by_a_link_to_themselves() {
    let desk = Desktop::open().await;
    somebody(&desk, "Dan", "dan", Role::DataManager).await;
    let sql = "UPDATE access_account SET password_hash = NULL WHERE username IN ('nadia.nair', 'tech', 'teacher')";
    store::testing::tamper(desk.access.store(), sql).await.unwrap();
    let mut dan = desk.signed_in("dan", "192.0.2.2").await;
    let page = dan.post_from("/accounts", "/accounts/first-passwords", "who=everybody").await;
    assert!(
        page.text.contains("1 first password") && page.text.contains("2 people are not among them"),
        "{}",
        page.main()
    );
    assert!(!page.text.contains("Nadia") && !page.text.contains("Nina"), "{}", page.main());
    let again = dan.post_from("/accounts", "/accounts/first-passwords", "who=everybody").await;
    assert_eq!(again.location(), "/accounts");
    assert!(dan.get("/accounts").await.text.contains("choose it themselves, by a link"));
    // The link makes their first password as well.
    let (school, nadia) = (&desk.small.school, desk.small.who("nadia.nair").await);
    let link = desk.access.invite_again(school, nadia, nadia, kernel::Clock::now(&desk.clock)).await.unwrap();
    let mut browser = desk.browser("192.0.2.9");
    let done = browser.post_from(&link, &link, "password=copper-meadow-thimble").await;
    assert_eq!(done.location(), "/", "{}", done.main());
    let mut fresh = desk.browser("192.0.2.7");
    assert_eq!(fresh.sign_in("nadia.nair", "copper-meadow-thimble").await.location(), "/");
}

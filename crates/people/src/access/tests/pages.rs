//! Every page, and who may open it.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use webkit::{Who, routes::table};

use super::browser::{Desktop, PASSWORD};

#[tokio::test]
async fn who_may_use_which_route() {
    let desk = Desktop::open().await;
    insta::assert_snapshot!("routes", table(&desk.rows));
    let mut browsers = BTreeMap::new();
    for (nth, username) in ["head", "nadia.nair", "tech", "teacher", "maya.jones", "parent"].into_iter().enumerate() {
        browsers.insert(username, desk.signed_in(username, &format!("192.0.2.{}", nth + 1)).await);
    }
    let mut nobody = desk.browser("192.0.2.99");
    let mut lines = Vec::new();
    for row in desk.rows.clone().iter().filter(|row| row.path != "/sign-out" && !row.path.starts_with("/assets")) {
        let path = row.path.replace("{person}", "0").replace("{device}", "0").replace("{token}", "0");
        let mut line = format!("{:<5} {:<34}", row.method.as_str(), row.path);
        for browser in browsers.values_mut().chain(std::iter::once(&mut nobody)) {
            let answer = match row.method {
                Method::POST => {
                    let page = if row.who == Who::Public { "/sign-in" } else { "/account" };
                    browser.post_from(page, &path, "").await
                }
                _ => browser.get(&path).await,
            };
            line.push_str(&format!(" {:>4}", answer.status.as_u16()));
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{} {path}", row.method);
        }
        lines.push(line);
    }
    let names = browsers.keys().copied().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!("walk", format!("{names} nobody\n{}", lines.join("\n")));
}

#[tokio::test]
async fn every_page_as_it_is_printed() {
    let desk = Desktop::with(webkit::Settings::loopback(), None).await;
    let mut nobody = desk.browser("192.0.2.99");
    insta::assert_snapshot!("sign_in", nobody.get("/sign-in").await.main());
    insta::assert_snapshot!("what_we_record", nobody.get("/what-we-record").await.main());
    let mut tech = desk.signed_in("tech", "192.0.2.1").await;
    insta::assert_snapshot!("home_network_manager", tech.get("/").await.main());
    insta::assert_snapshot!("register", tech.get("/accounts?who=staff").await.main());
    insta::assert_snapshot!("password", tech.get("/account/password").await.main());
    insta::assert_snapshot!("tell_adult", tech.get("/tell").await.main());
    let mut head = desk.signed_in("head", "192.0.2.2").await;
    let home = head.get("/").await;
    insta::assert_snapshot!("home_head", home.main());
    assert!(home.text.contains("Helen Head, headteacher"), "{}", home.text);
    let mut maya = desk.signed_in("maya.jones", "192.0.2.3").await;
    insta::assert_snapshot!("home_pupil", maya.get("/").await.main());
    insta::assert_snapshot!("account", maya.get("/account").await.main());
    insta::assert_snapshot!("tell_child", maya.get("/tell").await.main());
    insta::assert_snapshot!("not_found", maya.get("/nothing-here").await.main());
    insta::assert_snapshot!("forbidden", maya.get("/accounts").await.main());
}

#[tokio::test]
async fn an_unsigned_pupil_is_led_to_the_agreement() {
    let desk = Desktop::with(webkit::Settings::loopback(), Some("/agreements/mine")).await;
    let mut maya = desk.signed_in("maya.jones", "192.0.2.3").await;
    let home = maya.get("/").await;
    assert!(home.text.contains("href=\"/agreements/mine\"") && home.text.contains("Then the internet opens for you."));
    let mut teacher = desk.signed_in("teacher", "192.0.2.4").await;
    assert!(teacher.get("/").await.text.contains("Read and sign the agreement"));
}

#[tokio::test]
async fn a_child_tells_and_the_lead_reads() {
    let desk = Desktop::open().await;
    let mut maya = desk.signed_in("maya.jones", "192.0.2.3").await;
    let empty = maya.post_from("/tell", "/tell", "words=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let lead = desk.small.who("nadia.nair").await;
    let words = "what=unkind&words=Sam+said+%3Cb%3Ebad%3C%2Fb%3E+things";
    let told = maya.post_from("/tell", "/tell", &format!("{words}&who={lead}")).await;
    assert_eq!(told.location(), "/tell/thanks");
    assert!(maya.get("/tell/thanks").await.text.contains("Thank you, Maya"));
    let mut nadia = desk.signed_in("nadia.nair", "192.0.2.5").await;
    let home = nadia.get("/").await;
    assert!(home.text.contains("Read 1 message for you") && !home.text.contains("Sam"), "no words on a home page");
    let page = nadia.get("/concerns").await;
    insta::assert_snapshot!("concerns", page.main());
    assert!(!nadia.get("/").await.text.contains("message for you"), "read");
    assert!(nadia.get("/concerns").await.text.contains("No new messages."));
    let mut tech = desk.signed_in("tech", "192.0.2.6").await;
    assert_eq!(tech.get("/concerns").await.status, StatusCode::FORBIDDEN);
    let acts = desk.acts().await;
    assert_eq!(acts.iter().filter(|act| *act == "incident.report").count(), 1);
    assert_eq!(acts.iter().filter(|act| *act == "incident.read-report").count(), 1);
    assert_eq!(acts.iter().filter(|act| *act == "incident.read-reports").count(), 2);
}

#[tokio::test]
async fn first_passwords_are_shown_once_and_open_the_accounts() {
    let desk = Desktop::open().await;
    let mut head = desk.signed_in("head", "192.0.2.2").await;
    let sql = "UPDATE access_account SET password_hash = NULL WHERE username IN ('maya.jones', 'tom.reed', 'tech')";
    store::testing::tamper(desk.access.store(), sql).await.unwrap();
    assert!(head.get("/accounts").await.text.contains("3 of them have no password yet."));
    let page = head.post_from("/accounts", "/accounts/first-passwords", "who=pupils").await;
    assert!(page.text.contains("2 first passwords") && page.text.contains("maya.jones"), "{}", page.main());
    let password = page.text.split("maya.jones</dd><dt>Password</dt><dd>").nth(1).unwrap().split('<').next().unwrap();
    let mut maya = desk.browser("192.0.2.3");
    assert_eq!(maya.sign_in("maya.jones", password).await.status, StatusCode::SEE_OTHER);
    assert_eq!(maya.get("/").await.status, StatusCode::OK, "a pupil keeps the one on the card");
    let again = head.post_from("/accounts", "/accounts/first-passwords", "who=pupils").await;
    assert_eq!(again.location(), "/accounts");
    let rest = head.post_from("/accounts", "/accounts/first-passwords", "who=everybody").await;
    assert_eq!(rest.location(), "/accounts", "of who changes the filter nobody sees the password");
    assert_eq!(desk.acts().await.iter().filter(|act| *act == "access.first-password").count(), 2);
}

#[tokio::test]
async fn the_register_is_found_in_filtered_and_exported() {
    let desk = Desktop::open().await;
    let mut head = desk.signed_in("head", "192.0.2.2").await;
    let found = head.post_from("/accounts", "/accounts/find", "find=JONES").await;
    assert!(
        found.text.contains("maya.jones") && found.text.contains("Priya Jones") && !found.text.contains("tom.reed")
    );
    let pupils = head.get("/accounts?who=pupils").await;
    assert!(pupils.text.contains("<strong>3 users</strong>"));
    let file = head.get("/accounts.csv?who=pupils").await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"users.csv\"");
    assert!(file.text.contains("Maya Jones,maya.jones,\"Pupil, 5B\",In use\n"), "{}", file.text);
    assert!(desk.acts().await.contains(&"access.export-users".into()));
}

#[tokio::test]
async fn the_first_administrator_comes_in_by_a_link_that_works_once() {
    let desk = Desktop::open().await;
    let now = kernel::Clock::now(&desk.clock);
    let old = desk.access.invite_first(&desk.small.school, now).await.unwrap();
    desk.clock.pass(jiff::Span::new().minutes(1));
    let now = kernel::Clock::now(&desk.clock);
    let link = desk.access.invite_first(&desk.small.school, now).await.unwrap();
    let mut browser = desk.browser("192.0.2.9");
    assert_eq!(browser.get(&old).await.status, StatusCode::NOT_FOUND, "a newer link replaces the older");
    assert_eq!(browser.get("/welcome/nonsense").await.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!("welcome", browser.get(&link).await.main().replace(&link, "LINK"));
    let fields = |username: &str, password: &str| {
        format!("given=Asha&family=Marsh&role=network-manager&username={username}&password={password}")
    };
    let refused = browser.post_from(&link, &link, &fields("tech", PASSWORD)).await;
    assert!(refused.text.contains("this one is taken") && refused.text.contains("value=\"Asha\""));
    let refused = browser.post_from(&link, &link, &fields("asha.marsh", "short")).await;
    assert!(refused.text.contains("Use at least 10 characters"), "{}", refused.main());
    let done = browser.post_from(&link, &link, &fields("asha.marsh", PASSWORD)).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"), "{}", done.text);
    assert!(browser.get("/").await.text.contains("Asha Marsh, network manager"));
    let mut second = desk.browser("192.0.2.8");
    assert_eq!(second.get(&link).await.status, StatusCode::NOT_FOUND, "used");
    let link = desk.access.invite_first(&desk.small.school, now).await.unwrap();
    desk.clock.pass(jiff::Span::new().hours(24 * 8));
    assert_eq!(second.get(&link).await.status, StatusCode::NOT_FOUND, "too old");
}

#[tokio::test]
async fn who_forgot_the_password_chooses_another_by_a_link_that_works_once() {
    let desk = Desktop::open().await;
    let (school, head) = (&desk.small.school, desk.small.who("head").await);
    let now = kernel::Clock::now(&desk.clock);
    let mut elsewhere = desk.signed_in("head", "192.0.2.2").await;
    let old = desk.access.invite_again(school, head, head, now).await.unwrap();
    let first = desk.access.invite_first(school, now).await.unwrap();
    let link = desk.access.invite_again(school, head, head, now).await.unwrap();
    let mut browser = desk.browser("192.0.2.9");
    assert_eq!(browser.get(&old).await.status, StatusCode::NOT_FOUND, "a newer link replaces the older");
    assert_eq!(browser.get(&first).await.status, StatusCode::OK, "and no link to something else");
    let page = browser.get(&link).await;
    assert!(page.text.contains("choose a new password") && !page.text.contains("name=\"role\""), "{}", page.main());
    let refused = browser.post_from(&link, &link, "password=short").await;
    assert!(refused.text.contains("Use at least 10 characters"), "{}", refused.main());
    assert_eq!(elsewhere.get("/").await.status, StatusCode::OK, "until then all stays as it was");
    let done = browser.post_from(&link, &link, "password=copper-meadow-thimble").await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"), "{}", done.text);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/").await.location(), "/sign-in", "signed out everywhere else");
    assert_eq!(desk.browser("192.0.2.8").get(&link).await.status, StatusCode::NOT_FOUND, "used");
    let mut fresh = desk.browser("192.0.2.7");
    assert_eq!(fresh.sign_in("head", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fresh.sign_in("head", "copper-meadow-thimble").await.location(), "/");
    assert_eq!(desk.acts().await.iter().filter(|act| *act == "access.invite-again").count(), 2);
    let link = desk.access.invite_again(school, head, head, now).await.unwrap();
    desk.clock.pass(jiff::Span::new().hours(25));
    assert_eq!(fresh.get(&link).await.status, StatusCode::NOT_FOUND, "too old");
    let now = kernel::Clock::now(&desk.clock);
    desk.access.set_open(school, head, head, false, now).await.unwrap();
    assert!(desk.access.invite_again(school, head, head, now).await.is_err(), "a closed account is opened first");
}

/// Serves the desk of the small school, to look at its pages: `PORT`, everybody's password is that of the tests.
#[tokio::test]
#[ignore = "serves until it is stopped; for looking at the pages"]
async fn serve() {
    let desk = Desktop::with(webkit::Settings::loopback(), None).await;
    let now = kernel::Clock::now(&desk.clock);
    let link = desk.access.invite_first(&desk.small.school, now).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8765").await.unwrap();
    eprintln!("http://{}{link}", listener.local_addr().unwrap());
    let service = desk.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).await.unwrap();
}

//! Signing in, staying signed in, and what must not work.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use jiff::Span;
use webkit::Settings;

use super::browser::{Desktop, PASSWORD};

#[tokio::test]
async fn a_pupil_signs_in_and_out() {
    let desk = Desktop::open().await;
    let mut browser = desk.browser("192.0.2.10");
    let answer = browser.get("/").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    let answer = browser.sign_in(" Maya.Jones ", PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    let home = browser.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.text.contains("Hello Maya!") && home.text.contains("Maya, 5B"), "{}", home.text);
    let cookie = browser.cookies["gatehouse"].clone();
    let out = browser.post_from("/", "/sign-out", "").await;
    assert_eq!(out.location(), "/sign-in");
    assert!(browser.get("/sign-in").await.text.contains("You are signed out."));
    browser.cookies.insert("gatehouse".into(), cookie);
    assert_eq!(browser.get("/").await.location(), "/sign-in", "the old cookie is dead");
    assert_eq!(desk.acts().await.iter().filter(|act| act.starts_with("access.sign")).count(), 2);
}

#[tokio::test]
async fn nobody_learns_which_usernames_exist() {
    let desk = Desktop::open().await;
    let mut browser = desk.browser("192.0.2.10");
    let known = browser.sign_in("maya.jones", "wrong").await;
    let unknown = browser.sign_in("nobody.here", "wrong").await;
    assert_eq!(known.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.status, known.status);
    let same = |text: &str| text.replace("nobody.here", "maya.jones");
    assert_eq!(same(&unknown.main()), known.main());
    assert!(
        known.text.contains("value=\"maya.jones\"") && !known.text.contains("wrong"),
        "the name stays, the password not"
    );
    assert!(known.text.contains("<title>Error: Sign in"));
}

#[tokio::test]
async fn guessing_becomes_slow() {
    let desk = Desktop::open().await;
    let mut browser = desk.browser("192.0.2.10");
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(browser.sign_in("maya.jones", "wrong").await.status.as_u16());
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429]);
    let held = browser.sign_in("maya.jones", PASSWORD).await;
    assert_eq!(held.status, StatusCode::TOO_MANY_REQUESTS, "the right one has to wait as well");
    assert!(held.headers.contains_key(header::RETRY_AFTER));
    let mut other = desk.browser("192.0.2.11");
    assert_eq!(other.sign_in("maya.jones", PASSWORD).await.status, StatusCode::SEE_OTHER, "elsewhere she gets in");
    desk.clock.pass(Span::new().seconds(3));
    assert_eq!(browser.sign_in("maya.jones", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_without_its_token_is_refused() {
    let desk = Desktop::open().await;
    let mut browser = desk.browser("192.0.2.10");
    let fields = format!("username=maya.jones&password={PASSWORD}");
    assert_eq!(browser.bare_post("/sign-in", fields.clone()).await.status, StatusCode::BAD_REQUEST);
    let token = browser.get("/sign-in").await.field("csrf");
    assert_eq!(browser.bare_post("/sign-in", format!("csrf=x{token}&{fields}")).await.status, StatusCode::BAD_REQUEST);
    let foreign = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://evil.example")
        .body(Body::from(format!("csrf={token}&{fields}")));
    assert_eq!(browser.send(foreign.unwrap()).await.status, StatusCode::BAD_REQUEST);
    // A token of the time before sign-in is none of the session.
    assert_eq!(browser.bare_post("/sign-in", format!("csrf={token}&{fields}")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.bare_post("/sign-out", format!("csrf={token}")).await.status, StatusCode::BAD_REQUEST);
    let mut attacker = desk.signed_in("tom.reed", "192.0.2.11").await;
    let theirs = attacker.get("/account").await.field("csrf");
    assert_eq!(browser.bare_post("/sign-out", format!("csrf={theirs}")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_sign_in_never_takes_over_a_cookie_that_was_there() {
    let desk = Desktop::open().await;
    let planted = desk.signed_in("tom.reed", "192.0.2.66").await.cookies["gatehouse"].clone();
    let mut victim = desk.browser("192.0.2.10");
    victim.cookies.insert("gatehouse".into(), planted.clone());
    let token = victim.get("/account").await.field("csrf");
    let answer = victim.bare_post("/sign-in", format!("csrf={token}&username=maya.jones&password={PASSWORD}")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(victim.cookies["gatehouse"], planted);
    victim.cookies.insert("gatehouse".into(), planted);
    assert_eq!(victim.get("/").await.location(), "/sign-in", "the planted session has ended");
}

#[tokio::test]
async fn an_unused_session_ends_and_says_why() {
    let desk = Desktop::open().await;
    let mut browser = desk.signed_in("nadia.nair", "192.0.2.10").await;
    for _ in 0..4 {
        desk.clock.pass(Span::new().minutes(14));
        assert_eq!(browser.get("/").await.status, StatusCode::OK, "in use");
    }
    desk.clock.pass(Span::new().minutes(15));
    let answer = browser.get("/concerns").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?next=/concerns"));
    let page = browser.get("/sign-in?next=/concerns").await;
    assert!(page.text.contains("You were signed out because nothing happened here for 15 minutes."), "{}", page.text);
    assert_eq!(page.field("next"), "/concerns");
    assert!(!browser.get("/sign-in").await.text.contains("You were signed out"), "said once");
    // What a block page has filled in already is still there afterwards.
    let asked = browser.get("/tell?site=a.test/b%2Fc&why=d").await;
    assert_eq!(asked.location(), "/sign-in?next=/tell?site=a.test/b%252Fc%26why=d");
    let page = browser.get(asked.location()).await;
    assert_eq!(page.field("next").replace("&#38;", "&"), "/tell?site=a.test/b%2Fc&why=d");
    assert!(page.text.contains("0800 1111"), "nobody who wants to tell has to sign in first: {}", page.text);
    assert!(!browser.get("/sign-in?next=/concerns").await.text.contains("0800 1111"));
}

#[tokio::test]
async fn no_session_lasts_longer_than_twelve_hours() {
    let desk = Desktop::open().await;
    let mut browser = desk.signed_in("head", "192.0.2.10").await;
    for _ in 0..(12 * 6 - 1) {
        desk.clock.pass(Span::new().minutes(10));
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    desk.clock.pass(Span::new().minutes(10));
    assert_eq!(browser.get("/account").await.location(), "/sign-in?next=/account");
}

#[tokio::test]
async fn under_tls_the_cookie_is_secure_and_answers_are_sealed() {
    let desk = Desktop::with(Settings { tls: true, ..Settings::loopback() }, None).await;
    let mut browser = desk.browser("192.0.2.10");
    let page = browser.get("/sign-in").await;
    for (name, expected) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age="),
    ] {
        assert!(page.headers[name].to_str().unwrap().starts_with(expected), "{name}");
    }
    let token = page.field("csrf");
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://localhost")
        .body(Body::from(format!("csrf={token}&username=head&password={PASSWORD}")));
    assert_eq!(browser.send(request.unwrap()).await.status, StatusCode::SEE_OTHER);
    let cookie = browser.set.iter().find(|text| text.starts_with("__Host-gatehouse=")).unwrap();
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{part}");
    }
}

#[tokio::test]
async fn another_host_is_not_answered() {
    let desk = Desktop::open().await;
    let mut browser = desk.browser("192.0.2.10");
    let request = Request::get("/sign-in").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    assert!(!answer.text.contains("Willow"));
}

#[tokio::test]
async fn a_handed_out_password_must_be_changed_first() {
    let desk = Desktop::open().await;
    let tech = desk.small.who("teacher").await;
    let head = desk.small.who("head").await;
    let now = kernel::Clock::now(&desk.clock);
    let handout = desk.access.reset(&desk.small.school, head, tech, now).await.unwrap();
    let mut browser = desk.browser("192.0.2.10");
    assert_eq!(browser.sign_in("teacher", &handout.password).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/").await.location(), "/account/password");
    let send = |now: &str, new: &str, again: &str| format!("now={now}&new={new}&again={again}");
    let page = "/account/password";
    for (fields, expected) in [
        (send("wrong", "seven-green-hats", "seven-green-hats"), "Enter the password that you signed in with"),
        (send(&handout.password, "short", "short"), "Use at least 10 characters"),
        (send(&handout.password, "password1234", "password1234"), "one of the first that anybody would try"),
        (send(&handout.password, "tariqteacher", "tariqteacher"), "this is your name"),
        (send(&handout.password, "seven-green-hats", "seven-green-cats"), "twice the same"),
        (send(&handout.password, &handout.password, &handout.password), "not the one you have"),
    ] {
        let answer = browser.post_from(page, page, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(answer.text.contains(expected), "{fields}: {}", answer.main());
        assert!(!answer.text.contains("seven-green"), "no password comes back");
    }
    let answer = browser.post_from(page, page, &send(&handout.password, "seven-green-hats", "seven-green-hats")).await;
    assert_eq!(answer.location(), "/");
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "the session stays");
    assert!(desk.acts().await.contains(&"access.set-password".to_owned()));
}

#[tokio::test]
async fn a_reset_or_closed_account_ends_its_sessions() {
    let desk = Desktop::open().await;
    let mut maya = desk.signed_in("maya.jones", "192.0.2.10").await;
    let mut tom = desk.signed_in("tom.reed", "192.0.2.11").await;
    let mut head = desk.signed_in("head", "192.0.2.12").await;
    let (m, t) = (desk.small.who("maya.jones").await, desk.small.who("tom.reed").await);
    let answer = head.post_from("/accounts", &format!("/accounts/{m}/reset"), "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(maya.get("/").await.location(), "/sign-in");
    head.post_from("/accounts", &format!("/accounts/{t}/close"), "").await;
    assert_eq!(tom.get("/").await.location(), "/sign-in");
    assert_eq!(tom.sign_in("tom.reed", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    head.post_from("/accounts", &format!("/accounts/{t}/open"), "").await;
    assert_eq!(tom.sign_in("tom.reed", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let own = desk.small.who("head").await;
    let refused = head.post_from("/accounts", &format!("/accounts/{own}/close"), "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_technician_cannot_make_a_way_to_what_children_tell() {
    let desk = Desktop::open().await;
    let lead = desk.small.who("nadia.nair").await;
    let mut tech = desk.signed_in("tech", "192.0.2.10").await;
    for what in ["reset", "close", "open"] {
        let answer = tech.post_from("/accounts", &format!("/accounts/{lead}/{what}"), "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
    }
    let teacher = desk.small.who("teacher").await;
    assert_eq!(tech.post_from("/accounts", &format!("/accounts/{teacher}/reset"), "").await.status, StatusCode::OK);
    let mut head = desk.signed_in("head", "192.0.2.11").await;
    // The head hears children too, but does not open what a sealed list refused.
    assert_eq!(head.post_from("/accounts", &format!("/accounts/{lead}/reset"), "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(head.post_from("/accounts", &format!("/accounts/{lead}/close"), "").await.location(), "/accounts");
}

//! Connections that are opened, from the client's side.

use activity::Outcome;
use kernel::Owner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{support::*, tls::*};

async fn opening() -> (Opening, Web) {
    let web = Web::new();
    let site = web.site(Certificate::of(&[SITE, "other.test", "bank.test"]), &["h2", "http/1.1"]).await;
    let opening = Opening::with(&web, |config| {
        config.resolve.insert("*.test".into(), site.into());
    })
    .await;
    (opening, web)
}

#[tokio::test]
async fn a_page_is_judged_by_its_whole_address() {
    let (opening, _) = opening().await;
    let stream = opening.shake(SITE, &["http/1.1"]).await.unwrap();
    assert!(issuer(&stream).contains("Willow Lane Primary"), "{}", issuer(&stream));
    let (parts, body) = one(stream, request(&format!("https://{SITE}/page?q=secret"), &[("host", SITE)])).await;
    assert_eq!((parts.status.as_u16(), body.as_str()), (200, "hello from /page"));
    let row = opening.house.one_row().await;
    assert_eq!((row.outcome, row.host.as_str(), row.path.as_deref()), (Outcome::Allowed, SITE, Some("/page")));
    assert_eq!((row.inspected, row.method.as_str(), row.who.person.is_some()), (true, "GET", true));
}

#[tokio::test]
async fn http_2_is_spoken_and_pages_are_closed_inside() {
    let (opening, _) = opening().await;
    let mut parts = opening_parts(&[GAMES], &[], Vec::new());
    let address = kernel::Sites(vec![kernel::SiteItem::parse(&format!("{SITE}/games")).unwrap()]);
    parts.rules.rules.push(filter::Rule::new("path#1".to_owned(), filter::Action::Block, address, clause()));
    opening.house.rules.store(std::sync::Arc::new(filter::Snapshot::new(parts)));
    let mut sender = two(opening.shake(SITE, &["h2", "http/1.1"]).await.unwrap()).await;
    let html = &[("accept", "text/html")][..];
    let cookies = &[("cookie", "a=1"), ("cookie", "b=2")][..];
    let seen = sender.send_request(request(&format!("https://{SITE}/seen"), cookies)).await.unwrap();
    let (_, seen) = text(seen).await;
    assert!(seen.contains("cookie: a=1; b=2\n") && seen.contains(&format!("host: {SITE}")), "{seen}");
    let closed = sender.send_request(request(&format!("https://{SITE}/games/x"), html)).await.unwrap();
    let (parts, page) = text(closed).await;
    assert_eq!(parts.status, 403);
    assert!(
        page.contains("clause 4.1.2") && page.contains("<h1>This part of the site is blocked in school</h1>"),
        "{page}"
    );
    assert!(page.contains(&format!("/filter/ask?site={SITE}/games\"")), "what is asked for is the part: {page}");
    // A page may be met in a frame; its links leave it.
    let frames = parts.headers["content-security-policy"].to_str().unwrap();
    assert!(!frames.contains("frame-ancestors") && page.contains("<base target=\"_top\">"), "{frames} {page}");
    let mut head = request(&format!("https://{SITE}/games/x"), html);
    *head.method_mut() = hyper::Method::HEAD;
    let (parts, nothing) = text(sender.send_request(head).await.unwrap()).await;
    assert_eq!((parts.status.as_u16(), nothing.as_str()), (403, ""));
    // The connection serves on.
    let open = sender.send_request(request(&format!("https://{SITE}/page"), html)).await.unwrap();
    assert_eq!(text(open).await.1, "hello from /page");
    assert_eq!(opening.house.gateway.figures().inspected, 1);
    let rows = opening.house.rows(4).await;
    let blocked = rows.iter().find(|row| row.outcome == Outcome::Blocked).unwrap();
    assert_eq!((blocked.path.as_deref(), blocked.inspected), (Some("/games/x"), true));
}

#[tokio::test]
async fn a_closed_site_shows_its_page_on_the_connection() {
    let (opening, _) = opening().await;
    let (status, page) = opening.get(GAMES, "/").await;
    assert!(status == 403 && page.contains("clause 4.1.2") && page.contains("/filter/ask?site=games.test"), "{page}");
    let mut sender = two(opening.shake(GAMES, &["h2"]).await.unwrap()).await;
    let answer = sender.send_request(request(&format!("https://{GAMES}/"), &[])).await.unwrap();
    assert_eq!(answer.status(), 403);
    let row = &opening.house.rows(2).await[0];
    assert_eq!((row.outcome, row.host.as_str(), row.inspected), (Outcome::Blocked, GAMES, true));
}

#[tokio::test]
async fn exempt_sites_and_devices_of_others_keep_the_sites_own_certificate() {
    let (opening, web) = opening().await;
    let own = client(&[web.root()], &["http/1.1"]);
    let stream = opening.shake_with(&own, "bank.test", "bank.test").await.unwrap();
    assert!(issuer(&stream).contains("Web authority"), "{}", issuer(&stream));
    let (_, body) = one(stream, request("https://bank.test/account", &[("host", "bank.test")])).await;
    assert_eq!(body, "hello from /account");
    let row = opening.house.one_row().await;
    assert_eq!((row.host.as_str(), row.path.as_deref(), row.inspected), ("bank.test", None, false));
    for owner in [Owner::Personal, Owner::Unknown] {
        let viewer = kernel::Viewer { owner, ..pupil(1, 5) };
        opening.house.people.tokens.lock().unwrap().insert("maya-token".into(), viewer);
        let stream = opening.shake_with(&own, SITE, SITE).await.unwrap();
        assert!(issuer(&stream).contains("Web authority"));
        let (_, status) = opening.tunnel(GAMES, "maya-token").await;
        assert_eq!(status, "403", "judged by name");
    }
}

#[tokio::test]
async fn an_exempt_name_opens_no_way_to_another_site() {
    let (opening, web) = opening().await;
    let own = client(&[web.root(), opening.root.clone()], &["http/1.1"]);
    assert!(opening.shake_with(&own, SITE, "bank.test").await.is_err());
    assert_eq!(opening.house.one_row().await.reason, "other-name");
    // And the other way round it is the name that is opened.
    let stream = opening.shake_with(&own, "bank.test", SITE).await.unwrap();
    assert!(issuer(&stream).contains("Willow Lane Primary"));
    // The authority is kept from exempt names even where a policy would open them.
    opening.house.rules.store(std::sync::Arc::new(filter::Snapshot::new(opening_parts(&[], &[], Vec::new()))));
    let stream = opening.shake_with(&own, "bank.test", "bank.test").await.unwrap();
    assert!(issuer(&stream).contains("Web authority"));
}

#[tokio::test]
async fn a_request_for_another_site_is_judged_and_sent_back() {
    let (opening, _) = opening().await;
    let mut sender = two(opening.shake(SITE, &["h2"]).await.unwrap()).await;
    let mut ask = async |url: &str, fields: &[(&str, &str)]| {
        sender.send_request(request(url, fields)).await.unwrap().status().as_u16()
    };
    assert_eq!(ask("https://other.test/", &[]).await, 421);
    assert_eq!(ask(&format!("https://{GAMES}/"), &[]).await, 403);
    assert_eq!(ask(&format!("https://{SITE}/"), &[("host", GAMES)]).await, 400);
    assert_eq!(ask(&format!("https://{SITE}:8443/"), &[]).await, 421);
    assert_eq!(ask(&format!("https://{SITE}/"), &[]).await, 200);
    let stream = opening.shake(SITE, &["http/1.1"]).await.unwrap();
    let (parts, _) = one(stream, request(&format!("https://{SITE}/"), &[("host", GAMES)])).await;
    assert_eq!(parts.status, 403);
    let rows = opening.house.rows(5).await;
    assert!(rows.iter().any(|row| row.reason == "misdirected" && row.host == "other.test"));
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_school_is_a_candidate_and_never_spliced() {
    let (opening, web) = opening().await;
    let pinning = client(&[web.root()], &["http/1.1"]);
    for _ in 0..3 {
        assert!(opening.shake_with(&pinning, "other.test", "other.test").await.is_err());
    }
    assert_eq!(opening.get(SITE, "/").await.0, 200);
    let rows = opening.house.rows(4).await;
    assert_eq!(rows.iter().filter(|row| row.reason == "certificate-not-trusted").count(), 3);
    let names = opening.house.gateway.broken_names();
    assert_eq!(names.len(), 1);
    assert_eq!((names[0].name.as_str(), names[0].broken, names[0].completed), ("other.test", 3, 0));
    let trust = opening.house.gateway.client_trust();
    assert_eq!((trust[0].broken, trust[0].completed), (3, 1));
}

/// Most apps compare the certificate when the handshake is done, and go away without a word.
#[tokio::test]
async fn a_client_that_leaves_right_after_the_handshake_is_a_candidate_too() {
    let (opening, _) = opening().await;
    assert_eq!(opening.get(SITE, "/").await.0, 200);
    for name in [SITE, "other.test", "other.test"] {
        drop(opening.shake(name, &["http/1.1"]).await.unwrap());
    }
    let rows = opening.house.rows(3).await;
    let left: Vec<_> = rows.iter().filter(|row| row.reason == "left-at-once").collect();
    assert!(left.len() == 2 && left.iter().all(|row| row.host == "other.test" && row.outcome == Outcome::Failed));
    let seen = || opening.house.gateway.broken_names();
    assert_eq!(seen().iter().map(|it| (it.name.as_str(), it.broken)).collect::<Vec<_>>(), [("other.test", 2)]);
    // Where something else opens it, it was a connection to spare.
    assert_eq!(opening.get("other.test", "/").await.0, 200);
    assert!(seen().is_empty());
}

#[tokio::test]
async fn sessions_are_resumed() {
    let (opening, _) = opening().await;
    let client = client(std::slice::from_ref(&opening.root), &["http/1.1"]);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let stream = opening.shake_with(&client, SITE, SITE).await.unwrap();
        let kind = stream.get_ref().1.handshake_kind();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut ask = request("/page", &[("host", SITE)]);
        *ask.uri_mut() = "/page".parse().unwrap();
        assert_eq!(text(sender.send_request(ask).await.unwrap()).await.1, "hello from /page");
        kinds.push(kind);
    }
    use rustls::HandshakeKind::{Full, Resumed};
    assert_eq!(kinds, [Some(Full), Some(Resumed), Some(Resumed)]);
}

#[tokio::test]
async fn a_revoked_token_ends_the_connection() {
    let (opening, _) = opening().await;
    let mut sender = two(opening.shake(SITE, &["h2"]).await.unwrap()).await;
    let url = format!("https://{SITE}/");
    assert_eq!(sender.send_request(request(&url, &[])).await.unwrap().status(), 200);
    opening.house.people.tokens.lock().unwrap().remove("maya-token");
    assert_eq!(sender.send_request(request(&url, &[])).await.unwrap().status(), 421);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(sender.send_request(request(&url, &[])).await.is_err(), "the connection has ended");
}

#[tokio::test]
async fn websockets_pass_inside() {
    let (opening, _) = opening().await;
    let mut stream = opening.shake(SITE, &["http/1.1"]).await.unwrap();
    let ask = format!("GET /socket HTTP/1.1\r\nHost: {SITE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut bytes = [0; 500];
    let count = stream.read(&mut bytes).await.unwrap();
    let answer = String::from_utf8_lossy(&bytes[..count]).to_lowercase();
    assert!(answer.starts_with("http/1.1 101") && answer.contains("upgrade: websocket"), "{answer}");
    stream.write_all(b"ping").await.unwrap();
    let count = stream.read(&mut bytes).await.unwrap();
    assert_eq!(&bytes[..count], b"ping");
    // It ends when the site is closed.
    let closed = opening_parts(&[SITE], &[], Vec::new());
    opening.house.rules.store(std::sync::Arc::new(filter::Snapshot::new(closed)));
    let end = tokio::time::timeout(std::time::Duration::from_secs(4), stream.read(&mut bytes)).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

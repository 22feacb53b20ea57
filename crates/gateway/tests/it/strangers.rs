//! Requests that mean harm, and destinations that are not for everybody.

use std::time::Duration;

use activity::Outcome;
use gateway::{Network, Opening};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

#[tokio::test]
async fn addresses_inside_are_refused() {
    let house = House::with(|_| {}).await;
    for inside in
        ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0"]
    {
        let answer = house.get(&format!("http://{inside}:9/"), "").await;
        assert!(status(&answer) == "403" && answer.contains("inside the school"), "{inside}: {answer}");
        let answer = house.raw(&format!("CONNECT {inside}:443 HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(status(&answer), "403", "{inside}");
    }
    for odd in ["2130706433", "0x7f.1", "127.1", "a..b"] {
        assert_eq!(status(&house.get(&format!("http://{odd}/"), "").await), "400", "{odd}");
    }
    let rows = house.rows(14).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Refused && row.reason == "private-address"));
}

#[tokio::test]
async fn a_gateway_for_one_site_opens_no_other() {
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert(SITE.into(), site.into());
        config.only = Some(vec![Opening { host: Some(SITE.into()), network: None, port: None }]);
    })
    .await;
    assert_eq!(status(&house.get(&format!("http://{SITE}/"), "").await), "200");
    let answer = house.get("http://other.example/", "").await;
    assert!(status(&answer) == "403" && answer.contains("certain sites only"), "{answer}");
}

#[tokio::test]
async fn only_known_networks_are_served() {
    let house = House::with(|config| config.clients = vec![Network::parse("192.0.2.0/24").unwrap()]).await;
    assert_eq!(house.raw(&format!("GET http://{SITE}/ HTTP/1.1\r\n\r\n")).await, "");
    assert_eq!(house.gateway.figures().strangers, 1);
}

#[tokio::test]
async fn smuggled_requests_do_not_pass() {
    let house = House::open().await;
    let inner = format!("GET http://{SITE}/smuggled HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
    // Both lengths: whichever the gateway takes, the site gets one request and no rest.
    let both = format!(
        "POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{inner}",
        inner.len() + 5
    );
    let answer = house.raw(&both).await;
    assert!(!answer.contains("smuggled"), "{answer}");
    for bad in [
        format!(
            "POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
        ),
        format!(
            "POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
        ),
        format!("POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length : 5\r\n\r\nhello"),
        format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\n X: folded\r\n\r\n"),
        format!("GET http://user@{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n"),
        format!("GET https://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n"),
        format!("GET /relative HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n"),
        format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\nX-Long: {}\r\n\r\n", "x".repeat(70_000)),
        format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\n{}\r\n", "A: b\r\n".repeat(200)),
        "CONNECT /x HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let answer = house.raw(&bad).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{} -> {answer}", &bad[..bad.len().min(120)]);
    }
    let looped = house.get(&format!("http://{SITE}/"), "Via: 1.1 gatehouse\r\n").await;
    assert_eq!(status(&looped), "508");
}

#[tokio::test]
async fn what_does_not_answer_is_said_honestly() {
    let nobody = testkit::free_address();
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert("nobody.test".into(), nobody.into());
        config.resolve.insert("*.test".into(), site.into());
        config.limits.answer_seconds = 1;
    })
    .await;
    let answer = house.get("http://nobody.test/", "").await;
    assert!(status(&answer) == "502" && answer.contains("does not answer"), "{answer}");
    let answer = house.raw("CONNECT nobody.test:443 HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), "502");
    let answer = house.get(&format!("http://{SITE}/slow"), "").await;
    assert!(status(&answer) == "504" && answer.contains("takes too long"), "{answer}");
    let html = with_token("ada-token") + "Accept: text/html\r\n";
    let page = house.get("http://nobody.test/", &html).await;
    assert!(page.contains("<h1>This page will not open</h1>") && page.contains("You did nothing wrong."), "{page}");
    assert!(page.contains("For grown-ups: nobody.test. The site does not answer."), "{page}");
    let rows = house.rows(4).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Failed));
    assert_eq!(rows[2].reason, "timed-out");
}

#[tokio::test]
async fn slow_heads_and_silent_connections_end() {
    let house = House::with(|config| config.limits.header_seconds = 1).await;
    let mut slow = house.dial().await;
    let mut silent = house.dial().await;
    slow.write_all(b"GET http://site.test/ HTTP/1.1\r\nX: ").await.unwrap();
    let mut rest = Vec::new();
    for stream in [&mut slow, &mut silent] {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "ends");
    }
}

#[tokio::test]
async fn one_client_cannot_take_all_places() {
    let house = House::with(|config| config.limits.connections_per_client = 2).await;
    let held = (house.dial().await, house.dial().await);
    let mut third = house.dial().await;
    let read = tokio::time::timeout(Duration::from_secs(5), third.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)));
    assert_eq!(house.gateway.figures().crowded, 1);
    drop(held);
}

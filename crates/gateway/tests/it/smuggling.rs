//! Requests that two servers could read differently; clients and sites that mean harm.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::*;

#[tokio::test]
async fn a_request_has_one_meaning() {
    let house = House::open().await;
    let post = |fields: &str| format!("POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\n{fields}\r\n\r\n");
    let smuggled = format!("GET http://{GAMES}/ HTTP/1.1\r\nHost: {GAMES}\r\n\r\n");
    for (name, fields, body) in [
        ("both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6", "hello"),
        ("a list of lengths", "Content-Length: 5, 5", "hello"),
        ("a signed length", "Content-Length: +5", "hello"),
        ("a folded field", "X-One: a\r\n b\r\nContent-Length: 5", "hello"),
        ("a space before the colon", "Content-Length : 5", "hello"),
        ("an unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n"),
        ("chunked, but not last", "Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        ("a null", "X: a\0b\r\nContent-Length: 5", "hello"),
    ] {
        let mut stream = house.dial().await;
        stream.write_all((post(fields) + body + &smuggled).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        // A refusal, or the answer to the one request, after which the connection ends; never one to what follows.
        let refused = answer.starts_with("HTTP/1.1 4") || answer.is_empty() || answer.contains("connection: close");
        let answers = answer.matches("HTTP/1.1 ").count();
        assert!(refused && answers <= 1 && !answer.contains("4.1.2"), "{name}: {answer}");
    }
}

/// What follows a body is a request of its own, and judged as one.
#[tokio::test]
async fn a_request_after_another_is_judged() {
    let house = House::open().await;
    let first = format!("POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 5\r\n\r\nhello");
    let second = format!("GET http://{GAMES}/ HTTP/1.1\r\nHost: {GAMES}\r\nConnection: close\r\n\r\n");
    let answer = house.raw(&(first + &second)).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("helloHTTP/1.1 403"), "{answer}");
}

/// A site that answers with these bytes.
async fn raw_site(answer: &'static [u8]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut bytes = [0; 2000];
                let _ = stream.read(&mut bytes).await;
                let _ = stream.write_all(answer).await;
                tokio::time::sleep(Duration::from_secs(5)).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn an_answer_has_one_length() {
    for (answer, body) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"[..],
            true,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello", false),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello", false),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", false),
    ] {
        let site = raw_site(answer).await;
        let house = House::with(|config| {
            config.resolve.insert("*.test".into(), site.into());
        })
        .await;
        let got = tokio::time::timeout(Duration::from_secs(9), house.get(&format!("http://{SITE}/"), "")).await;
        let got = got.expect("an end");
        assert!(!body || (got.contains("hello") && !got.contains("content-length: 50")), "{got}");
        assert!(body || !got.ends_with("hello"), "{got}");
    }
}

#[tokio::test]
async fn slow_heads_and_header_bombs_end() {
    let house = House::with(|config| {
        config.limits.header_seconds = 1;
        config.limits.idle_seconds = 2;
    })
    .await;
    let began = std::time::Instant::now();
    let mut stream = house.dial().await;
    for byte in b"GET http://site.willow-lane.test/ HTTP/1.1\r\nX: ".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() || began.elapsed() > Duration::from_secs(8) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    let many = (0..500).map(|number| format!("X-{number}: a\r\n")).collect::<String>();
    assert!(status(&house.get(&format!("http://{SITE}/"), &many).await).starts_with('4'));
    let long = format!("X: {}\r\n", "a".repeat(200_000));
    let answer = house.get(&format!("http://{SITE}/"), &long).await;
    assert!(answer.is_empty() || status(&answer).starts_with('4'), "{answer}");
}

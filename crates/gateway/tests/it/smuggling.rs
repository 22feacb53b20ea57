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
    server(move |mut stream| async move {
        let mut bytes = [0; 2000];
        let _ = stream.read(&mut bytes).await;
        let _ = stream.write_all(answer).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await
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

/// A site that keeps all that it hears, and answers each connection once it has heard something.
async fn hearing_site() -> (std::net::SocketAddr, std::sync::Arc<std::sync::Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, heard) = (listener.local_addr().unwrap(), std::sync::Arc::<std::sync::Mutex<Vec<u8>>>::default());
    let keeps = heard.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let keeps = keeps.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                    let first = keeps.lock().unwrap().is_empty();
                    keeps.lock().unwrap().extend_from_slice(&bytes[..read]);
                    if first {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                    }
                }
            });
        }
    });
    (address, heard)
}

/// Whatever a body in chunks, a line end or a second header could be taken for, the site hears one request and nothing of
/// what was hidden in it.
#[tokio::test]
async fn nothing_hidden_in_a_request_reaches_a_site() {
    let hidden = format!("GET http://{GAMES}/ HTTP/1.1\r\nHost: {GAMES}\r\n\r\n");
    let chunked = "Transfer-Encoding: chunked";
    for (name, fields, body) in [
        ("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
        ("chunked after another", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("chunked after a tab", "Transfer-Encoding:\x0bchunked", "0\r\n\r\n"),
        ("chunked in quotes", "Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
        ("chunked in a folded line", "Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
        ("chunked behind a name that hides", "X: a\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("a carriage return alone", "X: a\rContent-Length: 0", ""),
        ("a head with bare line ends", "X: a\n\nGET http://games.test/ HTTP/1.1\n", ""),
        ("a length behind an underscore", "Content_Length: 60\r\nContent-Length: 0", ""),
        ("a length in hexadecimal", "Content-Length: 0x0", ""),
        ("a negative length", "Content-Length: -1", ""),
        ("a length beyond all numbers", "Content-Length: 18446744073709551616", ""),
        ("no length in chunks", chunked, "\r\n0\r\n\r\n"),
        ("a chunk with a sign", chunked, "+5\r\nhello\r\n0\r\n\r\n"),
        ("a chunk with a prefix", chunked, "0x5\r\nhello\r\n0\r\n\r\n"),
        ("a chunk beyond all numbers", chunked, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("a chunk that is longer than it says", chunked, "2\r\nhello\r\n0\r\n\r\n"),
        ("a chunk with bare line ends", chunked, "5\nhello\n0\n\n"),
        ("a line end in an extension", chunked, "5;a=\nb\r\nhello\r\n0\r\n\r\n"),
        ("a trailer that is a length", chunked, "0\r\nContent-Length: 60\r\n\r\n"),
    ] {
        let (site, heard) = hearing_site().await;
        let house = House::with(|config| {
            config.resolve.insert("*.test".into(), site.into());
            config.limits.idle_seconds = 1;
        })
        .await;
        let mut stream = house.dial().await;
        let head = format!("POST http://{SITE}/a HTTP/1.1\r\nHost: {SITE}\r\n{fields}\r\n\r\n");
        stream.write_all((head + body + &hidden).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut answer)).await;
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).to_lowercase();
        assert!(heard.matches(" http/1.1\r\n").count() <= 1 && !heard.contains("games.test"), "{name}: {heard}");
        // One head, with one length: a body whose end two servers could find elsewhere has no second meaning.
        let lengths = heard.matches("content-length:").count() + heard.matches("transfer-encoding:").count();
        assert!(lengths <= 1, "{name}: {heard}");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.matches("HTTP/1.1 200").count() <= 1, "{name}: {answer}");
    }
}

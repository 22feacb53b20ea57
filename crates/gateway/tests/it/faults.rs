//! Connections that end in odd places, clients that do not read, sites that lie about their length.

use std::{net::SocketAddr, time::Duration};

use activity::Outcome;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::*;

const SOON: Duration = Duration::from_secs(10);

/// A site that answers each connection with these bytes, and ends it.
async fn site_of(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    asked.push(stream.read_u8().await?);
                }
                stream.write_all(answer).await?;
                stream.shutdown().await
            });
        }
    });
    address
}

async fn house_before(site: SocketAddr) -> House {
    House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        config.limits.idle_seconds = 2;
    })
    .await
}

async fn rest_of(stream: &mut TcpStream) -> (String, std::io::Result<usize>) {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("an end");
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

/// As other proxies do: who says no more has gone, and what was fetched for them ends.
#[tokio::test]
async fn a_client_that_has_gone_leaves_nothing_behind() {
    let (site, served) = counting_site().await;
    let house = house_before(site).await;
    let mut stream = house.dial().await;
    let ask = format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    stream.read_u8().await.unwrap();
    drop(stream);
    tokio::time::timeout(SOON, served).await.expect("the connection to the site ends").unwrap();
    assert_eq!(house.one_row().await.outcome, Outcome::Allowed);
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_is_whole() {
    let house = house_before(site_of(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nthe whole text").await).await;
    let answer = house.get(&format!("http://{SITE}/"), "").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("the whole text"), "{answer}");
    assert!(answer.ends_with("0\r\n\r\n") || answer.ends_with("the whole text"), "{answer}");
}

/// A part never looks like the whole.
#[tokio::test]
async fn an_answer_that_is_cut_off_is_cut_off_here_too() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\nhalf",
    ] {
        let house = house_before(site_of(answer).await).await;
        let mut stream = house.dial().await;
        let ask = format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let (got, _) = rest_of(&mut stream).await;
        let cut = !got.ends_with("0\r\n\r\n") && !got.to_lowercase().contains("content-length: 4\r\n");
        assert!(got.starts_with("HTTP/1.1 5") || cut, "{got}");
    }
}

/// What nobody takes is not fetched, and does not stand for ever.
#[tokio::test]
async fn a_client_that_does_not_read_holds_little_and_not_for_long() {
    let (site, served) = counting_site().await;
    let house = house_before(site).await;
    let mut stream = house.dial().await;
    let ask = format!("GET http://{SITE}/ HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    // Nothing is read until the site is done, cut off or stuck.
    let fetched = tokio::time::timeout(SOON, served).await.expect("the connection to the site ends").unwrap();
    assert!(fetched < 64 << 20, "{fetched} bytes were fetched for nobody");
    let row = house.one_row().await;
    assert_eq!(row.outcome, Outcome::Allowed);
}

/// A site that sends until nobody takes any more; how many bytes it sent.
async fn counting_site() -> (SocketAddr, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n").await;
        let (part, mut sent) = (vec![b'x'; 1 << 16], 0);
        while stream.write_all(&part).await.is_ok() {
            sent += part.len();
        }
        sent
    });
    (address, served)
}

#[tokio::test]
async fn names_that_look_alike_are_what_they_are() {
    let house = House::open().await;
    // Other ways to write the closed name are closed.
    for name in ["GAMES.test", "games.test.", "g%61mes.test", "\u{ff47}ames.test"] {
        let answer =
            house.raw(&format!("GET http://{name}/ HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
    }
    // Another name that looks like it is another site: closed or open by its own rules, and logged as what it is.
    let cyrillic = "xn--gmes-43d.test";
    let answer = house.get(&format!("http://{cyrillic}/"), "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let rows = house.log.0.lock().unwrap().clone();
    assert_eq!(rows.last().unwrap().host, cyrillic);
    // Where it is closed, the page says its name in plain letters and that it may mislead.
    house.rules.store(closing(&[cyrillic]));
    let page = house.get(&format!("http://{cyrillic}/"), "Accept: text/html\r\n").await;
    assert!(page.contains(cyrillic) && page.contains("It may only look like a site that you know"), "{page}");
    house.rules.store(closing(&[GAMES]));
    let page = house.get(&format!("http://{GAMES}/"), "Accept: text/html\r\n").await;
    assert!(!page.contains("plain letters"), "{page}");
}

//! Through the proxy of a provider further up.

use std::sync::{Arc, Mutex};

use activity::Outcome;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::*;

/// A proxy that opens no way to `closed.example`, and tells what it was asked for.
async fn tunnels() -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let seen = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let line = String::from_utf8(head).unwrap().lines().next().unwrap().to_owned();
            let status = if line.contains("closed.example") { "403 Closed" } else { "200 Opened" };
            seen.lock().unwrap().push(line);
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

#[tokio::test]
async fn sites_are_asked_for_by_their_whole_address_and_what_is_inside_directly() {
    let (parent, own) = (plain_site().await, plain_site().await);
    let house = House::with(|config| {
        config.parent = Some(parent);
        config.resolve.insert(SITE.into(), own.into());
    })
    .await;
    let token = with_token("maya-token");
    let answer = house.get("http://elsewhere.example/seen?a=b", &token).await;
    assert!(answer.contains("GET http://elsewhere.example/seen?a=b\n"), "{answer}");
    assert!(
        !answer.to_lowercase().contains("proxy-authorization"),
        "whoever asks is nothing to the provider: {answer}"
    );
    let answer = house.get(&format!("http://{SITE}/seen"), &token).await;
    assert!(answer.contains("GET /seen\n"), "it is written where it is: {answer}");
    assert_eq!(status(&house.get("http://10.0.0.1/seen", &token).await), "403", "no way inside");
    assert_eq!(status(&house.get(&format!("http://{GAMES}/seen"), &token).await), "403", "our own rules come first");
}

#[tokio::test]
async fn tunnels_go_through_it_and_end_where_it_refuses() {
    let (parent, asked) = tunnels().await;
    let house = House::with(|config| config.parent = Some(parent)).await;
    for (site, expected) in [("open.example:443", "200"), ("closed.example:443", "502"), ("games.test:443", "403")] {
        let mut stream = house.dial().await;
        let head = format!("CONNECT {site} HTTP/1.1\r\nHost: {site}\r\n{}\r\n", with_token("maya-token"));
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&String::from_utf8_lossy(&first)[9..], expected, "{site}");
    }
    let lines = asked.lock().unwrap().clone();
    assert_eq!(lines, ["CONNECT open.example:443 HTTP/1.1", "CONNECT closed.example:443 HTTP/1.1"]);
    let rows = house.rows(2).await;
    assert!(rows.iter().any(|row| row.host == "closed.example" && row.outcome == Outcome::Failed));
}

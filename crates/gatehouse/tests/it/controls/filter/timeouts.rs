//! Control `filter.timeouts`: what stands idle or lasts too long is ended. A time-out is a minute at least, so this test
//! takes that minute; all that it looks at happens within the same one.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
};

use super::executables::last_row;
use crate::school::*;

/// How long the site takes for an answer: longer than any clause below lets it.
const SECONDS: u64 = 66;

/// A site that begins an answer and ends it much later: silent in between, or with a byte every few seconds.
async fn slow_site() -> SocketAddr {
    async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await?);
        }
        let drips = asked.starts_with(b"GET /drip");
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\nbegun ").await?;
        for _ in 0..SECONDS / 3 {
            tokio::time::sleep(Duration::from_secs(3)).await;
            if drips {
                stream.write_all(b".").await?;
            }
        }
        stream.write_all(b" done").await
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(tokio::spawn(answer(stream)));
        }
    });
    address
}

/// What comes of an address on the computer with this one, and after how long it ends.
async fn load(gateway: SocketAddr, from: IpAddr, host: &str, path: &str) -> (bool, Duration) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let mut stream = socket.connect(gateway).await.unwrap();
    let ask = format!("GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let begun = Instant::now();
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    // A cut is an end like any.
    let _ = stream.read_to_end(&mut all).await;
    let text = String::from_utf8_lossy(&all);
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("begun"), "{text}");
    (text.contains("done"), begun.elapsed())
}

/// Silence ends what pupils load after a minute; what staff load is ended after a minute in any case.
#[tokio::test(flavor = "multi_thread")]
async fn timeouts() {
    let mut school = School::without_policy().await;
    let site = slow_site().await;
    for name in ["silent.test", "lasting.test", "drip.test", "long.test"] {
        school.config.gateway.resolve.insert(name.to_owned(), site);
    }
    school.restart().await;
    let idle = "What pupils leave idle is ended. `idle: filter.timeouts { who = \"pupils\", idle = \"1 minute\" }`";
    let long = "Nothing of staff lasts. `long: filter.timeouts { who = \"staff\", longest = \"1 minute\" }`";
    let never = "Nothing may wait. `idle: filter.timeouts { idle = \"0 minutes\" }`";
    assert!(school.enact(&Draft::of(&[never])).await.is_err());
    school.enact(&Draft::of(&[idle, long])).await.unwrap();
    school.standing("idle").await.are("kept", "0 connections were ended");
    let (pupil, teacher) = (school.sign_in(PUPIL).await.address, school.sign_in(TEACHER).await.address);
    let gateway = school.gateway();
    let ends = tokio::join!(
        load(gateway, pupil, "silent.test", "/"),
        load(gateway, pupil, "drip.test", "/drip"),
        load(gateway, teacher, "long.test", "/drip"),
        load(gateway, teacher, "lasting.test", "/"),
    );
    let (silent, drip, long, lasting) = ends;
    let ended = |(whole, took): (bool, Duration)| !whole && took.as_secs() >= 59 && took.as_secs() < SECONDS - 1;
    assert!(ended(silent), "nothing moved for a minute: {silent:?}");
    assert!(drip.0, "something moved each minute: {drip:?}");
    assert!(ended(long) && ended(lasting), "a minute is over, whatever moves: {long:?}, {lasting:?}");
    for (host, clause) in [("silent.test", "idle"), ("long.test", "long"), ("lasting.test", "long")] {
        assert_eq!(last_row(&school, host).await, format!("blocked time-out {clause}"), "{host}");
    }
    assert!(!last_row(&school, "drip.test").await.starts_with("blocked"));
    school.standing("idle").await.are("kept", "connections were ended");
}

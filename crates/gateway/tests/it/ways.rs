//! Ways in: behind a balancer, brought by a firewall, over TLS from anywhere.

use std::{net::SocketAddr, time::Duration};

use activity::Outcome;
use gateway::{Kind, Network, Way};
use kernel::{Owner, Place, Viewer};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::client::TlsStream;

use crate::{support::*, tls::*};

/// Opens another way in to a running gateway.
pub(crate) async fn open(house: &House, kind: Kind, behind: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (gateway, stop) = (house.gateway.clone(), house.stop.clone());
    tokio::spawn(async move { gateway.serve_ways(vec![Way { listener, kind, behind }], stop).await });
    address
}

pub(crate) async fn say(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(9), stream.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "no end to {}", String::from_utf8_lossy(bytes));
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask(head: &str) -> String {
    format!("{head}GET http://{SITE}/page HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_balancer_says_whose_connection_it_is() {
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        config.proxies = vec![Network::parse("127.0.0.1").unwrap()];
        config.limits.hello_seconds = 1;
    })
    .await;
    let ada = pupil(2, 1);
    house.people.addresses.lock().unwrap().insert("10.1.2.3".parse().unwrap(), ada.clone());
    let way = open(&house, Kind::Proxy, true).await;
    let answer = say(way, ask("PROXY TCP4 10.1.2.3 10.0.0.1 51000 3128\r\n").as_bytes()).await;
    assert!(answer.ends_with("hello from /page"), "{answer}");
    assert_eq!(house.one_row().await.who.year, ada.subject.year);
    let two =
        [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x02\x03\x0a\0\0\x01\0\x01\0\x02", ask("").as_bytes()].concat();
    assert!(say(way, &two).await.ends_with("hello from /page"));
    // Nobody is believed who says nothing, or something else; and not for long.
    assert_eq!(say(way, ask("").as_bytes()).await, "");
    assert_eq!(say(way, b"PROXY TCP4 10.1.2.3").await, "");
    // A client from elsewhere is a stranger behind a balancer too.
    assert_eq!(say(way, ask("PROXY TCP4 203.0.113.9 10.0.0.1 51000 3128\r\n").as_bytes()).await, "");
    assert_eq!(house.gateway.figures().strangers, 1);
    // On a way that is not behind a balancer its words mean nothing.
    assert!(!house.raw(&ask("PROXY TCP4 10.1.2.3 10.0.0.1 51000 3128\r\n")).await.contains("hello"));
}

#[tokio::test]
async fn a_balancer_must_be_named() {
    let house = House::open().await;
    let way = open(&house, Kind::Proxy, true).await;
    assert_eq!(say(way, ask("PROXY TCP4 127.0.0.1 127.0.0.1 51000 3128\r\n").as_bytes()).await, "");
    assert_eq!(house.gateway.figures().strangers, 1);
}

#[tokio::test]
async fn what_a_firewall_brings_is_judged_by_its_name() {
    let house = House::open().await;
    let way = open(&house, Kind::Transparent, false).await;
    let get = |host: &str| format!("GET /page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert!(say(way, get(SITE).as_bytes()).await.ends_with("hello from /page"));
    let row = house.one_row().await;
    assert_eq!((row.host.as_str(), row.path.as_deref(), row.outcome), (SITE, Some("/page"), Outcome::Allowed));
    assert_eq!(status(&say(way, get(GAMES).as_bytes()).await), "403");
    // Addresses inside, two names, none, and a tunnel lead nowhere.
    assert_eq!(status(&say(way, get("127.0.0.1").as_bytes()).await), "403");
    let two = format!("GET / HTTP/1.1\r\nHost: {SITE}\r\nHost: {GAMES}\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&say(way, two.as_bytes()).await), "400");
    assert_eq!(status(&say(way, b"GET / HTTP/1.0\r\n\r\n").await), "400");
    let tunnel = format!("CONNECT {SITE}:443 HTTP/1.1\r\nHost: {SITE}:443\r\nConnection: close\r\n\r\n");
    assert_ne!(status(&say(way, tunnel.as_bytes()).await), "200");
}

#[tokio::test]
async fn tls_that_a_firewall_brings_is_spliced_or_opened() {
    let web = Web::new();
    let site = web.site(Certificate::of(&[SITE, "bank.test"]), &["http/1.1"]).await;
    let opening = Opening::with(&web, |config| {
        config.resolve.insert("*.test:443".into(), site.into());
        config.resolve.insert("*.test".into(), site.into());
    })
    .await;
    let way = open(&opening.house, Kind::TransparentTls, false).await;
    let local = "127.0.0.1".parse().unwrap();
    let viewer = Viewer { owner: Owner::School, ..pupil(1, 5) };
    opening.house.people.addresses.lock().unwrap().insert(local, viewer);
    let both = client(&[web.root(), opening.root.clone()], &["http/1.1"]);
    let shake = async |name: &str| {
        let stream = TcpStream::connect(way).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        tokio_rustls::TlsConnector::from(both.clone()).connect(name, stream).await
    };
    let bank = shake("bank.test").await.unwrap();
    assert!(issuer(&bank).contains("Web authority"));
    assert_eq!(one(bank, request("https://bank.test/x", &[("host", "bank.test")])).await.1, "hello from /x");
    let opened = shake(SITE).await.unwrap();
    assert!(issuer(&opened).contains("Willow Lane Primary"));
    assert_eq!(one(opened, request(&format!("https://{SITE}/x"), &[("host", SITE)])).await.1, "hello from /x");
    let closed = shake(GAMES).await.unwrap();
    let (parts, page) = one(closed, request(&format!("https://{GAMES}/"), &[("host", GAMES)])).await;
    assert!(parts.status == 403 && page.contains("4.1.2"), "{page}");
    // Not a device of the school's: closed by its name, without a page.
    opening.house.people.addresses.lock().unwrap().insert(local, Viewer { owner: Owner::Personal, ..pupil(1, 5) });
    assert!(shake(GAMES).await.is_err());
    let rows = opening.house.rows(4).await;
    assert_eq!(rows.iter().filter(|row| row.outcome == Outcome::Blocked && row.host == GAMES).count(), 2);
    // Without a name there is nowhere to go.
    assert!(shake("192.0.2.1").await.is_err());
}

/// A connection to the proxy over TLS.
async fn secured(web: &Web, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("proxy.willow-lane.test").unwrap();
    tokio_rustls::TlsConnector::from(client(&[web.root()], &[])).connect(name, stream).await
}

#[tokio::test]
async fn the_proxy_over_tls_serves_known_devices_alone() {
    let web = Web::new();
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        // Nobody is at school.
        config.clients = vec![];
    })
    .await;
    let way = open(&house, Kind::TlsProxy(web.server(&["proxy.willow-lane.test"])), false).await;
    let ask = async |fields: &str, url: &str| {
        let mut stream = secured(&web, TcpStream::connect(way).await.unwrap()).await.unwrap();
        let head = format!("GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let mut loaned = pupil(1, 5);
    loaned.place = Place::Home;
    house.people.tokens.lock().unwrap().insert("maya-token".into(), loaned);
    let url = format!("http://{SITE}/page");
    assert!(ask(&with_token("maya-token"), &url).await.ends_with("hello from /page"));
    assert_eq!(house.one_row().await.who.place, Some(Place::Home));
    assert_eq!(status(&ask("", &url).await), "407");
    assert_eq!(status(&ask(&with_token("guessed"), &url).await), "407");
    // Not even the desk without a token.
    assert_eq!(status(&ask("", "http://desk.willow-lane.test:8080/").await), "407");
    // On the usual way nobody is served who is not at school.
    assert_eq!(house.raw(&super::ways::ask("")).await, "");
}

/// Whoever is anywhere has places of their own, few for each home, and keeps none without saying who it is.
#[tokio::test]
async fn strangers_take_no_place_of_the_schools() {
    let web = Web::new();
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        config.proxies = vec![Network::parse("127.0.0.1").unwrap()];
        config.limits.connections = 2;
        config.limits.connections_from_anywhere = 3;
        config.limits.connections_per_home = 1;
    })
    .await;
    let way = open(&house, Kind::TlsProxy(web.server(&["proxy.willow-lane.test"])), true).await;
    let from = async |address: &str| {
        let mut stream = TcpStream::connect(way).await.unwrap();
        let line = format!("PROXY TCP6 {address} 2001:db8:9::1 51000 443\r\n");
        stream.write_all(line.as_bytes()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(2), secured(&web, stream)).await
    };
    // Of one home only one connection, whichever of its addresses it uses.
    let first = from("2001:db8:1:2::1").await.unwrap().unwrap();
    assert!(from("2001:db8:1:2:ffff::2").await.unwrap().is_err());
    assert_eq!(house.gateway.figures().crowded, 1);
    // All places are taken; the school's are not.
    let (second, mut third) =
        (from("2001:db8:1:3::1").await.unwrap().unwrap(), from("2001:db8:1:4::1").await.unwrap().unwrap());
    assert!(from("2001:db8:1:5::1").await.is_err(), "it waits");
    assert_eq!(status(&house.get(&format!("http://{SITE}/page"), "").await), "200");
    // A device that says who it is asks on and on.
    let ask = |more: &str, path: &str| format!("GET {path} HTTP/1.1\r\nHost: {SITE}\r\n{more}\r\n");
    let page = format!("http://{SITE}/page");
    let mut buffer = vec![0; 4096];
    for _ in 0..2 {
        third.write_all(ask(&with_token("maya-token"), &page).as_bytes()).await.unwrap();
        let read = third.read(&mut buffer).await.unwrap();
        assert_eq!(status(&String::from_utf8_lossy(&buffer[..read])), "200");
    }
    // Nobody else, whatever is asked.
    third.write_all(ask("", &page).as_bytes()).await.unwrap();
    assert!(ended(third).await.starts_with("HTTP/1.1 407"));
    let slow = format!("POST {page} HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 1000\r\n\r\nx");
    for (stream, asked, answered) in [(first, ask("", "/relative"), "400"), (second, slow, "407")] {
        let mut stream = stream;
        stream.write_all(asked.as_bytes()).await.unwrap();
        assert_eq!(status(&ended(stream).await), answered);
    }
    assert!(from("2001:db8:1:2::1").await.unwrap().is_ok(), "the places are free again");
}

/// What comes until the other side ends the connection, which it does soon.
async fn ended(mut stream: TlsStream<TcpStream>) -> String {
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "it stays open after {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

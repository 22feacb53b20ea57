//! By datagram, stream, TLS and HTTPS: the same answers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hickory_proto::{op::Message, rr::RecordType};
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kernel::Role;
use rustls::pki_types::ServerName;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::*;

async fn shaken(house: &House, stream: TcpStream, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut trust = rustls::ClientConfig::clone(&house.trust);
    trust.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("dns.school.test").unwrap();
    TlsConnector::from(std::sync::Arc::new(trust)).connect(name, stream).await
}

async fn secure(house: &House, place: std::net::SocketAddr, protocol: &[u8]) -> TlsStream<TcpStream> {
    let stream = shaken(house, connect(place).await, protocol).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// Status and answer of a request over HTTP/1.1 or HTTP/2.
async fn http(house: &House, version: &[u8], request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let stream = TokioIo::new(secure(house, house.https, version).await);
    let response = if version == b"h2" {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, Message::from_vec(&body).map(|message| shown(&message)).unwrap_or_default())
}

fn get(path: &str, name: &str) -> Request<Full<Bytes>> {
    let text = URL_SAFE_NO_PAD.encode(question(name, RecordType::A));
    let uri = format!("https://dns.school.test{path}?x=1&dns={text}");
    Request::get(uri).header("host", "dns.school.test").body(Full::default()).unwrap()
}

fn post(path: &str, name: &str, kind: &str) -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::from(question(name, RecordType::A)));
    let request = Request::post(format!("https://dns.school.test{path}")).header("host", "dns.school.test");
    request.header("content-type", kind).body(body).unwrap()
}

const MESSAGE: &str = "application/dns-message";

#[tokio::test]
async fn streams_give_the_same_answers_and_carry_many_questions() {
    let house = House::open().await;
    let mut plain = connect(house.stream).await;
    assert_eq!(over(&mut plain, "open.example", RecordType::A).await, "A 8.8.8.8");
    assert_eq!(over(&mut plain, "casino.example", RecordType::A).await, "A 10.0.0.80");
    let mut tls = secure(&house, house.tls, b"dot").await;
    assert_eq!(over(&mut tls, "open.example", RecordType::A).await, "A 8.8.8.8");
    assert_eq!(over(&mut tls, "casino.example", RecordType::A).await, "A 10.0.0.80");
    // Several at once, in one piece and in drops.
    house.above.slow_milliseconds.store(50, std::sync::atomic::Ordering::SeqCst);
    let mut all = Vec::new();
    for number in 0..60 {
        let bytes = question(&format!("n{number}.example"), RecordType::A);
        all.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
        all.extend_from_slice(&bytes);
    }
    let (first, rest) = all.split_at(33);
    plain.write_all(first).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    plain.write_all(rest).await.unwrap();
    for _ in 0..60 {
        assert_eq!(shown(&next(&mut plain).await), "nothing");
    }
}

#[tokio::test]
async fn https_speaks_both_versions_and_both_methods() {
    let house = House::open().await;
    for version in [b"h2".as_slice(), b"http/1.1"] {
        let ok = |text: &str| (StatusCode::OK, text.to_owned());
        assert_eq!(http(&house, version, get("/dns-query", "open.example")).await, ok("A 8.8.8.8"));
        assert_eq!(http(&house, version, post("/dns-query", "casino.example", MESSAGE)).await, ok("A 10.0.0.80"));
        let status = |request| async { http(&house, version, request).await.0 };
        assert_eq!(status(get("/", "open.example")).await, StatusCode::NOT_FOUND);
        assert_eq!(status(get("/dns-queryx", "open.example")).await, StatusCode::NOT_FOUND);
        assert_eq!(status(post("/dns-query", "open.example", "text/plain")).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let mut empty = get("/dns-query", "open.example");
        *empty.uri_mut() = "https://dns.school.test/dns-query?dns=AAAA".parse().unwrap();
        assert_eq!(status(empty).await, StatusCode::BAD_REQUEST);
        let mut large = post("/dns-query", "open.example", MESSAGE);
        *large.body_mut() = Full::new(Bytes::from(vec![0; 5000]));
        assert_eq!(status(large).await, StatusCode::PAYLOAD_TOO_LARGE);
        let mut other = get("/dns-query", "open.example");
        *other.method_mut() = hyper::Method::PUT;
        assert_eq!(status(other).await, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn a_token_says_which_device_asks() {
    let house = House::open().await;
    house.above.set("games.example", RecordType::A, &[a("8.8.4.4")]);
    house.here_is(known(Some(Role::Teacher)));
    house.people.tokens.lock().unwrap().insert("secret-of-5B".to_owned(), known(Some(Role::Pupil)));
    let asked = |path: &'static str| {
        let house = &house;
        async move { http(house, b"h2", get(path, "games.example")).await }
    };
    assert_eq!(asked("/dns-query").await.1, "A 8.8.4.4");
    assert_eq!(asked("/dns-query/secret-of-5B").await.1, "A 10.0.0.80");
    assert_eq!(asked("/dns-query/unknown").await.0, StatusCode::FORBIDDEN);
    assert_eq!(asked("/dns-query/secret-of-5B/x").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn away_from_the_school_only_a_token_is_served() {
    let elsewhere = || vec!["10.0.0.0/8".parse().unwrap()];
    let house = House::with(|config| {
        config.clients = elsewhere();
        config.tokens_from_anywhere = true;
    })
    .await;
    house.people.tokens.lock().unwrap().insert("loaned".to_owned(), known(Some(Role::Pupil)));
    assert_eq!(http(&house, b"h2", get("/dns-query/loaned", "open.example")).await.1, "A 8.8.8.8");
    assert_eq!(http(&house, b"h2", get("/dns-query", "open.example")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(http(&house, b"h2", get("/dns-query/other", "open.example")).await.0, StatusCode::NOT_FOUND);
}

/// Whoever is elsewhere has places of their own, few for each home, and keeps none without a token.
#[tokio::test]
async fn strangers_take_no_place_of_the_schools() {
    let house = House::with(|config| {
        config.clients = vec!["127.0.0.2".parse().unwrap()];
        config.tokens_from_anywhere = true;
        config.limits.connections = 1;
        config.limits.connections_from_anywhere = 2;
        config.limits.connections_per_home = 1;
    })
    .await;
    house.people.tokens.lock().unwrap().insert("loaned".to_owned(), known(Some(Role::Pupil)));
    let from = async |last: u8| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(std::net::SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        shaken(&house, socket.connect(house.https).await.unwrap(), b"h2").await
    };
    let held = from(3).await.unwrap();
    assert!(from(3).await.is_err(), "a home has so many");
    let stranger = from(4).await.unwrap();
    assert!(from(5).await.is_err(), "all are taken");
    let inside = from(2).await.unwrap();
    assert!(from(2).await.is_err(), "the school's are counted for themselves");
    drop((held, inside));
    // A stranger gets one answer, and that is all.
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stranger)).await.unwrap();
    let asking = async {
        assert_eq!(
            sender.send_request(get("/dns-query", "open.example")).await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
    };
    let ended = async { tokio::join!(asking, connection) };
    tokio::time::timeout(SOON, ended).await.expect("it ends").1.unwrap();
    // A device with a token asks on and on.
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(from(4).await.unwrap()))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let answer = sender.send_request(get("/dns-query/loaned", "open.example")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert!(!connection.is_finished());
}

#[tokio::test]
async fn dig_gets_its_answers() {
    let house = House::open().await;
    let dig = |more: &'static [&'static str], port: u16| {
        let mut command = std::process::Command::new("dig");
        command.args(["@127.0.0.1", "-p", &port.to_string(), "+tries=1", "+time=3"]).args(more);
        tokio::task::spawn_blocking(move || command.output().ok().map(|out| String::from_utf8(out.stdout).unwrap()))
    };
    let Some(short) = dig(&["+short", "open.example"], house.plain.port()).await.unwrap() else { return };
    assert_eq!(short.trim(), "8.8.8.8");
    let long = dig(&["+tcp", "+dnssec", "casino.example"], house.stream.port()).await.unwrap().unwrap();
    assert!(long.contains("10.0.0.80") && long.contains("EDE: 15 (Blocked)"), "{long}");
    assert!(!long.contains("WARNING") && !long.contains("malformed"), "{long}");
}

#[tokio::test]
async fn it_stops_when_it_is_told_to() {
    let house = House::open().await;
    let mut open = connect(house.stream).await;
    assert_eq!(over(&mut open, "open.example", RecordType::A).await, "A 8.8.8.8");
    house.stop.cancel();
    let mut buffer = [0];
    let ended = tokio::time::timeout(SOON, tokio::io::AsyncReadExt::read(&mut open, &mut buffer)).await.unwrap();
    assert_eq!(ended.unwrap(), 0);
    assert!(TcpStream::connect(house.stream).await.is_err());
}

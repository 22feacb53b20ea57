//! Tunnels.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use activity::Outcome;
use filter::{Host, Parts, Snapshot};
use rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::*;

/// A site with TLS that gives back what it gets, under whatever name it is asked for; and whom to trust.
async fn tls_site() -> (SocketAddr, Arc<ClientConfig>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let names = [SITE, GAMES, "other.test"].map(str::to_owned).to_vec();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    let (mut read, mut write) = tokio::io::split(stream);
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                }
            });
        }
    });
    (address, Arc::new(client))
}

async fn house() -> (House, Arc<ClientConfig>) {
    let (site, client) = tls_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        config.limits.hello_seconds = 1;
    })
    .await;
    (house, client)
}

/// Asks for a tunnel; the stream and the status of the answer.
async fn ask(house: &House, host: &str, headers: &str) -> (TcpStream, String) {
    let mut stream = house.dial().await;
    stream.write_all(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    (stream, status(&head).to_owned())
}

async fn shake(
    house: &House,
    client: &Arc<ClientConfig>,
    host: &str,
    name: &'static str,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let (stream, status) = ask(house, host, &with_token("maya-token")).await;
    assert_eq!(status, "200");
    tokio_rustls::TlsConnector::from(client.clone()).connect(name.try_into().unwrap(), stream).await
}

async fn echo(stream: &mut tokio_rustls::client::TlsStream<TcpStream>) -> std::io::Result<()> {
    stream.write_all(b"hello").await?;
    stream.flush().await?;
    let mut back = [0; 5];
    stream.read_exact(&mut back).await?;
    assert_eq!(&back, b"hello");
    Ok(())
}

#[tokio::test]
async fn a_permitted_name_is_tunnelled_and_logged() {
    let (house, client) = house().await;
    let mut stream = shake(&house, &client, "site.willow-lane.test:443", SITE).await.unwrap();
    echo(&mut stream).await.unwrap();
    assert_eq!(house.tunnels(), 1);
    drop(stream);
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.host.as_str(), row.port), (Outcome::Allowed, SITE, 443));
    assert_eq!((row.path.as_deref(), row.inspected, row.method.as_str()), (None, false, "CONNECT"));
    assert!(row.bytes_down > 500 && row.who.person.is_some());
}

#[tokio::test]
async fn a_closed_host_is_refused_before_the_tunnel() {
    let (house, _) = house().await;
    let (_, status) = ask(&house, "games.test:443", &with_token("maya-token")).await;
    assert_eq!(status, "403");
    assert_eq!(house.outcome().await, Outcome::Blocked);
    let (_, status) = ask(&house, "site.willow-lane.test:22", "").await;
    assert_eq!(status, "403");
    assert_eq!(house.rows(2).await[1].reason, "port");
}

#[tokio::test]
async fn both_names_must_be_open() {
    let (house, client) = house().await;
    let mut stream = shake(&house, &client, "site.willow-lane.test:443", "other.test").await.unwrap();
    echo(&mut stream).await.unwrap();
    drop(stream);
    house.rows(1).await;
    assert!(shake(&house, &client, "site.willow-lane.test:443", GAMES).await.is_err(), "closed");
    let rows = house.rows(3).await;
    let blocked = rows.iter().find(|row| row.outcome == Outcome::Blocked).unwrap();
    assert_eq!((blocked.host.as_str(), blocked.method.as_str()), (GAMES, "CONNECT"));
    let device = gateway::Client::Device(pupil(1, 5).device.unwrap());
    assert_eq!(house.gateway.recent_refusals(device)[0].host.as_deref(), Some(GAMES));
}

/// The first message of a client that asks for `name`.
fn hello(client: &Arc<ClientConfig>, name: &'static str) -> Vec<u8> {
    let mut bytes = Vec::new();
    rustls::ClientConnection::new(client.clone(), name.try_into().unwrap()).unwrap().write_tls(&mut bytes).unwrap();
    bytes
}

/// Sends bytes, some at a time, into a new tunnel; the first byte that comes back.
async fn first_back(house: &House, bytes: &[u8], at_a_time: usize) -> Option<u8> {
    let (mut stream, status) = ask(house, "site.willow-lane.test:443", "").await;
    assert_eq!(status, "200");
    for part in bytes.chunks(at_a_time) {
        stream.write_all(part).await.ok()?;
        stream.flush().await.ok()?;
        if at_a_time < 100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    tokio::time::timeout(Duration::from_secs(5), stream.read_u8()).await.expect("an answer or an end").ok()
}

#[tokio::test]
async fn the_first_message_may_come_in_pieces_but_must_be_tls() {
    let (house, client) = house().await;
    let whole = hello(&client, SITE);
    assert_eq!(first_back(&house, &whole, usize::MAX).await, Some(22));
    assert_eq!(first_back(&house, &whole, 40).await, Some(22));
    // In records of ten bytes.
    let records: Vec<u8> =
        whole[5..].chunks(10).flat_map(|part| [&[22, 3, 1, 0, part.len() as u8][..], part].concat()).collect();
    assert_eq!(first_back(&house, &records, usize::MAX).await, Some(22));
    let named = [hello(&client, GAMES)[5..]
        .chunks(10)
        .flat_map(|part| [&[22, 3, 1, 0, part.len() as u8][..], part].concat())
        .collect::<Vec<u8>>()]
    .concat();
    assert_eq!(first_back(&house, &named, usize::MAX).await, None, "a closed name in pieces");
    // Without a name the host decides.
    assert_eq!(first_back(&house, &hello(&client, "192.0.2.1"), usize::MAX).await, Some(22));
    assert_eq!(first_back(&house, b"GET / HTTP/1.1\r\n\r\n", usize::MAX).await, None);
    assert_eq!(first_back(&house, b"SSH-2.0-x\r\n", usize::MAX).await, None);
    assert_eq!(first_back(&house, &whole[..40], usize::MAX).await, None, "half a message, then silence");
    let rows = house.rows(9).await;
    let reasons: Vec<_> =
        rows.iter().filter(|row| row.outcome == Outcome::Refused).map(|row| row.reason.as_str()).collect();
    assert_eq!(reasons, ["other-name", "not-tls", "not-tls", "no-hello"]);
}

#[tokio::test]
async fn an_open_tunnel_ends_when_it_is_no_longer_permitted() {
    let (house, client) = house().await;
    let open = || shake(&house, &client, "site.willow-lane.test:443", SITE);
    let ends = |mut stream: tokio_rustls::client::TlsStream<TcpStream>| async move {
        let read = tokio::time::timeout(Duration::from_secs(4), stream.read_u8()).await;
        assert!(matches!(read, Ok(Err(_))), "{read:?}");
    };
    // A policy that changes nothing here lets it be.
    let mut stream = open().await.unwrap();
    house.rules.store(closing(&[GAMES, "third.test"]));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    echo(&mut stream).await.unwrap();
    // One that closes the site ends it.
    house.rules.store(closing(&[SITE]));
    ends(stream).await;
    house.rules.store(closing(&[GAMES]));
    // A token that is revoked ends it too.
    let mut stream = open().await.unwrap();
    echo(&mut stream).await.unwrap();
    house.people.tokens.lock().unwrap().remove("maya-token");
    ends(stream).await;
    assert_eq!(house.gateway.figures().closed_by_watch, 2);
    let rows = house.rows(3).await;
    let of =
        |outcome| rows.iter().filter(|row| row.outcome == outcome).map(|row| row.reason.as_str()).collect::<Vec<_>>();
    // The first stood for more than a second: it has a row of its opening and one of its end.
    assert_eq!(of(Outcome::Blocked), ["no-longer-open", "no-longer-open"]);
    assert!(of(Outcome::Allowed).contains(&"default"));
}

/// A house whose desk is the site that gives back what it gets, and its port.
async fn house_with_desk() -> (House, Arc<ClientConfig>, u16) {
    let (site, client) = tls_site().await;
    let house = House::with(|config| {
        config.desk_url = format!("https://{SITE}:{}", site.port());
        config.resolve.insert("*.test".into(), site.into());
    })
    .await;
    (house, client, site.port())
}

/// Block pages lead to the desk, which has a port of its own; a device that is set to use a proxy goes there through it.
#[tokio::test]
async fn the_desk_is_reached_on_its_own_port() {
    let (house, client, port) = house_with_desk().await;
    let desk = format!("{SITE}:{port}");
    shake(&house, &client, &desk, SITE).await.unwrap();
    let others = [format!("{SITE}:{}", port ^ 1), format!("other.test:{port}")];
    for other in others {
        assert_eq!(ask(&house, &other, &with_token("maya-token")).await.1, "403", "{other}");
    }
    // Nor by a name that is said later.
    assert!(shake(&house, &client, &desk, "other.test").await.is_err());
    assert_eq!(house.rows(4).await[3].reason, "port");
}

/// Who signs in becomes known by the answer that the desk gives through this very tunnel.
#[tokio::test]
async fn a_tunnel_to_the_desk_outlives_the_sign_in_that_it_carries() {
    let (house, client, port) = house_with_desk().await;
    house.rules.store(Arc::new(Snapshot::new(Parts { desk: vec![Host::parse(SITE).unwrap()], ..parts(&[GAMES]) })));
    let (stream, status) = ask(&house, &format!("{SITE}:{port}"), "").await;
    assert_eq!(status, "200");
    let name = rustls::pki_types::ServerName::try_from(SITE).unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(client).connect(name, stream).await.unwrap();
    house.people.addresses.lock().unwrap().insert(Ipv4Addr::LOCALHOST.into(), pupil(1, 5));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    echo(&mut stream).await.unwrap();
}

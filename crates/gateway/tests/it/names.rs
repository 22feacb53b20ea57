//! The two names of a connection, that which is asked for and that in the first message of TLS, where they differ or
//! hide a third.

use std::sync::Arc;

use activity::Outcome;
use filter::{Action, Bypass, Measure, Snapshot, TreatmentRule};
use gateway::{Config, Kind};
use kernel::{Owner, SiteItem, Viewer};
use rustls::{
    ClientConfig, RootCertStore,
    client::{EchConfig, EchGreaseConfig, EchMode},
    crypto::{aws_lc_rs, hpke::HpkePublicKey},
    pki_types::{EchConfigListBytes, ServerName},
};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{support::*, tls::*, ways::open};

/// A number that is nobody's.
const NUMBER: &str = "203.0.113.7";

/// Exempt by the policy alone: the authority is not kept from it.
const CLINIC: &str = "clinic.test";

const HELP: &str = "help.test";

/// A gateway that opens connections, but those of the clinic, the bank and the help site, and does `more` besides.
async fn opening(web: &Web, more: Vec<TreatmentRule>) -> Opening {
    let site = web.site(Certificate::of(&[SITE, CLINIC, HELP, "bank.test", "other.test"]), &["http/1.1"]).await;
    let resolve = |config: &mut Config| {
        config.resolve.insert("*.test".into(), site.into());
    };
    let opening = Opening::doing(web, Vec::new(), resolve, |_| {}).await;
    rules(&opening, more);
    opening
}

fn rules(opening: &Opening, more: Vec<TreatmentRule>) {
    let mut parts = opening_parts(&[GAMES, "trial.test"], &["bank.test", CLINIC], more);
    parts.rules.rules[1].observe = true;
    parts.help = vec![SiteItem::parse(HELP).unwrap()];
    opening.house.rules.store(Arc::new(Snapshot::new(parts)));
}

fn not_of_school(house: &House) {
    house.people.tokens.lock().unwrap().insert("maya-token".into(), Viewer { owner: Owner::Personal, ..pupil(1, 5) });
}

/// Programs that are led into a proxy name the number that they looked up.
#[tokio::test]
async fn an_exempt_site_behind_a_number_is_reached_by_its_name_and_not_opened() {
    let web = Web::new();
    let opening = opening(&web, Vec::new()).await;
    let both = client(&[web.root(), opening.root.clone()], &["http/1.1"]);
    for name in ["bank.test", CLINIC, HELP] {
        let stream = opening.shake_with(&both, NUMBER, name).await.unwrap();
        assert!(issuer(&stream).contains("Web authority"), "{name}: {}", issuer(&stream));
        let ask = request(&format!("https://{name}/account"), &[("host", name)]);
        assert_eq!(one(stream, ask).await.1, "hello from /account", "{name}");
    }
    let rows = opening.house.rows(3).await;
    let seen: Vec<_> = rows.iter().map(|row| (row.outcome, row.host.as_str(), row.path.as_deref())).collect();
    let allowed = |name| (Outcome::Allowed, name, None);
    assert_eq!(seen, [allowed("bank.test"), allowed(CLINIC), (Outcome::Help, HELP, None)]);
    assert!(rows[0].who.person.is_some() && rows[2].who.person.is_none());
    // What is not exempt is opened as ever.
    let stream = opening.shake_with(&both, NUMBER, SITE).await.unwrap();
    assert!(issuer(&stream).contains("Willow Lane Primary"));
}

#[tokio::test]
async fn an_exempt_name_behind_another_is_refused() {
    let web = Web::new();
    let opening = opening(&web, Vec::new()).await;
    let both = client(&[web.root(), opening.root.clone()], &["http/1.1"]);
    for name in ["bank.test", CLINIC, HELP] {
        assert!(opening.shake_with(&both, SITE, name).await.is_err(), "{name}");
    }
    let rows = opening.house.rows(3).await;
    assert!(rows.iter().all(|row| row.host == SITE && row.reason == "other-name"), "{rows:?}");
}

#[tokio::test]
async fn a_second_name_that_is_on_trial_has_its_row() {
    let web = Web::new();
    let opening = opening(&web, Vec::new()).await;
    not_of_school(&opening.house);
    let own = client(&[web.root()], &["http/1.1"]);
    // The site has no certificate for it.
    assert!(opening.shake_with(&own, SITE, "trial.test").await.is_err());
    let rows = opening.house.rows(2).await;
    assert!(rows.iter().any(|row| (row.outcome, row.host.as_str()) == (Outcome::Observed, "trial.test")), "{rows:?}");
}

/// A search engine with a safe name and without, and maps of the same house.
async fn engines(web: &Web) -> Opening {
    let safe = web.site(Certificate::of(&["www.google.com"]), &["http/1.1"]).await;
    let usual = web.site(Certificate::of(&["maps.google.com"]), &["http/1.1"]).await;
    let resolve = |config: &mut Config| {
        for (name, site) in [("forcesafesearch", safe), ("maps", usual), ("www", usual)] {
            config.resolve.insert(format!("{name}.google.com"), site.into());
        }
    };
    let opening = Opening::doing(web, Vec::new(), resolve, |_| {}).await;
    rules(&opening, vec![treat(6, Action::Block, &[], Measure::SafeSearch)]);
    not_of_school(&opening.house);
    opening
}

#[tokio::test]
async fn an_open_name_is_no_way_to_a_search_that_is_not_safe() {
    let web = Web::new();
    let opening = engines(&web).await;
    let own = client(&[web.root()], &["http/1.1"]);
    let ask = |name: &str| request(&format!("https://{name}/x"), &[("host", name)]);
    for asked in ["www.google.com", "maps.google.com"] {
        let stream = opening.shake_with(&own, asked, "www.google.com").await.expect(asked);
        assert_eq!(one(stream, ask("www.google.com")).await.1, "hello from /x", "{asked}");
    }
    let maps = opening.shake_with(&own, "maps.google.com", "maps.google.com").await.unwrap();
    assert_eq!(one(maps, ask("maps.google.com")).await.1, "hello from /x");
}

#[tokio::test]
async fn a_tunnel_to_a_search_ends_when_searches_are_to_be_safe() {
    let web = Web::new();
    let opening = engines(&web).await;
    rules(&opening, Vec::new());
    let own = client(&[web.root()], &["http/1.1"]);
    // That the certificate is of another name is of no matter here.
    let (mut search, status) = opening.tunnel("www.google.com", "maya-token").await;
    assert_eq!(status, "200");
    let hello = first_message(&own, "www.google.com");
    tokio::io::AsyncWriteExt::write_all(&mut search, &hello).await.unwrap();
    assert_eq!(search.read_u8().await.unwrap(), 22);
    let mut maps = opening.shake_with(&own, "maps.google.com", "maps.google.com").await.unwrap();
    rules(&opening, vec![treat(6, Action::Block, &[], Measure::SafeSearch)]);
    let soon = std::time::Duration::from_secs(4);
    let ended = tokio::time::timeout(soon, search.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "it ends");
    let still = tokio::time::timeout(std::time::Duration::from_millis(200), maps.read_u8()).await;
    assert!(still.is_err(), "maps need no other name");
    let rows = opening.house.rows(1).await;
    let ended = rows.iter().find(|row| row.outcome == Outcome::Blocked).unwrap();
    assert_eq!((ended.host.as_str(), ended.reason.as_str()), ("www.google.com", "no-longer-open"));
}

fn first_message(client: &Arc<ClientConfig>, name: &'static str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let name = ServerName::try_from(name).unwrap();
    rustls::ClientConnection::new(client.clone(), name).unwrap().write_tls(&mut bytes).unwrap();
    bytes
}

/// A client that hides names behind cloudflare-ech.com, or only seems to hide one.
fn hiding(mode: EchMode, web: &Web, opening: &Opening) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(web.root()).unwrap();
    roots.add(opening.root.clone()).unwrap();
    let builder = ClientConfig::builder_with_details(aws_lc_rs::default_provider().into(), Arc::new(Now));
    Arc::new(builder.with_ech(mode).unwrap().with_root_certificates(roots).with_no_client_auth())
}

/// What a name server says of sites at Cloudflare.
fn real() -> EchMode {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let list = "AEX+DQBB8gAgACDCIaU3P6vz668J2oRRZtptSEwH+1IX8/3TOArEx0tRLAAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA=";
    let list = EchConfigListBytes::from(STANDARD.decode(list).unwrap());
    EchConfig::new(list, aws_lc_rs::hpke::ALL_SUPPORTED_SUITES).unwrap().into()
}

fn grease() -> EchMode {
    EchGreaseConfig::new(aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_128, HpkePublicKey(vec![7; 32])).into()
}

/// A gateway that closes connections that hide their name, and its way in for what a firewall brings.
async fn hidden(web: &Web, owner: Owner) -> (Opening, std::net::SocketAddr) {
    let site = web.site(Certificate::of(&[SITE, "cloudflare-ech.com"]), &["http/1.1"]).await;
    let resolve = |config: &mut Config| {
        config.resolve.insert("*.test".into(), site.into());
        config.resolve.insert("cloudflare-ech.com".into(), site.into());
    };
    let opening = Opening::doing(web, Vec::new(), resolve, |_| {}).await;
    let ways = Bypass { numbers: false, ..Bypass::ALL };
    rules(&opening, vec![treat(6, Action::Block, &[], Measure::Bypass(ways))]);
    let viewer = Viewer { owner, ..pupil(1, 5) };
    opening.house.people.addresses.lock().unwrap().insert("127.0.0.1".parse().unwrap(), viewer.clone());
    opening.house.people.tokens.lock().unwrap().insert("maya-token".into(), viewer);
    let way = open(&opening.house, Kind::TransparentTls, false).await;
    (opening, way)
}

async fn brought(
    way: std::net::SocketAddr,
    client: &Arc<ClientConfig>,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(way).await.unwrap();
    TlsConnector::from(client.clone()).connect(ServerName::try_from(name).unwrap(), stream).await
}

#[tokio::test]
async fn a_name_that_is_known_to_hide_others_is_closed() {
    let web = Web::new();
    let (opening, way) = hidden(&web, Owner::Personal).await;
    let client = hiding(real(), &web, &opening);
    assert!(brought(way, &client, "hidden.test").await.is_err());
    assert!(opening.shake_with(&client, "cloudflare-ech.com", "hidden.test").await.is_err());
    let rows = opening.house.rows(2).await;
    let said = (Outcome::Refused, "cloudflare-ech.com", "hidden-name");
    assert!(rows.iter().all(|row| (row.outcome, row.host.as_str(), row.reason.as_str()) == said), "{rows:?}");
    // Browsers say the same about a site that hides nothing.
    let empty = hiding(grease(), &web, &opening);
    brought(way, &empty, SITE).await.unwrap();
    opening.shake_with(&empty, SITE, SITE).await.unwrap();
    // Where no clause closes it, it goes on to whoever serves it, who does not know the key here.
    rules(&opening, Vec::new());
    let error = brought(way, &client, "hidden.test").await.unwrap_err();
    assert!(error.to_string().contains("ServerRejectedEncryptedClientHello"), "{error}");
}

/// Nothing is hidden where TLS ends here: the client hears so, and asks again by the site's own name.
#[tokio::test]
async fn where_connections_are_opened_the_client_is_told_that_no_name_is_hidden() {
    let web = Web::new();
    let (opening, way) = hidden(&web, Owner::School).await;
    let client = hiding(real(), &web, &opening);
    for _ in 0..2 {
        let error = brought(way, &client, "hidden.test").await.unwrap_err();
        assert!(error.to_string().contains("ServerRejectedEncryptedClientHello"), "{error}");
    }
    let rows = opening.house.rows(2).await;
    assert!(rows.iter().all(|row| (row.outcome, row.reason.as_str()) == (Outcome::Refused, "hidden-name")), "{rows:?}");
    assert!(opening.house.gateway.broken_names().is_empty(), "it is no program that trusts its maker alone");
    // Nor is a name hidden behind a number.
    let stream = opening.shake_with(&hiding(grease(), &web, &opening), NUMBER, SITE).await.unwrap();
    assert!(issuer(&stream).contains("Willow Lane Primary"));
}

//! The two names of a connection, that which is asked for and that in the first message of TLS, where they differ or
//! hide a third.

use std::sync::Arc;

use activity::Outcome;
use filter::{Action, Measure, Snapshot, TreatmentRule};
use gateway::Config;
use kernel::{Owner, SiteItem, Viewer};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::io::AsyncReadExt;

use crate::{support::*, tls::*};

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

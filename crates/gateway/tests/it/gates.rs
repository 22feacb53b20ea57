//! What comes before the rules: sealed lists, the desk, help sites, agreements, suspensions, trials.

use std::sync::{Arc, Mutex};

use activity::Outcome;
use filter::{Gate, Host, Image, SealedList, Snapshot, list::ListEntry};
use gateway::Client;
use kernel::{Signed, SiteItem};

use crate::{support::*, tls::*};

const HELP: &str = "help.test";

/// A gateway whose policy asks for a signature, with a help site, a sealed entry and a rule on trial.
async fn house() -> House {
    let house = House::open().await;
    let mut parts = parts(&[GAMES, "trial.test"]);
    parts.rules.rules[1].observe = true;
    parts.rules.gate = Some(Gate {
        rules: vec![filter::Rule::new(
            "gate#1:closed",
            filter::Action::Block,
            kernel::Sites(vec![SiteItem::All]),
            clause(),
        )],
        signed_networks: Default::default(),
    });
    parts.rules.sealed = Some(clause());
    parts.help = vec![SiteItem::parse(HELP).unwrap()];
    parts.desk = vec![Host::parse("desk.willow-lane.test").unwrap()];
    parts.sealed = Some(sealed());
    house.rules.store(Arc::new(Snapshot::new(parts)));
    house
}

/// A sealed list that holds sealed.test.
fn sealed() -> SealedList {
    let image = filter::seal(&[ListEntry { host: "sealed.test".into(), path: None }], &[9; 32]);
    SealedList::open(Image::new(image), &[9; 32]).unwrap()
}

fn change(house: &House, token: &str, change: impl FnOnce(&mut kernel::Viewer)) {
    change(house.people.tokens.lock().unwrap().get_mut(token).unwrap());
}

const HTML: &str = "Accept: text/html\r\n";

#[tokio::test]
async fn a_sealed_site_is_refused_and_nothing_more_is_said() {
    let house = house().await;
    for token in ["maya-token", "ada-token"] {
        let page = house.get("http://sealed.test/", &(with_token(token) + HTML)).await;
        assert_eq!(status(&page), "403");
        assert!(!page.contains("4.1.2") && !page.contains("/filter/ask") && page.contains("/tell"), "{page}");
    }
    let device = Client::Device(pupil(1, 5).device.unwrap());
    assert_eq!(house.gateway.recent_refusals(device)[0].host, None);
    assert_eq!(house.rows(2).await[0].reason, "sealed");
}

/// The tunnel that is opened for a request is no visit beside it.
#[tokio::test]
async fn a_sealed_match_is_told_once_for_each_row() {
    let matches = Arc::<Mutex<Vec<String>>>::default();
    let (kept, web) = (matches.clone(), Web::new());
    let opening = Opening::doing(
        &web,
        Vec::new(),
        |_| {},
        |ports| ports.matches = Arc::new(move |found| kept.lock().unwrap().push(found.address)),
    )
    .await;
    let mut parts = opening_parts(&[], &[], Vec::new());
    parts.rules.sealed = Some(clause());
    parts.sealed = Some(sealed());
    opening.house.rules.store(Arc::new(Snapshot::new(parts)));
    assert_eq!(opening.get("sealed.test", "/a").await.0, 403);
    let rows = opening.house.rows(1).await;
    assert!(rows.iter().all(|row| row.reason == "sealed" && !row.host.contains("sealed")), "{rows:?}");
    assert_eq!(status(&opening.house.get("http://sealed.test/b", &with_token("maya-token")).await), "403");
    assert_eq!(opening.house.rows(2).await.len(), 2);
    assert_eq!(*matches.lock().unwrap(), ["https://sealed.test/a", "http://sealed.test/b"]);
}

#[tokio::test]
async fn help_and_the_desk_are_open_to_all_and_visits_bear_no_name() {
    let house = house().await;
    change(&house, "maya-token", |viewer| viewer.suspended = true);
    for credential in [with_token("maya-token"), with_token("revoked"), String::new()] {
        assert_eq!(status(&house.get(&format!("http://{HELP}/page"), &credential).await), "200");
        assert_eq!(status(&house.get("http://desk.willow-lane.test:8080/", &credential).await), "200");
    }
    let rows = house.rows(6).await;
    assert!(rows.iter().all(|row| row.who.person.is_none() && row.who.device.is_none()));
    assert_eq!(rows.iter().filter(|row| row.outcome == Outcome::Help && row.path.is_none()).count(), 3);
}

#[tokio::test]
async fn nobody_goes_on_who_has_not_signed() {
    let house = house().await;
    change(&house, "maya-token", |viewer| viewer.signed = Signed::No);
    let page = house.get(&format!("http://{SITE}/"), &(with_token("maya-token") + HTML)).await;
    assert!(page.contains("<h1>Sign the agreement first</h1>") && page.contains(":8080/agreements\""), "{page}");
    let page = house.get(&format!("http://{SITE}/"), HTML).await;
    assert!(page.contains("<h1>Sign in first</h1>") && page.contains(":8080/sign-in\""), "{page}");
    change(&house, "maya-token", |viewer| viewer.signed = Signed::Yes);
    assert_eq!(status(&house.get(&format!("http://{SITE}/"), &with_token("maya-token")).await), "200");
    let rows = house.rows(3).await;
    assert_eq!(rows[0].reason, "not-signed");
    assert_eq!(rows[1].who.person, None);
}

#[tokio::test]
async fn the_suspended_are_told_so() {
    let house = house().await;
    change(&house, "maya-token", |viewer| viewer.suspended = true);
    let page = house.get(&format!("http://{SITE}/"), &(with_token("maya-token") + HTML)).await;
    assert!(page.contains("<h1>Your internet is paused</h1>") && !page.contains("/filter/ask"), "{page}");
}

#[tokio::test]
async fn what_is_on_trial_goes_through_and_is_recorded() {
    let house = house().await;
    assert_eq!(status(&house.get("http://trial.test/", &with_token("maya-token")).await), "200");
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.rule.as_deref()), (Outcome::Observed, Some("games#1")));
    let device = Client::Device(pupil(1, 5).device.unwrap());
    assert!(house.gateway.recent_refusals(device).is_empty());
}

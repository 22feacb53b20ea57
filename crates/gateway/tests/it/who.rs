//! Who asks, as the gateway finds out.

use activity::Outcome;
use gateway::Client;
use kernel::HowKnown;

use crate::support::*;

#[tokio::test]
async fn a_bad_credential_is_refused_although_the_address_is_known() {
    let house = House::open().await;
    let mut known = pupil(3, 6);
    known.how = HowKnown::Address;
    known.device = None;
    house.people.addresses.lock().unwrap().insert("127.0.0.1".parse().unwrap(), known);
    let answer = house.get(&format!("http://{SITE}/"), &with_token("revoked")).await;
    assert_eq!(status(&answer), "407");
    assert!(answer.to_lowercase().contains("proxy-authenticate: basic"), "{answer}");
    let answer = house.get(&format!("http://{SITE}/"), "Proxy-Authorization: Bearer x\r\n").await;
    assert_eq!(status(&answer), "407");
    let answer =
        house.raw(&format!("CONNECT {SITE}:443 HTTP/1.1\r\n{}Connection: close\r\n\r\n", with_token("x"))).await;
    assert_eq!(status(&answer), "407");
    let rows = house.rows(3).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Refused && row.who.person.is_none()));
    let answer = house.get(&format!("http://{SITE}/"), "").await;
    assert_eq!(status(&answer), "200");
    let row = house.rows(4).await[3].clone();
    assert_eq!((row.who.how, row.who.person.is_some()), (HowKnown::Address, true));
}

#[tokio::test]
async fn a_stranger_is_asked_only_where_that_is_set() {
    let house = House::open().await;
    assert_eq!(status(&house.get(&format!("http://{SITE}/"), "").await), "200");
    assert!(house.one_row().await.who.person.is_none());
    let site = plain_site().await;
    let house = House::with(|config| {
        config.challenge = true;
        config.resolve.insert("*.test".into(), site.into());
    })
    .await;
    assert_eq!(status(&house.get(&format!("http://{SITE}/"), "").await), "407");
    assert_eq!(status(&house.get(&format!("http://{SITE}/"), &with_token("maya-token")).await), "200");
}

#[tokio::test]
async fn what_was_refused_is_told_to_whom_it_was_refused() {
    let house = House::open().await;
    house.get(&format!("http://{GAMES}/"), &with_token("maya-token")).await;
    house.get(&format!("http://{GAMES}/"), "").await;
    let device = Client::Device(pupil(1, 5).device.unwrap());
    let refused = house.gateway.recent_refusals(device);
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].host.as_deref(), refused[0].person), (Some(GAMES), Some(person(1))));
    assert_eq!(refused[0].clause.as_ref().unwrap().number, "4.1.2");
    let address = Client::Address("127.0.0.1".parse().unwrap());
    assert_eq!(house.gateway.recent_refusals(address).len(), 1);
    assert_eq!(house.gateway.recent_refusals_of(person(1)).len(), 1);
    assert!(house.gateway.recent_refusals_of(person(2)).is_empty());
    house.gateway.forget_refusals(device);
    assert!(house.gateway.recent_refusals(device).is_empty());
}

/// A credential says who asks, not where: the rules of a network hold for whoever brings a device there.
#[tokio::test]
async fn a_credential_takes_nobody_out_of_the_network() {
    let house = House::open().await;
    let exam = kernel::Place::Network("exams".to_owned());
    let mut parts = parts(&[]);
    let mut closed = filter::Rule::new("exam#1".to_owned(), filter::Action::Block, sites(&[SITE]), clause());
    closed.place = Some(exam.clone());
    parts.rules.rules.push(closed);
    house.rules.store(std::sync::Arc::new(filter::Snapshot::new(parts)));
    let ask = async || status(&house.get(&format!("http://{SITE}/"), &with_token("maya-token")).await).to_owned();
    assert_eq!(ask().await, "200");
    let here = kernel::Viewer::unattributed(exam.clone());
    house.people.addresses.lock().unwrap().insert("127.0.0.1".parse().unwrap(), here);
    assert_eq!(ask().await, "403");
    let row = house.rows(2).await[1].clone();
    assert_eq!((row.who.how, row.who.place.clone(), row.who.person.is_some()), (HowKnown::Token, Some(exam), true));
}

//! What the gateway is told: tokens, addresses, networks.

use std::{net::IpAddr, sync::Arc};

use axum::http::StatusCode;
use jiff::Span;
use kernel::{Audience, HowKnown, Place, Signed, Viewer, WhoIs};
use webkit::Token;

use super::browser::Desktop;
use crate::access::{Network, Owners, RosterSnapshot};

async fn roster(desk: &Desktop) -> RosterSnapshot {
    let networks = vec![
        Network {
            name: "guest".into(),
            stands_for: Some(Audience::parse("guests").unwrap()),
            signed_for: true,
            blocks: vec![("192.0.2.128".parse().unwrap(), 25)],
        },
        Network {
            name: "trolley".into(),
            stands_for: Some(Audience::parse("year-2").unwrap()),
            signed_for: false,
            blocks: vec![("198.51.100.0".parse().unwrap(), 24)],
        },
    ];
    let clock = Arc::new(desk.clock.clone());
    desk.access.roster(&desk.small.school, networks, &Owners::default(), &|_, _| Signed::Yes, clock).await.unwrap()
}

fn at(roster: &RosterSnapshot, address: &str) -> Viewer {
    roster.by_address(address.parse::<IpAddr>().unwrap())
}

#[tokio::test]
async fn an_address_belongs_to_who_signed_in_last_until_sign_out() {
    let desk = Desktop::open().await;
    let (maya, tom) = (desk.small.who("maya.jones").await, desk.small.who("tom.reed").await);
    let mut first = desk.signed_in("maya.jones", "192.0.2.10").await;
    let viewer = at(&roster(&desk).await, "192.0.2.10");
    assert_eq!((viewer.person, viewer.how, viewer.signed), (Some(maya), HowKnown::Address, Signed::Yes));
    assert!(viewer.subject.classes.contains("5B"));
    assert_eq!(at(&roster(&desk).await, "::ffff:192.0.2.10").person, Some(maya));
    let mut second = desk.signed_in("tom.reed", "192.0.2.10").await;
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, Some(tom));
    assert!(first.get("/account").await.text.contains("does not count as yours"));
    assert!(second.get("/account").await.text.contains("counts as yours until you sign out"));
    second.post_from("/", "/sign-out", "").await;
    let viewer = at(&roster(&desk).await, "192.0.2.10");
    assert_eq!((viewer.person, viewer.how, viewer.signed), (None, HowKnown::Unattributed, Signed::No));
    first.get("/").await;
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, None, "an older sign-in does not come back");
}

#[tokio::test]
async fn an_adult_never_lifts_an_address_that_pupils_use() {
    let desk = Desktop::open().await;
    let teacher = desk.small.who("teacher").await;
    desk.signed_in("teacher", "192.0.2.20").await;
    assert_eq!(at(&roster(&desk).await, "192.0.2.20").person, Some(teacher), "an address of the staff room");
    let mut maya = desk.signed_in("maya.jones", "192.0.2.10").await;
    maya.post_from("/", "/sign-out", "").await;
    desk.clock.pass(Span::new().hours(72));
    desk.signed_in("teacher", "192.0.2.10").await;
    let viewer = at(&roster(&desk).await, "192.0.2.10");
    assert_eq!((viewer.person, viewer.how), (None, HowKnown::Unattributed), "pupils use this one");
}

/// A laptop that is carried to another room gets another address, while its session goes on.
#[tokio::test]
async fn a_device_that_moves_is_known_where_it_is_now() {
    let desk = Desktop::open().await;
    let (maya, tom) = (desk.small.who("maya.jones").await, desk.small.who("tom.reed").await);
    let mut laptop = desk.signed_in("maya.jones", "192.0.2.10").await;
    laptop.address = "192.0.2.11:50000".parse().unwrap();
    let mut beside = laptop.clone();
    let (page, _) = tokio::join!(laptop.get("/sign-in"), beside.get("/"));
    assert_eq!(page.location(), "/", "where the page of a block leads");
    let now = roster(&desk).await;
    assert_eq!((at(&now, "192.0.2.11").person, at(&now, "192.0.2.10").person), (Some(maya), None));
    laptop.get("/").await;
    assert_eq!(desk.acts().await.iter().filter(|act| *act == "access.move").count(), 1, "once");
    // Whoever signs in there takes it over, and the other's session does not come back by being used.
    desk.signed_in("tom.reed", "192.0.2.11").await;
    laptop.get("/").await;
    assert_eq!(at(&roster(&desk).await, "192.0.2.11").person, Some(tom));
    // An adult who comes to a place of pupils is not known there, nor any more where they were.
    let mut teacher = desk.signed_in("teacher", "192.0.2.20").await;
    teacher.address = "192.0.2.11:50000".parse().unwrap();
    teacher.get("/").await;
    let now = roster(&desk).await;
    assert_eq!((at(&now, "192.0.2.11").person, at(&now, "192.0.2.20").person), (None, None));
}

#[tokio::test]
async fn silence_ends_a_binding_and_use_of_the_gateway_keeps_it() {
    let desk = Desktop::open().await;
    let maya = desk.small.who("maya.jones").await;
    let mut browser = desk.signed_in("maya.jones", "192.0.2.10").await;
    let snapshot = roster(&desk).await;
    for _ in 0..4 {
        desk.clock.pass(Span::new().minutes(14));
        assert_eq!(at(&snapshot, "192.0.2.10").person, Some(maya), "reading through the gateway");
    }
    assert_eq!(browser.get("/").await.location(), "/sign-in", "the desk itself was left alone for an hour");
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, Some(maya), "but the lesson goes on");
    desk.clock.pass(Span::new().minutes(15));
    assert_eq!(at(&snapshot, "192.0.2.10").person, None, "silence");
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, None);
    assert_eq!(desk.access.end_silent(&desk.small.school, kernel::Clock::now(&desk.clock)).await.unwrap(), 1);
}

/// Those who read through the gateway when it stopped are known when it has started again; a gateway of its own tells the
/// desk in the same way.
#[tokio::test]
async fn a_restart_makes_no_strangers_of_those_who_read() {
    let desk = Desktop::open().await;
    let (school, maya) = (&desk.small.school, desk.small.who("maya.jones").await);
    desk.signed_in("maya.jones", "192.0.2.10").await;
    desk.signed_in("tom.reed", "192.0.2.11").await;
    let before = roster(&desk).await;
    desk.clock.pass(Span::new().minutes(14));
    assert_eq!(at(&before, "192.0.2.10").person, Some(maya));
    let now = kernel::Clock::now(&desk.clock);
    desk.access.write_heard(school, now - jiff::SignedDuration::from_secs(90), now).await.unwrap();
    let desk = desk.restarted();
    desk.clock.pass(Span::new().minutes(10));
    let now = kernel::Clock::now(&desk.clock);
    assert_eq!(desk.access.end_silent(&desk.small.school, now).await.unwrap(), 1, "Tom was silent");
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, Some(maya));
    desk.clock.pass(Span::new().minutes(15));
    assert_eq!(at(&roster(&desk).await, "192.0.2.10").person, None, "silence ends it as ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_session_ends_once_whoever_finds_it() {
    let desk = Desktop::open().await;
    desk.signed_in("maya.jones", "192.0.2.10").await;
    desk.signed_in("tom.reed", "192.0.2.11").await;
    let mut teacher = desk.signed_in("teacher", "192.0.2.20").await;
    desk.clock.pass(Span::new().hours(2));
    let (school, now) = (&desk.small.school, kernel::Clock::now(&desk.clock));
    let (one, other, page) =
        tokio::join!(desk.access.end_silent(school, now), desk.access.end_silent(school, now), teacher.get("/"));
    assert_eq!(page.location(), "/sign-in");
    assert!(one.unwrap() + other.unwrap() <= 3);
    assert_eq!(desk.access.end_silent(school, now).await.unwrap(), 0);
    assert_eq!(desk.acts().await.iter().filter(|act| *act == "access.idle-end").count(), 3);
}

#[tokio::test]
async fn a_network_stands_for_its_audience_and_for_nobody_by_name() {
    let desk = Desktop::open().await;
    let snapshot = roster(&desk).await;
    let guest = at(&snapshot, "192.0.2.200");
    assert_eq!((guest.person, guest.how, guest.signed), (None, HowKnown::Network, Signed::NotAsked));
    assert_eq!(guest.place, Place::Network("guest".into()));
    assert!(Audience::parse("guests").unwrap().contains(&guest.subject));
    let trolley = at(&snapshot, "198.51.100.7");
    assert_eq!((trolley.how, trolley.signed), (HowKnown::Network, Signed::No));
    assert!(Audience::parse("ks1").unwrap().contains(&trolley.subject));
    assert!(!Audience::parse("staff").unwrap().contains(&trolley.subject));
}

#[tokio::test]
async fn a_device_is_known_by_its_token_until_it_is_disconnected() {
    let desk = Desktop::open().await;
    let maya = desk.small.who("maya.jones").await;
    let mut browser = desk.signed_in("maya.jones", "192.0.2.10").await;
    let page = browser.post_from("/account", "/account/devices", "label=reading+tablet").await;
    assert_eq!(page.status, StatusCode::OK);
    let secret = page.text.split("device:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(Token::parse(&secret).is_some());
    let viewer = roster(&desk).await.by_token(&secret).unwrap();
    assert_eq!((viewer.person, viewer.how), (Some(maya), HowKnown::Token));
    assert!(viewer.device.is_some());
    // The token says who, the address where.
    let known = roster(&desk).await;
    let place = |address: &str| known.by_token_at(&secret, address.parse().unwrap()).map(|it| (it.person, it.place));
    assert_eq!(place("192.0.2.200"), Some((Some(maya), Place::Network("guest".into()))));
    assert_eq!(place("203.0.113.5"), Some((Some(maya), Place::School)));
    assert!(roster(&desk).await.by_token(&Token::new(desk.small.school.id()).unwrap().reveal()).is_none());
    assert!(roster(&desk).await.by_token("").is_none());
    let list = browser.get("/account").await;
    assert!(list.text.contains("reading tablet") && !list.text.contains(&secret), "shown once");
    let path = list.text.split("action=\"/account/devices/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut tom = desk.signed_in("tom.reed", "192.0.2.11").await;
    let foreign = tom.post_from("/account", &format!("/account/devices/{path}"), "").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "not his");
    assert!(roster(&desk).await.by_token(&secret).is_some());
    let gone = browser.post_from("/account", &format!("/account/devices/{path}"), "").await;
    assert_eq!(gone.location(), "/account");
    assert!(roster(&desk).await.by_token(&secret).is_none());
    let acts = desk.acts().await;
    assert!(acts.contains(&"access.issue-device".into()) && acts.contains(&"access.withdraw-device".into()));
}

#[tokio::test]
async fn a_closed_account_closes_its_devices_until_it_is_opened_again() {
    let desk = Desktop::open().await;
    let (school, maya) = (&desk.small.school, desk.small.who("maya.jones").await);
    let mut browser = desk.signed_in("maya.jones", "192.0.2.10").await;
    let page = browser.post_from("/account", "/account/devices", "label=reading+tablet").await;
    let secret = page.text.split("device:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let head = desk.small.who("head").await;
    let now = kernel::Clock::now(&desk.clock);
    desk.access.set_open(school, head, maya, false, now).await.unwrap();
    assert!(roster(&desk).await.by_token(&secret).is_none());
    desk.access.set_open(school, head, maya, true, now).await.unwrap();
    assert_eq!(roster(&desk).await.by_token(&secret).unwrap().person, Some(maya));
}

#[tokio::test]
async fn tokens_of_one_school_open_nothing_in_another() {
    let desk = Desktop::open().await;
    let now = kernel::Clock::now(&desk.clock);
    let other = testkit::SmallSchool::build(desk.access.store(), "ash-hill", now).await;
    let mut browser = desk.signed_in("maya.jones", "192.0.2.10").await;
    let page = browser.post_from("/account", "/account/devices", "label=tablet").await;
    let secret = page.text.split("device:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let clock = Arc::new(desk.clock.clone());
    let theirs =
        desk.access.roster(&other.school, Vec::new(), &Owners::default(), &|_, _| Signed::Yes, clock).await.unwrap();
    assert!(theirs.by_token(&secret).is_none());
    assert_eq!(at(&theirs, "192.0.2.10").person, None, "nor does an address");
}

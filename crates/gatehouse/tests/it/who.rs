//! Who somebody is to the gateway: a device's token, the address of a sign-in, a network; and whoever is none of these.

use std::{net::Ipv4Addr, time::Duration};

use gatehouse::config::Tls;

use crate::{
    browser::{Browser, Surfer, own_address},
    school::*,
};

const GATE: &str = "Sign first. `gate: access.gated-on-agreement { who = [\"staff\", \"pupils\"] }`";
const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";

/// Where nothing is known, nothing opens but the desk and help, and nobody's name is written to it.
#[tokio::test(flavor = "multi_thread")]
async fn traffic_of_nobody_is_held_to_the_strictest_rules_and_written_to_nobody() {
    let school = School::open(&[GAMES]).await;
    // Somebody is signed in elsewhere; what a stranger does is not hers.
    let _maya = school.sign_in(PUPIL).await;
    let (stranger, forged) = (school.stranger(), Surfer::with_token(school.gateway(), "no-such-token"));
    assert_eq!(stranger.status("http://games.test/").await, 403);
    assert_eq!(forged.status("http://games.test/").await, 407, "a credential that nobody has is asked for again");
    assert_eq!(school.device_of(TEACHER).await.status("http://games.test/").await, 200);
    school.written().await;
    let head = school.sign_in(HEAD).await;
    for username in [PUPIL, TEACHER] {
        let asked = [("username", username), ("reason", "whose visit was this")];
        let opened = head.submit("/monitor/look", "/monitor/look", &asked).await.is(303).location.unwrap();
        let seen = head.get(&opened).await.is(200);
        assert_eq!(seen.says("games.test"), username == TEACHER, "{username}: {}", seen.body);
    }
    school.enact(&Draft::of(&[GATE])).await.unwrap();
    assert!(stranger.open("http://maths.test/").await.is(403).says("Sign in first"));
    assert_eq!(stranger.status("http://childline.org.uk/").await, 200);
}

/// A sign-in binds the address to one person, until they sign out or another signs in there.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_whose_sign_in_it_was() {
    let school = School::open(&[GATE, GAMES]).await;
    let browser = school.sign_in(PUPIL).await;
    browser.sign_agreement("pupils", "Maya Jones").await.is(303);
    school.settle().await;
    let beside = school.beside(&browser);
    assert_eq!(beside.status("http://maths.test/").await, 200);
    assert_eq!(beside.status("http://games.test/").await, 403);
    assert_eq!(school.stranger().status("http://maths.test/").await, 403, "another address is nobody's");
    browser.sign_out().await;
    within(Duration::from_secs(1), || async { beside.status("http://maths.test/").await == 403 }).await;
    // Another pupil takes the computer over, and has not signed.
    school.sign_in_at(&browser, PUPIL).await;
    assert_eq!(beside.status("http://maths.test/").await, 200);
    let other = Browser::at(&school.base, browser.address);
    school.sign_in_at(&other, "alfie.brennan").await;
    assert!(beside.open("http://maths.test/").await.is(403).says("Sign the agreement first"));
}

/// Where a device sends everything through the gateway, its sign-in at the desk is that of the device, not of the machine
/// that the gateway runs on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_through_the_gateway_counts_for_the_device() {
    let mut school = School::open(&[GATE, GAMES]).await;
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url.clone_from(&school.base);
    school.restart().await;
    let browser = Browser::through(school.gateway(), &school.base, own_address().into());
    school.sign_in_at(&browser, PUPIL).await;
    browser.sign_agreement("pupils", "Maya Jones").await.is(303);
    school.settle().await;
    let beside = school.beside(&browser);
    assert_eq!((beside.status("http://maths.test/").await, beside.status("http://games.test/").await), (200, 403));
    let machine = Surfer::at(school.gateway(), Ipv4Addr::LOCALHOST.into());
    assert_eq!(machine.status("http://maths.test/").await, 403, "the machine of the gateway is nobody's");
    assert!(!browser.get("/account").await.is(200).says("does not count as yours"));
    browser.sign_out().await;
    within(Duration::from_secs(1), || async { beside.status("http://maths.test/").await == 403 }).await;
}

/// A grown-up's sign-in lends nothing to a computer that pupils use.
#[tokio::test(flavor = "multi_thread")]
async fn a_computer_of_pupils_gets_no_higher_profile_by_a_sign_in_of_staff() {
    let school = School::open(&[GAMES]).await;
    let own = school.sign_in(TEACHER).await;
    assert_eq!(school.beside(&own).status("http://games.test/").await, 200);
    let shared = school.sign_in(PUPIL).await;
    shared.sign_out().await;
    school.sign_in_at(&shared, TEACHER).await;
    assert!(shared.get("/account").await.is(200).says("does not count as yours"));
    assert_eq!(school.beside(&shared).status("http://games.test/").await, 403);
}

/// A device is its owner's, wherever it is, until it is disconnected.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_known_by_its_token_until_it_is_disconnected() {
    let school = School::open(&[GAMES]).await;
    let teacher = school.sign_in(TEACHER).await;
    let token = teacher.connect_device().await;
    school.settle().await;
    teacher.sign_out().await;
    let device = Surfer::with_token(school.gateway(), &token);
    assert_eq!(device.status("http://games.test/").await, 200);
    school.sign_in_at(&teacher, TEACHER).await;
    let account = teacher.get("/account").await.is(200);
    let path = account.between("<form action=\"/account/devices/", "\"").unwrap();
    // Nobody takes another's device away.
    let other = school.sign_in(HEAD).await;
    other.submit("/account", &format!("/account/devices/{path}"), &[]).await.is(404);
    assert_eq!(device.status("http://games.test/").await, 200);
    teacher.submit("/account", &format!("/account/devices/{path}"), &[]).await.leads_to("/account");
    within(Duration::from_secs(1), || async { device.status("http://games.test/").await == 407 }).await;
}

/// A network that stands for an audience is filtered as that audience, and is signed for where the policy says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_stands_for_an_audience() {
    let draft = Draft::of(&[GATE, GAMES]).front(
        "[networks.tablets]\naddresses = [\"127.77.0.0/16\"]\nstands-for = \"year-2\"\nsigned-for = true\n\
         [networks.staff-room]\naddresses = [\"127.78.0.0/16\"]\nstands-for = \"staff\"\nsigned-for = true\n",
    );
    let school = School::with(&draft).await;
    let tablet = Surfer::at(school.gateway(), "127.77.1.2".parse().unwrap());
    let staff_room = Surfer::at(school.gateway(), "127.78.1.2".parse().unwrap());
    assert_eq!(tablet.status("http://maths.test/").await, 200);
    assert_eq!((tablet.status("http://games.test/").await, staff_room.status("http://games.test/").await), (403, 200));
}

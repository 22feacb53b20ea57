//! Control `filter.dual-control`: no change beyond the policy rests on one person.

use store::{entity::filter_change, query::Set};

use super::temporary_unblock::soon;
use crate::{browser::Browser, school::*};

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
const TWO: &str = "At least 2 people put filtering into effect. `two: filter.dual-control { minimum-people = 2 }`";

async fn asks(browser: &Browser, does: &str, site: &str) {
    let fields = [("does", does), ("site", site), ("who", "pupils"), ("reason", "A topic on games")];
    browser.submit("/filter/changes/new", "/filter/changes/new", &fields).await.is(303);
}

/// Whoever asked does not also agree, to a change or to opening again what was closed; and two have to be able to.
#[tokio::test(flavor = "multi_thread")]
async fn dual_control() {
    let school = School::open(&[GAMES, TWO]).await;
    let device = school.device_of(PUPIL).await;
    let (network, lead) = (school.sign_in(NETWORK).await, school.sign_in(TEACHER).await);
    school.standing("two").await.are("kept", "none holds without 2 people behind it");
    let post = async |browser: &Browser, id: &str, what: &str| {
        browser.submit("/filter/changes", &format!("/filter/changes/{id}/{what}"), &[]).await.status
    };

    asks(&network, "open", "games.test").await;
    let id = lead.get("/filter/changes").await.is(200).between("action=\"/filter/changes/", "/agree").unwrap();
    assert_eq!(post(&network, &id, "agree").await, 403);
    school.settle().await;
    assert_eq!(device.status("http://games.test/").await, 403, "nobody else has agreed");
    school.standing("two").await.are("due", "1 change waits for a second person");
    assert_eq!(post(&lead, &id, "agree").await, 303);
    soon(&device, "http://games.test/", 200).await;
    school.standing("two").await.are("kept", "1 change was asked for in the last year");
    // Closing again needs nobody else.
    assert_eq!(post(&network, &id, "undo").await, 303);
    soon(&device, "http://games.test/", 403).await;

    // Opening again what two have closed takes two.
    asks(&lead, "block", "prank.test").await;
    let id = network.get("/filter/changes").await.between("action=\"/filter/changes/", "/agree").unwrap();
    assert_eq!(post(&network, &id, "agree").await, 303);
    soon(&device, "http://prank.test/", 403).await;
    assert_eq!((post(&network, &id, "undo").await, post(&network, &id, "agree").await), (303, 403));
    school.settle().await;
    assert_eq!(device.status("http://prank.test/").await, 403);
    assert_eq!(post(&lead, &id, "agree").await, 303);
    soon(&device, "http://prank.test/", 200).await;
    // A second person may also disagree.
    asks(&network, "open", "games.test").await;
    let id = lead.get("/filter/changes").await.between("action=\"/filter/changes/", "/agree").unwrap();
    assert_eq!((post(&lead, &id, "disagree").await, post(&lead, &id, "agree").await), (303, 409));
    assert_eq!(school.acts("filter.change-decline").await.len(), 1);

    // Records that one person changed alone are found out, and open nothing.
    let (rows, by) = (&school.installation().school, school.who(NETWORK).await.0);
    let row = filter_change::ActiveModel {
        id: Set(id.parse().unwrap()),
        state: Set("active".to_owned()),
        agreed_by: Set(Some(by)),
        ..Default::default()
    };
    rows.bookkeep(kernel::Clock::now(&school.clock), async |tx| tx.update(row.clone()).await).await.unwrap();
    school.settle().await;
    assert_eq!(device.status("http://games.test/").await, 403);
    school.standing("two").await.are("not-kept", "1 change rests on one person alone");

    // Where one person alone may change anything, two cannot; and nobody can ask for a third.
    let one = "The Network Manager alone changes filtering. `one: filter.management-status`";
    school.enact(&Draft::of(&[GAMES, TWO, one])).await.unwrap();
    school.standing("two").await.are("not-kept", "Only 1 person could stand behind a change");
    school.enact(&Draft::of(&[GAMES, &TWO.replace('2', "3")])).await.unwrap();
    assert_eq!(school.standing("two").await.word, "not-built");
}

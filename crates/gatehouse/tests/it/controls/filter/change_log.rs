//! Control `filter.change-log`: every change beyond the policy is kept with who, when, what and why; and somebody looks
//! the log over.

use super::temporary_unblock::soon;
use crate::school::*;

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";

/// A change has a reason, ends by itself, is undone, and stands in the ledger; without a clause there is none.
#[tokio::test(flavor = "multi_thread")]
async fn change_log() {
    let kept = "Every change to the filter is logged. `log: filter.change-log`";
    let looked = "Each year the Network Manager goes through it. \
                  `yearly: filter.change-log { every = \"yearly\", by = \"network-manager\" }`";
    let school = School::open(&[GAMES, kept, looked]).await;
    let device = school.device_of(PUPIL).await;
    school.standing("log").await.are("kept", "0 changes in the last year");
    school.standing("yearly").await.are("not-kept", "Nobody of those whom the clause names has looked");

    let network = school.sign_in(NETWORK).await;
    let change = async |does: &str, site: &str, reason: &str, until: &str| {
        let fields = [("does", does), ("site", site), ("who", "pupils"), ("reason", reason), ("until", until)];
        network.submit("/filter/changes/new", "/filter/changes/new", &fields).await
    };
    change("open", "games.test", "", "").await.is(422);
    change("open", "games.test", "A topic on games", "23/11/2026").await.is(422);
    assert!(school.acts("filter.change-ask").await.is_empty());
    change("open", "games.test", "A topic on games", "24/11/2026").await.is(303);
    soon(&device, "http://games.test/", 200).await;
    change("block", "prank.test", "A prank goes round", "").await.is(303);
    soon(&device, "http://prank.test/", 403).await;
    let page = device.open("http://prank.test/").await.is(403);
    assert!(page.says("The school closed this site on"), "{}", page.body);
    let acts = school.acts("filter.change-ask").await;
    let by = Some(school.who(NETWORK).await);
    assert!(acts.len() == 2 && acts.iter().all(|act| act.actor == by && act.clause.as_deref() == Some("log")));
    let page = network.get("/filter/changes").await.is(200);
    for says in
        ["games.test open for pupils", "A topic on games", "Tom Okafor, today at 10:15", "Until tonight", "Holds"]
    {
        assert!(page.says(says), "{says}: {}", page.body);
    }
    assert!(network.get("/filter/changes.csv").await.is(200).says("A prank goes round"));
    school.sign_in(PUPIL).await.get("/filter/changes").await.is(403);
    let id = page.between("action=\"/filter/changes/", "/undo").unwrap();
    network.submit("/filter/changes", &format!("/filter/changes/{id}/undo"), &[]).await.is(303);
    soon(&device, "http://prank.test/", 200).await;
    assert_eq!(school.acts("filter.change-undo").await.len(), 1);
    school.standing("log").await.are("kept", "2 changes in the last year, each with who, when and why");
    school.clock.set("2026-11-25 00:01");
    let device = school.device_of(PUPIL).await;
    assert_eq!(device.status("http://games.test/").await, 403, "its day is over");

    // The look of another is no look of the Network Manager.
    let head = school.sign_in(HEAD).await;
    head.submit("/filter/changes", "/filter/changes/looked-over", &[]).await.is(303);
    assert_eq!(school.standing("yearly").await.word, "not-kept");
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/filter/changes").await.says("Has ended by itself"));
    network.submit("/filter/changes", "/filter/changes/looked-over", &[]).await.is(303);
    school.standing("yearly").await.are("kept", "2 changes");
    school.at("2027-11-20 10:15").await;
    assert_eq!(school.standing("yearly").await.word, "due");
    school.at("2027-11-26 10:15").await;
    school.standing("yearly").await.are("not-kept", "last looked over on 25 November 2026");

    // A policy that provides for no change has none, and what was changed holds no longer.
    let network = school.sign_in(NETWORK).await;
    let fields = [("does", "open"), ("site", "games.test"), ("who", "pupils"), ("reason", "Once more")];
    network.submit("/filter/changes/new", "/filter/changes/new", &fields).await.is(303);
    let device = school.device_of(PUPIL).await;
    soon(&device, "http://games.test/", 200).await;
    school.enact(&Draft::of(&[GAMES])).await.unwrap();
    assert_eq!(device.status("http://games.test/").await, 403);
    network.submit("/filter/changes", "/filter/changes/new", &fields).await.is(409);
}

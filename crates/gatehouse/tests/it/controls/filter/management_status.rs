//! Control `filter.management-status`: nobody changes filtering but those who have the status.

use store::{
    entity::{filter_change, filter_status},
    query::Set,
};

use super::temporary_unblock::soon;
use crate::{browser::Browser, school::*};

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";

async fn opens(browser: &Browser, site: &str) -> u16 {
    let fields = [("does", "open"), ("site", site), ("who", "pupils"), ("reason", "A topic on games")];
    browser.submit("/filter/changes", "/filter/changes/new", &fields).await.status
}

/// The clause names a role, or a status that the head gives to persons and takes back.
#[tokio::test(flavor = "multi_thread")]
async fn management_status() {
    let role = "The Network Manager runs the filter. `status: filter.management-status { by = \"network-manager\" }`";
    let school = School::open(&[GAMES, role]).await;
    let device = school.device_of(PUPIL).await;
    // The Online Safety Lead may change filtering where no clause says who may.
    let (network, lead, head) =
        (school.sign_in(NETWORK).await, school.sign_in(TEACHER).await, school.sign_in(HEAD).await);
    lead.get("/filter/changes/new").await.is(403);
    assert_eq!((opens(&lead, "games.test").await, opens(&head, "games.test").await), (403, 403));
    assert_eq!(device.status("http://games.test/").await, 403);
    assert_eq!(opens(&network, "games.test").await, 303);
    soon(&device, "http://games.test/", 200).await;
    school.standing("status").await.are("kept", "1 change in the last year, all by people who have the status");

    // A status by name: the role alone changes nothing any more.
    let named = "Only staff with approved status change filtering. \
                 `status: filter.management-status { status = \"web filtering management\" }`";
    school.enact(&Draft::of(&[GAMES, named])).await.unwrap();
    assert_eq!(opens(&network, "maps.test").await, 403);
    school.standing("status").await.are("not-kept", "Nobody who can sign in holds the status");
    lead.get("/filter/status").await.is(403);
    head.submit("/filter/status", "/filter/status", &[("who", "tom.okafor")]).await.is(303);
    let given = school.acts("filter.status-give").await;
    assert_eq!((given.len(), given[0].actor), (1, Some(school.who(HEAD).await)));
    school.minutes(1).await;
    assert_eq!((opens(&network, "maps.test").await, opens(&lead, "maps.test").await), (303, 403));
    school.standing("status").await.are("kept", "2 changes in the last year");
    let page = head.get("/filter/status").await.is(200);
    assert!(page.says("web filtering management") && page.says("Tom Okafor"), "{}", page.body);
    let id = page.between("action=\"/filter/status/", "/end").unwrap();

    // Records that say otherwise are found out.
    let rows = &school.installation().school;
    let changes = rows.read().find::<filter_change::Entity>().all().await.unwrap();
    let newest = changes.into_iter().max_by_key(|row| row.asked_at).unwrap();
    let asked_by = async |person: Option<uuid::Uuid>| {
        let row = filter_change::ActiveModel { id: Set(newest.id), asked_by: Set(person), ..Default::default() };
        let now = kernel::Clock::now(&school.clock);
        rows.bookkeep(now, async |tx| tx.update(row.clone()).await).await.unwrap();
    };
    asked_by(Some(school.who(TEACHER).await.0)).await;
    school.standing("status").await.are("not-kept", "1 change was made by somebody without the status");
    asked_by(Some(school.who(NETWORK).await.0)).await;
    assert_eq!(school.standing("status").await.word, "kept");

    head.submit("/filter/status", &format!("/filter/status/{id}/end"), &[]).await.is(303);
    assert!(rows.read().find::<filter_status::Entity>().all().await.unwrap().iter().all(|row| row.ended_at.is_some()));
    assert_eq!(opens(&network, "charts.test").await, 403);
    assert_eq!(school.standing("status").await.word, "not-kept");
}

//! What the installation does by itself, where something is in its way: a database that refuses for a moment, a folder that
//! cannot be deleted, a policy that cannot be read; and what a new day changes.

use std::{fs, path::PathBuf, time::Duration};

use governance::Enactment;
use kernel::Clock as _;
use store::testing::tamper;
use traffic::lists::{FeedKey, Source, feeds};

use crate::{
    school::*,
    sealed::{self, Feed},
};

const GAMES: &str = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
const MUSIC: &str = "Music is closed. `music: filter.categories { who = \"everyone\", block = \"music\" }`";
const ILLEGAL: &str = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";

/// How soon what was in the way for a few seconds is made up for.
const SOON: Duration = Duration::from_secs(15);

async fn sql(school: &School, sql: &str) {
    tamper(&school.installation().store, sql).await.unwrap();
}

/// Puts a policy in force without taking it in here: the jobs do that.
async fn enact(school: &School, version: u32, clauses: &[&str], from: Option<&str>) {
    let (installation, now) = (school.installation(), school.clock.now());
    let from = from.map(|day| day.parse().unwrap());
    let enactment = Enactment { source: Draft::of(clauses).source(version), from, approved_by: Vec::new() };
    let by = school.enacts(version).await;
    installation.policies.enact(&installation.school, by, enactment, now).await.unwrap();
}

/// The folder of the days of the activity log.
fn days(school: &School) -> PathBuf {
    let installation = school.installation();
    installation.config.data.folder.join("activity").join(installation.school.id().to_string()).join("days")
}

/// While nobody can say how long activity is kept, none is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_while_the_policy_cannot_be_read() {
    let log = "Use is recorded and kept for 36 months. `log: monitor.activity-log { keep = \"36 months\" }`";
    let mut school = School::open(&[log]).await;
    assert_eq!(school.device_of(PUPIL).await.status("http://maths.test/").await, 200);
    school.written().await;
    let whole = "UPDATE policy_version SET source = substr(source, 3) WHERE source LIKE '//%'";
    let oldest = async |school: &School| {
        let all = school.app().log().days(school.installation().school.id()).await.unwrap();
        all.first().map(|day| day.day.to_string())
    };
    school.clock.set("2028-12-24 10:15");
    for damage in [
        ("UPDATE policy_version SET source = '//' || source", whole),
        ("ALTER TABLE policy_version RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO policy_version"),
    ] {
        sql(&school, damage.0).await;
        school.restart().await;
        let error = school.app().upkeep().await.unwrap_err().to_string();
        assert!(error.contains("how long activity is kept cannot be read"), "{error}");
        assert_eq!(oldest(&school).await.as_deref(), Some("2026-11-24"));
        sql(&school, damage.1).await;
    }
    school.app().upkeep().await.unwrap();
    assert_eq!(oldest(&school).await.as_deref(), Some("2026-11-24"));
    school.clock.set("2029-12-24 10:15");
    school.app().upkeep().await.unwrap();
    assert_eq!(oldest(&school).await, None, "its time is over");
}

/// What somebody decided holds as soon as the database answers again, without another act.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_while_the_database_refused_holds_afterwards() {
    let school = School::open(&[GAMES]).await;
    let pupil = school.who(PUPIL).await;
    let known = || school.app().live.viewer(pupil, school.clock.now()).is_some();
    sql(&school, "ALTER TABLE access_device RENAME TO elsewhere").await;
    sql(&school, "UPDATE people_person SET left_on = '2026-11-23' WHERE year IS NOT NULL").await;
    // The act that has the jobs look.
    enact(&school, 2, &[GAMES, MUSIC], None).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(known(), "who is on the roll cannot be taken in yet");
    sql(&school, "ALTER TABLE elsewhere RENAME TO access_device").await;
    within(SOON, async || !known()).await;
}

/// Where the versions cannot be read just now, what held before goes on; a policy that is damaged closes.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_damaged_policy_closes_the_gateway() {
    let school = School::open(&[GAMES]).await;
    let stranger = school.stranger();
    let both = async || (stranger.status("http://maths.test/").await, stranger.status("http://games.test/").await);
    sql(&school, "ALTER TABLE policy_version RENAME TO elsewhere").await;
    school.app().live.rebuild(school.clock.now()).await.unwrap_err();
    assert_eq!(both().await, (200, 403));
    sql(&school, "ALTER TABLE elsewhere RENAME TO policy_version").await;
    sql(&school, "UPDATE policy_version SET digest = 'no digest', source = '//' || source").await;
    school.app().live.rebuild(school.clock.now()).await.unwrap_err();
    assert_eq!(both().await, (403, 403));
}

/// Nobody does anything over the weekend: who has left is gone all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_day_is_taken_in_without_an_act() {
    let school = School::open(&[GAMES]).await;
    let pupil = school.who(PUPIL).await;
    sql(&school, "UPDATE people_person SET left_on = '2026-11-24'").await;
    school.settle().await;
    assert!(school.app().live.viewer(pupil, school.clock.now()).is_some(), "it is the last day");
    school.clock.set("2026-11-25 00:01");
    within(SOON, async || school.app().live.viewer(pupil, school.clock.now()).is_none()).await;
}

/// A school enacts its first policy for next week.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_policy_begins_on_its_day() {
    let school = School::without_policy().await;
    enact(&school, 1, &[GAMES], Some("2026-11-30")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(school.app().live.policy().is_none());
    school.clock.set("2026-11-30 08:00");
    within(SOON, async || school.app().live.policy().is_some()).await;
    let stranger = school.stranger();
    within(SOON, async || stranger.status("http://games.test/").await == 403).await;
    assert_eq!(stranger.status("http://maths.test/").await, 200);
}

/// One folder that cannot be deleted keeps nothing else from being done, and the desk says so until it can be.
#[tokio::test(flavor = "multi_thread")]
async fn one_step_that_fails_does_not_stop_the_others() {
    let school = School::open(&[GAMES]).await;
    assert_eq!(school.device_of(PUPIL).await.status("http://maths.test/").await, 200);
    school.written().await;
    fs::create_dir_all(days(&school)).unwrap();
    let blocked = days(&school).join("2020-01-01");
    fs::write(&blocked, b"no folder").unwrap();
    school.at("2027-12-24 10:15").await;
    let error = school.app().upkeep().await.unwrap_err().to_string();
    assert!(error.starts_with("old activity cannot be deleted") && !error.contains("; "), "{error}");
    assert_eq!(school.acts("monitor.drop").await.len(), 1, "what can be deleted is, and it is said");
    let week_ago = school.clock.now() - jiff::SignedDuration::from_hours(24 * 7);
    let events = school.installation().store.outbox().pending("somebody", 500).await.unwrap();
    assert!(events.iter().all(|event| event.at >= week_ago), "old events are forgotten");
    let home = async || school.sign_in(NETWORK).await.get("/").await.is(200);
    assert!(home().await.says("old activity cannot be deleted"));
    assert!(!school.sign_in(PUPIL).await.get("/").await.is(200).says("old activity cannot be deleted"));
    fs::remove_file(&blocked).unwrap();
    school.app().upkeep().await.unwrap();
    assert!(!home().await.says("old activity cannot be deleted"));
}

/// A day that cannot be read is not called kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_activity_that_cannot_be_read_is_told() {
    let log = "Use is recorded and kept for 2 months. `log: monitor.activity-log { keep = \"2 months\" }`";
    let mut school = School::open(&[log]).await;
    assert_eq!(school.device_of(PUPIL).await.status("http://maths.test/").await, 200);
    school.standing("log").await.are("kept", "1 requests were recorded");
    let day = days(&school).join("2026-11-20");
    fs::create_dir_all(&day).unwrap();
    fs::write(day.join("000000000000-000000000000.parquet"), b"PAR1 no more").unwrap();
    school.restart().await;
    school.standing("log").await.are("unknown", "1 file of the activity log cannot be read");
}

/// A gateway is not needed for it, nor a run of the checks; and what could not be fetched is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn sealed_feeds_are_renewed_where_no_gateway_listens() {
    let mut school = School::open(&[ILLEGAL]).await;
    sealed::feed(&school, "makers", &Feed::default()).await.unwrap();
    school.config.gateway.listen.clear();
    school.restart().await;
    let fresh = async |school: &School| {
        let all = feeds::all(&school.installation().school).await.unwrap();
        all[0].fresh_until.to_string()
    };
    let asked = async |school: &School, time: &str| {
        school.at(time).await;
        school.app().renew_lists().await.unwrap();
        fresh(school).await
    };
    let file = school.folder().join("makers.feed");
    let away = school.folder().join("away");
    fs::rename(&file, &away).unwrap();
    assert_eq!(asked(&school, "2026-11-25 05:00").await, "2026-11-26T06:00:00Z", "it is fresh for a day");
    assert!(school.acts("filter.feed-refuse").await.is_empty());
    for time in ["2026-11-25 07:00", "2026-11-25 07:30", "2026-11-25 08:01"] {
        assert_eq!(asked(&school, time).await, "2026-11-26T06:00:00Z");
    }
    assert_eq!(school.acts("filter.feed-refuse").await.len(), 1, "the same fault again is no other entry");
    let next = Feed { dated: "2026-11-25T06:00:00Z", ..Feed::default() };
    fs::write(&file, next.bytes()).unwrap();
    assert_eq!(asked(&school, "2026-11-25 08:30").await, "2026-11-26T06:00:00Z", "not more often than each hour");
    assert_eq!(asked(&school, "2026-11-25 09:02").await, "2026-11-27T06:00:00Z");
}

/// A feed of another source waits to be accepted: what the source before says does not throw it away.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_of_another_source_waits_though_the_one_before_is_asked() {
    let school = School::open(&[ILLEGAL]).await;
    let whole = Feed { lines: "forbidden.test\none.test\ntwo.test\nthree.test\n", ..Feed::default() };
    sealed::feed(&school, "makers", &whole).await.unwrap();
    let other = school.folder().join("other.feed");
    let less = Feed { dated: "2026-11-24T08:00:00Z", lines: "one.test\n", ..whole };
    fs::write(&other, less.bytes()).unwrap();
    let (installation, now) = (school.installation(), school.clock.now());
    let (rows, folder, key) = (&installation.school, installation.lists(), FeedKey::parse(less.key).unwrap());
    let by = store::Actor::Gatehouse;
    let held = feeds::add(rows, &folder, "makers", &Source::Path(other), &key, by, now).await.unwrap();
    assert!(held.fault.is_some());
    school.at("2026-11-25 08:00").await;
    school.app().renew_lists().await.unwrap();
    let row = &feeds::all(rows).await.unwrap()[0];
    assert_eq!((row.tried, row.fault.as_deref()), (Some(school.clock.now()), None), "it was asked");
    let network = school.sign_in(NETWORK).await;
    assert_eq!(crate::lists::accepts(&network, "makers", "We changed the makers").await, 303);
    assert_eq!(feeds::all(rows).await.unwrap()[0].dated.to_string(), "2026-11-24T08:00:00Z");
}

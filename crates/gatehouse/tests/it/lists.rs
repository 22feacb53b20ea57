//! Lists that come back otherwise than they were, and files that somebody changes beneath the running gateway.

use std::{fs, io::Write as _, time::Duration};

use kernel::Clock as _;
use store::Actor;
use traffic::lists::{Updated, service};

use crate::{
    browser::{Browser, Surfer},
    school::*,
    sealed::{Feed, feed},
};

const GAMES: &str = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
const TWO: &str = "At least 2 people put filtering into effect. `two: filter.dual-control { minimum-people = 2 }`";

/// Writes the games of the school's list, and brings it up to date as the command does.
async fn games(school: &School, names: &[&str]) -> Updated {
    fs::write(school.folder().join("list/games.txt"), names.join("\n")).unwrap();
    let (installation, now) = (school.installation(), school.clock.now());
    let (rows, folder) = (&installation.school, installation.lists());
    service::update(rows, &folder, None, Actor::Gatehouse, now).await.unwrap().remove(0)
}

/// So many games, and those that the tests try.
fn many() -> Vec<String> {
    let more = (0..40).map(|nth| format!("game-{nth}.test"));
    ["games.test".to_owned(), "more-games.test".to_owned()].into_iter().chain(more).collect()
}

/// Waits until a site is open or closed: the gateway hears of an act by its event.
async fn soon(stranger: &Surfer, url: &str, status: u16) {
    within(Duration::from_secs(10), async || stranger.status(url).await == status).await;
}

/// Accepts the smaller list as somebody at the desk.
pub(crate) async fn accepts(browser: &Browser, list: &str, reason: &str) -> u16 {
    let path = format!("/filter/lists/{list}");
    let page = browser.get(&path).await;
    let digest = page.between("name=\"digest\" value=\"", "\"").unwrap_or_default();
    browser.submit(&path, &path, &[("digest", &digest), ("reason", reason)]).await.status
}

/// Whoever chooses lists sees where each comes from, under which licence and how old it is, and how little they know.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_lists_says_how_thin_they_are() {
    let school = School::open(&[GAMES]).await;
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/filter/lists").await.is(200);
    for says in ["Licence: Apache-2.0", "Tuesday 24 November 2026", "categories have fewer than a thousand entries"] {
        assert!(page.says(says), "{says}: {}", page.body);
    }
    let row = |category: &str| {
        let category = filter::Category::parse(category).unwrap();
        page.between(category.says(), "</tr>").unwrap()
    };
    assert!(row("games").contains(">1<") && row("games").contains("Thin"), "{}", row("games"));
    assert!(row("eating-disorder").contains("No list has it"), "{}", row("eating-disorder"));
}

/// Half a download opens nothing: the list before holds until somebody says, with a reason, that the smaller is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_shrinks_is_told_and_not_taken() {
    let mut school = School::open(&[GAMES]).await;
    let stranger = school.stranger();
    let all = many();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    // What grows is taken at once.
    let grown = games(&school, &all).await;
    assert_eq!((grown.changed, grown.fault), (true, None));
    soon(&stranger, "http://more-games.test/", 403).await;
    school.standing("games").await.are("kept", "42 sites are known");

    let network = school.sign_in(NETWORK).await;
    let half = games(&school, &["games.test", "other-games.test"]).await;
    assert!(!half.changed && half.fault.unwrap().contains("10 entries where it has 50"), "it is told");
    school.settle().await;
    assert_eq!(stranger.status("http://more-games.test/").await, 403, "the list before is in force");
    school.standing("games").await.are("due", "came back much smaller on 24 November 2026, with 10 entries");
    assert!(network.get("/").await.is(200).says("Look at a list of sites that came back much smaller or changed"));
    let page = network.get("/filter/lists").await.is(200);
    assert!(page.says("starter came back much smaller, and is not taken"), "{}", page.body);
    // The same that comes again is no other act, and does not begin another week.
    school.at("2026-11-26 10:15").await;
    games(&school, &["games.test", "other-games.test"]).await;
    assert_eq!(school.acts("filter.list-hold").await.len(), 1);
    school.standing("games").await.are("due", "much smaller on 24 November 2026");
    // What holds is what was there before, also after a new start.
    school.restart().await;
    assert_eq!(school.stranger().status("http://more-games.test/").await, 403);

    // A mended source is taken, and nothing waits.
    assert_eq!(games(&school, &all).await.fault, None);
    school.standing("games").await.are("kept", "42 sites are known");
    let network = school.sign_in(NETWORK).await;
    assert_eq!(network.get("/filter/lists/starter").await.status, 409, "nothing waits");

    // Nobody looks for more than a week: the clause is not kept.
    games(&school, &["games.test", "other-games.test"]).await;
    school.at("2026-12-04 10:15").await;
    school.standing("games").await.are("not-kept", "came back much smaller");

    // Whoever accepts it gives a reason; what came later than they looked is not what they accept.
    let (network, stranger) = (school.sign_in(NETWORK).await, school.stranger());
    assert_eq!(school.sign_in(PUPIL).await.get("/filter/lists/starter").await.status, 403);
    assert_eq!(accepts(&network, "starter", " ").await, 422);
    let path = "/filter/lists/starter";
    let digest = network.get(path).await.between("name=\"digest\" value=\"", "\"").unwrap();
    games(&school, &["other-games.test"]).await;
    let late = network.submit(path, path, &[("digest", &digest), ("reason", "Our own list")]).await;
    assert_eq!(late.status, 409);
    assert_eq!(stranger.status("http://games.test/").await, 403);
    games(&school, &["games.test", "other-games.test"]).await;
    assert_eq!(accepts(&network, "starter", "We took out what is shut down").await, 303);
    soon(&stranger, "http://more-games.test/", 200).await;
    assert_eq!(stranger.status("http://games.test/").await, 403);
    let who = school.who(NETWORK).await;
    let done = school.acts("filter.list-accept").await;
    assert_eq!(done.iter().map(|entry| entry.actor).collect::<Vec<_>>(), [Some(who)]);
    school.standing("games").await.are("kept", "2 sites are known");
    assert!(!games(&school, &["games.test", "other-games.test"]).await.changed, "it is what is in use now");
    assert!(network.get("/filter/lists").await.is(200).says("In use"));
}

/// A list may have a name whole that many owners share: the page says which, and what one owner's site looks like.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_lists_names_what_many_owners_share() {
    let school = School::open(&[GAMES]).await;
    let network = school.sign_in(NETWORK).await;
    assert!(!network.get("/filter/lists").await.is(200).says("Names that many owners share"));
    let updated = games(&school, &["games.test", "other-games.test", "itch.io", "maths.github.io"]).await;
    assert_eq!(updated.shared, 1);
    school.settle().await;
    let page = network.get("/filter/lists").await.is(200);
    assert!(page.says("Names that many owners share") && page.says("name.itch.io"), "{}", page.body);
    assert!(!page.says("name.github.io"));
}

/// As many entries as before, and other ones: what was closed would be open, so that is told and not taken as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_other_entries_is_told_and_not_taken() {
    let school = School::open(&[GAMES]).await;
    let all = many();
    games(&school, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let stranger = school.stranger();
    soon(&stranger, "http://more-games.test/", 403).await;
    let others: Vec<String> = (0..60).map(|nth| format!("shop-{nth}.test")).chain(["games.test".to_owned()]).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let held = games(&school, &others).await;
    assert!(!held.changed);
    assert!(held.fault.unwrap().contains("it came back much changed, with 9 of its 50 entries still there"));
    school.settle().await;
    assert_eq!(stranger.status("http://more-games.test/").await, 403, "the list before is in force");
    school.standing("games").await.are("due", "came back much changed on 24 November 2026, with 9 of its 50 entries");
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/filter/lists").await.is(200).says("starter came back much changed, and is not taken"));
    let page = network.get("/filter/lists/starter").await.is(200);
    let figure = |name: &str| page.between(&format!("{name}</dt><dd class=\"govuk-summary-list__value\">"), "<");
    assert_eq!(
        [figure("Still there"), figure("Gone"), figure("New")].map(Option::unwrap),
        ["9", "41", "60"],
        "{}",
        page.body
    );
    assert_eq!(accepts(&network, "starter", "It is another list by now").await, 303);
    soon(&stranger, "http://more-games.test/", 200).await;
    assert_eq!(stranger.status("http://shop-1.test/").await, 403, "what came is in force");
    assert_eq!(stranger.status("http://games.test/").await, 403);
}

/// Nobody types a command: each night the running service asks for each list, from where it was added. What is new is in
/// force; what fails is told, and what was there stays; a night in which nothing is new leaves no entry.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_brought_up_to_date_each_night() {
    let school = School::open(&[GAMES]).await;
    let source = school.folder().join("list/games.txt");
    let mut all = many();
    fs::write(&source, all.join("\n")).unwrap();
    let stranger = school.stranger();
    let night = async |school: &School, day: &str| {
        school.at(day).await;
        school.app().renew_lists().await.unwrap();
        school.settle().await;
    };
    // Added this morning: its time comes tonight.
    night(&school, "2026-11-24 23:00").await;
    assert_eq!(stranger.status("http://more-games.test/").await, 200);
    night(&school, "2026-11-25 04:01").await;
    soon(&stranger, "http://more-games.test/", 403).await;
    let updates = async |school: &School| school.acts("filter.list-update").await;
    let first = updates(&school).await;
    assert_eq!(first.iter().map(|entry| entry.actor).collect::<Vec<_>>(), [None], "by Gatehouse itself");
    for day in ["2026-11-25 09:00", "2026-11-26 04:01", "2026-11-27 04:01"] {
        night(&school, day).await;
    }
    assert_eq!(updates(&school).await.len(), 1, "nothing was new");
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/filter/lists").await.is(200);
    assert!(
        page.says("Friday 27 November 2026") && page.says("every night, within two hours from 02:00 on"),
        "{}",
        page.body
    );

    // The source is gone for some nights, and each of them it is asked for more than once.
    let (there, away) = (school.folder().join("list"), school.folder().join("away"));
    fs::rename(&there, &away).unwrap();
    for day in ["2026-11-28 04:01", "2026-11-28 05:02", "2026-11-29 04:01"] {
        night(&school, day).await;
    }
    assert_eq!(updates(&school).await.len(), 2, "the same fault again is no other entry");
    assert_eq!(stranger.status("http://more-games.test/").await, 403);
    school.standing("games").await.are("kept", "42 sites are known");
    school.at("2026-12-01 10:00").await;
    school.standing("games").await.are("due", "starter could not be brought up to date since 27 November 2026");
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/").await.is(200).says("See why no newer list came for starter"));
    let page = network.get("/filter/lists").await.is(200);
    assert!(
        page.says("starter could not be brought up to date") && page.says("of Friday 27 November 2026"),
        "{}",
        page.body
    );

    // It is there again, with one more.
    fs::rename(&away, &there).unwrap();
    all.push("new-games.test".to_owned());
    fs::write(&source, all.join("\n")).unwrap();
    night(&school, "2026-12-02 04:01").await;
    soon(&stranger, "http://new-games.test/", 403).await;
    school.standing("games").await.are("kept", "43 sites are known");
    assert_eq!(updates(&school).await.len(), 3);
    // Half of it opens nothing at night either.
    fs::write(&source, "games.test\n").unwrap();
    night(&school, "2026-12-03 04:01").await;
    night(&school, "2026-12-04 04:01").await;
    assert_eq!(
        (stranger.status("http://new-games.test/").await, school.acts("filter.list-hold").await.len()),
        (403, 1)
    );
}

/// The copy of a list is damaged or lost on disk: what is in force stays, and the next night mends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_damaged_opens_nothing_and_is_mended() {
    let mut school = School::open(&[GAMES]).await;
    let all = many();
    games(&school, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    soon(&school.stranger(), "http://more-games.test/", 403).await;
    let lists = school.installation().lists().index().parent().unwrap().to_owned();
    let copies = fs::read_dir(lists.join("copies/starter")).unwrap().map(|entry| entry.unwrap().path());
    let copies: Vec<_> = copies.collect();
    for path in &copies {
        let half = fs::metadata(path).unwrap().len() / 2;
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(half).unwrap();
    }
    // Another list must not be compiled without this one, also where the program ended before it compiled.
    fs::write(lists.join("index.stale"), b"").unwrap();
    school.restart().await;
    assert_eq!(school.stranger().status("http://more-games.test/").await, 403);
    school.at("2026-11-25 04:01").await;
    school.app().renew_lists().await.unwrap();
    school.settle().await;
    assert!(!lists.join("index.stale").exists());
    fs::remove_file(lists.join("index.gatehouse")).unwrap();
    school.restart().await;
    assert_eq!(school.stranger().status("http://more-games.test/").await, 403, "it is compiled from the mended copy");
}

/// Where the policy wants a second person for what is opened, one alone does not accept a smaller list.
#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_list_takes_a_second_person_where_the_policy_says_so() {
    let school = School::open(&[GAMES, TWO]).await;
    let all = many();
    games(&school, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    games(&school, &["games.test"]).await;
    let stranger = school.stranger();
    let (network, lead) = (school.sign_in(NETWORK).await, school.sign_in(TEACHER).await);
    assert_eq!(accepts(&network, "starter", "It is ours, and shorter").await, 303);
    let path = "/filter/lists/starter";
    let digest = lead.get(path).await.between("name=\"digest\" value=\"", "\"").unwrap();
    assert_eq!(network.submit(path, path, &[("digest", &digest), ("reason", "I insist")]).await.status, 403);
    school.settle().await;
    assert_eq!(stranger.status("http://more-games.test/").await, 403);
    assert!(lead.get("/filter/lists/starter").await.is(200).says("It is ours, and shorter"));
    assert_eq!(accepts(&lead, "starter", "").await, 303);
    soon(&stranger, "http://more-games.test/", 200).await;
    assert_eq!((school.acts("filter.list-ask").await.len(), school.acts("filter.list-accept").await.len()), (1, 1));
}

/// A sealed feed that lost most of what it held lifts nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_shrinks_is_told_and_not_taken() {
    let school = School::open(&["Illegal material is blocked, always. `illegal: filter.illegal-lists`"]).await;
    let whole = Feed { lines: "forbidden.test\none.test\ntwo.test\nthree.test\n", ..Feed::default() };
    feed(&school, "makers", &whole).await.unwrap();
    let less = Feed { dated: "2026-11-24T08:00:00Z", lines: "one.test\n", ..whole.clone() };
    let held = feed(&school, "makers", &less).await.unwrap();
    assert!(!held.changed && held.fault.unwrap().contains("2 entries where it has 5"));
    let stranger = school.stranger();
    assert_eq!(stranger.status("http://forbidden.test/").await, 403);
    school.standing("illegal").await.are("due", "with 2 entries where it has 5");
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/filter/lists/makers").await.is(200);
    assert!(!page.says("one.test") && !page.says("forbidden"), "{}", page.body);
    assert_eq!(accepts(&network, "makers", "The makers confirm it").await, 303);
    soon(&stranger, "http://forbidden.test/", 200).await;
    assert_eq!(stranger.status("http://one.test/").await, 403);
    school.standing("illegal").await.are("kept", "1 feed is loaded and fresh");
    // The next whole one is taken by itself.
    let next = Feed { dated: "2026-11-24T09:00:00Z", ..whole };
    assert_eq!(feed(&school, "makers", &next).await.unwrap().fault, None);
    assert_eq!(stranger.status("http://forbidden.test/").await, 403);
}

/// What waits on disk is not what somebody looked at: it is not put in force, however often they agree.
#[tokio::test(flavor = "multi_thread")]
async fn another_file_in_the_place_of_the_one_that_waits_is_not_accepted() {
    let illegal = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";
    let school = School::open(&[GAMES, illegal]).await;
    let whole = Feed { lines: "forbidden.test\none.test\ntwo.test\nthree.test\n", ..Feed::default() };
    feed(&school, "makers", &whole).await.unwrap();
    let less = Feed { dated: "2026-11-24T08:00:00Z", lines: "one.test\n", ..whole.clone() };
    assert!(feed(&school, "makers", &less).await.unwrap().fault.is_some());
    let all = many();
    games(&school, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(games(&school, &["games.test", "hack.test"]).await.fault.is_some());
    let lists = school.installation().lists();
    let (sealed, plain) = (lists.sealed().with_file_name("sealed-makers.held"), lists.index());
    let even_less = Feed { dated: "2026-11-24T09:00:00Z", lines: "four.test\n", ..whole };
    let held = fs::read(&sealed).unwrap();
    fs::write(&sealed, even_less.bytes()).unwrap();
    let plain = plain.with_file_name("copies").join("starter.held");
    let part =
        fs::read_dir(&plain).unwrap().map(|it| it.unwrap().path()).find(|it| it.display().to_string().contains("hack"));
    let (part, kept) = (part.unwrap(), school.folder().join("kept"));
    fs::rename(&part, &kept).unwrap();
    let network = school.sign_in(NETWORK).await;
    for list in ["makers", "starter"] {
        assert_ne!(accepts(&network, list, "It looked right").await, 303, "{list}");
    }
    school.settle().await;
    let stranger = school.stranger();
    for site in ["http://forbidden.test/", "http://more-games.test/", "http://hack.test/"] {
        assert_eq!(stranger.status(site).await, 403, "{site}");
    }
    assert!(school.acts("filter.list-accept").await.is_empty());
    fs::write(&sealed, held).unwrap();
    fs::rename(&kept, &part).unwrap();
    for list in ["makers", "starter"] {
        assert_eq!(accepts(&network, list, "It is right").await, 303, "{list}");
    }
}

/// Somebody cuts or overwrites the compiled lists in their place, while the gateway runs: it decides as before, is not
/// ended by it, and the file is whole again without anybody's doing.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_change_beneath_the_gateway_open_nothing() {
    let clause = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";
    let mut school = School::open(&[GAMES, clause]).await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    school.restart().await;
    let (index, sealed) = (school.installation().lists().index(), school.installation().lists().sealed());
    let whole = fs::read(&index).unwrap();
    let closed = async |school: &School| {
        let stranger = school.stranger();
        for site in ["http://games.test/", "http://forbidden.test/"] {
            assert_eq!(stranger.status(site).await, 403, "{site}");
        }
        assert_eq!(stranger.status("http://maths.test/").await, 200);
    };
    closed(&school).await;
    for path in [&index, &sealed] {
        let length = fs::metadata(path).unwrap().len();
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(&vec![0; usize::try_from(length).unwrap()]).unwrap();
        closed(&school).await;
        file.set_len(0).unwrap();
        closed(&school).await;
    }
    school.app().upkeep().await.unwrap();
    school.settle().await;
    closed(&school).await;
    assert_eq!(fs::read(&index).unwrap(), whole, "it is compiled anew");
}

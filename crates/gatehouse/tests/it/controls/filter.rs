//! Controls of `filter`: what opens and what does not, through the gateway.

mod bypass;
mod checks;
mod executables;
mod fair_use;
mod image_search;
mod timeouts;

mod change_log;
mod dual_control;
mod failure_report;
mod management_status;
mod temporary_unblock;

mod guest_wifi;
pub(crate) mod https_inspection;
mod off_site;
pub(crate) mod safe_search;

use std::time::Duration;

use crate::school::*;

/// Sites closed by category: by a list, for those whom the clause names, when it says so, and no others.
#[tokio::test(flavor = "multi_thread")]
async fn categories() {
    let school = School::open(&[
        "Gambling is blocked for everyone, games for pupils in the morning. \
         `gambling: filter.categories { who = \"everyone\", block = \"gambling\" }` \
         `filter.categories { who = \"pupils\", when = \"mon-fri 09:00-12:15\", block = \"games\" }`",
        "Weapons are blocked for everyone. `weapons: filter.categories { who = \"everyone\", block = \"weapons\" }`",
        "Staff meet no gambling by name or by words. `words: filter.categories { who = \"staff\", block = \"gambling\", points = 80 }`",
        "Games may be closed to staff. `may: filter.categories { who = \"staff\", may = true, block = \"games\" }`",
        "A list of ours is closed. `ours: filter.categories { who = \"pupils\", block = [\"list:ours\", \"bad.test\"] }`",
    ])
    .await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    let page = pupil.open("http://casino.test/").await.is(403);
    assert!(page.says("Gambling is blocked for everyone") && page.says("1.1"), "{}", page.body);
    assert_eq!(teacher.status("http://www.casino.test/x").await, 403);
    assert_eq!(pupil.status("http://games.test/").await, 403);
    assert_eq!(teacher.status("http://games.test/").await, 200);
    assert_eq!(pupil.status("http://maths.test/").await, 200);
    school.at("2026-11-24 12:30").await;
    assert_eq!(pupil.status("http://games.test/").await, 200);
    assert_eq!(pupil.status("http://casino.test/").await, 403);
    assert_eq!(school.reached("casino.test"), 0);
    school.standing("gambling").await.are("kept", "1 site is known to be closed by this; 3 tries were closed");
    school.standing("gambling").await.are("kept", "Encrypted pages that are not opened are judged by name alone");
    school.standing("weapons").await.are("not-kept", "No list knows any site of the category weapons");
    school.standing("words").await.are("not-kept", "Encrypted connections are not opened");
    school.standing("may").await.are("reserved", "By itself this clause closes nothing");
    school.standing("ours").await.are("due", "Nothing stands on the list ‘ours’ yet");
}

/// A clause on trial decides and records, refuses nothing, and is not counted as kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_clause_on_trial_refuses_nothing_and_is_not_called_kept() {
    let school = School::open(&[
        "Gambling is blocked. `trial: filter.categories { who = \"everyone\", block = \"gambling\", observe = true }`",
        "Games are blocked from next year. \
         `later: filter.categories { who = \"everyone\", block = \"games\", from = 2027-01-04 }`",
    ])
    .await;
    let pupil = school.device_of(PUPIL).await;
    assert_eq!(pupil.status("http://casino.test/").await, 200);
    assert_eq!(pupil.status("http://games.test/").await, 200);
    school.written().await;
    let activity = school.sign_in(NETWORK).await.get("/monitor/activity?outcome=observed").await.is(200);
    assert!(activity.says("casino.test") && !activity.says("games.test"), "{}", activity.body);
    assert_eq!(school.standing("trial").await.word, "due");
    school.standing("later").await.are("due", "It begins on 4 January 2027");
    school.at("2027-01-05 10:15").await;
    assert_eq!(pupil.status("http://games.test/").await, 403);
}

/// What is open follows the person: the youngest, older pupils, staff, and whoever is not known.
#[tokio::test(flavor = "multi_thread")]
async fn user_level() {
    let school = School::open(&[
        "Video is closed to the youngest. `ages: filter.user-level { who = [\"reception\", \"ks1\"], closed = \"video\" }`",
        "Music is for staff. `music: filter.user-level { who = \"pupils\", closed = \"music\" }`",
        "What is open follows the person. `person: filter.user-level`",
        "The oldest are treated as such. `oldest: filter.user-level { who = \"ks4\" }`",
    ])
    .await;
    let (youngest, pupil) = (school.device_of(YOUNGEST).await, school.device_of(PUPIL).await);
    let (teacher, stranger) = (school.device_of(TEACHER).await, school.stranger());
    let mut opened = Vec::new();
    for site in ["http://video.test/", "http://music.test/", "http://maths.test/"] {
        let mut row = Vec::new();
        for surfer in [&youngest, &pupil, &teacher, &stranger] {
            row.push(surfer.status(site).await);
        }
        opened.push(row);
    }
    assert_eq!(opened, [[403, 200, 200, 403], [403, 403, 200, 403], [200, 200, 200, 200]]);
    school.standing("ages").await.are("kept", "1 site is known to be closed by this; 2 tries were closed");
    school.standing("music").await.are("kept", "3 tries were closed");
    school.standing("person").await.are("kept", "The gateway decides by this policy");
    school.standing("oldest").await.are("not-kept", "No rule of this policy differs by age");
}

/// Illegal material is closed for everyone by the sealed list; nothing opens it, and the list says nothing of itself.
#[tokio::test(flavor = "multi_thread")]
async fn illegal_lists() {
    let school = School::open(&[
        "Illegal material is blocked, always. `illegal: filter.illegal-lists`",
        "All else is open. `open: filter.approved-sites { who = \"everyone\", sites = \"forbidden.test\" }`",
        "Help is open. `help: filter.help-sites { sites = \"forbidden.test\" }`",
    ])
    .await;
    school.standing("illegal").await.are("not-kept", "No sealed list of illegal material is loaded");
    let (head, stranger) = (school.device_of(HEAD).await, school.stranger());
    assert_eq!(head.status("http://forbidden.test/").await, 200);
    let file = school.folder().join("sealed.txt");
    std::fs::write(&file, "forbidden.test\nmaths.test/album/7\n").unwrap();
    let (installation, now) = (school.installation(), kernel::Clock::now(&school.clock));
    let source = traffic::lists::Source::Path(file);
    let (rows, lists) = (&installation.school, installation.lists());
    traffic::lists::service::add_sealed(rows, &lists, "sealed", &source, store::Actor::Gatehouse, now).await.unwrap();
    within(Duration::from_secs(1), || async { head.status("http://forbidden.test/").await == 403 }).await;
    assert_eq!(stranger.status("http://www.forbidden.test/x").await, 403);
    assert_eq!(head.status("http://maths.test/album/7").await, 403);
    assert_eq!(head.status("http://maths.test/").await, 200);
    let page = head.open("http://forbidden.test/").await;
    assert!(!page.says("/filter/ask") && page.says("/tell"), "there is nothing to ask for: {}", page.body);
    let network = school.sign_in(NETWORK).await;
    let lists = network.get("/filter/lists").await.is(200);
    assert!(!lists.says("forbidden.test") && !lists.says("sealed.txt"), "{}", lists.body);
    // It is closed for good, but only a feed under licence keeps the clause.
    school.standing("illegal").await.are("not-kept", "The sealed list came as a plain file");
    school.at("2026-12-03 10:15").await;
    assert_eq!(head.status("http://forbidden.test/").await, 403);
    // No clause can make an exception.
    let lifted = "All but staff. `illegal: filter.illegal-lists { except = \"staff\" }`";
    assert!(school.enact(&Draft::of(&[lifted])).await.is_err());
}

/// Social networks and chat are closed to those whom the clause names, but for what it permits.
#[tokio::test(flavor = "multi_thread")]
async fn social() {
    let clause = "Social networks are closed. \
                  `social: filter.social { who = \"pupils\", block = [\"social-networks\", \"chat\"], permit = \"club.chat.test\" }`";
    let school = School::open(&[clause]).await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    assert_eq!(pupil.status("http://social.test/").await, 403);
    assert_eq!(pupil.status("http://chat.test/").await, 403);
    assert_eq!(pupil.status("http://club.chat.test/").await, 200);
    assert_eq!(teacher.status("http://social.test/").await, 200);
    school.standing("social").await.are("kept", "2 sites are known to be closed by this; 2 tries were closed");
    school.enact(&Draft::of(&["Social networks are closed to all. `social: filter.social`"])).await.unwrap();
    assert_eq!(teacher.status("http://social.test/").await, 403);
    assert_eq!(pupil.status("http://club.chat.test/").await, 403);
    school.at("2026-12-30 10:15").await;
    school.standing("social").await.are("not-kept", "has not been brought up to date for more than 30 days");
}

/// Music, downloads and shopping are closed, but for what the clause permits.
#[tokio::test(flavor = "multi_thread")]
async fn media_shopping() {
    let clause =
        "Music, downloads and shopping are closed to pupils. `media: filter.media-shopping { who = \"pupils\" }`";
    let school = School::open(&[clause]).await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    for site in ["http://music.test/", "http://downloads.test/", "http://shop.test/"] {
        assert_eq!((pupil.status(site).await, teacher.status(site).await), (403, 200), "{site}");
    }
    school.standing("media").await.are("kept", "3 sites are known to be closed by this; 3 tries were closed");
    let permits = "Only the school's own shop is open. \
                   `media: filter.media-shopping { who = \"pupils\", block = \"shopping\", permit = \"uniform.shop.test\" }`";
    school.enact(&Draft::of(&[permits])).await.unwrap();
    assert_eq!(pupil.status("http://uniform.shop.test/").await, 200);
    assert_eq!(pupil.status("http://shop.test/").await, 403);
    assert_eq!(pupil.status("http://music.test/").await, 200);
}

/// What staff have approved stays open, whatever a list says; for those whom the clause names.
#[tokio::test(flavor = "multi_thread")]
async fn approved_sites() {
    let closed = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
    let open = "Our number game is open to pupils. \
                `approved: filter.approved-sites { who = \"pupils\", sites = \"sums.games.test\" }`";
    let school = School::open(&[closed, open]).await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    assert_eq!(pupil.status("http://sums.games.test/").await, 200);
    assert_eq!(pupil.status("http://games.test/").await, 403);
    assert_eq!(teacher.status("http://sums.games.test/").await, 403);
    school.standing("approved").await.are("kept", "Open: sums.games.test");
    // What staff put on the list opens, and is shown, when one of them has looked at it; not before.
    let preview = "Staff look first. `approved: filter.approved-sites { who = \"pupils\", sites = \"list:approved\", \
                   preview = true, arranged = [\"age\", \"subject\"] }`";
    school.enact(&Draft::of(&[closed, preview])).await.unwrap();
    assert_eq!(pupil.status("http://sums.games.test/").await, 403);
    school.standing("approved").await.are("not-kept", "No site is approved yet");
    let (staff, child) = (school.sign_in(TEACHER).await, school.sign_in(PUPIL).await);
    let add = async |address: &str| {
        let form = [("address", address), ("title", "Number game"), ("subject", "maths"), ("who", "year-5")];
        staff.submit("/filter/approved", "/filter/approved", &form).await.status
    };
    assert_eq!(add("http://hack.test/").await, 422, "what harms computers is approved for nobody");
    assert_eq!(add("http://casino.test/").await, 422, "what harms children is not for one of the staff to open");
    assert_eq!(add("http://sums.games.test/").await, 303);
    school.settle().await;
    assert_eq!(pupil.status("http://sums.games.test/").await, 403);
    assert!(!child.get("/sites").await.is(200).says("Number game"));
    school.standing("approved").await.are("not-kept", "Nobody has looked at 1 site yet");
    let page = staff.get("/filter/approved").await.is(200);
    let id = page.between("action=\"/filter/approved/", "/preview").unwrap();
    child.submit("/sites", &format!("/filter/approved/{id}/preview"), &[]).await.is(403);
    staff.submit("/filter/approved", &format!("/filter/approved/{id}/preview"), &[]).await.is(303);
    within(Duration::from_secs(5), || async { pupil.status("http://sums.games.test/").await == 200 }).await;
    assert!(child.get("/").await.is(200).says("Sites for lessons"), "the home leads there");
    let links = child.get("/sites").await.is(200);
    assert!(links.says("Maths") && links.says("http://sums.games.test/"), "{}", links.body);
    let youngest = school.sign_in(YOUNGEST).await;
    assert!(!youngest.get("/sites").await.says("Number game"), "it is for Year 5");
    assert!(!youngest.get("/").await.is(200).says("Sites for lessons"));
    school.standing("approved").await.are("kept", "1 site is approved, in 1 subject; somebody has looked at each");
    assert_eq!((school.acts("filter.approve").await.len(), school.acts("filter.approve-preview").await.len()), (1, 1));
    staff.submit("/filter/approved", &format!("/filter/approved/{id}/remove"), &[]).await.is(303);
    within(Duration::from_secs(5), || async { pupil.status("http://sums.games.test/").await == 403 }).await;
    // Where two people decide about changes, nobody opens alone what a rule closes.
    let two = "Two people decide. `two: filter.dual-control { minimum-people = 2 }`";
    school.enact(&Draft::of(&[closed, preview, two])).await.unwrap();
    assert_eq!(add("http://sums.games.test/").await, 422);
    assert_eq!(add("http://maths.test/").await, 303);
}

/// Help is open to everybody, whoever they are and whatever else is closed; and nobody's visit is listed.
#[tokio::test(flavor = "multi_thread")]
async fn help_sites() {
    let school = School::open(&[
        "Sign first. `gate: access.gated-on-agreement { who = [\"staff\", \"pupils\"] }`",
        "Chat is closed. `chat: filter.categories { who = \"everyone\", block = \"chat\" }`",
        "Help is open to everybody. `help: filter.help-sites { sites = \"help.chat.test\" }`",
    ])
    .await;
    let (pupil, stranger) = (school.device_of(PUPIL).await, school.stranger());
    for surfer in [&pupil, &stranger] {
        assert_eq!(surfer.status("http://help.chat.test/talk").await, 200);
        assert_eq!(surfer.status("http://childline.org.uk/").await, 200);
        assert_eq!(surfer.status("http://chat.test/").await, 403);
    }
    school.written().await;
    let network = school.sign_in(NETWORK).await;
    let activity = network.get("/monitor/activity").await.is(200);
    assert!(
        activity.says("chat.test") && !activity.says("help.chat.test") && !activity.says("childline"),
        "{}",
        activity.body
    );
    let look = [("username", PUPIL), ("reason", "a worry that her teacher has raised")];
    let head = school.sign_in(HEAD).await;
    let opened = head.submit("/monitor/look", "/monitor/look", &look).await.is(303);
    let seen = head.get(&opened.location.unwrap()).await.is(200);
    assert!(seen.says("chat.test") && !seen.says("help.chat.test") && !seen.says("childline"), "{}", seen.body);
    school.standing("help").await.are("kept", "help sites are open to everybody");
    school
        .enact(&Draft::of(&["Chat is closed. `chat: filter.categories { who = \"everyone\", block = \"chat\" }`"]))
        .await
        .unwrap();
    assert_eq!(pupil.status("http://help.chat.test/").await, 403);
    assert_eq!(pupil.status("http://childline.org.uk/").await, 200);
}

/// Whoever meets a closed site is told why, by which clause, how to ask for it and whom to tell, in words for their age.
#[tokio::test(flavor = "multi_thread")]
async fn block_page() {
    let school = School::open(&[
        "Games are closed to everyone. `games: filter.categories { who = \"everyone\", block = \"games\" }`",
        "Whoever meets a closed site is told why. `why: filter.block-page { says = [\"why\", \"clause\", \"ask\", \"tell\"] }`",
    ])
    .await;
    school.standing("why").await.are("kept", "0 blocks in 28 days");
    let mut headings = Vec::new();
    for username in [YOUNGEST, PUPIL, TEACHER] {
        let page = school.device_of(username).await.open("http://games.test/").await.is(403);
        let desk = &school.base;
        assert!(page.says("clause 1.1") && page.says("games.test"), "{}", page.body);
        assert_eq!(page.says("Games are closed to everyone"), username != YOUNGEST, "the youngest read few words");
        assert!(
            page.says(&format!("{desk}/filter/ask?site=games.test")) && page.says(&format!("{desk}/tell")),
            "{}",
            page.body
        );
        headings.push(page.between("<h1", "</h1>").unwrap());
    }
    headings.sort();
    headings.dedup();
    assert_eq!(headings.len(), 3, "each age has its own words: {headings:?}");
    // An encrypted site can show no page: the desk tells the same device what it was refused.
    let browser = school.sign_in(PUPIL).await;
    assert!(school.beside(&browser).tunnel("games.test:443").await.starts_with("HTTP/1.1 403"));
    let refused = browser.get("/filter/refused").await.is(200);
    assert!(refused.says("games.test") && refused.says("Games are closed to everyone"), "{}", refused.body);
    assert!(!school.browser().get("/filter/refused").await.says("games.test"), "another device learns nothing");
    // The ways to ask and to tell lead somewhere.
    let asked = [("site", "games.test"), ("reason", "our topic on the history of games")];
    browser.submit("/filter/ask?site=games.test", "/filter/ask", &asked).await.is(303);
    let requests = school.sign_in(NETWORK).await.get("/filter/requests").await.is(200);
    assert!(requests.says("games.test") && requests.says("our topic on the history of games"));
    browser.get("/tell").await.is(200);
    school.standing("why").await.are("kept", "4 blocks in 28 days");
}

/// What is open at certain times only is closed at all others, for those whom the clause names.
#[tokio::test(flavor = "multi_thread")]
async fn schedules() {
    let school = School::open(&[
        "Games are for lunch. \
         `lunch: filter.schedules { who = \"pupils\", when = \"mon-fri 12:15-13:05\", only = \"games\" }`",
        "Some uses have their time. `told: filter.schedules { who = \"pupils\", activity = \"Homework\" }`",
    ])
    .await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    assert_eq!((pupil.status("http://games.test/").await, teacher.status("http://games.test/").await), (403, 200));
    school.at("2026-11-24 12:30").await;
    assert_eq!(pupil.status("http://games.test/").await, 200);
    school.standing("lunch").await.are("kept", "1 site is known to be closed by this; 1 try was closed");
    school.standing("told").await.are("not-built", "names no site that could be open or closed");
}

/// What is for nominated users is closed to everyone else.
#[tokio::test(flavor = "multi_thread")]
async fn nominated_users() {
    let school = School::open(&["Staff may buy what the school needs. \
         `shops: filter.nominated-users { who = \"staff\", sites = \"shopping\" }`"])
    .await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    assert_eq!((pupil.status("http://shop.test/").await, teacher.status("http://shop.test/").await), (403, 200));
    school.standing("shops").await.are("kept", "1 site is known to be closed by this; 1 try was closed");
}

//! Notices at their moments: on the home at the start of a session, and on the page of a blocked site.

use crate::school::*;

const GAMES: &str =
    "Games are closed to everyone. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
const TOLD: &str = "Everyone is told that use is monitored. `told: monitor.notice { who = \"everyone\" }`";

/// Each reader of the page of a blocked site is told one sentence, in the words of their age, and nobody is told two.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_blocked_site_says_what_the_policy_has_it_say() {
    let school = School::open(&[GAMES]).await;
    let (youngest, pupil, teacher) =
        (school.device_of(YOUNGEST).await, school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    let readers = [
        (&youngest, "Grown-ups here see what the computer shows.", "They do it to keep you safe"),
        (&pupil, "The school’s computers keep a list of the websites that you visit here.", "A teacher may see"),
        (&teacher, "is recorded, at school and away.", "Where it is needed"),
    ];
    let plain = |text: &str| text.replace("&#39;", "’").replace('\'', "’");
    for (device, says, _) in &readers {
        let page = plain(&device.open("http://games.test/").await.is(403).body);
        assert!(!page.contains(says), "{page}");
    }
    school.enact(&Draft::of(&[GAMES, TOLD])).await.unwrap();
    for (device, says, not) in &readers {
        let page = plain(&device.open("http://games.test/").await.is(403).body);
        assert!(page.contains(says) && !page.contains(not), "{says}: {page}");
    }
    // Nothing of it stands on a site that is open.
    assert!(!plain(&teacher.open("http://maths.test/").await.is(200).body).contains("is recorded"));
}

/// Who reads the page is asked, and not an ordinary reader of their kind: what one year is told, no other year reads.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_year_is_told_stands_on_the_pages_of_that_year_alone() {
    let told = |year: &str| format!("Year is told. `told: monitor.notice {{ who = \"{year}\" }}`");
    let school = School::open(&[GAMES, &told("year-2")]).await;
    // Noah is in Year 2, Ada in Year 1: pages speak to both in the same voice.
    let (noah, ada) = (school.device_of("noah.jones").await, school.device_of(YOUNGEST).await);
    let says = async |device: &crate::browser::Surfer| {
        let page = device.open("http://games.test/").await.is(403).body;
        page.contains("Grown-ups here see what the computer shows.")
    };
    assert_eq!((says(&noah).await, says(&ada).await), (true, false));
    school.enact(&Draft::of(&[GAMES, &told("year-1")])).await.unwrap();
    assert_eq!((says(&noah).await, says(&ada).await), (false, true));
}

/// What is said at the start of a session stands on the home, with the rest one step away, and counts as shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_home_says_at_the_start_of_a_session_that_use_is_monitored() {
    let school = School::with(&Draft::of(&[TOLD]).without_agreements()).await;
    for (username, says) in [
        (TEACHER, "Your use is monitored too"),
        (PUPIL, "What we see, and why"),
        (YOUNGEST, "We look after you online"),
    ] {
        let browser = school.browser();
        school.give_password(username).await;
        browser.sign_in(username, PASSWORD).await.is(303);
        let home = browser.get("/").await.is(200);
        assert!(home.says(says), "{}", home.body);
        let href = home.between("href=\"/notices/", "\"").unwrap();
        assert!(browser.get(&format!("/notices/{href}")).await.is(200).says(says));
    }
    // The head reads at sign-in what waits there, and that counts as well.
    let head = school.browser();
    school.give_password(HEAD).await;
    head.sign_in(HEAD, PASSWORD).await.leads_to("/notices/waiting");
    head.get("/notices/waiting").await.is(200);
    let told = school.standing("told").await;
    assert!(told.evidence.contains("4 of"), "{:#}", told.whole);
}

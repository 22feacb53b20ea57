//! What people change of filtering, seen from outside: at the desk, and by a pupil's device behind the gateway.

use std::time::Duration;

use crate::{browser::Surfer, school::*};

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
const LOG: &str = "Every change to the filter is kept. `log: filter.change-log`";

/// Waits until a device is answered so: no longer than the jobs take to hear of an act.
async fn soon(device: &Surfer, url: &str, status: u16) {
    within(Duration::from_secs(5), || async { device.status(url).await == status }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_two_people_opens_and_undoing_closes() {
    let two = "Two people put a change into effect. `two: filter.dual-control { minimum-people = 2 }`";
    let school = School::open(&[GAMES, LOG, two]).await;
    let device = school.device_of(PUPIL).await;
    assert_eq!(device.status("http://games.test/").await, 403);
    let (network, lead) = (school.sign_in(NETWORK).await, school.sign_in(TEACHER).await);
    let fields = [("does", "open"), ("site", "games.test"), ("who", "pupils"), ("reason", "A topic on games")];
    network.submit("/filter/changes/new", "/filter/changes/new", &fields).await.is(303);
    let page = lead.get("/filter/changes").await.is(200);
    assert!(page.says("You are the second person") && page.says("games.test open for pupils"), "{}", page.body);
    assert!(lead.get("/").await.is(200).says("Agree to a change to filtering"));
    let id = page.between("action=\"/filter/changes/", "/agree").unwrap();
    network.submit("/filter/changes/new", &format!("/filter/changes/{id}/agree"), &[]).await.is(403);
    school.settle().await;
    assert_eq!(device.status("http://games.test/").await, 403, "nobody else has agreed");
    lead.submit("/filter/changes", &format!("/filter/changes/{id}/agree"), &[]).await.is(303);
    soon(&device, "http://games.test/", 200).await;
    let why = lead.get("/filter/why?address=games.test&who=maya.jones").await.is(200);
    assert!(why.says("The school opened this site on") && why.says(&format!("/filter/changes/{id}")), "{}", why.body);
    network.submit("/filter/changes", &format!("/filter/changes/{id}/undo"), &[]).await.is(303);
    soon(&device, "http://games.test/", 403).await;
    for (act, times) in [("filter.change-ask", 1), ("filter.change-agree", 1), ("filter.change-undo", 1)] {
        assert_eq!(school.acts(act).await.len(), times, "{act}");
    }
}

/// `wordpress.com` is thousands of owners' sites: whoever asks is told, names the one they mean, or says that they mean all.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_many_owners_share_is_asked_about() {
    let school = School::open(&[GAMES, LOG]).await;
    let network = school.sign_in(NETWORK).await;
    let path = "/filter/changes/new";
    let ask = async |site: &str, whole: &str| {
        let fields = [("does", "block"), ("site", site), ("who", "pupils"), ("reason", "Games"), ("whole", whole)];
        network.submit(path, path, &fields).await
    };
    let told = ask("https://wordpress.com/", "").await.is(422);
    assert!(
        told.says("wordpress.com has the sites of many owners: write the one you mean, such as name.wordpress.com")
    );
    assert!(told.says("I mean all of wordpress.com, the sites of all its owners"), "{}", told.body);
    assert_eq!(school.acts("filter.change-ask").await.len(), 0);
    ask("games.wordpress.com", "").await.is(303);
    let device = school.device_of(PUPIL).await;
    soon(&device, "http://games.wordpress.com/", 403).await;
    assert_ne!(device.status("http://maths.wordpress.com/").await, 403);
    ask("wordpress.com", "yes").await.is(303);
    soon(&device, "http://maths.wordpress.com/", 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_and_a_suspension_end_by_themselves() {
    let school = School::open(&[
        "Games are closed to pupils, unless a teacher opens them for a lesson. \
         `games: filter.categories { who = \"pupils\", block = \"games\" }` `filter.temporary-unblock { open = \"games\" }`",
        "Shops are closed to pupils. `shops: filter.media-shopping { who = \"pupils\", block = \"shopping\" }`",
        "Access may be taken away for a time. `sanction: access.suspension { may = true }`",
    ])
    .await;
    let device = school.device_of(PUPIL).await;
    let teacher = school.sign_in(TEACHER).await;
    let page = teacher.get("/filter/open").await.is(200);
    let class = page.between("Which site does ", " need?").unwrap();
    let open =
        |site: &'static str| [("class", class.clone()), ("site", site.to_owned()), ("purpose", "A lesson".to_owned())];
    let send = async |site: &'static str| {
        let fields = open(site);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        teacher.submit("/filter/open?site=games", "/filter/open", &fields).await.status
    };
    assert_eq!(send("shop.test").await, 403, "the policy opens games to a teacher, and no shop");
    assert_eq!(send("games.test").await, 303);
    soon(&device, "http://games.test/", 200).await;
    assert_eq!(device.status("http://shop.test/").await, 403);
    school.clock.pass(jiff::Span::new().minutes(60));
    assert_eq!(device.status("http://games.test/").await, 403, "the lesson is over; nothing was rebuilt");
    // A suspension: told on the page of every site, help stays open.
    let head = school.sign_in(HEAD).await;
    let fields = [("who", "maya.jones"), ("reason", "Shared a password"), ("until", "24/11/2026")];
    head.submit("/filter/suspensions", "/filter/suspensions", &fields).await.is(303);
    soon(&device, "http://maths.test/", 403).await;
    let told = device.open("http://maths.test/").await.is(403);
    assert!(!told.says("Shared a password"), "the reason is for those who decided it: {}", told.body);
    assert_eq!(device.status("http://childline.org.uk/").await, 200);
    // Whoever asks why is told of the moment that is asked about: before it began, now, and when it is over.
    let network = school.sign_in(NETWORK).await;
    let suspended = async |at: &str| {
        let site = "/filter/why?address=http%3A%2F%2Fmaths.test%2F&who=maya.jones";
        network.get(&format!("{site}{at}")).await.is(200).says("Their use of the internet is suspended.")
    };
    assert!(suspended("").await);
    assert!(!suspended("&at=2026-11-23T10:00").await && !suspended("&at=2026-11-25T10:00").await);
    school.clock.pass(jiff::Span::new().hours(14));
    let again = school.device_of(PUPIL).await;
    assert_eq!(again.status("http://maths.test/").await, 200, "the day is over");
}

/// A clause that closes a site is not kept while a change has it open, and what is illegal no change opens.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_opens_is_not_called_closed() {
    let music = "No music for anybody. `music: filter.media-shopping { who = \"everyone\", block = \"music\" }`";
    let shops = "Buying here is a crime. `shops: policy.use-matrix { verdict = \"illegal\", sites = \"shopping\" }`";
    let school = School::open(&[GAMES, LOG, music, shops]).await;
    school.standing("games").await.are("kept", "");
    let (network, path) = (school.sign_in(NETWORK).await, "/filter/changes/new");
    let open = async |site: &str| {
        let fields = [("does", "open"), ("site", site), ("who", "pupils"), ("reason", "A topic")];
        network.submit(path, path, &fields).await
    };
    open("games.test").await.is(303);
    soon(&school.device_of(PUPIL).await, "http://games.test/", 200).await;
    school.standing("games").await.are("due", "1 site is open beyond the policy by a change: games.test for pupils");
    school.standing("music").await.are("kept", "");
    let refused = open("shop.test").await.is(422);
    assert!(refused.says("no change opens what is illegal"), "{}", refused.body);
    let file = network.upload(
        path,
        "/filter/changes/import",
        &[("means", "open"), ("who", "pupils")],
        ("file", b"shop.test\nmusic.test\n"),
    );
    let file = file.await.is(200);
    assert!(file.says("no change opens what is illegal") && file.says("1 site open for pupils"), "{}", file.body);
    school.standing("shops").await.are("kept", "1 site is known to be closed by this");
}

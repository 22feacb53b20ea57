//! Control `filter.temporary-unblock`: a teacher opens a site to a class for the lesson in two taps, from what the
//! policy opens to it; all else is asked for; everything closes again by itself.

use std::time::Duration;

use crate::{
    browser::{Browser, Surfer},
    school::*,
};

const CLOSED: &str = "Games and shops are closed to pupils. `closed: filter.categories { who = \"pupils\", block = [\"games\", \"shopping\"] }`";
const LESSONS: &str = "[times]\nlesson = \"mon-fri 09:00-10:45, 11:00-12:00\"\n";

/// Waits until a device is answered so: no longer than the jobs take to hear of an act.
pub(super) async fn soon(device: &Surfer, url: &str, status: u16) {
    within(Duration::from_secs(5), || async { device.status(url).await == status }).await;
}

/// A pupil asks for a site; its number.
async fn asks(pupil: &Browser, answers: &Browser, site: &str) -> String {
    let fields = [("site", site), ("reason", "Our topic")];
    pupil.submit("/filter/ask", "/filter/ask", &fields).await.is(303);
    let queue = answers.get("/filter/requests").await.is(200);
    queue.between("action=\"/filter/requests/", "\"").unwrap()
}

/// Two taps for the lesson, from the categories of the clause and no others; the gateway closes again without any act.
#[tokio::test(flavor = "multi_thread")]
async fn temporary_unblock() {
    let opens = "A teacher may open games for a lesson. `lesson: filter.temporary-unblock { open = \"games\", \
                 purposes = [\"internet-literacy-lesson\"], within = \"30 minutes\" }`";
    let school = School::with(&Draft::of(&[CLOSED, opens]).front(LESSONS)).await;
    let device = school.device_of(PUPIL).await;
    assert_eq!((device.status("http://games.test/").await, device.status("http://shop.test/").await), (403, 403));
    school.standing("lesson").await.are("kept", "0 of 0 requests");

    // One tap says which site, the second what for and until when: until the lesson ends.
    let teacher = school.sign_in(TEACHER).await;
    let page = teacher.get("/filter/open").await.is(200);
    for (link, there) in [("games.test", true), ("games", true), ("shop.test", false), ("shopping", false)] {
        let tile = format!("href=\"/filter/open?class=5B&#38;site={link}\"");
        assert_eq!(page.says(&tile), there, "what the class met within the hour, and what may be opened: {link}");
    }
    let purpose = teacher.get("/filter/open?class=5B&site=games").await.is(200);
    assert!(purpose.says("Internet literacy lesson") && purpose.says("until 10:45"), "{}", purpose.body);
    let class = purpose.field("class");
    let send = async |teacher: &Browser, site: &str| {
        let fields = [("class", class.as_str()), ("site", site), ("purpose", "Internet literacy lesson")];
        teacher.submit("/filter/open?class=5B&site=games", "/filter/open", &fields).await.status
    };
    assert_eq!(send(&teacher, "shop.test").await, 403, "the clause opens games, and no shop");
    assert_ne!(send(&teacher, "all").await, 303);
    assert_eq!(send(&teacher, "games").await, 303);
    soon(&device, "http://games.test/", 200).await;
    assert_eq!(device.status("http://shop.test/").await, 403);
    let other = school.device_of(YOUNGEST).await;
    assert_eq!(other.status("http://games.test/").await, 403, "another class");
    let acts = school.acts("filter.unblock").await;
    assert_eq!(
        (acts.len(), acts[0].actor, acts[0].clause.as_deref()),
        (1, Some(school.who(TEACHER).await), Some("lesson"))
    );
    school.clock.pass(jiff::Span::new().minutes(29));
    assert_eq!(device.status("http://games.test/").await, 200);
    school.clock.pass(jiff::Span::new().minutes(1));
    assert_eq!(device.status("http://games.test/").await, 403, "the lesson is over; nobody did anything");

    // What the clause does not open is asked for; an answer opens it for the lesson as well.
    school.at("2026-11-24 11:10").await;
    let (pupil, network) = (school.sign_in(PUPIL).await, school.sign_in(NETWORK).await);
    let id = asks(&pupil, &network, "shop.test").await;
    let fields = [("outcome", "lesson"), ("class", class.as_str()), ("answer", "")];
    network.submit("/filter/requests", &format!("/filter/requests/{id}"), &fields).await.is(303);
    soon(&device, "http://shop.test/", 200).await;
    assert!(pupil.get("/filter/ask").await.says("until 12:00"));
    assert!(pupil.get("/").await.is(200).says("shop.test: "), "the answer stands on the home of whoever asked");
    school.standing("lesson").await.are("kept", "2 of 2 requests");
    school.clock.pass(jiff::Span::new().minutes(50));
    assert_eq!(device.status("http://shop.test/").await, 403);

    // Who asks waits no longer than the clause says.
    let pupil = school.sign_in(PUPIL).await;
    let network = school.sign_in(NETWORK).await;
    let id = asks(&pupil, &network, "casino.test").await;
    school.minutes(31).await;
    school.standing("lesson").await.are("not-kept", "A request has waited for 31 minutes");
    let network = school.sign_in(NETWORK).await;
    let answer = [("outcome", "no"), ("answer", "This one stays closed.")];
    network.submit("/filter/requests", &format!("/filter/requests/{id}"), &answer).await.is(303);
    school.standing("lesson").await.are("kept", "2 of 3 requests");
}

/// Where the clause opens nothing to teachers alone, all is asked for; whom it names with `by` may open, nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_clause_does_not_open_is_asked_for() {
    let asked = "Staff ask technical staff to unblock a site; it closes at the end of the period of study. \
                 `study: filter.temporary-unblock { who = \"staff\", granters = [\"technical staff\"], \
                 expires = \"end of the period of study\", reason-required = true, auditable = true }`";
    let school = School::with(&Draft::of(&[CLOSED, asked]).front(LESSONS)).await;
    let device = school.device_of(PUPIL).await;
    let teacher = school.sign_in(TEACHER).await;
    let page = teacher.get("/filter/open").await.is(200);
    assert!(page.says("Ask for the site that a class needs"), "{}", page.body);
    let class = "5B".to_owned();
    let fields = [("class", class.as_str()), ("site", "games.test"), ("purpose", "This lesson")];
    teacher.submit("/filter/open", "/filter/open", &fields).await.is(403);
    let request = [("site", "games.test"), ("reason", "")];
    teacher.submit("/filter/ask", "/filter/ask", &request).await.is(422);
    let network = school.sign_in(NETWORK).await;
    let id = asks(&teacher, &network, "games.test").await;
    let answer = [("outcome", "lesson"), ("class", class.as_str())];
    network.submit("/filter/requests", &format!("/filter/requests/{id}"), &answer).await.is(303);
    soon(&device, "http://games.test/", 200).await;
    school.clock.pass(jiff::Span::new().minutes(30));
    assert_eq!(device.status("http://games.test/").await, 403, "10:45: the period of study is over");
    school.standing("study").await.are("kept", "1 of 1 requests");
    let named = "The head opens sites. `study: filter.temporary-unblock { by = \"headteacher\", open = \"games\" }`";
    school.enact(&Draft::of(&[CLOSED, named])).await.unwrap();
    school.sign_in(TEACHER).await.get("/filter/open").await.is(403);
    school.sign_in(HEAD).await.get("/filter/open").await.is(200);
}

//! Control `filter.checks`: the gateway tries itself out each day, as each audience and on each network; what it finds is
//! kept, told to whom the policy names, and acted upon.

use std::{fs, time::Duration};

use activity::{Filter, Query};
use filter::{list::ListEntry, seal};

use crate::{controls::malware::gateway_scan::Clamd, names::above, school::*, sealed};

const VIRUS: &str = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE";
const NETWORKS: &str = "[networks]\nguest = { stands-for = \"guests\", addresses = [\"10.20.0.0/16\"] }";
const TESTS: &str = "The filter is tried out. \
                     `tests: filter.checks { every = \"1 month\", by = \"network-manager\", closed = \"worst.test\" }`";
const ILLEGAL: &str = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";
const GAMES: &str = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
const ROUND: &str = "Nobody goes round. `round: filter.bypass { who = \"pupils\" }`";
const SEARCH: &str = "Searches are safe. `search: filter.safe-search { who = \"pupils\" }`";
const SCAN: &str = "Downloads are scanned. `scan: malware.gateway-scan { who = \"pupils\" }`";
const WORST: &str = "That site is closed. `worst: filter.categories { who = \"everyone\", block = \"worst.test\" }`";

/// What a page of one run says in each of its parts: not as it should be, could not be tried, as it should be.
async fn parts(school: &School, browser: &crate::browser::Browser) -> [String; 3] {
    let last = school.acts("filter.check-run").await;
    let id = last.iter().max_by_key(|entry| entry.seq).unwrap().subject.unwrap();
    let page = browser.get(&format!("/filter/checks/{id}")).await.is(200).body;
    ["Not as it should be", "Could not be tried", "As it should be"].map(|title| {
        let begin = page.split_once(&format!("<h2 class=\"govuk-heading-l\">{title}</h2>"));
        begin.map(|(_, rest)| rest.split("<h2").next().unwrap().to_owned()).unwrap_or_default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn checks() {
    let mut school = School::without_policy().await;
    let clamd = Clamd::knowing(VIRUS, "Mon Nov 23 09:21:50 2026").await;
    school.config.gateway.scanner = Some(clamd.address.to_string());
    school.restart().await;
    let clauses = [TESTS, ILLEGAL, GAMES, ROUND, SEARCH, SCAN];
    school.enact(&Draft::of(&clauses).front(NETWORKS)).await.unwrap();
    sealed::feed(&school, "makers", &sealed::Feed::default()).await.unwrap();
    school.standing("tests").await.are("not-kept", "The filter has never tried itself out");

    // The first day: all is as the policy says but for a site that it names and no rule closes.
    assert!(school.app().check().await.unwrap(), "it never ran");
    assert!(!school.app().check().await.unwrap(), "once a day is enough");
    let run = school.acts("filter.check-run").await;
    assert_eq!((run.len(), run[0].actor, run[0].clause.as_deref()), (1, None, Some("tests")));
    let network = school.sign_in(NETWORK).await;
    let [wrong, untried, right] = parts(&school, &network).await;
    assert!(wrong.contains("worst.test") && wrong.contains("The gateway let it through"), "{wrong}");
    assert!(!wrong.contains("games.test") && !wrong.contains("Test entry"), "{wrong}");
    for what in [
        "A site of the category games: games.test",
        "A page of the gateway itself",
        "It was found and stopped",
        "A search with Google",
        "A number instead of a name",
        "An unusual port",
        "A private relay",
        "A site inside the address of another",
        "A name hidden behind another",
        "Test entry 1 of the sealed feed “makers”",
        "Year 5",
        "Staff",
        "Somebody who is not known",
        "on the network guest",
    ] {
        assert!(right.contains(what), "{what}: {right}");
    }
    assert!(right.contains("name no other way to it. It does not."), "{right}");
    assert!(untried.contains("An anonymiser") && untried.contains("No list knows one"), "{untried}");
    assert!(!right.contains("hit.test") && !wrong.contains("hit.test"), "an entry is never shown");
    // Of what should be closed nothing was loaded, and what is closed was never asked for.
    let loaded = school.site.visits().into_iter().filter(|visit| visit.method != "HEAD").count();
    assert_eq!((loaded, school.reached("games.test"), school.reached("hit.test")), (0, 0, 0));
    // Nobody takes it for a child's: the log holds none of it, and nothing was refused to anybody.
    school.written().await;
    let log = school.app().log();
    let rows = log.query(school.installation().school.id(), Query::newest(Filter::default())).await.unwrap().entries;
    assert!(rows.is_empty(), "{:?}", rows.iter().map(|entry| entry.row.host.clone()).collect::<Vec<_>>());
    school.standing("games").await.are("kept", "0 tries were closed");
    school.standing("illegal").await.are("kept", "1 feed is loaded and fresh");

    // Those whom the policy names are told; what was done is written down, once for all that is alike.
    school.standing("tests").await.are("not-kept", "not as it should be, and nobody has acted");
    assert!(network.get("/").await.is(200).says("of the filter that failed"));
    assert!(!school.sign_in(SAFEGUARDING).await.get("/").await.is(200).says("of the filter that failed"));
    let page = network.get("/filter/checks").await.is(200);
    let before = page.body.split_once("/act\"").unwrap().0;
    let action = format!("{}/act", before.rsplit_once("action=\"").unwrap().1);
    network.submit("/filter/checks", &action, &[("action", " ")]).await.is(422);
    network.submit("/filter/checks", &action, &[("action", "Asked for it")]).await.leads_to("/filter/checks");
    assert_eq!(school.acts("filter.check-act").await.len(), 1);
    school.standing("tests").await.are("kept", "could not be tried");
    assert!(!network.get("/").await.is(200).says("of the filter that failed"));

    // The next day, the site closed: nothing is wrong. The scanner silent: unknown, never passed.
    let closed = [TESTS, ILLEGAL, GAMES, ROUND, SEARCH, SCAN, WORST];
    school.enact(&Draft::of(&closed).front(NETWORKS)).await.unwrap();
    school.at("2026-11-25 08:30").await;
    assert!(!school.app().check().await.unwrap(), "not before the school day");
    clamd.task.abort();
    school.at("2026-11-25 09:30").await;
    assert!(school.app().check().await.unwrap());
    let network = school.sign_in(NETWORK).await;
    let [wrong, untried, right] = parts(&school, &network).await;
    assert!(wrong.contains("because it could not be scanned") && !wrong.contains("worst.test"), "{wrong}");
    assert!(right.contains("worst.test") && !right.contains("It was found and stopped"), "{right}");
    assert!(untried.contains("nothing shows that it would be found"), "{untried}");

    // Somebody asks for a run at the desk, and writes down one by hand; nobody else may.
    let pupil = school.sign_in(PUPIL).await;
    for path in ["/filter/checks", "/filter/checks/new"] {
        pupil.get(path).await.is(403);
    }
    network.submit("/filter/checks", "/filter/checks/run", &[]).await.leads_to("/filter/checks");
    let who = school.who(NETWORK).await;
    let ran = async |school: &School| {
        school.acts("filter.check-run").await.iter().filter(|entry| entry.actor == Some(who)).count()
    };
    within(Duration::from_secs(20), async || ran(&school).await == 1).await;
    let lead = school.sign_in(SAFEGUARDING).await;
    let mut hand =
        vec![("what", "A page of the list"), ("device", "Tablet 4"), ("who", "Year 2"), ("network", "guest")];
    hand.push(("should", "closed"));
    let missing = lead.submit("/filter/checks/new", "/filter/checks/new", &hand).await.is(422);
    assert!(missing.says("Choose how it was") && missing.says("Tablet 4"), "{}", missing.body);
    hand.push(("result", "failed"));
    let done = lead.submit("/filter/checks/new", "/filter/checks/new", &hand).await;
    assert_eq!(done.status, 303);
    let shown = lead.get(&done.location.unwrap()).await.is(200);
    assert!(shown.says("Tablet 4") && shown.says("on the network guest"), "{}", shown.body);
    assert_eq!(school.acts("filter.check-hand").await.len(), 1);
    school.standing("tests").await.are("not-kept", "not as it should be, and nobody has acted");

    // A sealed list that does not hold what its feed says is found out.
    let other = ListEntry { host: "other.test".into(), path: None };
    let installation = school.installation();
    let image = seal(&[other], &installation.school.secret("sealed-lists"));
    fs::write(installation.lists().sealed(), image).unwrap();
    school.restart().await;
    let network = school.sign_in(NETWORK).await;
    network.submit("/filter/checks", "/filter/checks/run", &[]).await.leads_to("/filter/checks");
    within(Duration::from_secs(20), async || ran(&school).await == 2).await;
    let [wrong, ..] = parts(&school, &network).await;
    assert!(wrong.contains("Test entry 1 of the sealed feed “makers”") && !wrong.contains("hit.test"), "{wrong}");
    school.standing("illegal").await.are("not-kept", "A test entry of the feed makers was let through");
}

/// The school's own resolver is asked as each audience, and a connection is opened under the school's root as a device
/// opens it that trusts it; what nothing answers is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn the_resolver_and_encrypted_connections_are_tried_too() {
    let named = "The filter is tried out. `tests: filter.checks \
                 { every = \"1 month\", by = \"network-manager\", open = \"maths.test\", closed = \"worst.test\" }`";
    let opened = "Connections are opened. `opened: filter.https-inspection { who = \"pupils\" }`";
    let clauses = [named, ILLEGAL, GAMES, ROUND, SEARCH, opened];
    let mut school = School::with(&Draft::of(&clauses)).await;
    let server = above().await;
    school.config.dns.listen = vec![testkit::free_address()];
    school.config.dns.upstream = vec![dns::Upstream::parse(&server.to_string()).unwrap()];
    let zones = ["test", "google.com", "bing.com", "duckduckgo.com"].map(str::to_owned);
    school.config.dns.zones = zones.map(|name| dns::Zone { name, upstream: Vec::new() }).to_vec();
    school.restart().await;
    assert!(school.app().check().await.unwrap(), "it never ran");
    let network = school.sign_in(NETWORK).await;
    let [wrong, untried, right] = parts(&school, &network).await;
    for what in [
        "The name hack.test",
        "The resolver does not give its address",
        "The name maths.test",
        "Its name should be open. It is.",
        "The name of a search with Google",
        "The resolver leads to forcesafesearch.google.com",
        "The name by which browsers ask for leave",
        "By a question to the resolver",
        "A page over an encrypted connection",
        "a device that trusts the root gets the page",
        "A connection that hides its name behind another should be ended. It is.",
    ] {
        assert!(right.contains(what), "{what}: {right}\n\n{untried}\n\n{wrong}");
    }
    assert!(wrong.contains("The name worst.test") && wrong.contains("The resolver leads to the site"), "{wrong}");
    assert!(!wrong.contains("The name maths.test") && !wrong.contains("encrypted"), "{wrong}");
    // Staff are not asked about: their connections pass unopened, and their searches as they are.
    let opened = right.split_once("A page over an encrypted connection").unwrap().1;
    let opened = opened.split("</tr>").next().unwrap();
    assert!(opened.contains("Year 5") && !opened.contains("Staff"), "{opened}");
    // Nothing of it is a child's, and no device of the school has shown anything by it.
    school.written().await;
    let log = school.app().log();
    let rows = log.query(school.installation().school.id(), Query::newest(Filter::default())).await.unwrap().entries;
    assert!(rows.is_empty(), "{:?}", rows.iter().map(|entry| entry.row.host.clone()).collect::<Vec<_>>());
    school.standing("opened").await.are("not-kept", "No encrypted connection has been opened in 28 days");

    // The servers that the resolver asks are gone, and a name is asked for that it does not remember.
    school.config.dns.upstream = vec![dns::Upstream::parse(&testkit::free_address().to_string()).unwrap()];
    school.restart().await;
    school.at("2026-11-25 09:30").await;
    assert!(school.app().check().await.unwrap());
    let network = school.sign_in(NETWORK).await;
    let [_, untried, right] = parts(&school, &network).await;
    assert!(untried.contains("The servers that the resolver asks did not answer"), "{untried}");
    assert!(right.contains("The resolver does not give its address") && right.contains("browsers ask for leave"));
    assert!(!right.contains("Its name should be open. It is."), "{right}");
}

//! Sealed lists that are not as they should be when the gateway starts.

use std::{fs, time::Duration};

use activity::{Filter, Query};
use kernel::Clock as _;
use traffic::lists::{FeedHead, FeedKey, ListError, Source, Updated, feeds, seal_feed};

use crate::school::*;

const CLAUSE: &str = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";

/// The key that the makers of the feeds of these tests gave to the school.
const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// A feed as its makers write it.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) dated: &'static str,
    pub(crate) lines: &'static str,
    pub(crate) key: &'static str,
}

impl Default for Feed {
    fn default() -> Self {
        Self { dated: "2026-11-24T06:00:00Z", lines: "forbidden.test\nhost.test/bad/place\n", key: KEY }
    }
}

impl Feed {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let head = FeedHead {
            issuer: "Feed Makers".to_owned(),
            licence: "F-1".to_owned(),
            dated: self.dated.parse().unwrap(),
            fresh_hours: 48,
        };
        seal_feed(&head, self.lines, &["hit.test/entry".to_owned()], &FeedKey::parse(self.key).unwrap()).unwrap()
    }
}

/// Takes a feed in, as the command does.
pub(crate) async fn feed(school: &School, name: &str, feed: &Feed) -> Result<Updated, ListError> {
    take_in(school, name, &feed.bytes()).await
}

async fn take_in(school: &School, name: &str, bytes: &[u8]) -> Result<Updated, ListError> {
    let file = school.folder().join(format!("{name}.feed"));
    fs::write(&file, bytes).unwrap();
    let (installation, now) = (school.installation(), school.clock.now());
    let (rows, lists, by) = (&installation.school, installation.lists(), store::Actor::Gatehouse);
    let key = FeedKey::parse(KEY).unwrap();
    let taken = feeds::add(rows, &lists, name, &Source::Path(file), &key, by, now).await;
    // The job hears of it by its event.
    tokio::time::sleep(Duration::from_millis(500)).await;
    school.settle().await;
    taken
}

/// A row of the log as everything that is written of it.
async fn rows(school: &School) -> Vec<activity::Entry> {
    school.written().await;
    let query = Query::newest(Filter::default());
    school.app().log().query(school.installation().school.id(), query).await.unwrap().entries
}

/// A school with a sealed list, kept.
async fn with_a_sealed_list() -> School {
    let school = School::open(&[CLAUSE]).await;
    let file = school.folder().join("sealed.txt");
    fs::write(&file, "forbidden.test\n").unwrap();
    let (installation, now) = (school.installation(), kernel::Clock::now(&school.clock));
    let source = Source::Path(file);
    let (rows, lists) = (&installation.school, installation.lists());
    traffic::lists::service::add_sealed(rows, &lists, "sealed", &source, store::Actor::Gatehouse, now).await.unwrap();
    school.settle().await;
    school
}

/// Nothing may be open as if no sealed list were there.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_list_that_cannot_be_read_closes_the_gateway_at_start() {
    let mut school = with_a_sealed_list().await;
    school.restart().await;
    assert_eq!(school.stranger().status("http://maths.test/").await, 200);
    assert_eq!(school.stranger().status("http://forbidden.test/").await, 403);
    let path = school.installation().lists().sealed();
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [damaged, whole[..whole.len() - 1].to_vec(), Vec::new()] {
        fs::write(&path, bytes).unwrap();
        school.restart().await;
        let stranger = school.stranger();
        for site in ["http://maths.test/", "http://forbidden.test/"] {
            assert_eq!(stranger.status(site).await, 403, "{site}");
        }
        assert_eq!(school.browser().get("/sign-in").await.status, 200, "somebody must be able to mend it");
    }
    fs::write(&path, whole).unwrap();
    school.restart().await;
    assert_eq!(school.stranger().status("http://maths.test/").await, 200);
    assert_eq!(school.stranger().status("http://forbidden.test/").await, 403);
}

/// The row that says that there is one does not keep the clause.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_list_that_is_gone_is_not_called_kept() {
    let mut school = with_a_sealed_list().await;
    school.standing("illegal").await.are("not-kept", "came as a plain file");
    feed(&school, "makers", &Feed::default()).await.unwrap();
    school.settle().await;
    school.standing("illegal").await.are("kept", "1 feed is loaded and fresh");
    let head = school.sign_in(HEAD).await;
    let path = school.installation().lists().sealed();
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    school.restart().await;
    school.app().judge().await.unwrap();
    let all: serde_json::Value = serde_json::from_str(&head.get("/api/policy").await.is(200).body).unwrap();
    let clauses = all["clauses"].as_array().unwrap();
    let clause = clauses.iter().find(|clause| clause["label"] == "illegal").unwrap();
    assert_eq!(clause["standing"], "not-kept", "{clause:#}");
    assert_eq!(school.stranger().status("http://maths.test/").await, 403, "nothing opens as if there were none");
    fs::write(&path, whole).unwrap();
    school.restart().await;
    assert_eq!(school.stranger().status("http://maths.test/").await, 200);
}

/// What the lists close stays closed when their index is lost: it is compiled anew from the copies, and where that cannot
/// be, nothing opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_index_opens_nothing_that_the_lists_close() {
    let games = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
    let mut school = School::open(&[games]).await;
    let (path, whole) = {
        let path = school.installation().lists().index();
        let whole = fs::read(&path).unwrap();
        (path, whole)
    };
    let both = async |school: &School| {
        let stranger = school.stranger();
        (stranger.status("http://maths.test/").await, stranger.status("http://games.test/").await)
    };
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [Some(flipped), Some(whole[..whole.len() / 2].to_vec()), Some(Vec::new()), None] {
        match damaged {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        school.restart().await;
        assert_eq!(both(&school).await, (200, 403));
        assert_eq!(fs::read(&path).unwrap(), whole, "it is compiled anew");
    }
    // The copies are damaged, or lost, as well.
    let copies = path.parent().unwrap().join("copies");
    for copy in fs::read_dir(&copies).unwrap() {
        for part in fs::read_dir(copy.unwrap().path()).unwrap() {
            fs::write(part.unwrap().path(), b"no copy").unwrap();
        }
    }
    fs::remove_file(&path).unwrap();
    school.restart().await;
    assert_eq!(both(&school).await, (403, 403));
    fs::remove_dir_all(&copies).unwrap();
    school.restart().await;
    assert_eq!(both(&school).await, (403, 403));
    assert_eq!(school.browser().get("/sign-in").await.status, 200, "somebody must be able to mend it");
}

/// What was met is in the log as digest, time, device and clause; the address is sealed, and the safeguarding lead alone
/// opens it, with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_written_without_host_and_path_and_its_address_is_opened_with_a_reason() {
    let school = School::open(&[CLAUSE]).await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    let pupil = school.device_of(PUPIL).await;
    assert_eq!(pupil.status("http://host.test/bad/place/picture-of-maya?q=secret").await, 403);
    assert_eq!(pupil.status("http://host.test/good").await, 200, "what is not listed is open");
    let browser = school.sign_in(PUPIL).await;
    assert!(school.beside(&browser).tunnel("forbidden.test:443").await.starts_with("HTTP/1.1 403"));
    let all = rows(&school).await;
    let sealed: Vec<_> = all.iter().filter(|entry| entry.row.reason == "sealed").collect();
    assert_eq!(sealed.len(), 2);
    for entry in &sealed {
        let row = &entry.row;
        assert!(kernel::Digest::parse(&row.host).is_ok(), "the digest stands there");
        assert_eq!((row.path.as_deref(), row.category.as_deref(), row.rule.as_deref()), (None, None, None));
        assert_eq!(row.clause.as_ref().map(|clause| clause.label.as_str()), Some("illegal"));
        assert_eq!(row.at, school.clock.now());
        let written = serde_json::to_string(&**row).unwrap();
        for word in ["host.test", "forbidden", "bad/place", "picture", "secret", "entry"] {
            assert!(!written.contains(word), "{word}: {written}");
        }
    }
    assert!(sealed.iter().any(|entry| entry.row.who.device.is_some()));

    // Nothing on disk has it in clear either: no table, no list, no file of the log.
    let mut folders = vec![school.installation().config.data.folder.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            for word in ["forbidden.test", "bad/place", "hit.test"] {
                assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in {}", path.display());
            }
        }
    }

    // Whoever watches sees that something was refused, and no more.
    let network = school.sign_in(NETWORK).await;
    let activity = network.get("/monitor/activity").await.is(200);
    assert!(activity.says("A site that is never named") && !activity.says("forbidden"), "{}", activity.body);
    let why = network.get(&format!("/filter/why?row={}", sealed[0].id)).await.is(200);
    assert!(!why.says(&sealed[0].row.host), "{}", why.body);
    network.get("/filter/sealed").await.is(403);

    let lead = school.sign_in(SAFEGUARDING).await;
    let page = lead.get("/filter/sealed").await.is(200);
    assert!(page.says("2 requests were refused") && !page.says("forbidden"), "{}", page.body);
    let action = format!("/filter/sealed/{}", page.between("action=\"/filter/sealed/", "\"").unwrap());
    assert!(!lead.submit("/filter/sealed", &action, &[("reason", " ")]).await.is(422).says("forbidden.test"));
    assert!(school.acts("filter.sealed-open").await.is_empty());
    let opened = lead.submit("/filter/sealed", &action, &[("reason", "The police asked, number 7")]).await.is(200);
    assert!(opened.says("forbidden.test") || opened.says("host.test/bad/place/picture-of-maya"), "{}", opened.body);
    assert_eq!(school.acts("filter.sealed-open").await.len(), 1);
    let again = lead.get("/filter/sealed").await.is(200);
    assert!(again.says("opened the address today") && !again.says("forbidden.test") && !again.says("host.test"));
}

/// A feed that is damaged, cut, older, of tomorrow or of another key is refused, and what was loaded stays in force.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_feed_is_refused_and_the_one_before_stays() {
    let school = School::open(&[CLAUSE]).await;
    school.standing("illegal").await.are("not-kept", "No sealed list of illegal material is loaded");
    let good = Feed::default();
    feed(&school, "makers", &good).await.unwrap();
    let stranger = school.stranger();
    assert_eq!(stranger.status("http://forbidden.test/").await, 403);
    let empty = Feed { lines: "other.test\n", ..good.clone() };
    let whole = good.bytes();
    let mut damaged = whole.clone();
    let middle = damaged.len() - 20;
    damaged[middle] ^= 1;
    let other_key = "0808080808080808080808080808080808080808080808080808080808080808";
    for (bytes, why) in [
        (damaged, "damaged"),
        (whole[..whole.len() - 1].to_vec(), "cut"),
        (Vec::new(), "empty"),
        (Feed { dated: "2026-11-23T06:00:00Z", ..empty.clone() }.bytes(), "older"),
        (Feed { dated: "2026-11-26T06:00:00Z", ..empty.clone() }.bytes(), "of a day to come"),
        (Feed { key: other_key, ..empty.clone() }.bytes(), "of another key"),
    ] {
        assert!(matches!(take_in(&school, "makers", &bytes).await, Err(ListError::Feed(_))), "{why}");
        assert_eq!(stranger.status("http://forbidden.test/").await, 403, "{why}");
        assert_eq!(stranger.status("http://other.test/").await, 200, "{why}");
    }
    assert_eq!(school.acts("filter.feed-refuse").await.len(), 6);
    // A second feed is held beside the first, and a newer one takes the place of its own list alone.
    feed(&school, "second", &empty).await.unwrap();
    let newer = Feed { dated: "2026-11-24T08:00:00Z", lines: "third.test\n", ..good };
    feed(&school, "makers", &newer).await.unwrap();
    let status = async |site: &str| stranger.status(&format!("http://{site}/")).await;
    assert_eq!(
        (status("forbidden.test").await, status("other.test").await, status("third.test").await),
        (200, 403, 403)
    );
    school.standing("illegal").await.are("kept", "2 feeds are loaded and fresh, the newest of 24 November 2026");
    assert_eq!(school.acts("filter.list-seal").await.len(), 3);
    school.at("2026-11-27 10:15").await;
    school.standing("illegal").await.are("not-kept", "not fresh any more");
    assert_eq!(status("other.test").await, 403, "what is loaded is still refused");
}

/// Asking about such an address is an act, and says nothing but that it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn asking_about_a_sealed_address_is_an_act() {
    let school = School::open(&[CLAUSE]).await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    let (network, lead) = (school.sign_in(NETWORK).await, school.sign_in(SAFEGUARDING).await);
    network.get("/filter/why?address=http%3A%2F%2Fmaths.test%2F").await.is(200);
    assert!(school.acts("filter.sealed-ask").await.is_empty(), "only what a list holds");
    for nth in 1..=5 {
        let page = network.get("/filter/why?address=http%3A%2F%2Fforbidden.test%2F").await.is(200);
        assert!(page.says("It is closed for everyone. Nothing more is said of it."), "{}", page.body);
        assert!(!page.says("makers") && !page.says("Feed Makers"), "{}", page.body);
        assert_eq!(school.acts("filter.sealed-ask").await.len(), nth);
        let told = lead.get("/").await.is(200).says("Somebody asked 5 times about addresses that nobody may open");
        assert_eq!(told, nth == 5);
    }
    let who = school.who(NETWORK).await;
    assert!(school.acts("filter.sealed-ask").await.iter().all(|entry| entry.actor == Some(who)));
}

/// Whoever is told that a site cannot be opened for a class, or asks for checks of a site that the policy names, has asked
/// as well; and whoever has past requests decided again that asked for what is sealed by now.
#[tokio::test(flavor = "multi_thread")]
async fn other_ways_of_asking_about_a_sealed_address_are_acts_too() {
    let lesson = "A teacher may open games for a lesson. `lesson: filter.temporary-unblock { open = \"games\" }`";
    let tests = "The filter is tried out. `tests: filter.checks { every = \"1 month\", closed = \"forbidden.test\" }`";
    let games = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
    let clauses = [CLAUSE, lesson, tests, games];
    let lessons = "[times]\nlesson = \"mon-fri 09:00-10:45\"\n";
    let school = School::with(&Draft::of(&clauses).front(lessons)).await;
    let asked =
        async || school.acts("filter.sealed-ask").await.iter().rev().map(|entry| entry.actor).collect::<Vec<_>>();
    // Before any list holds it, somebody opens it.
    assert_eq!(school.device_of(PUPIL).await.status("http://forbidden.test/").await, 200);
    school.written().await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    let (teacher, head, network) =
        (school.sign_in(TEACHER).await, school.sign_in(HEAD).await, school.sign_in(NETWORK).await);
    let (who_teacher, who_head, who_network) =
        (school.who(TEACHER).await, school.who(HEAD).await, school.who(NETWORK).await);
    let page = teacher.get("/filter/open?class=5B&site=maths.test").await.is(200);
    assert!(asked().await.is_empty(), "only what a list holds: {}", page.body);
    let page = teacher.get("/filter/open?class=5B&site=forbidden.test").await.is(200);
    assert!(!page.says("makers"), "{}", page.body);
    assert_eq!(asked().await, [Some(who_teacher)]);
    // A draft is tried out on the requests of the past.
    let text = Draft::of(&clauses).front(lessons).source(3).file("policy.md").unwrap().text.clone();
    let made = head.upload("/policy/drafts", "/policy/drafts/upload", &[], ("file", text.as_bytes())).await.is(303);
    let id = made.location.unwrap().rsplit('/').next().unwrap().to_owned();
    let page = head.get(&format!("/filter/what-if?what=draft:{id}")).await.is(200);
    assert!(!page.says("forbidden.test"), "{}", page.body);
    assert_eq!(asked().await, [Some(who_teacher), Some(who_head)], "one question, however many requests");
    // The daily checks try what the policy names; whoever has them run learns of it.
    assert!(school.app().check().await.unwrap());
    assert_eq!(asked().await.len(), 2);
    network.submit("/filter/checks", "/filter/checks/run", &[]).await.leads_to("/filter/checks");
    within(Duration::from_secs(20), async || asked().await.len() == 3).await;
    assert_eq!(asked().await.last(), Some(&Some(who_network)));
}

/// What was refused is kept as long as the clause says, and not longer; the ledger says that it went.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_kept_as_long_as_the_clause_says() {
    let kept = "Illegal material is blocked, always; we keep what was refused for a month. \
                `illegal: filter.illegal-lists { keep = \"1 month\" }`";
    let mut school = School::open(&[kept]).await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    assert_eq!(school.device_of(PUPIL).await.status("http://forbidden.test/").await, 403);
    school.at("2026-12-10 10:15").await;
    assert_eq!(school.device_of(PUPIL).await.status("http://host.test/bad/place").await, 403);
    let met = async |school: &School| {
        let page = school.sign_in(SAFEGUARDING).await.get("/filter/sealed").await.is(200);
        page.body.matches("Open it, for the police").count()
    };
    within(Duration::from_secs(5), async || met(&school).await == 2).await;
    // The jobs look when the program starts.
    school.at("2026-12-23 10:15").await;
    school.restart().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((met(&school).await, school.acts("filter.sealed-drop").await.len()), (2, 0), "not a month yet");
    school.at("2026-12-27 10:15").await;
    school.restart().await;
    within(Duration::from_secs(5), async || met(&school).await == 1).await;
    let dropped = school.acts("filter.sealed-drop").await;
    assert_eq!((dropped.len(), dropped[0].actor), (1, None));
    school.restart().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((met(&school).await, school.acts("filter.sealed-drop").await.len()), (1, 1));
}

//! The commands: what they print, how they end, and that they act as a named person or not at all.

use std::fs;

use crate::{
    browser::Browser,
    command::*,
    school::{HEAD, NETWORK, PUPIL, TEACHER},
};

/// 0 where it is well, 1 where strictness finds something to look at, 2 where it is wrong.
#[test]
fn a_check_ends_by_what_it_found() {
    let place = Place::empty("off");
    place.policy("good", &[]);
    run(&["policy", "check", &place.text("good")]).ends(0);
    run(&["policy", "check", &place.text("good"), "--strict"]).ends(0);
    place.policy("unlabelled", &["Nobody has said what this sentence does."]);
    run(&["policy", "check", &place.text("unlabelled")]).ends(0);
    run(&["policy", "check", &place.text("unlabelled"), "--strict"]).ends(1);
    place.policy("wrong", &["Search is safe. `safe: filter.safe-serch`"]);
    run(&["policy", "check", &place.text("wrong")]).ends(2).says("policy.md:11").says("filter.safe-search");
    run(&["policy", "check", &place.text("not-there")]).ends(2).says("not-there");
}

/// Machines read how many clauses there are, how many are bound, and how many stand on what is built.
#[test]
fn a_check_counts_for_machines() {
    let folder = policies().join("primary").display().to_string();
    let answer = run(&["policy", "check", &folder, "--json"]).ends(0).out;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let number = |key: &str| answer[key].as_u64().unwrap_or_else(|| panic!("{key} in {answer:#}"));
    assert!(number("clauses") >= number("bound") && number("bound") > number("built"), "{answer:#}");
    assert!(number("built_main") >= number("built") && number("built") > 20, "{answer:#}");
    for key in ["by_kind", "by_control", "by_label"] {
        assert!(answer.get(key).is_some(), "{key} in {answer:#}");
    }
}

#[test]
fn a_policy_is_shown_compared_rendered_and_labelled() {
    let place = Place::empty("off");
    place.policy("old", &[]);
    place
        .policy("new", &["Music is closed to pupils. `filter.media-shopping { who = \"pupils\", block = \"music\" }`"]);
    let (old, new) = (place.text("old"), place.text("new"));
    let shown = run(&["policy", "show", &old]).ends(0).says("filter.categories").out;
    fs::create_dir(place.path("again")).unwrap();
    let text = shown.split_once("<!-- policy.md -->\n").unwrap().1;
    fs::write(place.path("again/policy.md"), text).unwrap();
    run(&["policy", "diff", &old, &place.text("again")]).ends(0);
    assert_eq!(
        run(&["policy", "show", &place.text("again")]).ends(0).out.trim(),
        shown.trim(),
        "what is shown reads back"
    );
    run(&["policy", "diff", &old, &new]).ends(0).says("Music is closed to pupils").says("closes music");
    let page = run(&["policy", "render", &new]).ends(0).says("<html").out;
    assert!(page.contains("Music is closed to pupils") && page.contains("closes music"), "{page}");
    run(&["policy", "label", &new]).ends(0).says("policy.md");
    let labelled = fs::read_to_string(place.path("new/policy.md")).unwrap();
    let line = labelled.lines().find(|line| line.contains("Music is closed")).unwrap();
    assert!(line.contains(": filter.media-shopping"), "{line}");
    assert!(run(&["policy", "label", &new]).ends(0).out.is_empty(), "a second time there is nothing to write");
}

#[test]
fn the_language_describes_itself() {
    let schema = run(&["policy", "schema"]).ends(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema.to_string().contains("filter.categories"), "{schema:#}");
    run(&["policy", "reference"]).ends(0).says("filter.categories").says("access.idle-lock");
}

/// The demonstration's roll is believable, the same for equal seeds, and writes over nothing.
#[test]
fn a_school_is_made_up_as_files() {
    let place = Place::empty("off");
    let make =
        |folder: &str, seed: &str| run(&["demo", "school", &place.text(folder), "--pupils", "60", "--seed", seed]);
    make("one", "7").ends(0);
    make("two", "7").ends(0);
    make("three", "8").ends(0);
    let users = |folder: &str| fs::read_to_string(place.path(folder).join("users.csv")).unwrap();
    assert_eq!(users("one"), users("two"));
    assert_ne!(users("one"), users("three"));
    make("one", "9").ends(2).says("not empty");
    assert_eq!(users("one"), users("two"));
}

/// The roll is shown first; a change is made where it is asked for, in one piece.
#[test]
fn people_come_in_after_a_look() {
    let place = Place::empty("off");
    run(&["demo", "school", &place.text("roll"), "--pupils", "40"]).ends(0);
    let roll = place.text("roll");
    let shown = place.run(&["people", "import", &roll]).ends(0).says("Nothing has been changed").out;
    assert!(!shown.contains("Jones"), "figures name nobody: {shown}");
    place.run(&["people", "import", &roll, "--names"]).ends(0).says("Maya Jones");
    place.run(&["people", "import", &roll, "--apply"]).ends(0).says("0 left");
    place.run(&["people", "import", &roll, "--as", "nobody.here"]).ends(2).says("nobody is called");
    place.run(&["people", "import", &roll, "--as", TEACHER]).ends(2).says("may not");
    // A row that cannot be read is named by file and line, and nobody leaves by it.
    let users = fs::read_to_string(place.path("roll/users.csv")).unwrap();
    fs::write(place.path("roll/users.csv"), users.replace("Maya,Jones", ",Jones")).unwrap();
    place.run(&["people", "roles", &place.text("roll/responsibilities.csv")]).ends(0).says("were given");
    place.run(&["people", "import", &roll, "--as", HEAD]).ends(1).says("users.csv, line");
}

/// Lists, policy, explanation, ledger and archive of one school, one after the other.
#[test]
fn a_school_is_run_by_commands() {
    let place = Place::furnished();
    lists(&place);
    enacting(&place);
    explaining(&place);
    ledger(&place);
    archive(&place);
}

fn lists(place: &Place) {
    place.run(&["lists", "status"]).ends(0).says("starter: 9 entries");
    place.run(&["lists", "add", "more", &place.text("list"), "--as", "ioana.abara"]).ends(2).says("may not");
    fs::write(place.path("list/games.txt"), "games.test\nmore-games.test\n").unwrap();
    place.run(&["lists", "update", "--as", NETWORK]).ends(0).says("starter: 10 entries");
    place.run(&["lists", "update", "--as", NETWORK]).ends(0).says("unchanged");
    fs::rename(place.path("list"), place.path("gone")).unwrap();
    place.run(&["lists", "update", "--as", NETWORK]).ends(1).says("The last good copy stays in use");
    place.run(&["lists", "status"]).ends(1).says("starter: 10 entries");
    fs::rename(place.path("gone"), place.path("list")).unwrap();
    place.run(&["lists", "update", "--as", NETWORK]).ends(0);
    place.run(&["lists", "status"]).ends(0);
    fs::write(place.path("sealed.txt"), "forbidden.test\n").unwrap();
    let sealed = place.text("sealed.txt");
    let said = place
        .run(&["lists", "add", "sealed", &sealed, "--sealed", "--as", NETWORK])
        .ends(0)
        .says("1 entries are sealed");
    assert!(!said.out.contains("forbidden"), "{}", said.out);
    assert!(!place.run(&["lists", "status"]).ends(0).out.contains("forbidden"));
}

fn enacting(place: &Place) {
    place.policy("next", &["Music is closed to all. `music: filter.media-shopping { block = \"music\" }`"]);
    let next = place.text("next");
    place.run(&["policy", "enact", &next, "--as", TEACHER]).ends(2).says("may not");
    place.run(&["policy", "enact", &next, "--as", "nobody.here"]).ends(2).says("nobody is called");
    place.run(&["policy", "enact", &next, "--as", HEAD]).ends(0).says("Version 2");
    place.run(&["policy", "enact", &next, "--as", HEAD]).ends(2);
    place.policy("broken", &["Music. `music: filter.media-shoping`", "And more. `more: context`"]);
    place
        .run(&["policy", "enact", &place.text("broken"), "--as", HEAD])
        .ends(2)
        .says("Nothing has changed")
        .says("policy.md:11");
}

fn explaining(place: &Place) {
    let why = ["explain", "--as", PUPIL, "--at", "2099-03-24 10:15", "http://games.test/"];
    let said = place.run(&why).ends(0).says("Closed.").says("Games are closed to everyone").says("by version 2");
    assert!(said.out.contains("   1  ") && said.out.contains("   2  "), "each step: {}", said.out);
    place.run(&["explain", "--as", PUPIL, "http://maths.test/"]).ends(0).says("Open.");
    place
        .run(&["explain", "http://music.test/"])
        .ends(0)
        .says("somebody who is not known")
        .says("Music is closed to all");
    place.run(&["explain", "http://forbidden.test/"]).ends(0).says("Closed.");
    place.run(&["explain", "--in", "network:nowhere", "http://maths.test/"]).ends(2).says("names no network");
    place.run(&["explain", "--in", "home", "http://games.test/"]).ends(0).says("Closed.");
    place.run(&["explain", "--at", "tomorrow", "http://maths.test/"]).ends(2);
}

fn ledger(place: &Place) {
    place.run(&["ledger", "check"]).ends(0).says("The ledger is whole");
    let export = place.text("ledger.jsonl");
    place.run(&["ledger", "export", &export]).ends(0).says("entries and");
    place.run(&["ledger", "export", &export]).ends(2).says("cannot write");
    run(&["ledger", "verify", &export]).ends(0).says("The ledger is whole");
    let text = fs::read_to_string(&export).unwrap();
    assert!(text.contains("policy.enact") && !text.contains("Maya"), "acts, and no names");
    let lines: Vec<&str> = text.lines().collect();
    let middle = lines.iter().position(|line| line.contains("lists.add") || line.contains("filter.list")).unwrap();
    let without: Vec<&str> =
        lines.iter().enumerate().filter(|(nth, _)| *nth != middle).map(|(_, line)| *line).collect();
    for tampered in [text.replacen("policy.enact", "policy.enacd", 1), without.join("\n") + "\n"] {
        let path = place.text("tampered.jsonl");
        fs::write(&path, tampered).unwrap();
        run(&["ledger", "verify", &path]).ends(1).says("WRONG");
    }
}

fn archive(place: &Place) {
    fs::write(place.path("passphrase"), "correct horse battery staple\n").unwrap();
    let (archive, keys, passphrase) = (place.text("school.age"), place.text("keys.age"), place.text("passphrase"));
    let with = ["--keys", &keys, "--passphrase-file", &passphrase];
    place.run(&[&["backup", &archive], &with[..]].concat()).ends(0).says("holds the keys");
    place.run(&[&["backup", &archive], &with[..]].concat()).ends(2);
    assert!(
        !fs::read(&archive).unwrap().windows(5).any(|bytes| bytes == b"Jones"),
        "nobody reads it without the passphrase"
    );
    fs::write(place.path("wrong"), "another passphrase of this length\n").unwrap();
    place.configure("elsewhere", "off");
    place.run(&["restore", &archive, "--keys", &keys, "--passphrase-file", &place.text("wrong")]).ends(2);
    fs::remove_dir_all(place.path("elsewhere")).unwrap_or_default();
    place.run(&[&["restore", &archive], &with[..]].concat()).ends(0).says("Every ledger is whole");
    place.run(&["ledger", "check"]).ends(0).says("The ledger is whole");
    place.run(&["lists", "status"]).ends(0).says("starter: 10 entries");
    place.run(&["explain", "--as", PUPIL, "http://games.test/"]).ends(0).says("Closed.").says("by version 2");
}

#[test]
fn an_unknown_setting_is_refused_with_its_place() {
    let place = Place::empty("off");
    let path = place.path("gatehouse.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("listen = [", "listne = [")).unwrap();
    let line = text.lines().position(|line| line.starts_with("listen = [")).unwrap() + 1;
    place.run(&["serve"]).ends(2).says(&format!("line {line}")).says("listne");
}

/// A first start prints the way in, once; and the service stops when it is told to.
#[tokio::test]
async fn a_first_start_shows_the_way_in_and_stops_when_told_to() {
    let place = Place::empty("off");
    let mut service = place.serve();
    let said = service.says("/welcome/");
    assert!(said.contains("opens this link, once"), "{said}");
    let base = format!("http://{}", place.desk);
    let path = said.split(&base).last().unwrap().trim().to_owned();
    let browser = Browser::new(&base);
    let password = "quiet harbour lantern";
    let filled =
        [("given", "Helen"), ("family", "Marsh"), ("role", "headteacher"), ("username", HEAD), ("password", password)];
    browser.submit(&path, &path, &filled).await.is(303);
    browser.get("/account").await.is(200);
    let again = Browser::new(&base).get(&path).await;
    assert!(!again.says("name=\"username\""), "the link opens once: {}", again.body);
    assert_eq!(service.stop(), 0);
    let mut second = place.serve();
    let said = second.says("gateway");
    assert!(!said.contains("/welcome/"), "{said}");
    assert_eq!(second.stop(), 0);
}

/// The desk of a real start speaks TLS with a certificate of its own, and its cookies stay on it.
#[tokio::test]
async fn the_desk_speaks_tls_with_a_certificate_of_its_own() {
    let place = Place::empty("own");
    let mut service = place.serve();
    service.says("gateway");
    let browser = Browser::new(&format!("https://{}", place.desk));
    browser.get("/sign-in").await.is(200);
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(plain.get(format!("http://{}/sign-in", place.desk)).send().await.is_err(), "nothing is said in the clear");
    assert!(plain.get(format!("https://{}/sign-in", place.desk)).send().await.is_err(), "no authority has signed it");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(place.path("data/tls/desk-key.pem")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(service.stop(), 0);
}

/// One request through the gateway by somebody who is not known; the answer's first line.
fn ask(gateway: std::net::SocketAddr, site: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(gateway).unwrap();
    write!(stream, "GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// What people asked for is decided again by a draft, beside the running desk, which notices nothing.
#[test]
fn a_draft_is_tried_on_what_people_asked_for() {
    let place = Place::furnished();
    let mut service = place.serve();
    service.says("gateway");
    for _ in 0..3 {
        ask(place.gateway, "songs.test");
    }
    let closed = ask(place.gateway, "games.test");
    assert!(closed.contains("403"), "{closed}");
    place.policy("same", &[]);
    let simulate =
        |folder: &str, more: &[&str]| place.run(&[&["policy", "simulate", &place.text(folder)], more].concat());
    let json = |folder: &str| -> serde_json::Value {
        serde_json::from_str(&simulate(folder, &["--json"]).ends(0).out).unwrap()
    };
    let same = json("same");
    assert_eq!((same["requests"].as_u64(), same["changes"].as_array().map(Vec::len)), (Some(4), Some(0)), "{same:#}");
    place.policy("draft", &["Songs are closed. `songs: filter.media-shopping { block = \"songs.test\" }`"]);
    let draft = json("draft");
    assert_eq!((draft["closes"].as_u64(), draft["opens"].as_u64()), (Some(3), Some(0)), "{draft:#}");
    assert_eq!(draft["changes"][0]["site"], "songs.test");
    assert_eq!(draft["changes"][0]["clause"], "songs");
    simulate("draft", &[]).ends(0).says("4 requests").says("Newly blocked: 3 requests, 1 sites").says("Nobody known");
    place.policy("wrong", &["Search is safe. `safe: filter.safe-serch`"]);
    simulate("wrong", &[]).ends(2).says("filter.safe-search");
    simulate("draft", &["--days", "0"]).ends(2);
    assert_eq!(service.stop(), 0);
    let left: Vec<_> = fs::read_dir(place.path("data")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("what-if")), "{left:?}");
}

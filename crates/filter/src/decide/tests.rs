//! Facts about decisions, and what holds of all decisions.

use kernel::{
    Audience, Calendar, HowKnown, PersonId, Role, SchoolTime, SiteItem, Sites, Subject, Viewer, Weekly, When, Year,
};
use proptest::prelude::*;

use super::*;
use crate::{
    address::Address,
    category::Category,
    host::Host,
    index::{Image, IndexBuilder, ListIndex},
    list::{ListEntry, ListFormat, parse_list},
    rule::{Otherwise, Rule, RuleSet, SetItem, SetName},
    sealed::{SealedList, seal},
    snapshot::Parts,
};

mod stages;

const KEY: [u8; 32] = [5; 32];

/// `permit|block SITES for AUDIENCE [except AUDIENCE] [at TIME] [in PLACE] [observe] [until DATE]`; sites and
/// audiences are divided by commas. The clause's number is the rule's place.
fn rule(nth: usize, text: &str) -> Rule {
    let mut words = text.split_whitespace();
    let action = match words.next() {
        Some("permit") => Action::Permit,
        Some("block") => Action::Block,
        other => panic!("{other:?}"),
    };
    let sites = Sites(words.next().unwrap().split(',').map(|site| SiteItem::parse(site).unwrap()).collect());
    let number = (nth + 1).to_string();
    let clause = Arc::new(ClauseRef { label: format!("c{number}"), number: number.clone(), text: text.to_owned() });
    let mut rule = Rule::new(format!("c{number}#1"), action, sites, clause);
    let audience = |text: &str| {
        Audience::any(text.split(',').map(|one| kernel::AudienceAtom::parse(one).unwrap()).collect()).unwrap()
    };
    while let Some(word) = words.next() {
        match word {
            "for" => rule.who = audience(words.next().unwrap()),
            "except" => rule.except = Some(audience(words.next().unwrap())),
            "at" => rule.when = Some(When::parse(&words.next().unwrap().replace('_', " ")).unwrap()),
            "in" => rule.place = Some(Place::parse(words.next().unwrap()).unwrap()),
            "person" => rule.person = Some(person(words.next().unwrap())),
            "until" => rule.until = Some(time(&format!("{} 00:00", words.next().unwrap())).timestamp()),
            "observe" => rule.observe = true,
            other => panic!("{other}"),
        }
    }
    rule
}

fn person(name: &str) -> PersonId {
    PersonId::from_parts(1, &[name.as_bytes()[0]; 10])
}

fn time(text: &str) -> SchoolTime {
    SchoolTime::parse(text).unwrap()
}

/// Who asks: `pupil year-5 5B`, `teacher`, `head`, `unknown`, `guest-network`; with `unsigned`, `suspended`, `home`.
fn viewer(text: &str) -> Viewer {
    let mut viewer = Viewer::unattributed(Place::School);
    viewer.signed = Signed::Yes;
    for word in text.split_whitespace() {
        match word {
            "unknown" => viewer.signed = Signed::No,
            "guest-network" => {
                viewer.signed = Signed::No;
                viewer.place = Place::Network("guest".into());
            }
            "unsigned" => viewer.signed = Signed::No,
            "suspended" => viewer.suspended = true,
            "home" => viewer.place = Place::Home,
            _ => {
                viewer.how = HowKnown::Token;
                match word {
                    "pupil" => drop(viewer.subject.roles.insert(Role::Pupil)),
                    "teacher" => drop(viewer.subject.roles.insert(Role::Teacher)),
                    "head" => drop(viewer.subject.roles.insert(Role::Headteacher)),
                    year if year.starts_with("year-") => viewer.subject.year = Some(Year::parse(year).unwrap()),
                    name if name.starts_with(char::is_uppercase) => viewer.person = Some(person(name)),
                    class => drop(viewer.subject.classes.insert(class.to_owned())),
                }
            }
        }
    }
    viewer
}

fn lists() -> ListIndex {
    let mut builder = IndexBuilder::new();
    for (list, category, entries) in [
        ("ut1", "games", "games.example\nboth.example\nplay.test/fun\nstakes.example\n"),
        ("ut1", "education", "both.example\nsums.games.example\n"),
        ("ut1", "gambling", "casino.example\nstakes.example\ncasino.games.example\n"),
        ("own", "adult", "adult.test\n"),
        ("bad", "", "listed.example\n"),
    ] {
        let tag = builder.tag(list, Category::from_list_name(category)).unwrap();
        parse_list(ListFormat::Domains, entries.as_bytes()).0.iter().for_each(|entry| builder.add(tag, entry).unwrap());
    }
    ListIndex::open(Image::new(builder.build().unwrap())).unwrap()
}

fn parts(rules: &[&str]) -> Parts {
    let calendar = Calendar {
        times: [("lunch".into(), Weekly::parse("mon-fri 12:15-13:05").unwrap())].into(),
        ..Calendar::default()
    };
    let sealed = seal(&[ListEntry { host: "sealed.test".into(), path: None }], &KEY);
    let approved = |site: &str, until: Option<&str>| SetItem {
        site: SiteItem::parse(site).unwrap(),
        act: Some("approve".into()),
        until: until.map(|until| time(until).timestamp()),
    };
    let sets = [(
        SetName::List("approved".into()),
        vec![approved("sums.games.example", None), approved("casino.example", Some("2026-11-24 12:00"))],
    )];
    Parts {
        lists: Some(lists()),
        calendar,
        rules: RuleSet {
            rules: rules.iter().enumerate().map(|(nth, text)| rule(nth, text)).collect(),
            sets: sets.into(),
            otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
            ..RuleSet::default()
        },
        desk: vec![Host::parse("desk.school.test").unwrap()],
        help: vec![SiteItem::parse("help.example").unwrap(), SiteItem::parse("council.example/help/").unwrap()],
        sealed: Some(SealedList::open(Image::new(sealed), &KEY).unwrap()),
        ..Parts::default()
    }
}

fn decision(parts: Parts, who: &str, address: &str, at: &str) -> Decision {
    let at = time(&if at.contains('-') { at.to_owned() } else { format!("2026-11-24 {at}") });
    let (viewer, address) = (viewer(who), Address::parse(address).unwrap());
    let (viewer, address, at) = (&viewer, &address, &at);
    let request = Request { address, viewer, at, found: &[] };
    let snapshot = Snapshot::new(parts);
    let (explained, steps) = explain(&request, &snapshot);
    assert_eq!(decide(&request, &snapshot), explained);
    assert!(!steps.is_empty());
    explained
}

/// "allow by 1", "block rule by 2", "observe rule by 2", "block default".
fn shown(decision: &Decision) -> String {
    let why = match decision.verdict {
        Verdict::Allow(Opened::Rule | Opened::Default) => String::new(),
        Verdict::Allow(opened) => format!(" {opened:?}").to_lowercase(),
        Verdict::Block(reason) => format!(" {}", reason.id()),
    };
    let by = decision.clause.as_ref().map(|clause| format!(" by {}", clause.number)).unwrap_or_default();
    format!("{}{why}{by}", decision.word())
}

#[track_caller]
fn check_in(parts: Parts, who: &str, address: &str, at: &str, expected: &str) {
    assert_eq!(shown(&decision(parts, who, address, at)), expected, "{who} {address} {at}");
}

#[track_caller]
fn check(rules: &[&str], who: &str, address: &str, at: &str, expected: &str) {
    check_in(parts(rules), who, address, at, expected);
}

#[test]
fn games_only_at_lunch() {
    let rules = ["block games for pupils", "permit games for pupils at lunch", "block gambling for everyone"];
    check(&rules, "pupil year-5", "https://games.example/", "12:14", "block rule by 1");
    check(&rules, "pupil year-5", "https://www.games.example/", "12:15", "allow by 2");
    check(&rules, "pupil year-5", "https://games.example/", "13:05", "block rule by 1");
    check(&rules, "pupil year-5", "https://games.example/", "2026-11-22 12:30", "block rule by 1");
    check(&rules, "pupil year-5", "https://casino.example/", "12:30", "block rule by 3");
    check(&rules, "teacher", "https://games.example/", "10:00", "allow");
    check(&rules, "pupil year-5", "https://news.example/", "10:00", "allow");
}

#[test]
fn narrower_by_site_wins() {
    let who = "pupil year-5 5B";
    let rules =
        ["block games for class:5B", "permit games.example for everyone", "block play.games.example for everyone"];
    check(&rules, who, "https://games.example/", "10:00", "allow by 2");
    check(&rules, who, "https://play.games.example/", "10:00", "block rule by 3");
    check(&rules, who, "https://www.play.games.example/", "10:00", "block rule by 3");
    let rules = ["block games.example for everyone", "permit games.example/sums for everyone"];
    check(&rules, who, "http://games.example/sums/7?x=1", "10:00", "allow by 2");
    check(&rules, who, "http://games.example/%73ums", "10:00", "allow by 2");
    check(&rules, who, "http://games.example/sumsandmore", "10:00", "block rule by 1");
    check(&rules, who, "http://games.example/sums/../fun", "10:00", "block rule by 1");
    let rules = ["block all for pupils", "permit education for pupils", "block *game* for pupils"];
    check(&rules, who, "https://both.example/", "10:00", "allow by 2");
    check(&rules, who, "https://sums.games.example/", "10:00", "block rule by 3");
    check(&rules, who, "https://elsewhere.example/", "10:00", "block rule by 1");
    let rules = ["block games for pupils", "permit list:approved for pupils", "block list:bad for everyone"];
    check(&rules, who, "https://sums.games.example/", "10:00", "allow by 2");
    check(&rules, who, "https://listed.example/", "10:00", "block rule by 3");
}

#[test]
fn what_is_added_for_a_time_ends() {
    let rules = ["block gambling for everyone", "permit list:approved for everyone"];
    check(&rules, "head", "https://casino.example/", "11:59", "allow by 2");
    check(&rules, "head", "https://casino.example/", "12:00", "block rule by 1");
    let rules = ["block games for everyone", "permit games.example for everyone until 2026-11-24"];
    check(&rules, "head", "https://games.example/", "2026-11-23 23:59", "allow by 2");
    check(&rules, "head", "https://games.example/", "2026-11-24 00:00", "block rule by 1");
}

#[test]
fn narrower_by_person_wins_then_by_time() {
    let (site, who) = ("https://games.example/", "pupil year-5 5B Maya");
    check(&["block games for pupils", "permit games for year-5"], who, site, "10:00", "allow by 2");
    check(&["permit games for year-5", "block games for class:5B"], who, site, "10:00", "block rule by 2");
    check(&["block games for class:5B", "permit games person Maya"], who, site, "10:00", "allow by 2");
    check(&["block games for class:5B", "permit games person Zoe"], who, site, "10:00", "block rule by 1");
    check(&["block games for everyone at lunch", "permit games for pupils"], who, site, "12:30", "allow by 2");
    check(&["permit games for pupils", "block games for pupils at lunch"], who, site, "12:30", "block rule by 2");
    check(&["block games for pupils except class:5B"], who, site, "10:00", "allow");
    check(&["block games for pupils in home"], who, site, "10:00", "allow");
    check(&["block games for pupils in home"], "pupil year-5 home", site, "10:00", "block rule by 1");
    check(&["block games for pupils in school"], "pupil guest-network", site, "10:00", "block rule by 1");
}

#[test]
fn equally_narrow_rules_close() {
    let rules = ["permit education for pupils", "block games for pupils"];
    check(&rules, "pupil", "https://both.example/", "10:00", "block rule by 2");
    check(&["permit education for pupils"], "pupil", "https://both.example/", "10:00", "allow by 1");
}

#[test]
fn somebody_unknown_gets_the_strictest_profile() {
    let site = "https://games.example/";
    check(&["block games for year-2"], "unknown", site, "10:00", "block rule by 1");
    check(
        &["block games for everyone except teacher"]
            .map(|it| it.replace("teacher", "staff"))
            .each_ref()
            .map(String::as_str),
        "unknown",
        site,
        "10:00",
        "block rule by 1",
    );
    check(&["block games person Maya"], "unknown", site, "10:00", "block rule by 1");
    check(&["block games for everyone", "permit games.example for staff"], "unknown", site, "10:00", "block rule by 1");
    check(&["block games for year-2", "permit games for everyone"], "unknown", site, "10:00", "block rule by 1");
    check(&["block games for year-2", "permit games.example for everyone"], "unknown", site, "10:00", "allow by 2");
    check(&["block games for pupils at lunch"], "unknown", site, "10:00", "allow");
    // A person whose roles nobody knows is known all the same; a network that stands for nobody is not.
    let mut network = viewer("unknown");
    network.how = HowKnown::Network;
    assert!(is_unknown(&network));
}

#[test]
fn what_holds_otherwise() {
    let mut closed = parts(&["permit education for everyone"]);
    closed.rules.otherwise = Otherwise { action: Action::Block, clause: None, observe: false };
    check_in(closed.clone(), "pupil", "https://both.example/", "10:00", "allow by 1");
    check_in(closed.clone(), "pupil", "https://news.example/", "10:00", "block default");
    closed.rules.otherwise.observe = true;
    check_in(closed.clone(), "pupil", "https://news.example/", "10:00", "observe default");
    closed.rules.rules.iter_mut().for_each(|rule| rule.observe = true);
    check_in(closed, "pupil", "https://both.example/", "10:00", "allow by 1");
    assert_eq!(shown(&decision(Parts::default(), "head", "https://news.example/", "10:00")), "block default");
}

#[test]
fn a_trial_records_and_does_not_refuse() {
    let site = "https://games.example/";
    check(&["block games for pupils observe"], "pupil", site, "10:00", "observe rule by 1");
    check(&["block games for pupils observe", "permit games for pupils"], "pupil", site, "10:00", "observe rule by 1");
    check(
        &["block games.example for pupils observe", "block games for pupils"],
        "pupil",
        site,
        "10:00",
        "block rule by 2",
    );
    check(
        &["permit games.example for pupils observe", "block games for pupils"],
        "pupil",
        site,
        "10:00",
        "block rule by 2",
    );
    check(&["block games for pupils observe", "permit games.example for pupils"], "pupil", site, "10:00", "allow by 2");
    check(&["permit sealed.test for everyone observe"], "pupil", "https://sealed.test/", "10:00", "block sealed");
    let mut closed = parts(&["block games for pupils observe"]);
    closed.rules.otherwise.action = Action::Block;
    check_in(closed, "pupil", site, "10:00", "block default");
}

#[test]
fn a_decision_names_its_entry_and_category() {
    let rules = ["block games for pupils", "block *bet* for pupils", "block news.example/sport for pupils"];
    let entry = |address: &str| {
        let decision = decision(parts(&rules), "pupil", address, "10:00");
        let entry = decision.entry.map(|entry| format!("{} {}", entry.list.as_deref().unwrap_or("-"), entry.site));
        (entry.unwrap_or_default(), decision.category.map(Category::name).unwrap_or_default())
    };
    assert_eq!(entry("https://www.games.example/"), ("ut1 games.example".into(), "games"));
    assert_eq!(entry("http://play.test/fun/now?x"), ("ut1 play.test/fun".into(), "games"));
    assert_eq!(entry("http://play.test/funny"), (String::new(), ""));
    assert_eq!(entry("https://best.bets.example/"), ("- *bet*".into(), ""));
    assert_eq!(entry("http://news.example/sport/1"), ("- news.example/sport".into(), ""));
    assert_eq!(entry("https://www.casino.example/"), ("ut1 casino.example".into(), "gambling"));
    assert_eq!(entry("https://sealed.test/"), (String::new(), ""));
}

#[test]
fn a_decision_says_because_of_what_it_is_closed() {
    let rules = ["block games,news.example/sport for pupils", "block all for pupils at lunch"];
    let why = |address: &str, time: &str| {
        let decision = decision(parts(&rules), "pupil", address, time);
        let because = decision.because_of().map(Category::name).unwrap_or_default();
        format!("{because} {}", decision.part().unwrap_or("whole"))
    };
    assert_eq!(why("https://www.games.example/", "10:00"), "games whole");
    assert_eq!(why("http://play.test/fun/now?x", "10:00"), "games play.test/fun");
    assert_eq!(why("http://news.example/sport/1", "10:00"), " news.example/sport");
    // At lunch every site is closed, whatever a list knows of it.
    assert_eq!(why("https://www.casino.example/", "12:30"), " whole");
    assert_eq!(why("http://news.example/", "10:00"), " whole");
}

#[test]
fn the_trace_says_each_step() {
    let rules = ["block games for pupils", "permit games for pupils at lunch", "permit games.example for staff"];
    let snapshot = Snapshot::new(parts(&rules));
    let (viewer, at) = (viewer("pupil year-5"), time("2026-11-24 10:00"));
    let trace = |address: &str| {
        let address = Address::parse(address).unwrap();
        let (_, steps) = explain(&Request { address: &address, viewer: &viewer, at: &at, found: &[] }, &snapshot);
        steps.iter().map(|step| format!("{:?}: {}\n", step.stage, step.says)).collect::<String>()
    };
    insta::assert_snapshot!(trace("https://www.games.example/"), @r#"
    Sealed: The sealed lists (1 entries) do not hold it.
    Lists: The list "ut1" has games.example: games.
    Rules: Clause 3 opens it, but is not for this person.
    Rules: Clause 1 closes it (for this category, for a stage, always).
    Rules: Clause 2 opens it, but does not hold at this time.
    Verdict: The narrowest of these rules decides: it is closed.
    "#);
    insta::assert_snapshot!(trace("https://sealed.test/secret"), @"Verdict: It is refused. Nothing more is said of it.");
}

const SITES: [&str; 10] = [
    "all",
    "games",
    "education",
    "gambling",
    "games.example",
    "sums.games.example",
    "both.example",
    "*game*",
    "play.test/fun",
    "list:bad",
];
const WHO: [&str; 8] =
    ["everyone", "staff", "pupils", "ks1", "year-3..year-6", "year-5", "class:5B", "role:headteacher"];
const PEOPLE: [&str; 7] =
    ["head", "teacher", "pupil year-1", "pupil year-5", "pupil year-5 5B", "pupil year-4 5B Maya", "teacher 5B Zoe"];
const ADDRESSES: [&str; 8] = [
    "https://games.example/",
    "https://www.sums.games.example/",
    "https://both.example/",
    "http://play.test/fun/1",
    "https://casino.example/",
    "https://listed.example/",
    "https://mygames.test/",
    "https://elsewhere.example/",
];

fn any_rule() -> impl Strategy<Value = String> {
    let pick = |all: &'static [&'static str]| proptest::sample::select(all);
    (
        pick(&["permit", "block"]),
        pick(&SITES),
        pick(&WHO),
        proptest::option::of(pick(&WHO[1..])),
        pick(&["", " at lunch"]),
        pick(&["", "", " in school", " in home"]),
        pick(&["", "", "", " observe"]),
        pick(&["", "", "", " person Maya"]),
    )
        .prop_map(|(action, site, who, except, when, place, observe, person)| {
            let except = except.map(|except| format!(" except {except}")).unwrap_or_default();
            format!("{action} {site} for {who}{except}{when}{place}{observe}{person}")
        })
}

fn any_rules() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(any_rule(), 0..8)
}

fn run_all(rules: &[String], who: &str, address: &str, at: &str) -> Decision {
    decision(parts(&rules.iter().map(String::as_str).collect::<Vec<_>>()), who, address, at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_lifts_a_sealed_entry(rules in any_rules(), who in proptest::sample::select(&PEOPLE[..])) {
        let mut rules = rules;
        rules.push(format!("permit sealed.test for everyone person {}", "Maya"));
        prop_assert_eq!(shown(&run_all(&rules, who, "https://a.sealed.test/", "12:30")), "block sealed");
    }

    #[test]
    fn one_more_permit_never_closes_and_one_more_block_never_opens(
        rules in any_rules(), added in any_rule(), who in proptest::sample::select(&PEOPLE[..]),
        address in proptest::sample::select(&ADDRESSES[..]), at in proptest::sample::select(&["10:00", "12:30"][..]),
    ) {
        let before = run_all(&rules, who, address, at).refuses();
        let permits = added.starts_with("permit");
        let mut more = rules;
        more.push(added);
        let after = run_all(&more, who, address, at).refuses();
        prop_assert!(before == after || before == permits);
    }

    #[test]
    fn what_is_open_to_somebody_unknown_is_open_to_whoever_it_is(
        rules in any_rules(), who in proptest::sample::select(&PEOPLE[..]),
        address in proptest::sample::select(&ADDRESSES[..]), at in proptest::sample::select(&["10:00", "12:30"][..]),
    ) {
        if !run_all(&rules, "unknown", address, at).refuses() {
            prop_assert!(!run_all(&rules, who, address, at).refuses());
        }
    }

    #[test]
    fn the_order_of_the_rules_does_not_matter(
        rules in any_rules(), who in proptest::sample::select(&PEOPLE[..]), address in proptest::sample::select(&ADDRESSES[..]),
    ) {
        let mut turned = rules.clone();
        turned.reverse();
        prop_assert_eq!(run_all(&rules, who, address, "12:30").refuses(), run_all(&turned, who, address, "12:30").refuses());
    }
}

#[test]
fn subjects_are_as_the_tests_say() {
    assert_eq!(viewer("pupil year-5 5B").subject.classes, ["5B".to_owned()].into());
    assert_eq!(viewer("unknown").subject, Subject::default());
}

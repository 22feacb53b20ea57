//! Treatments: the narrowest wins, equal ones add up, trials change nothing; and content that is judged.

use std::sync::Arc;

use kernel::{
    Audience, HowKnown, Owner, PersonId, Place, Role, SchoolTime, Signed, SiteItem, Sites, Subject, Viewer, Year,
};

use crate::{
    Action, Address, ByName, Bypass, Category, ClauseRef, Decision, Image, IndexBuilder, Inspection, ListEntry,
    ListIndex, Measure, Opened, Otherwise, Parts, Reason, Request, Restrict, Rule, RuleSet, Snapshot, Transfers,
    Treatment, TreatmentRule, Verdict, decide, explain,
};

fn clause(label: &str) -> Arc<ClauseRef> {
    Arc::new(ClauseRef { label: label.to_owned(), ..ClauseRef::default() })
}

/// A rule `label` for an audience and sites.
fn rule(label: &str, action: Action, who: &str, sites: &[&str], measure: Measure) -> TreatmentRule {
    let sites = Sites(sites.iter().map(|site| SiteItem::parse(site).unwrap()).collect());
    let mut rule = Rule::new(label, action, sites, clause(label));
    rule.who = Audience::parse(who).unwrap();
    TreatmentRule { rule, measure }
}

fn ask(label: &str, who: &str, measure: Measure) -> TreatmentRule {
    rule(label, Action::Block, who, &["all"], measure)
}

fn on_trial(mut rule: TreatmentRule) -> TreatmentRule {
    rule.rule.observe = true;
    rule
}

fn pupil() -> Viewer {
    Viewer {
        person: Some(PersonId::from_parts(1, &[1; 10])),
        subject: Subject { roles: [Role::Pupil].into(), year: Year::numbered(5), ..Subject::default() },
        how: HowKnown::Token,
        signed: Signed::Yes,
        owner: Owner::School,
        ..Viewer::unattributed(Place::School)
    }
}

fn snapshot(treatments: Vec<TreatmentRule>, rules: Vec<Rule>) -> Snapshot {
    let mut builder = IndexBuilder::new();
    let tag = builder.tag("own", Some(Category::parse("banking").unwrap())).unwrap();
    builder.add(tag, &ListEntry { host: "bank.example".into(), path: None }).unwrap();
    Snapshot::new(Parts {
        lists: Some(ListIndex::open(Image::new(builder.build().unwrap())).unwrap()),
        rules: RuleSet {
            rules,
            treatments,
            otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
            ..RuleSet::default()
        },
        ..Parts::default()
    })
}

fn at() -> SchoolTime {
    SchoolTime::parse("2026-11-24 10:00").unwrap()
}

fn treat(treatments: Vec<TreatmentRule>, viewer: &Viewer, address: &str) -> Treatment {
    snapshot(treatments, Vec::new()).treatment(viewer, &Address::parse(address).unwrap(), &at())
}

fn limit(bytes: u64) -> Measure {
    Measure::Transfers(Transfers { bytes: Some(bytes), per_second: None })
}

#[test]
fn nothing_is_done_where_no_clause_asks() {
    assert_eq!(treat(Vec::new(), &pupil(), "https://a.test/"), Treatment::none());
    let staff = treat(vec![ask("s", "staff", Measure::SafeSearch)], &pupil(), "https://a.test/");
    assert_eq!(staff, Treatment::none());
}

#[test]
fn the_narrower_wins_and_may_be_milder() {
    let rules = vec![ask("all", "everyone", limit(100)), ask("five", "year-5", limit(900))];
    let given = treat(rules, &pupil(), "https://a.test/").transfers.unwrap();
    assert_eq!((given.value.bytes, given.clause.label.as_str()), (Some(900), "five"));
}

#[test]
fn equally_narrow_ones_add_up_to_the_stricter_and_cite_the_first() {
    let slow = Measure::Transfers(Transfers { bytes: Some(500), per_second: Some(7) });
    let rules = vec![ask("one", "pupils", limit(900)), ask("two", "pupils", slow)];
    let given = treat(rules, &pupil(), "https://a.test/").transfers.unwrap();
    assert_eq!(given.value, Transfers { bytes: Some(500), per_second: Some(7) });
    assert_eq!(given.clause.label, "one");
    let ways = |quic| Measure::Bypass(Bypass { quic, ports: !quic, ..Bypass::default() });
    let given =
        treat(vec![ask("a", "pupils", ways(true)), ask("b", "pupils", ways(false))], &pupil(), "https://a.test/");
    assert_eq!(given.bypass.map(|it| (it.value.quic, it.value.ports)), Some((true, true)));
}

#[test]
fn a_narrower_site_is_spared() {
    let spare = rule("spare", Action::Permit, "everyone", &["a.test"], limit(0));
    let rules = || vec![ask("all", "pupils", limit(100)), spare.clone()];
    assert_eq!(treat(rules(), &pupil(), "https://www.a.test/").transfers, None);
    assert!(treat(rules(), &pupil(), "https://b.test/").transfers.is_some());
}

#[test]
fn what_is_on_trial_is_marked_and_yields_to_what_is_enforced() {
    let trial = || on_trial(ask("trial", "year-5", Measure::Video(Restrict::Strict)));
    let given = treat(vec![trial()], &pupil(), "https://a.test/").video.unwrap();
    assert!(given.observed && given.clause.label == "trial");
    let both = vec![trial(), ask("now", "pupils", Measure::Video(Restrict::Moderate))];
    let given = treat(both, &pupil(), "https://a.test/").video.unwrap();
    assert_eq!((given.observed, given.value), (false, Restrict::Moderate));
}

#[test]
fn somebody_unknown_gets_the_strictest() {
    let nobody = Viewer::unattributed(Place::School);
    let rules = vec![
        ask("pupils", "pupils", Measure::Video(Restrict::Strict)),
        rule("staff", Action::Permit, "staff", &["all"], Measure::Video(Restrict::Moderate)),
    ];
    let given = treat(rules, &nobody, "https://a.test/").video.unwrap();
    assert_eq!(given.value, Restrict::Strict);
}

#[test]
fn text_limits_are_by_category() {
    let text = |name: &str, points| Measure::Text { category: Category::parse(name).unwrap(), points };
    let rules = vec![
        ask("a", "everyone", text("adult", 160)),
        ask("b", "year-5", text("adult", 50)),
        ask("c", "everyone", text("violence", 100)),
    ];
    let given: Vec<_> = treat(rules, &pupil(), "https://a.test/")
        .text
        .into_iter()
        .map(|(category, cited)| (category.name(), cited.value, cited.clause.label.clone()))
        .collect();
    assert_eq!(given, [("adult", 50, "b".to_owned()), ("violence", 100, "c".to_owned())]);
}

#[test]
fn connections_of_the_schools_devices_are_opened_but_for_what_is_exempt() {
    let inspect = || Measure::Inspect { networks: ["classrooms".to_owned()].into() };
    let rules = || {
        vec![
            ask("in", "pupils", inspect()),
            rule("ex", Action::Permit, "pupils", &["banking"], Measure::Splice(ByName::Exempt)),
        ]
    };
    let check = |viewer: &Viewer, address: &str, expected: Option<ByName>| {
        let why = match treat(rules(), viewer, address).inspection {
            Inspection::Opened(_) => None,
            Inspection::ByName(why, _) => Some(why),
        };
        assert_eq!(why, expected, "{address}");
    };
    check(&pupil(), "https://a.test/", None);
    check(&pupil(), "https://www.bank.example/", Some(ByName::Exempt));
    check(&Viewer { owner: Owner::Personal, ..pupil() }, "https://a.test/", Some(ByName::NotOurs));
    check(&Viewer { owner: Owner::Unknown, ..pupil() }, "https://a.test/", Some(ByName::NotOurs));
    let classroom = Place::Network("classrooms".to_owned());
    check(&Viewer { owner: Owner::Unknown, place: classroom.clone(), ..pupil() }, "https://a.test/", None);
    check(&Viewer { owner: Owner::Personal, place: classroom, ..pupil() }, "https://a.test/", Some(ByName::NotOurs));
    let trial = treat(vec![on_trial(ask("in", "pupils", inspect()))], &pupil(), "https://a.test/").inspection;
    assert_eq!(trial, Inspection::ByName(ByName::OnTrial, Some(clause("in"))));
}

fn decided(rules: &[(&str, Action, &str)], found: &[&str], address: &str) -> Decision {
    let rules = rules.iter().map(|(label, action, site)| {
        Rule::new(*label, *action, Sites(vec![SiteItem::parse(site).unwrap()]), clause(label))
    });
    let snapshot = snapshot(Vec::new(), rules.collect());
    let found: Vec<_> = found.iter().map(|name| Category::parse(name).unwrap()).collect();
    let (viewer, address, at) = (pupil(), Address::parse(address).unwrap(), at());
    let request = Request { address: &address, viewer: &viewer, at: &at, found: &found };
    let (explained, steps) = explain(&request, &snapshot);
    assert_eq!(decide(&request, &snapshot), explained);
    assert_eq!(steps.iter().filter(|step| step.says.contains("was found to be")).count(), found.len());
    explained
}

#[test]
fn what_the_content_showed_counts_as_a_category_of_the_address() {
    let rules = [("a", Action::Block, "adult"), ("b", Action::Permit, "lesson.example")];
    let open = decided(&rules, &[], "https://page.example/");
    assert_eq!(open.verdict, Verdict::Allow(Opened::Default));
    let closed = decided(&rules, &["adult"], "https://page.example/");
    assert_eq!(closed.verdict, Verdict::Block(Reason::Rule));
    assert_eq!(closed.category, Category::parse("adult").ok());
    assert_eq!(closed.clause.map(|it| it.label.clone()).as_deref(), Some("a"));
    let approved = decided(&rules, &["adult"], "https://lesson.example/");
    assert_eq!(approved.verdict, Verdict::Allow(Opened::Rule), "a site that is named is narrower");
}

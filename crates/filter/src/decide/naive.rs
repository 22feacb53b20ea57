//! The decision against a table without any index: every rule is asked of every request, one site after another.

use std::{collections::BTreeSet, sync::Arc};

use kernel::{
    Audience, AudienceAtom, Breadth, Calendar, HowKnown, PersonId, Place, Role, SchoolTime, Signed, SiteItem, Sites,
    Subject, Viewer, When, Year,
};
use proptest::prelude::*;

use crate::{
    Action, Address, Category, ClauseRef, Image, IndexBuilder, Kind, ListEntry, ListIndex, Opened, Otherwise, Parts,
    Reason, Request, Rule, RuleSet, Snapshot, Verdict, decide, list::entry_path,
};

/// An entry of the one list: category, host, path.
type Listed = (Category, String, Option<String>);

const LIST: &str = "ut1";

fn covers(host: &str, path: Option<&str>, address: &Address) -> bool {
    address.host.is_within(host)
        && path.is_none_or(|start| {
            address.path().is_some_and(|asked| {
                asked.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '&']))
            })
        })
}

/// Whether `pattern` with its stars is the whole of `text`.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if fits(rest, text) => true,
        (Some((b'*', _)), Some((_, text))) => fits(pattern, text),
        (Some((a, pattern)), Some((b, text))) => a == b && fits(pattern, text),
        _ => false,
    }
}

/// How closely a site names an address: kind, length of host, length of path; none where it does not.
fn reach(site: &SiteItem, entries: &[Listed], request: &Request<'_>) -> Option<(u8, usize, usize)> {
    let address = request.address;
    let of_list = |entry: &Listed| {
        let (_, host, path) = entry;
        let path = path.as_deref().and_then(entry_path);
        let length = path.as_ref().map_or(0, String::len);
        covers(host, path.as_deref(), address).then_some((if length > 0 { 4 } else { 3 }, host.len(), length))
    };
    match site {
        SiteItem::All => Some((0, 0, 0)),
        SiteItem::Category(name) => {
            let listed = entries.iter().any(|entry| entry.0.name() == name && of_list(entry).is_some());
            let found = request.found.iter().any(|category| category.name() == name);
            (listed || found).then_some((1, 0, 0))
        }
        SiteItem::Pattern(pattern) => fits(pattern.as_bytes(), address.host.as_str().as_bytes()).then_some((2, 0, 0)),
        SiteItem::Domain(domain) => covers(domain, None, address).then_some((3, domain.len(), 0)),
        SiteItem::Address { domain, path } => {
            let path = entry_path(path);
            let length = path.as_ref().map_or(0, String::len);
            covers(domain, path.as_deref(), address).then_some((
                if path.is_some() { 4 } else { 3 },
                domain.len(),
                length,
            ))
        }
        SiteItem::List(name) if name == LIST => entries.iter().filter_map(of_list).max(),
        SiteItem::List(_) | SiteItem::Register(_) => None,
    }
}

/// The entries without those that say again of a subdomain what the list says of the nearest name above it: they close and
/// open nothing more, and make no rule narrower. A list that has `x.test` and `www.x.test` is as one that has `x.test`.
fn told(entries: &[Listed]) -> Vec<Listed> {
    let plain = |entry: &Listed| entry.2.as_deref().and_then(entry_path).is_none();
    let of = |host: &str| -> BTreeSet<&str> {
        entries.iter().filter(|it| it.1 == host && plain(it)).map(|it| it.0.name()).collect()
    };
    let again = |entry: &Listed| {
        let mut above = entry.1.as_str();
        while let Some((_, parent)) = above.split_once('.') {
            above = parent;
            if !of(above).is_empty() {
                return of(above) == of(&entry.1);
            }
        }
        false
    };
    entries.iter().filter(|entry| !plain(entry) || !again(entry)).cloned().collect()
}

/// The unblock that opens, by asking all of them: one of a category only where each grave category of the site is opened.
fn naive_unblock<'r>(unblocks: &'r [Rule], entries: &[Listed], request: &Request<'_>) -> Option<&'r Rule> {
    let listed = entries
        .iter()
        .filter(|(_, host, path)| covers(host, path.as_deref().and_then(entry_path).as_deref(), request.address));
    let categories: BTreeSet<Category> = listed.map(|entry| entry.0).chain(request.found.iter().copied()).collect();
    let is_opened = |category: &Category| {
        let of =
            |rule: &Rule| Rule { sites: Sites(vec![SiteItem::Category(category.name().to_owned())]), ..rule.clone() };
        let names = |rule: &&Rule| rule.sites.0.contains(&SiteItem::Category(category.name().to_owned()));
        unblocks.iter().filter(names).any(|rule| naive(&[of(rule)], entries, request).is_some())
    };
    let grave = |category: &&Category| !matches!(category.kind(), Kind::Leisure | Kind::Neutral | Kind::Help);
    if categories.iter().filter(grave).all(is_opened) {
        return naive(unblocks, entries, request);
    }
    let named: Vec<Rule> = unblocks
        .iter()
        .map(|rule| {
            let sites = rule.sites.0.iter().filter(|site| !matches!(site, SiteItem::Category(_))).cloned().collect();
            Rule { sites: Sites(sites), ..rule.clone() }
        })
        .collect();
    let opened = naive(&named, entries, request)?;
    unblocks.iter().find(|rule| rule.id == opened.id)
}

/// The rule that decides, by asking all of them.
fn naive<'r>(rules: &'r [Rule], entries: &[Listed], request: &Request<'_>) -> Option<&'r Rule> {
    let viewer = request.viewer;
    let calendar = Calendar::default();
    let bids = rules.iter().enumerate().filter_map(|(nth, rule)| {
        let unknown = viewer.how == HowKnown::Unattributed;
        let breadth = match (unknown, rule.action) {
            (true, Action::Block) => rule.who.atoms().iter().map(AudienceAtom::breadth).min(),
            (true, Action::Permit) => {
                let open = rule.who.atoms().contains(&AudienceAtom::Everyone) && rule.except.is_none();
                open.then_some(Breadth::All)
            }
            (false, _) if rule.except.as_ref().is_some_and(|except| except.contains(&viewer.subject)) => None,
            (false, _) => rule.who.breadth_for(&viewer.subject),
        }?;
        let now = rule.when.as_ref().is_none_or(|when| calendar.contains(when, request.at));
        let here = rule.place.as_ref().is_none_or(|place| *place == viewer.place);
        let reach = rule.sites.0.iter().filter_map(|site| reach(site, entries, request)).max()?;
        let key = (
            reach,
            std::cmp::Reverse(breadth),
            rule.when.is_some(),
            rule.place.is_some(),
            rule.action == Action::Block,
            std::cmp::Reverse(nth),
        );
        (now && here).then_some((key, rule))
    });
    bids.max_by_key(|(key, _)| *key).map(|(_, rule)| rule)
}

fn host() -> impl Strategy<Value = String> {
    "([ab]\\.){0,2}[ab]\\.(test|example)"
}

fn path() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("(/[xy]){1,2}")
}

fn category() -> impl Strategy<Value = Category> {
    // Two that are grave, two that are not.
    proptest::sample::select(&["adult", "proxies", "games", "education"][..])
        .prop_map(|name| Category::parse(name).unwrap())
}

fn site() -> impl Strategy<Value = SiteItem> {
    prop_oneof![
        Just(SiteItem::All),
        Just(SiteItem::List(LIST.to_owned())),
        category().prop_map(|it| SiteItem::Category(it.name().to_owned())),
        host().prop_map(SiteItem::Domain),
        (host(), path())
            .prop_map(|(host, path)| { SiteItem::parse(&format!("{host}{}", path.unwrap_or_default())).unwrap() }),
        "[ab]?\\*[ab.]{0,2}\\*?".prop_filter_map("a pattern", |text| SiteItem::parse(&text).ok()),
    ]
}

fn audience() -> impl Strategy<Value = Audience> {
    let names = vec!["everyone", "pupils", "staff", "year-5", "ks2", "class:5B", "group:choir"];
    proptest::collection::vec(proptest::sample::select(names), 1..3).prop_map(|names| {
        Audience::any(names.into_iter().map(|it| AudienceAtom::parse(it).unwrap()).collect()).unwrap()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let when = proptest::option::of(proptest::sample::select(&["mon-fri 09:00-12:00", "mon-fri 12:00-15:00"][..]));
    let place = proptest::option::of(proptest::sample::select(&[Place::School, Place::Home][..]));
    let sites = proptest::collection::vec(site(), 1..3);
    (any::<bool>(), sites, audience(), proptest::option::of(audience()), when, place).prop_map(
        |(block, sites, who, except, when, place)| {
            let action = if block { Action::Block } else { Action::Permit };
            let mut rule = Rule::new("", action, Sites(sites), Arc::new(ClauseRef::default()));
            (rule.who, rule.except, rule.place) = (who, except, place);
            rule.when = when.map(|text| When::parse(text).unwrap());
            rule
        },
    )
}

fn viewer() -> impl Strategy<Value = Viewer> {
    let pupil = Subject {
        roles: [Role::Pupil].into(),
        year: Year::numbered(5),
        classes: ["5B".to_owned()].into(),
        ..Subject::default()
    };
    let teacher = Subject { roles: [Role::Teacher].into(), groups: ["choir".to_owned()].into(), ..Subject::default() };
    let subjects = vec![Some(pupil), Some(teacher), None];
    (proptest::sample::select(subjects), any::<bool>()).prop_map(|(subject, home)| {
        let mut viewer = Viewer::unattributed(if home { Place::Home } else { Place::School });
        if let Some(subject) = subject {
            viewer.subject = subject;
            viewer.person = Some(PersonId::from_parts(1, &[1; 10]));
            (viewer.how, viewer.signed) = (HowKnown::Token, Signed::Yes);
        }
        viewer
    })
}

/// A school opens `x.test` to a class: that a list has `www.x.test` beside it does not take it back.
#[test]
fn what_a_list_says_twice_is_no_narrower() {
    let category = Category::all().next().unwrap();
    let decided = |hosts: &[&str]| {
        let mut builder = IndexBuilder::new();
        for host in hosts {
            let tag = builder.tag(LIST, Some(category)).unwrap();
            builder.add(tag, &ListEntry { host: (*host).into(), path: None }).unwrap();
        }
        let rule = |action, site: &str, who: &str| {
            let mut rule = Rule::new("", action, Sites(vec![SiteItem::parse(site).unwrap()]), Arc::default());
            rule.who = Audience::parse(who).unwrap();
            rule
        };
        let snapshot = Snapshot::new(Parts {
            lists: Some(ListIndex::open(Image::new(builder.build().unwrap())).unwrap()),
            rules: RuleSet {
                rules: vec![rule(Action::Block, "list:ut1", "everyone"), rule(Action::Permit, "x.test", "class:5B")],
                ..RuleSet::default()
            },
            ..Parts::default()
        });
        let mut viewer = Viewer::unattributed(Place::School);
        viewer.subject = Subject { classes: ["5B".to_owned()].into(), ..Subject::default() };
        (viewer.how, viewer.signed, viewer.person) =
            (HowKnown::Token, Signed::Yes, Some(PersonId::from_parts(1, &[1; 10])));
        let address = Address::parse("https://www.x.test/").unwrap();
        let at = SchoolTime::parse("2026-11-24 10:00").unwrap();
        decide(&Request { address: &address, viewer: &viewer, at: &at, found: &[] }, &snapshot).verdict
    };
    assert_eq!(decided(&["x.test"]), Verdict::Allow(Opened::Rule));
    assert_eq!(decided(&["x.test", "www.x.test"]), Verdict::Allow(Opened::Rule));
    // What the list has alone is narrower than the name above it.
    assert_eq!(decided(&["www.x.test"]), Verdict::Block(Reason::Rule));
}

proptest! {
    #[test]
    fn the_decision_is_that_of_a_table_without_an_index(
        mut rules in proptest::collection::vec(rule(), 0..12),
        mut unblocks in proptest::collection::vec(rule(), 0..4),
        entries in proptest::collection::vec((category(), host(), path()), 0..12),
        requests in proptest::collection::vec(
            (host(), path(), viewer(), proptest::collection::vec(category(), 0..2), any::<bool>()), 1..12),
    ) {
        for (nth, rule) in rules.iter_mut().enumerate() {
            rule.id = nth.to_string();
        }
        for (nth, rule) in unblocks.iter_mut().enumerate() {
            (rule.id, rule.action) = (format!("unblock {nth}"), Action::Permit);
        }
        let mut builder = IndexBuilder::new();
        for (category, host, path) in &entries {
            let tag = builder.tag(LIST, Some(*category)).unwrap();
            let path = path.as_deref().and_then(entry_path);
            builder.add(tag, &ListEntry { host: host.into(), path }).unwrap();
        }
        let snapshot = Snapshot::new(Parts {
            lists: Some(ListIndex::open(Image::new(builder.build().unwrap())).unwrap()),
            rules: RuleSet {
                rules: rules.clone(),
                unblocks: unblocks.clone(),
                otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
                ..RuleSet::default()
            },
            ..Parts::default()
        });
        for (host, path, viewer, found, morning) in &requests {
            let address = Address::parse(&format!("https://{host}{}", path.as_deref().unwrap_or("/"))).unwrap();
            let at = SchoolTime::parse(if *morning { "2026-11-24 10:00" } else { "2026-11-24 13:00" }).unwrap();
            let request = Request { address: &address, viewer, at: &at, found };
            let decision = decide(&request, &snapshot);
            let opened = naive_unblock(&unblocks, &told(&entries), &request);
            let expected = opened.or_else(|| naive(&rules, &told(&entries), &request));
            let verdict = match expected.map(|rule| rule.action) {
                _ if opened.is_some() => Verdict::Allow(Opened::Unblock),
                None => Verdict::Allow(Opened::Default),
                Some(Action::Permit) => Verdict::Allow(Opened::Rule),
                Some(Action::Block) => Verdict::Block(Reason::Rule),
            };
            prop_assert_eq!(decision.verdict, verdict, "{} for {:?}: {:?}", address, viewer.subject, expected);
            prop_assert_eq!(
                decision.rule.as_ref().map(|rule| rule.id.as_str()),
                expected.map(|rule| rule.id.as_str()),
                "{}", address
            );
        }
    }
}

//! The decision against a table without any index: every rule is asked of every request, one site after another.

use std::sync::Arc;

use kernel::{
    Audience, AudienceAtom, Breadth, Calendar, HowKnown, PersonId, Place, Role, SchoolTime, Signed, SiteItem, Sites,
    Subject, Viewer, When, Year,
};
use proptest::prelude::*;

use crate::{
    Action, Address, Category, ClauseRef, Image, IndexBuilder, ListEntry, ListIndex, Opened, Otherwise, Parts, Reason,
    Request, Rule, RuleSet, Snapshot, Verdict, decide, list::entry_path,
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
    (0..4usize).prop_map(|nth| Category::all().nth(nth).unwrap())
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

proptest! {
    #[test]
    fn the_decision_is_that_of_a_table_without_an_index(
        mut rules in proptest::collection::vec(rule(), 0..12),
        entries in proptest::collection::vec((category(), host(), path()), 0..12),
        requests in proptest::collection::vec(
            (host(), path(), viewer(), proptest::collection::vec(category(), 0..2), any::<bool>()), 1..12),
    ) {
        for (nth, rule) in rules.iter_mut().enumerate() {
            rule.id = nth.to_string();
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
            let expected = naive(&rules, &entries, &request);
            let verdict = match expected.map(|rule| rule.action) {
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

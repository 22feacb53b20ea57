//! What is open or closed beyond the policy, and what stands on lists: a site each, with what the lists know of it.

use std::collections::{BTreeMap, BTreeSet};

use filter::{Action, Host, ListIndex, Origin, Rule, SetName};
use jiff::Timestamp;
use kernel::{Audience, SiteItem};
use rules::facts::BeyondFacts;
use traffic::Effective;

/// The prefix of an act that is a change: permits and lessons are what the policy provides for by itself.
const CHANGE: &str = "change:";

/// What changes open and close at `now`.
pub(super) fn changed(effective: &Effective, index: Option<&ListIndex>, now: Timestamp) -> Vec<BeyondFacts> {
    let is_change = |rule: &&Rule| match &rule.origin {
        Origin::Act { act } => act.starts_with(CHANGE) && rule.until.is_none_or(|until| now < until),
        Origin::Policy => false,
    };
    let of_rule = |rule: &Rule| {
        let known = |site: &SiteItem| {
            let mut facts = of_site(site, index);
            for (name, items) in &effective.sets {
                if let SetName::List(name) = name
                    && items.iter().any(|item| item.site == *site)
                {
                    facts.lists.insert(name.clone());
                }
            }
            BeyondFacts { who: rule.who.clone(), open: rule.action == Action::Permit, until: rule.until, ..facts }
        };
        rule.sites.0.iter().map(known).collect::<Vec<_>>()
    };
    effective.rules.iter().filter(is_change).flat_map(of_rule).collect()
}

/// A site as it would be opened for everyone, with the categories and lists that have it.
pub(crate) fn of_site(site: &SiteItem, index: Option<&ListIndex>) -> BeyondFacts {
    let (mut categories, mut lists) = (BTreeSet::new(), BTreeSet::new());
    let at = match site {
        SiteItem::Domain(domain) => Some((domain, None)),
        SiteItem::Address { domain, path } => Some((domain, Some(path.as_str()))),
        SiteItem::All | SiteItem::Category(_) | SiteItem::Pattern(_) | SiteItem::List(_) | SiteItem::Register(_) => {
            None
        }
    };
    let at = at.and_then(|(domain, path)| Some((Host::parse(domain).ok()?, path)));
    if let (Some((host, path)), Some(index)) = (at, index) {
        index.find(&host, path, |found| {
            for tag in index.tags_of(found).filter_map(|tag| index.tags().get(usize::from(tag))) {
                lists.insert(tag.list.to_string());
                categories.extend(tag.category.map(|category| category.name().to_owned()));
            }
        });
    }
    let (who, open, until) = (Audience::everyone(), true, None);
    BeyondFacts { site: site.clone(), categories, lists, who, open, until }
}

/// How many sites stand on each list that has a name.
pub(super) fn on_lists(effective: &Effective, index: Option<&ListIndex>, now: Timestamp) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for tag in index.map_or(&[][..], ListIndex::tags) {
        *all.entry(tag.list.to_string()).or_default() += tag.entries;
    }
    for (name, items) in &effective.sets {
        if let SetName::List(name) = name {
            let holding = items.iter().filter(|item| item.until.is_none_or(|until| now < until)).count();
            *all.entry(name.clone()).or_default() += u64::try_from(holding).unwrap_or(u64::MAX);
        }
    }
    all
}

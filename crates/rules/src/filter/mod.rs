//! `filter`: what may be reached. The controls turn their clauses into rules; [`rule_set`] puts the rules of a whole
//! policy together for the engine.

pub mod approved_sites;
pub mod block_page;
pub mod categories;
pub mod check;
pub mod help_sites;
pub mod illegal_lists;
pub mod media_shopping;
pub mod rule_set;
pub mod social;
pub mod user_level;

use std::collections::BTreeSet;

use ::policy::{Binding, Policy};
use kernel::{Evidence, SiteItem, Sites};

use crate::{
    facts::{Facts, GatewayFacts, ListFacts},
    judgement::{Judgement, kept, listed, listed_sites, not_kept, unknown},
};

/// Sites of the categories with these names.
pub(crate) fn categories(names: &[&str]) -> Sites {
    Sites(names.iter().map(|name| SiteItem::Category((*name).to_owned())).collect())
}

/// What a clause closes: what it names; the `usual` categories where it names nothing at all.
pub(crate) fn closed_or_usual(block: Option<&Sites>, permit: &Sites, usual: &[&str]) -> Sites {
    match block {
        Some(block) => block.clone(),
        None if permit.0.is_empty() => categories(usual),
        None => Sites::default(),
    }
}

/// The gateway, or the judgement where it is not known, not running, or does not follow the policy.
pub(crate) fn gateway(facts: &Facts) -> Result<&GatewayFacts, Box<Judgement>> {
    match &facts.gateway {
        Err(why) => Err(Box::new(unknown(&facts.now, why.clone()))),
        Ok(gateway) if !gateway.running => Err(Box::new(not_kept(
            &facts.now,
            "The gateway is not running.",
            "Start it, or look why it does not start.",
        ))),
        Ok(gateway) if !gateway.follows_policy => Err(Box::new(not_kept(
            &facts.now,
            "The gateway still decides by an earlier policy.",
            "Look at the log of the program: the new policy could not be loaded.",
        ))),
        Ok(gateway) => Ok(gateway),
    }
}

/// Judges clauses that close or open sites: the gateway follows the policy, and every category that is named has a
/// list behind it.
pub(crate) fn judge_sites(
    closed: &Sites,
    open: &Sites,
    binding: &Binding,
    policy: &Policy,
    facts: &Facts,
) -> Judgement {
    let now = &facts.now;
    let gateway = match gateway(facts) {
        Ok(gateway) => gateway,
        Err(judgement) => return *judgement,
    };
    let lists = match &facts.lists {
        Ok(lists) => lists,
        Err(why) => return unknown(now, why.clone()),
    };
    let named: Vec<_> = closed
        .0
        .iter()
        .filter_map(|site| match site {
            SiteItem::Category(name) => Some(name.as_str()),
            SiteItem::All
            | SiteItem::Domain(_)
            | SiteItem::Address { .. }
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => None,
        })
        .collect();
    let entries = |category: &str| -> u64 {
        lists.iter().filter(|list| list.categories.contains(category)).map(|list| list.entries).sum()
    };
    let empty: Vec<_> = named.iter().copied().filter(|category| entries(category) == 0).collect();
    if !empty.is_empty() {
        return not_kept(
            now,
            format!("No list knows any site of the category {}.", listed(&empty)),
            "Add a list that has it: gatehouse lists add.",
        );
    }
    let used = lists.iter().filter(|list| named.iter().any(|category| list.categories.contains(*category)));
    let faulty: BTreeSet<_> = used.filter(|list| stale(list, facts)).map(|list| list.name.as_str()).collect();
    let faulty: Vec<_> = faulty.into_iter().collect();
    let label = policy
        .all_bindings()
        .find(|(_, other)| other.key == binding.key)
        .map(|(clause, _)| clause.key().to_owned())
        .unwrap_or_default();
    let blocked = gateway.blocked.get(&label).copied().unwrap_or_default();
    let known: u64 = named.iter().map(|category| entries(category)).sum();
    let statement = match (closed.0.is_empty(), open.0.is_empty()) {
        (false, _) => format!("{known} sites are known to be closed by this; {blocked} tries were closed in 28 days."),
        (true, false) => format!("Open: {}.", listed_sites(&open.0)),
        (true, true) => format!("The gateway decides by this policy; {} lists.", lists.len()),
    };
    if !faulty.is_empty() {
        return not_kept(
            now,
            format!("The list {} has not been brought up to date for more than 30 days.", listed(&faulty)),
            "Update it: gatehouse lists update.",
        );
    }
    let (standing, evidence) = kept(now, statement);
    let evidence = evidence.link("Activity", format!("/monitor/activity?clause={label}"));
    (standing, with_lists(evidence, lists, &named))
}

fn with_lists(mut evidence: Evidence, lists: &[ListFacts], named: &[&str]) -> Evidence {
    for list in lists.iter().filter(|list| named.iter().any(|category| list.categories.contains(*category))) {
        let of: Vec<_> =
            named.iter().filter(|it| list.categories.contains(**it)).map(|it| it.replace('-', " ")).collect();
        evidence = evidence.figure(format!("Entries in {}, {}", list.name, listed(&of)), list.entries);
    }
    evidence
}

/// Whether a list that is fetched from elsewhere has not been for more than 30 days.
fn stale(list: &ListFacts, facts: &Facts) -> bool {
    let old = facts.now.timestamp().as_second() - 30 * 24 * 3600;
    list.fetched.is_some_and(|fetched| fetched.as_second() < old)
}

//! What if: requests that were made, decided by the rules of today and by others, and where the two differ. Pure: whoever
//! asks brings the requests, and both sets of rules with the same lists, so that only the rules make the difference.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry as Slot};

use jiff::Timestamp;
use kernel::{Digest, SchoolTime, Viewer};

use crate::{
    address::Address,
    decide::decide,
    decision::{Decision, Request},
    rule::ClauseRef,
    snapshot::Snapshot,
};

/// Which way a decision would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// Open today, closed then.
    Closes,
    /// Closed today, open then.
    Opens,
}

impl Turn {
    /// The word for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Closes => "closes",
            Self::Opens => "opens",
        }
    }
}

/// Requests that would be decided otherwise: of one site, by one audience, through one clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which way.
    pub turn: Turn,
    /// The host that was asked for.
    pub site: String,
    /// Who asked, as the caller names audiences (`Year 5`).
    pub audience: String,
    /// The category that the new decision stands on, where it stands on one.
    pub category: Option<String>,
    /// The clause that closes: of the new rules where it closes, of today's where it opens. None where what holds
    /// otherwise has none.
    pub clause: Option<ClauseRef>,
    /// How many requests.
    pub requests: u64,
    /// When the first of them was made.
    pub first: Timestamp,
}

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// The requests that were decided again.
    pub requests: u64,
    /// How many of them are closed today, by today's rules.
    pub closed_today: u64,
    /// What would change; the most requests first.
    pub changes: Vec<Change>,
    /// The entries of sealed lists that requests asked for. For the caller to write down that they were asked about;
    /// never to be shown.
    pub sealed: BTreeSet<Digest>,
}

impl Outlook {
    /// How many requests turn this way.
    pub fn requests_that(&self, turn: Turn) -> u64 {
        self.turning(turn).map(|change| change.requests).sum()
    }

    /// How many sites turn this way, for anybody.
    pub fn sites_that(&self, turn: Turn) -> usize {
        self.turning(turn).map(|change| change.site.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// The requests that turn this way by audience, in the order of their names.
    pub fn by_audience(&self) -> BTreeMap<&str, (u64, u64)> {
        let mut all: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for change in &self.changes {
            let (closes, opens) = all.entry(&change.audience).or_default();
            match change.turn {
                Turn::Closes => *closes += change.requests,
                Turn::Opens => *opens += change.requests,
            }
        }
        all
    }

    /// This and another part of the same question together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut all: BTreeMap<Key, Change> = BTreeMap::new();
        for change in self.changes.into_iter().chain(other.changes) {
            match all.entry(change.key()) {
                Slot::Vacant(slot) => drop(slot.insert(change)),
                Slot::Occupied(mut slot) => {
                    let before = slot.get_mut();
                    before.requests += change.requests;
                    before.first = before.first.min(change.first);
                }
            }
        }
        Self {
            requests: self.requests + other.requests,
            closed_today: self.closed_today + other.closed_today,
            changes: largest_first(all),
            sealed: self.sealed.union(&other.sealed).copied().collect(),
        }
    }

    fn turning(&self, turn: Turn) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.turn == turn)
    }
}

/// Requests of the past that are alike.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What was asked for.
    pub address: &'a Address,
    /// Who asked.
    pub viewer: &'a Viewer,
    /// The name of the audience that the viewer belongs to.
    pub audience: &'a str,
    /// When.
    pub at: &'a SchoolTime,
    /// How many.
    pub times: u64,
}

type Key = (Turn, String, String, Option<String>);

impl Change {
    fn key(&self) -> Key {
        let label = self.clause.as_ref().map(|clause| clause.label.clone());
        (self.turn, self.site.clone(), self.audience.clone(), label)
    }
}

fn largest_first(changes: BTreeMap<Key, Change>) -> Vec<Change> {
    let mut changes: Vec<Change> = changes.into_values().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.requests));
    changes
}

/// Decides requests by both sets of rules, and keeps what differs.
#[derive(Debug)]
pub struct WhatIf<'s> {
    today: &'s Snapshot,
    then: &'s Snapshot,
    requests: u64,
    closed_today: u64,
    changes: BTreeMap<Key, Change>,
    sealed: BTreeSet<Digest>,
}

impl<'s> WhatIf<'s> {
    /// Between the rules of today and others.
    pub fn new(today: &'s Snapshot, then: &'s Snapshot) -> Self {
        Self { today, then, requests: 0, closed_today: 0, changes: BTreeMap::new(), sealed: BTreeSet::new() }
    }

    /// Decides again. Sealed addresses stay refused by both, and are never named by a change.
    pub fn ask(&mut self, asked: &Asked<'_>) {
        let request = Request { address: asked.address, viewer: asked.viewer, at: asked.at, found: &[] };
        let (today, then) = (decide(&request, self.today), decide(&request, self.then));
        self.requests += asked.times;
        if today.refuses() {
            self.closed_today += asked.times;
        }
        self.sealed.extend(today.sealed.iter().chain(&then.sealed));
        let (turn, decides) = match (today.refuses(), then.refuses()) {
            (false, true) => (Turn::Closes, &then),
            (true, false) => (Turn::Opens, &today),
            (true, true) | (false, false) => return,
        };
        if today.sealed.is_none() && then.sealed.is_none() {
            self.keep(turn, decides, asked);
        }
    }

    fn keep(&mut self, turn: Turn, decides: &Decision, asked: &Asked<'_>) {
        let clause = decides.clause.as_deref();
        let label = clause.map(|clause| clause.label.clone());
        let key = (turn, asked.address.host.to_string(), asked.audience.to_owned(), label);
        let first = asked.at.timestamp();
        let change = self.changes.entry(key).or_insert_with(|| Change {
            turn,
            site: asked.address.host.to_string(),
            audience: asked.audience.to_owned(),
            category: decides.category.map(|category| category.name().to_owned()),
            clause: clause.cloned(),
            requests: 0,
            first,
        });
        change.requests += asked.times;
        change.first = change.first.min(first);
    }

    /// What would change.
    pub fn finish(self) -> Outlook {
        Outlook {
            requests: self.requests,
            closed_today: self.closed_today,
            changes: largest_first(self.changes),
            sealed: self.sealed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::{Audience, Place, Signed, SiteItem, Sites, Subject, Year};

    use super::*;
    use crate::{
        rule::{Action, Otherwise, Rule, RuleSet},
        snapshot::Parts,
    };

    fn rules(rules: Vec<Rule>) -> Snapshot {
        let otherwise = Otherwise { action: Action::Permit, clause: None, observe: false };
        Snapshot::new(Parts { rules: RuleSet { rules, otherwise, ..RuleSet::default() }, ..Parts::default() })
    }

    fn closes(site: &str, who: &str) -> Rule {
        let clause = ClauseRef { label: format!("no-{site}"), number: "4.1".to_owned(), text: "Closed.".to_owned() };
        let sites = Sites(vec![SiteItem::parse(site).unwrap()]);
        Rule { who: Audience::parse(who).unwrap(), ..Rule::new(site, Action::Block, sites, Arc::new(clause)) }
    }

    #[test]
    fn only_what_differs_is_kept_with_the_clause_that_closes() {
        let today = rules(vec![closes("songs.example", "pupils"), closes("both.example", "everyone")]);
        let then = rules(vec![closes("both.example", "everyone"), closes("sums.example", "year-4")]);
        let mut what_if = WhatIf::new(&today, &then);
        let at = SchoolTime::parse("2026-11-10 09:41").unwrap();
        let mut ask = |site: &str, year: u8, times: u64| {
            let mut viewer = Viewer::unattributed(Place::School);
            viewer.signed = Signed::Yes;
            viewer.how = kernel::HowKnown::Token;
            viewer.subject =
                Subject { roles: [kernel::Role::Pupil].into(), year: Year::numbered(year), ..Subject::default() };
            let address = Address::parse(&format!("https://{site}/")).unwrap();
            let audience = format!("Year {year}");
            what_if.ask(&Asked { address: &address, viewer: &viewer, audience: &audience, at: &at, times });
        };
        ask("songs.example", 4, 3);
        ask("songs.example", 5, 2);
        ask("sums.example", 4, 400);
        ask("sums.example", 4, 12);
        ask("sums.example", 5, 7);
        ask("both.example", 4, 9);
        let outlook = what_if.finish();
        assert_eq!((outlook.requests, outlook.closed_today), (433, 14));
        let seen: Vec<_> = outlook
            .changes
            .iter()
            .map(|it| {
                (
                    it.turn.id(),
                    it.site.as_str(),
                    it.audience.as_str(),
                    it.clause.as_ref().unwrap().label.as_str(),
                    it.requests,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("closes", "sums.example", "Year 4", "no-sums.example", 412),
                ("opens", "songs.example", "Year 4", "no-songs.example", 3),
                ("opens", "songs.example", "Year 5", "no-songs.example", 2),
            ]
        );
        assert_eq!((outlook.requests_that(Turn::Closes), outlook.sites_that(Turn::Opens)), (412, 1));
        assert_eq!(outlook.by_audience().get("Year 4"), Some(&(412, 3)));
        let twice = outlook.clone().and(outlook.clone());
        assert_eq!((twice.requests, twice.requests_that(Turn::Closes), twice.changes.len()), (866, 824, 3));
    }

    #[test]
    fn the_same_rules_change_nothing() {
        let rules = rules(vec![closes("songs.example", "pupils")]);
        let mut what_if = WhatIf::new(&rules, &rules);
        let at = SchoolTime::parse("2026-11-10 09:41").unwrap();
        let viewer = Viewer::unattributed(Place::School);
        for site in ["songs.example", "other.example"] {
            let address = Address::parse(&format!("https://{site}/")).unwrap();
            what_if.ask(&Asked { address: &address, viewer: &viewer, audience: "nobody known", at: &at, times: 1 });
        }
        assert!(what_if.finish().changes.is_empty());
    }
}

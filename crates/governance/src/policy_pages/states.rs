//! What is known of the clauses of the policy in force: the standing of each binding, and the days.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{Evidence, Standing};
use policy::{Clause, ClauseKind, Policy};

use super::history::{History, UNSEEN};

/// What a binding stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingState {
    /// Its standing.
    pub standing: Standing,
    /// How that is known.
    pub evidence: Evidence,
    /// Since when it stands so.
    pub since: Timestamp,
    /// When it was computed.
    pub at: Timestamp,
}

/// The days until yesterday, by binding: from `first` on, a rank each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// The first day; none where nothing is known.
    pub first: Option<Date>,
    /// The ranks of the worst standing of each day from the first on; [`UNSEEN`] where nobody looked.
    pub ranks: HashMap<String, Vec<u8>>,
}

/// What is known of every clause.
#[derive(Debug, Clone)]
pub struct States {
    /// Today.
    pub today: Date,
    /// By the key of the binding: `pw-age#1`.
    pub bindings: HashMap<String, BindingState>,
    /// The rank of the worst standing of today, by binding.
    pub today_worst: HashMap<String, u8>,
    /// The days before.
    pub past: Arc<Past>,
}

impl States {
    /// Nothing is known.
    pub fn empty(today: Date) -> Self {
        Self { today, bindings: HashMap::new(), today_worst: HashMap::new(), past: Arc::new(Past::default()) }
    }

    /// The state of a binding. One that was not yet computed is unknown, never kept.
    pub fn of(&self, key: &str, now: Timestamp) -> BindingState {
        self.bindings.get(key).cloned().unwrap_or_else(|| {
            let why = "Gatehouse has not looked yet.".to_owned();
            BindingState {
                evidence: Evidence::new(why.clone(), now),
                standing: Standing::Unknown { why },
                since: now,
                at: now,
            }
        })
    }

    /// The state of the worst binding of a clause; none for context.
    pub fn of_clause(&self, clause: &Clause, now: Timestamp) -> Option<BindingState> {
        match clause.kind {
            ClauseKind::Context => None,
            ClauseKind::Bound => {
                let states = clause.bindings.iter().map(|binding| self.of(&binding.key, now));
                // The first of equally bad ones, so that a page does not waver.
                states.reduce(|worst, next| if next.standing.rank() > worst.standing.rank() { next } else { worst })
            }
        }
    }

    /// The first day that is known, and the rank of a clause on each day from it until today: the worst of its
    /// bindings. A day on which one of them was not looked at is at best unknown, unless another was bad.
    fn ranks_of(&self, clause: &Clause) -> (Date, Vec<u8>) {
        let first = self.past.first.unwrap_or(self.today);
        let length = usize::try_from(first.until(self.today).map_or(0, |span| span.get_days())).unwrap_or(0);
        let unknown = rank_of("unknown");
        let mut all: Option<Vec<u8>> = None;
        for binding in &clause.bindings {
            let mut ranks = self.past.ranks.get(&binding.key).cloned().unwrap_or_default();
            ranks.resize(length, UNSEEN);
            ranks.push(self.today_worst.get(&binding.key).copied().unwrap_or(UNSEEN));
            all = Some(match all {
                None => ranks,
                Some(all) => all
                    .into_iter()
                    .zip(ranks)
                    .map(|pair| match pair {
                        (UNSEEN, UNSEEN) => UNSEEN,
                        (UNSEEN, seen) | (seen, UNSEEN) => seen.max(unknown),
                        (one, two) => one.max(two),
                    })
                    .collect(),
            });
        }
        (first, all.unwrap_or_default())
    }

    /// The history of a clause until today.
    pub fn history(&self, clause: &Clause) -> Option<History> {
        let (first, ranks) = self.ranks_of(clause);
        History::new(first, &ranks)
    }

    /// The days on which the standing of a clause became another, oldest first, with the ids.
    pub fn changes(&self, clause: &Clause) -> Vec<(Date, Option<&'static str>, &'static str)> {
        let (first, ranks) = self.ranks_of(clause);
        let mut changes = Vec::new();
        let mut before: Option<&'static str> = None;
        let days = std::iter::successors(Some(first), |day| day.checked_add(1.day()).ok());
        for (day, rank) in days.zip(ranks) {
            let Some(id) = Standing::IDS.get(usize::from(rank)).copied() else { continue };
            if before != Some(id) {
                changes.push((day, before, id));
                before = Some(id);
            }
        }
        changes
    }

    /// How many clauses had each standing on `day`; none where nobody looked at any that day.
    pub fn counts_on(&self, policy: &Policy, day: Date) -> Option<BTreeMap<&'static str, usize>> {
        let first = self.past.first?;
        let nth = usize::try_from(first.until(day).ok()?.get_days()).ok()?;
        let mut counts = BTreeMap::new();
        for clause in &policy.clauses {
            let id = self.ranks_of(clause).1.get(nth).and_then(|rank| Standing::IDS.get(usize::from(*rank)).copied());
            if let Some(id) = id {
                *counts.entry(id).or_insert(0) += 1;
            }
        }
        (!counts.is_empty()).then_some(counts)
    }
}

/// The rank of a stored id; what nobody knows is as bad as not known.
pub(crate) fn rank_of(id: &str) -> u8 {
    let known = |wanted: &str| Standing::IDS.iter().position(|known| *known == wanted);
    known(id).or_else(|| known("unknown")).and_then(|rank| u8::try_from(rank).ok()).unwrap_or(UNSEEN)
}

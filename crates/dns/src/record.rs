//! What the activity log is told of names that were asked for: each client, name and verdict once in a minute, because
//! programs ask the same again and again. Help sites are counted and never told with anybody.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use filter::{Category, ClauseRef, Decision, Entry, Opened, Reason, Rule, Verdict};
use jiff::Timestamp;
use kernel::{Digest, Viewer};

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was answered.
    Allowed,
    /// The policy closed it.
    Blocked,
    /// A rule on trial would have closed it; it was answered.
    Observed,
    /// It is open, and no server answered.
    Failed,
    /// It was for a help site: to be counted, never listed.
    Help,
}

/// The name that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Named {
    /// A name.
    Plain(String),
    /// A name of a sealed list: the digest of its entry may be written, the name only encrypted.
    Sealed {
        /// Which entry.
        digest: Digest,
        /// The name, never to be written or shown in clear.
        hidden: String,
    },
}

// What a person looked for never gets into the program's own log by way of `{:?}`.
impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Named(..)")
    }
}

/// A question and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// Who asked; none for help sites and the desk, which are never told with anybody.
    pub viewer: Option<Viewer>,
    /// From where, for the desk's page "what was I refused?"; not for the activity log. None where `viewer` is none.
    pub client: Option<IpAddr>,
    /// The name.
    pub name: Named,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in the words of the activity log.
    pub reason: &'static str,
    /// Why it was closed, where it was.
    pub closed: Option<Reason>,
    /// The other name that closed it, where it was not the one that was asked for.
    pub alias: Option<String>,
    /// The category that decided.
    pub category: Option<Category>,
    /// The rule that decided.
    pub rule: Option<Arc<Rule>>,
    /// The clause that decided.
    pub clause: Option<Arc<ClauseRef>>,
    /// The entry that was matched.
    pub entry: Option<Entry>,
    /// The policy in force.
    pub policy: Digest,
    /// The lists in use.
    pub list: Option<Digest>,
}

/// Where questions and their outcomes are written. It never waits; what it loses it counts itself.
pub trait NameLog: Send + Sync {
    /// Writes one.
    fn append(&self, asked: Asked);
}

/// Of so many questions it is known that they were written; then all are forgotten.
const MOST: usize = 200_000;

/// What was written in this minute.
#[derive(Default)]
pub(crate) struct Once {
    keys: RandomState,
    minute: Mutex<(i64, HashSet<u64>)>,
}

impl Once {
    /// Whether this is the first of its kind in its minute.
    pub(crate) fn is_first(&self, at: Timestamp, what: impl Hash) -> bool {
        let key = self.keys.hash_one(what);
        let minute = at.as_second().div_euclid(60);
        let mut seen = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != minute || seen.1.len() >= MOST {
            *seen = (minute, HashSet::new());
        }
        seen.1.insert(key)
    }
}

/// What a decision is called in the log.
pub(crate) fn outcome(decision: &Decision) -> Outcome {
    match decision.verdict {
        Verdict::Allow(Opened::Help) => Outcome::Help,
        Verdict::Allow(Opened::Desk | Opened::Unblock | Opened::Rule | Opened::Default) => Outcome::Allowed,
        Verdict::Block(_) if decision.observed => Outcome::Observed,
        Verdict::Block(_) => Outcome::Blocked,
    }
}

/// The words of the activity log for a verdict.
pub(crate) fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow(opened) => match opened {
            Opened::Desk => "desk",
            Opened::Help => "help",
            Opened::Unblock => "unblock",
            Opened::Rule => "rule",
            Opened::Default => "default",
        },
        Verdict::Block(reason) => reason.id(),
    }
}

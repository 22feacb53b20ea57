//! What a decision says: the verdict, and all that a log, a page and a person need to know of it.

use std::sync::Arc;

use kernel::{Digest, SchoolTime, Viewer};

use crate::{
    address::Address,
    category::Category,
    rule::{ClauseRef, Rule},
};

/// What is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is asked for.
    pub address: &'a Address,
    /// Who asks.
    pub viewer: &'a Viewer,
    /// When.
    pub at: &'a SchoolTime,
}

/// Why a request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opened {
    /// The school's own desk.
    Desk,
    /// A help site: visits are never listed by person.
    Help,
    /// A temporary unblock.
    Unblock,
    /// A rule opens it.
    Rule,
    /// No rule closes it.
    Default,
}

/// Why a request is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A sealed list of illegal material. No more is said.
    Sealed,
    /// The viewer's access is suspended.
    Suspended,
    /// The viewer has not signed the agreement.
    NotSigned,
    /// A rule closes it.
    Rule,
    /// No rule opens it.
    Default,
    /// The request cannot be read, so it cannot be decided.
    Unreadable,
}

impl Reason {
    /// The word of the activity log.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Suspended => "suspended",
            Self::NotSigned => "not-signed",
            Self::Rule => "rule",
            Self::Default => "default",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Open.
    Allow(Opened),
    /// Closed; refused unless the decision is only observed.
    Block(Reason),
}

/// The entry of a list, or the site of a rule, that the host was found under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The list that has it; none where a rule names the site itself.
    pub list: Option<Arc<str>>,
    /// The entry: a domain, with a path where the entry has one, an address, or a pattern.
    pub site: String,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Open or closed.
    pub verdict: Verdict,
    /// Whether a closed verdict is only recorded, because what closes it is on trial.
    pub observed: bool,
    /// The category that decided, or the most specific that the site is in.
    pub category: Option<Category>,
    /// The rule that decided.
    pub rule: Option<Arc<Rule>>,
    /// The clause that decided.
    pub clause: Option<Arc<ClauseRef>>,
    /// The entry that was matched: the one that the rule rests on, or the most specific.
    pub entry: Option<Entry>,
    /// Which sealed entry matched, as its keyed digest; nothing else is ever said of it.
    pub sealed: Option<Digest>,
}

impl Decision {
    /// Whether the request is to be refused.
    pub fn refuses(&self) -> bool {
        match self.verdict {
            Verdict::Allow(_) => false,
            Verdict::Block(_) => !self.observed,
        }
    }

    /// The decision about a request that cannot be read.
    pub fn unreadable() -> Self {
        Self::plain(Verdict::Block(Reason::Unreadable))
    }

    /// The word of the activity log: `allow`, `block`, or `observe` for a block that is only recorded.
    pub fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Allow(_) => "allow",
            Verdict::Block(_) if self.observed => "observe",
            Verdict::Block(_) => "block",
        }
    }

    /// Whether the log may name the person: never for the desk and help sites.
    pub fn may_name_person(&self) -> bool {
        match self.verdict {
            Verdict::Allow(Opened::Desk | Opened::Help) => false,
            Verdict::Allow(Opened::Unblock | Opened::Rule | Opened::Default) | Verdict::Block(_) => true,
        }
    }

    pub(crate) fn plain(verdict: Verdict) -> Self {
        Self { verdict, observed: false, category: None, rule: None, clause: None, entry: None, sealed: None }
    }
}

/// Where in the order of deciding a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 1: the sealed lists.
    Sealed,
    /// 2: the desk and the help sites.
    Own,
    /// 3: suspensions and the agreement gate.
    Gate,
    /// What the lists say of the site.
    Lists,
    /// 4: temporary unblocks.
    Unblocks,
    /// 5: rules.
    Rules,
    /// 6: what holds otherwise.
    Otherwise,
    /// The verdict.
    Verdict,
}

/// One step of the trace, in words for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where in the order.
    pub stage: Stage,
    /// What was found, as a sentence.
    pub says: String,
    /// The rule that it is about.
    pub rule: Option<String>,
    /// The clause that it is about.
    pub clause: Option<Arc<ClauseRef>>,
    /// The entry that it is about.
    pub entry: Option<Entry>,
}

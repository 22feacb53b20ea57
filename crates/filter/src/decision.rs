//! What a decision says: the verdict, and all that a log, a page and a person need to know of it.

use std::sync::Arc;

use kernel::{Digest, SchoolTime, SiteItem, Viewer};

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
    /// Categories that the content showed: it is judged as if its address stood in these too.
    pub found: &'a [Category],
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
    /// The viewer is at home, outside the hours in which devices may be used there.
    OffSite,
    /// A rule closes it.
    Rule,
    /// What it carries, or how it travels, is stopped by a clause about that.
    Carried(Carried),
    /// No rule opens it.
    Default,
    /// The request cannot be read, so it cannot be decided.
    Unreadable,
}

/// What about a request or its answer is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carried {
    /// A file of a class that is stopped.
    File,
    /// A file in which the scanner found a virus.
    Virus,
    /// A file that could not be scanned.
    Unscanned,
    /// A transfer that is too large.
    Size,
    /// A search for images.
    ImageSearch,
    /// A search engine that cannot be asked for results that suit children.
    Search,
    /// A way round the filter.
    Bypass,
}

impl Carried {
    /// The word of the activity log.
    pub fn id(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Virus => "virus",
            Self::Unscanned => "unscanned",
            Self::Size => "size",
            Self::ImageSearch => "image-search",
            Self::Search => "search",
            Self::Bypass => "bypass",
        }
    }

    /// Why it is stopped, as a sentence for whoever meets it.
    pub fn says(self) -> &'static str {
        match self {
            Self::File => "Files of this kind are not let in.",
            Self::Virus => "A virus was found in this file.",
            Self::Unscanned => "This file could not be scanned for viruses.",
            Self::Size => "This is larger than what may be loaded at once.",
            Self::Search => "This search engine cannot be made safe here. Use another.",
            Self::ImageSearch => "Searching for pictures is closed here.",
            Self::Bypass => "This is a way round the filter, and closed.",
        }
    }
}

impl Reason {
    /// The word of the activity log.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Suspended => "suspended",
            Self::NotSigned => "not-signed",
            Self::OffSite => "off-site",
            Self::Rule => "rule",
            Self::Carried(carried) => carried.id(),
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

    /// The category because of which a rule decided; none where it decided for another reason, whatever the lists know
    /// of the site.
    pub fn because_of(&self) -> Option<Category> {
        let (category, rule) = (self.category?, self.rule.as_deref()?);
        let named = |site: &SiteItem| matches!(site, SiteItem::Category(name) if name == category.name());
        rule.sites.0.iter().any(named).then_some(category)
    }

    /// The part of a site that a rule closes, as it is written: host and path; none where the whole site is meant.
    pub fn part(&self) -> Option<&str> {
        let entry = self.rule.as_ref().and(self.entry.as_ref())?;
        // What a list has is why only where the rule names the category; the rule may close every site.
        let own = entry.list.is_none() || self.because_of().is_some();
        let site = own.then_some(entry.site.as_str())?;
        let (host, path) = site.split_once('/')?;
        (!host.is_empty() && !path.is_empty() && !site.contains('*')).then_some(site)
    }

    /// The decision about a request that cannot be read.
    pub fn unreadable() -> Self {
        Self::plain(Verdict::Block(Reason::Unreadable))
    }

    /// The decision about an answer that cannot be read, because a clause asks for it to be.
    pub fn unread(clause: &Arc<ClauseRef>, observed: bool) -> Self {
        Self { observed, clause: Some(Arc::clone(clause)), ..Self::unreadable() }
    }

    /// The graver of what two measures say of the same bytes: what refuses, else what is only recorded.
    pub fn graver(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let refuses = |it: &Option<Self>| it.as_ref().is_some_and(Self::refuses);
        if refuses(&one) || !refuses(&other) { one.or(other) } else { other }
    }

    /// The decision about what a part of a treatment stops.
    pub fn carried<T>(why: Carried, cited: &crate::treatment::Cited<T>) -> Self {
        Self {
            observed: cited.observed,
            clause: Some(Arc::clone(&cited.clause)),
            ..Self::plain(Verdict::Block(Reason::Carried(why)))
        }
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
    /// 3: suspensions, the agreement gate and the hours of devices at home.
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

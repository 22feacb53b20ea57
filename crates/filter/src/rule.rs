//! A rule: what a clause, or an act that a clause provides for, opens or closes, for whom and when.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use kernel::{Audience, Calendar, PersonId, Place, SiteItem, Sites, When};

use crate::{
    decision::Request,
    table::holds,
    treatment::{ByName, Measure, TreatmentRule},
};

/// A clause of the policy, as a decision cites it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ClauseRef {
    /// The lasting label: `pw-age`.
    pub label: String,
    /// The number as printed: `4.2.1`.
    pub number: String,
    /// What it says, as one sentence.
    pub text: String,
}

/// Whether a rule opens or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Opens.
    Permit,
    /// Closes.
    Block,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Origin {
    /// A binding of the policy in force.
    #[default]
    Policy,
    /// An act that the policy provides for: a permit, an added address.
    Act {
        /// The act, as the ledger names it.
        act: String,
    },
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Unique in its rule set: the key of the binding (`social#1`) or the id of the act.
    pub id: String,
    /// The sites; any of them.
    pub sites: Sites,
    /// For whom.
    pub who: Audience,
    /// Who of them is left out.
    pub except: Option<Audience>,
    /// For this one person alone; the narrowest audience that there is.
    pub person: Option<PersonId>,
    /// At what times; always where there is none.
    pub when: Option<When>,
    /// Where; everywhere where there is none.
    pub place: Option<Place>,
    /// Where it does not hold, of where it would.
    pub except_places: Vec<Place>,
    /// Opens or closes.
    pub action: Action,
    /// The clause that says so, or that provides for it.
    pub clause: Arc<ClauseRef>,
    /// Whether it is on trial: it decides and is recorded, but neither refuses nor opens.
    pub observe: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// From when, where it has a beginning.
    pub from: Option<Timestamp>,
    /// Until when (not included), where it has an end.
    pub until: Option<Timestamp>,
}

impl Rule {
    /// A rule of the policy in force for everyone, always and everywhere; set the other fields as needed.
    pub fn new(id: impl Into<String>, action: Action, sites: Sites, clause: Arc<ClauseRef>) -> Self {
        Self {
            id: id.into(),
            sites,
            who: Audience::everyone(),
            except: None,
            person: None,
            when: None,
            place: None,
            except_places: Vec::new(),
            action,
            clause,
            observe: false,
            origin: Origin::Policy,
            from: None,
            until: None,
        }
    }

    /// Whether the moment lies between its beginning and its end.
    pub(crate) fn is_current(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// A site that a set holds: an approved site, a line of the school's own list, a platform of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetItem {
    /// The site.
    pub site: SiteItem,
    /// The act that put it there, as the ledger names it.
    pub act: Option<String>,
    /// Until when (not included), where it has an end.
    pub until: Option<Timestamp>,
}

/// What `list:NAME` and `register:NAME` hold that the desk keeps. Subscribed lists are in the index instead;
/// a name may have both.
pub type Sets = BTreeMap<SetName, Vec<SetItem>>;

/// The name of a set of sites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetName {
    /// `list:NAME`.
    List(String),
    /// `register:MODULE.NAME`.
    Register(String),
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(name) => write!(f, "list:{name}"),
            Self::Register(name) => write!(f, "register:{name}"),
        }
    }
}

/// What holds where no rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otherwise {
    /// Opens or closes.
    pub action: Action,
    /// The clause that says so, where one does.
    pub clause: Option<Arc<ClauseRef>>,
    /// Whether closing is on trial.
    pub observe: bool,
}

/// The agreement gate: `access.gated-on-agreement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What closes the web to those who have not signed; at least one. A rule for all sites, which nothing opens.
    pub rules: Vec<Rule>,
    /// Networks whose unattributed traffic counts as signed for, by name.
    pub signed_networks: std::collections::BTreeSet<String>,
}

impl Gate {
    /// The rule that closes the web to whoever asks and has not signed: of those that hold here and now and bind the
    /// viewer one that is enforced, of these the narrowest. Somebody of whom nothing is known meets the broadest.
    pub(crate) fn rule_for(&self, request: &Request<'_>, calendar: &Calendar) -> Option<&Rule> {
        let viewer = request.viewer;
        let excepts = |rule: &Rule| rule.except.as_ref().is_some_and(|except| except.contains(&viewer.subject));
        let holding = || self.rules.iter().filter(|rule| !excepts(rule) && holds(rule, request, calendar).is_ok());
        let binding = holding().filter_map(|rule| Some((rule.observe, rule.who.breadth_for(&viewer.subject)?, rule)));
        if let Some((_, _, rule)) = binding.min_by_key(|(observe, breadth, _)| (*observe, *breadth)) {
            return Some(rule);
        }
        // Of a person it is known that no clause binds them; whoever is not known could be anybody whom one binds.
        if viewer.person.is_some() {
            return None;
        }
        let widest = |it: &&Rule| it.who.atoms().iter().map(kernel::AudienceAtom::breadth).max();
        let enforced = holding().filter(|it| !it.observe).max_by_key(widest);
        enforced.or_else(|| holding().max_by_key(widest))
    }
}

/// A clause that closes everything to devices at home, outside its hours: `filter.off-site`. Nothing opens what it
/// closes but what is open to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffSite {
    /// For whom and where it closes every site.
    pub rule: Arc<Rule>,
    /// The hours in which it does not: any of them.
    pub hours: Vec<When>,
}

/// All that a policy and the acts under it say about sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// The rules, in the order of the policy.
    pub rules: Vec<Rule>,
    /// Temporary unblocks: they open before any rule is asked, until their end.
    pub unblocks: Vec<Rule>,
    /// What is done with what passes, besides opening and closing.
    pub treatments: Vec<TreatmentRule>,
    /// The sets that rules name.
    pub sets: Sets,
    /// What holds where no rule does.
    pub otherwise: Otherwise,
    /// The agreement gate, where the policy has one.
    pub gate: Option<Gate>,
    /// What is closed to devices at home outside the hours of the policy.
    pub off_site: Vec<OffSite>,
    /// The clause that suspensions rest on, where the policy has one. Suspensions hold with or without it.
    pub suspension: Option<Arc<ClauseRef>>,
    /// The clause that the sealed lists rest on, where the policy has one. They hold with or without it.
    pub sealed: Option<Arc<ClauseRef>>,
    /// The clause that keeps help sites open, where the policy has one.
    pub help: Option<Arc<ClauseRef>>,
}

impl RuleSet {
    /// The sites whose encrypted connections a clause exempts from being opened, for anybody at any time.
    pub fn never_opened(&self) -> impl Iterator<Item = &SiteItem> {
        let exempt = |rule: &&TreatmentRule| matches!(rule.measure, Measure::Splice(ByName::Exempt));
        self.treatments.iter().filter(exempt).flat_map(|treatment| &treatment.rule.sites.0)
    }
}

impl Default for RuleSet {
    /// Nothing is known, so nothing is open.
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            unblocks: Vec::new(),
            treatments: Vec::new(),
            sets: Sets::new(),
            otherwise: Otherwise { action: Action::Block, clause: None, observe: false },
            gate: None,
            off_site: Vec::new(),
            suspension: None,
            sealed: None,
            help: None,
        }
    }
}

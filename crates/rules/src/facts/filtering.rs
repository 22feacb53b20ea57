//! What is known of filtering beyond sites: inspection, names, scanning, checks, changes, requests, reports.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kernel::{Audience, PersonId, SiteItem};

use super::Known;

/// What is known of filtering beyond sites. Counts are of the last 28 days where nothing else is said.
#[derive(Debug, Clone)]
pub struct FilteringFacts {
    /// Opening encrypted connections.
    pub inspection: Known<InspectionFacts>,
    /// The resolver of names.
    pub names: Known<NameFacts>,
    /// The virus scanner.
    pub scanner: Known<ScannerFacts>,
    /// What the gateway stopped or changed besides sites, by what it was: the words of `filter::Carried::id`, and
    /// `safe-search`, `video`, `idle`.
    pub carried: Known<BTreeMap<String, u64>>,
    /// The networks from which requests came, by name.
    pub networks: Known<BTreeMap<String, NetworkFacts>>,
    /// Loaned devices away from school.
    pub off_site: Known<OffSiteFacts>,
    /// Changes to filtering beyond the policy.
    pub changes: Known<ChangeFacts>,
    /// What changes open or close beyond the policy at present, a site each.
    pub beyond: Known<Vec<BeyondFacts>>,
    /// How many sites stand on each list that has a name, wherever they come from.
    pub on_lists: Known<BTreeMap<String, u64>>,
    /// Temporary unblocks.
    pub unblocks: Known<UnblockFacts>,
    /// Reports of failures.
    pub reports: Known<ReportFacts>,
    /// The list of approved sites.
    pub approved: Known<ApprovedFacts>,
    /// The gateway's checks of itself: the last of each kind.
    pub checks: Known<Vec<CheckFacts>>,
    /// The feeds of sealed lists in use.
    pub feeds: Known<Vec<FeedFacts>>,
    /// The school's own calendars.
    pub calendars: CalendarFacts,
}

/// Of the calendars that the school keeps elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarFacts {
    /// How many there are.
    pub given: usize,
    /// When the one was read that was read the longest ago; none where one never was.
    pub read: Option<Timestamp>,
    /// Why one could not be read the last time.
    pub fault: Option<String>,
    /// Its entries, by the name that the policy has for them.
    pub called: BTreeMap<String, CalledFacts>,
}

/// Of the entries that one name of the policy stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalledFacts {
    /// How many there are, past or to come.
    pub all: usize,
    /// How many are not over.
    pub to_come: usize,
    /// Where there is none, words that entries do have: the one that was meant, perhaps, first.
    pub words: Vec<String>,
}

impl Default for FilteringFacts {
    fn default() -> Self {
        fn nothing<T>(what: &str) -> Known<T> {
            Err(format!("It has not been found out yet {what}."))
        }
        Self {
            inspection: nothing("whether encrypted connections are opened"),
            names: nothing("whether names are resolved here"),
            scanner: nothing("whether files are scanned"),
            carried: nothing("what was stopped besides sites"),
            networks: nothing("which networks come through the gateway"),
            off_site: nothing("which devices come from elsewhere"),
            changes: nothing("what was changed"),
            beyond: nothing("what is open or closed beyond the policy"),
            on_lists: nothing("what stands on the lists of sites"),
            unblocks: nothing("what was unblocked for a time"),
            reports: nothing("what failures were reported"),
            approved: nothing("which sites are approved"),
            checks: nothing("what the filter's checks of itself showed"),
            feeds: nothing("whether the sealed lists are fresh"),
            calendars: CalendarFacts::default(),
        }
    }
}

/// Of opening encrypted connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectionFacts {
    /// Whether the gateway opens connections where a treatment says so.
    pub running: bool,
    /// When the issuing certificate ends.
    pub issuer_ends: Option<Timestamp>,
    /// Devices of the school that asked for anything.
    pub school_devices: u64,
    /// Those of them that have not shown that they trust the school's root.
    pub without_root: u64,
    /// Requests that were judged within opened connections, and connections that were opened since the start.
    pub opened: u64,
}

/// Of the resolver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameFacts {
    /// Whether it answers.
    pub running: bool,
    /// Whether it decides by the policy in force.
    pub follows_policy: bool,
    /// Whether connections that are not opened are led to the safe names of search engines, by the gateway or the
    /// resolver.
    pub safe_names: bool,
}

/// Of the virus scanner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScannerFacts {
    /// Since when it answers without a break; none where it does not answer now.
    pub up_since: Option<Timestamp>,
    /// How old its signatures are.
    pub signatures: Option<Timestamp>,
    /// Files in which it found something.
    pub found: u64,
    /// Files that were to be scanned and could not be.
    pub unscanned: u64,
}

/// Of one network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkFacts {
    /// Requests from it.
    pub requests: u64,
    /// The last.
    pub last: Option<Timestamp>,
}

/// Of loaned devices away from school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OffSiteFacts {
    /// Whether the gateway listens for them.
    pub running: bool,
    /// Devices that are on loan.
    pub lent: u64,
    /// Those of them with a token that counts.
    pub devices: u64,
    /// Requests that came through the gateway from elsewhere.
    pub requests: u64,
}

/// Of changes to filtering beyond the policy, in the last year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFacts {
    /// How many.
    pub all: u64,
    /// The newest.
    pub newest: Option<Timestamp>,
    /// Changes without a reason.
    pub without_reason: u64,
    /// Changes by somebody who had no filtering-management status at that moment.
    pub without_status: u64,
    /// Changes that nobody else has confirmed.
    pub single_person: u64,
    /// Changes that wait for a second person.
    pub waiting: u64,
    /// Who made or confirmed any.
    pub people: BTreeSet<PersonId>,
    /// Who may make or agree to a change at present: by the right, the status where one is asked for, and an account.
    pub able: BTreeSet<PersonId>,
    /// Who has looked the log over and said so, and when last.
    pub looked_over: BTreeMap<PersonId, Timestamp>,
}

/// Of one site that a change opens or closes beyond the policy, at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeyondFacts {
    /// The site.
    pub site: SiteItem,
    /// The categories that the lists have it in.
    pub categories: BTreeSet<String>,
    /// The lists that it stands on, by name.
    pub lists: BTreeSet<String>,
    /// For whom.
    pub who: Audience,
    /// Whether it is opened; else it is closed.
    pub open: bool,
    /// Until when, where the change has an end.
    pub until: Option<Timestamp>,
}

/// Of the list of approved sites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovedFacts {
    /// How many of it are open and shown.
    pub all: u64,
    /// How many wait until somebody has looked at them.
    pub waiting: u64,
    /// In how many subjects the first stand.
    pub subjects: u64,
}

/// Of temporary unblocks, in the last year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnblockFacts {
    /// Asked for.
    pub asked: u64,
    /// Granted.
    pub granted: u64,
    /// Waiting for an answer at present.
    pub waiting: u64,
    /// The longest that one waits at present, in minutes.
    pub longest_wait: u64,
    /// Open at present.
    pub open: u64,
    /// Granted without an end.
    pub without_end: u64,
    /// Granted without a reason.
    pub without_reason: u64,
}

/// Of reports of failures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFacts {
    /// Reports in the last year.
    pub all: u64,
    /// The newest.
    pub newest: Option<Timestamp>,
    /// Not answered yet.
    pub open: u64,
    /// The oldest of those.
    pub oldest_open: Option<Timestamp>,
    /// Found to be failures of filtering, and not yet passed on to the provider.
    pub not_passed_on: u64,
    /// Passed on to the provider.
    pub passed_on: u64,
    /// Answered in the last year, though something had got through, and neither passed on nor said why not.
    pub kept_here: u64,
    /// When the first of those was answered.
    pub kept_here_since: Option<Timestamp>,
}

/// The last check of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFacts {
    /// As whom, in words: "pupils in Year 5".
    pub audience: String,
    /// On which network, by name.
    pub network: String,
    /// When.
    pub at: Timestamp,
    /// What was as it should be.
    pub passed: u64,
    /// What was not.
    pub failed: u64,
    /// What could not be tried.
    pub unknown: u64,
    /// What was not and nobody has acted upon.
    pub unanswered: u64,
}

/// A feed of a sealed list under licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFacts {
    /// The name of its list.
    pub list: String,
    /// Who makes it.
    pub issuer: String,
    /// The moment that its content is of.
    pub dated: Timestamp,
    /// Until when it is fresh.
    pub fresh_until: Timestamp,
    /// When it was taken in.
    pub loaded: Timestamp,
    /// When the gateway last tried its own test entries; none where it never did.
    pub tested: Option<Timestamp>,
    /// Whether one of them was let through then.
    pub missed: bool,
}

//! What is known of a school at one moment, gathered by the binary, from which standings are judged.
//!
//! Every part that may fail to be found out is a `Known`: a standing that rests on something unknown is
//! Unknown and never Kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use kernel::{Audience, PersonId, Role, SchoolTime, Subject};

use crate::Judgement;

mod filtering;

pub use filtering::{
    ApprovedFacts, BeyondFacts, CalendarFacts, CalledFacts, ChangeFacts, CheckFacts, FeedFacts, FilteringFacts,
    InspectionFacts, NameFacts, NetworkFacts, OffSiteFacts, ReportFacts, ScannerFacts, UnblockFacts,
};

/// Found out, or why not (a sentence that a person reads).
pub type Known<T> = Result<T, String>;

/// Everything that a judgement may rest on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The moment.
    pub now: SchoolTime,
    /// The policy in force.
    pub policy: PolicyFacts,
    /// Everybody on the roll who has not left.
    pub people: Known<Vec<PersonFacts>>,
    /// When the roll was last brought up to date, if ever.
    pub imported: Known<Option<Timestamp>>,
    /// Who holds which responsibility.
    pub holders: Known<BTreeMap<Role, Holders>>,
    /// The filter's lists.
    pub lists: Known<Vec<ListFacts>>,
    /// The gateway of this school.
    pub gateway: Known<GatewayFacts>,
    /// Filtering beyond sites.
    pub filtering: FilteringFacts,
    /// The activity log.
    pub activity: Known<ActivityFacts>,
    /// Looks at a person's activity in the last year, from the ledger.
    pub looks: Known<u64>,
    /// What the desk enforces of passwords and sessions.
    pub desk: DeskFacts,
    /// How the engines judge what people enter, confirm and read: by the key of the binding.
    pub engines: Known<BTreeMap<String, Judgement>>,
}

/// Of the policy in force.
#[derive(Debug, Clone)]
pub struct PolicyFacts {
    /// Since when this version is in force.
    pub since: Option<Timestamp>,
    /// Days on which versions came into force, newest first.
    pub enacted: Vec<Date>,
    /// Who has approved this version.
    pub approvals: Known<Vec<ApprovalFacts>>,
    /// Where this version is to be read.
    pub published: Known<PublishedFacts>,
    /// What is known of reading what changed with this version; none where it is the first.
    pub amended: Known<Option<AmendedFacts>>,
}

impl Default for PolicyFacts {
    fn default() -> Self {
        Self {
            since: None,
            enacted: Vec::new(),
            approvals: Ok(Vec::new()),
            published: Ok(PublishedFacts::default()),
            amended: Ok(None),
        }
    }
}

/// An approval of the version in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFacts {
    /// The body, as [`crate::policy::approve::body_id`] writes it.
    pub body: String,
    /// When.
    pub on: Date,
}

/// Where the version in force is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedFacts {
    /// Whether anybody may read it without signing in.
    pub open: bool,
    /// The places where somebody has said that it is, and how.
    pub places: Vec<(String, Shown)>,
}

/// How a policy is found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// By a link to the public page.
    Link,
    /// As a copy of the version in force.
    Copy,
    /// As a copy of an older version.
    OldCopy,
}

/// Of reading what changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AmendedFacts {
    /// On which day this version took the place of another.
    pub on: Date,
    /// Who has said that they read it.
    pub read: BTreeSet<PersonId>,
}

/// Of one person.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    /// Who it is.
    pub id: PersonId,
    /// What audiences ask.
    pub subject: Subject,
    /// Whether the person has a login of their own that is open.
    pub account: bool,
    /// Whether that login has a password of its own.
    pub password: bool,
    /// Agreements in force that the person has signed, by name, in their present wording.
    pub signed: BTreeSet<String>,
}

/// Of one responsibility.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// Who holds it.
    pub holders: BTreeSet<PersonId>,
    /// Who stands in.
    pub deputies: BTreeSet<PersonId>,
}

/// Of one list.
#[derive(Debug, Clone)]
pub struct ListFacts {
    /// The name it was added under.
    pub name: String,
    /// The categories that its entries carry.
    pub categories: BTreeSet<String>,
    /// How many entries it has.
    pub entries: u64,
    /// When it was last fetched without fault.
    pub fetched: Option<Timestamp>,
    /// Whether it is a sealed list of illegal addresses.
    pub sealed: bool,
    /// What went wrong last time, if anything.
    pub fault: Option<String>,
    /// What came back much smaller or changed, and waits for somebody to accept it.
    pub smaller: Option<SmallerFacts>,
}

/// Of a list that came back much smaller or changed.
#[derive(Debug, Clone)]
pub struct SmallerFacts {
    /// How: "much smaller".
    pub how: &'static str,
    /// Since when it waits.
    pub since: Timestamp,
    /// Of what there is less, in words.
    pub fewer: String,
}

/// Of the gateway.
#[derive(Debug, Clone, Default)]
pub struct GatewayFacts {
    /// Whether it is listening.
    pub running: bool,
    /// Whether what it decides by is the policy in force.
    pub follows_policy: bool,
    /// Blocked in the last 28 days, by clause label.
    pub blocked: BTreeMap<String, u64>,
    /// Hosts open to everybody at all times.
    pub help_sites: usize,
}

/// Of the activity log.
#[derive(Debug, Clone, Default)]
pub struct ActivityFacts {
    /// Whether rows can be written at present.
    pub writing: bool,
    /// Rows of the last 28 days.
    pub rows: u64,
    /// Rows that could not be kept, in the last 28 days.
    pub lost: u64,
    /// The oldest day that is kept.
    pub oldest: Option<Date>,
}

/// What the desk enforces.
#[derive(Debug, Clone, Default)]
pub struct DeskFacts {
    /// Sessions that ended for idleness in the last 28 days, where counted.
    pub idle_ends: u64,
}

impl Facts {
    /// The people in an audience.
    ///
    /// # Errors
    /// Why the roll is not known.
    pub fn people_in<'a>(&'a self, who: &'a Audience) -> Known<Vec<&'a PersonFacts>> {
        match &self.people {
            Ok(people) => Ok(people.iter().filter(|person| who.contains(&person.subject)).collect()),
            Err(why) => Err(why.clone()),
        }
    }
}

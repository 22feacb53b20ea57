//! Permission as a value that only this module can make.
//!
//! Whoever needs a permission asks for its permit in the signature: a handler that takes
//! `may: MayImportPeople` is only called for somebody who may, and a function of a service that takes
//! `&MayImportPeople` cannot be called by a page that forgot to ask. Which role may do what comes from
//! the policy in force ([`crate::InForce::rights`]); [`Rights::built_in`] is what holds where it is silent.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Audience, Capacity, PersonId, Role, SchoolId, SessionId};

use crate::{PageError, Session, Visit};

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident, $permit:ident = $id:literal, $words:literal, $default:expr;)*) => {
        /// Something that a person may or may not do at the desk.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $action,)* }

        impl Action {
            /// Every action, in the order of the printed matrix.
            pub const ALL: &'static [Action] = &[$(Action::$action,)*];

            /// The word in matrices and rights.
            pub fn id(self) -> &'static str {
                match self { $(Action::$action => $id,)* }
            }

            /// As the end of a sentence: "you may ...".
            pub fn words(self) -> &'static str {
                match self { $(Action::$action => $words,)* }
            }

            fn built_in(self, role: Role) -> bool {
                match self { $(Action::$action => $default(role),)* }
            }
        }

        $(
            /// Proof that somebody may
            #[doc = $words]
            #[derive(Debug, Clone, Copy)]
            pub struct $permit { by: PersonId, school: SchoolId, session: SessionId }

            impl Permit for $permit {
                const ACTION: Action = Action::$action;
                fn make(session: &Session) -> Self {
                    Self { by: session.person(), school: session.school(), session: session.id() }
                }
                fn by(&self) -> PersonId { self.by }
                fn school(&self) -> SchoolId { self.school }
                fn session(&self) -> SessionId { self.session }
            }

            impl sealed::Sealed for $permit {}

            impl $permit {
                /// Asks `rights` whether the person of `session` may.
                pub fn ask(session: &Session, rights: &Rights) -> Result<Self, Denied> {
                    if rights.allow(session.roles(), Action::$action) {
                        Ok(<Self as Permit>::make(session))
                    } else {
                        Err(Denied { person: session.person(), action: Action::$action })
                    }
                }
            }

            impl<S: Send + Sync> FromRequestParts<S> for $permit {
                type Rejection = PageError;
                async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
                    let visit = Visit::of(parts)?;
                    let session = visit.session().ok_or(PageError::SignIn)?;
                    Ok(Self::ask(session, visit.rights())?)
                }
            }
        )*
    };
}

mod sealed {
    /// Keeps permits to this module.
    pub trait Sealed {}
}

/// What all permits have in common.
pub trait Permit: sealed::Sealed + Copy {
    /// What it permits.
    const ACTION: Action;
    /// Makes one; only this module can, after asking.
    #[doc(hidden)]
    fn make(session: &Session) -> Self;
    /// Who holds it.
    fn by(&self) -> PersonId;
    /// The school in which it holds.
    fn school(&self) -> SchoolId;
    /// The session in which it was asked for.
    fn session(&self) -> SessionId;
}

/// Proof that somebody is among those whom a thing names: the readers of a register, those asked to confirm a clause.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    by: PersonId,
    school: SchoolId,
    session: SessionId,
}

impl Named {
    /// Asks whether the person of `session` is among `who`; none where not.
    pub fn ask(session: &Session, who: &Audience) -> Option<Self> {
        let made = Self { by: session.person(), school: session.school(), session: session.id() };
        who.contains(session.subject()).then_some(made)
    }

    /// Who holds it.
    pub fn by(&self) -> PersonId {
        self.by
    }

    /// The school in which it holds.
    pub fn school(&self) -> SchoolId {
        self.school
    }

    /// The session in which it was asked for.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

/// Somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{person} may not {}", action.words())]
pub struct Denied {
    /// Who asked.
    pub person: PersonId,
    /// What they asked to do.
    pub action: Action,
}

fn anybody(_: Role) -> bool {
    true
}

fn works_here(role: Role) -> bool {
    role.capacity() == Capacity::Staff
}

fn governs(role: Role) -> bool {
    role.capacity() == Capacity::Governor
}

fn one_of(roles: &'static [Role]) -> impl Fn(Role) -> bool {
    move |role| roles.contains(&role)
}

const HEAD: &[Role] = &[Role::Headteacher];
const POLICY: &[Role] = &[Role::Headteacher, Role::Slt, Role::OnlineSafetyLead];
const LEADS: &[Role] =
    &[Role::Headteacher, Role::Slt, Role::OnlineSafetyLead, Role::SafeguardingLead, Role::NetworkManager];
const WATCHES: &[Role] = &[Role::Headteacher, Role::OnlineSafetyLead, Role::SafeguardingLead, Role::NetworkManager];
const CARES: &[Role] = &[Role::Headteacher, Role::SafeguardingLead];
const LEADS_CARE: &[Role] = &[Role::SafeguardingLead];
const FILTERS: &[Role] = &[Role::OnlineSafetyLead, Role::NetworkManager];
const STOPS: &[Role] = &[Role::Headteacher, Role::Slt, Role::OnlineSafetyLead, Role::SafeguardingLead];
const MENDS: &[Role] = &[Role::Headteacher, Role::OnlineSafetyLead, Role::SafeguardingLead, Role::NetworkManager];
const TEACHES: &[Role] =
    &[Role::Headteacher, Role::Slt, Role::ComputingLead, Role::PhaseLeader, Role::ClassTeacher, Role::Teacher];
const LOGS: &[Role] = &[
    Role::Headteacher,
    Role::Slt,
    Role::OnlineSafetyLead,
    Role::SafeguardingLead,
    Role::NetworkManager,
    Role::ChairOfGovernors,
    Role::OnlineSafetyGovernor,
];
const RECORDS: &[Role] = &[Role::Headteacher, Role::NetworkManager, Role::DataManager, Role::Office];
const ACCOUNTS: &[Role] = &[Role::Headteacher, Role::NetworkManager, Role::DataManager];
const ROLL: &[Role] = &[
    Role::Headteacher,
    Role::Slt,
    Role::OnlineSafetyLead,
    Role::SafeguardingLead,
    Role::NetworkManager,
    Role::DataManager,
    Role::Office,
    Role::BusinessManager,
    Role::DataProtectionOfficer,
    Role::PhaseLeader,
    Role::ClassTeacher,
    Role::Teacher,
];
const AUDITS: &[Role] = &[
    Role::Headteacher,
    Role::Slt,
    Role::OnlineSafetyLead,
    Role::DataProtectionOfficer,
    Role::InformationRiskOwner,
    Role::ChairOfGovernors,
    Role::OnlineSafetyGovernor,
];
const COVERAGE: &[Role] = &[
    Role::Headteacher,
    Role::Slt,
    Role::OnlineSafetyLead,
    Role::SafeguardingLead,
    Role::NetworkManager,
    Role::DataManager,
    Role::Office,
    Role::PhaseLeader,
    Role::ClassTeacher,
    Role::Teacher,
    Role::ChairOfGovernors,
    Role::OnlineSafetyGovernor,
];

actions! {
    /// Read the policy as published.
    ReadPolicy, MayReadPolicy = "read-policy", "read the policy", anybody;
    /// See the standing of each clause with its evidence and history.
    SeePolicy, MaySeePolicy = "see-policy", "see how the policy stands", |role| works_here(role) || governs(role);
    /// Put a policy in force.
    EnactPolicy, MayEnactPolicy = "enact-policy", "put a policy in force", one_of(HEAD);
    /// Draft, check and compare policies.
    DraftPolicy, MayDraftPolicy = "draft-policy", "draft a policy", one_of(POLICY);
    /// See who belongs to the school.
    SeePeople, MaySeePeople = "see-people", "see who belongs to the school", one_of(ROLL);
    /// Import the roll.
    ImportPeople, MayImportPeople = "import-people", "bring in pupils, staff and classes", one_of(RECORDS);
    /// Make accounts, reset passwords, see usernames.
    ManageAccounts, MayManageAccounts = "manage-accounts", "make accounts and set passwords", one_of(ACCOUNTS);
    /// Say who answers for what: give and end responsibilities.
    ManageRoles, MayManageRoles = "manage-roles", "say who answers for what", one_of(HEAD);
    /// See what was refused and reached.
    SeeActivity, MaySeeActivity = "see-activity", "see the activity log", one_of(WATCHES);
    /// Ask why an address is open or blocked for somebody.
    Explain, MayExplain = "explain", "see why a site is open or blocked", one_of(LEADS);
    /// Add, update and remove lists of sites.
    ManageLists, MayManageLists = "manage-lists", "change the lists of sites", one_of(FILTERS);
    /// See the lists and their age.
    SeeLists, MaySeeLists = "see-lists", "see the lists of sites", one_of(LEADS);
    /// Sign the agreement that binds oneself.
    SignAgreement, MaySignAgreement = "sign-agreement", "sign the agreement", anybody;
    /// See who has signed.
    SeeCoverage, MaySeeCoverage = "see-coverage", "see who has signed", one_of(COVERAGE);
    /// Ask for a site to be opened.
    AskForSite, MayAskForSite = "ask-for-site", "ask for a site", |role| works_here(role) || role.capacity() == Capacity::Pupil;
    /// Answer those who ask for a site.
    AnswerRequests, MayAnswerRequests = "answer-requests", "answer requests for sites", one_of(FILTERS);
    /// Open or close a site beyond the policy, as far as the policy provides for it.
    ChangeFilter, MayChangeFilter = "change-filter", "change what is open and closed", one_of(FILTERS);
    /// See what was changed beyond the policy, by whom and why.
    SeeChanges, MaySeeChanges = "see-changes", "see the changes to filtering", one_of(LOGS);
    /// See what a draft of the policy, or a change that waits, would have closed and opened.
    Replay, MayReplay = "replay", "see what a draft would have changed", one_of(STOPS);
    /// Open a site for a class, for a lesson.
    OpenForClass, MayOpenForClass = "open-for-class", "open a site for a class", one_of(TEACHES);
    /// Stop somebody's use of the internet for a time.
    SuspendAccess, MaySuspendAccess = "suspend-access", "stop somebody's use of the internet", one_of(STOPS);
    /// Report that the filter let something through, or closed what is good.
    ReportFailure, MayReportFailure = "report-failure", "report a failure of the filter", anybody;
    /// Answer reports of failures, and pass them on to the provider.
    HandleFailures, MayHandleFailures = "handle-failures", "see to failures of the filter", one_of(MENDS);
    /// Open the address of something that a sealed list holds.
    OpenSealed, MayOpenSealed = "open-sealed", "open the address of illegal material", one_of(LEADS_CARE);
    /// Say which sites are good for a lesson.
    ApproveSites, MayApproveSites = "approve-sites", "approve sites for lessons", works_here;
    /// Open sites to a person or a group for a time.
    GrantPermits, MayGrantPermits = "grant-permits", "give permits for closed sites", one_of(POLICY);
    /// Tell somebody that something is wrong.
    TellSomeone, MayTellSomeone = "tell-someone", "tell someone", anybody;
    /// Read what people told.
    ReadConcerns, MayReadConcerns = "read-concerns", "read what people have told", one_of(CARES);
    /// See the ledger of acts.
    SeeLedger, MaySeeLedger = "see-ledger", "see the ledger", one_of(AUDITS);
    /// Make a token for a device of one's own.
    HoldDevice, MayHoldDevice = "hold-device", "connect a device", |role: Role| {
        works_here(role) || governs(role) || role.capacity() == Capacity::Pupil
    };
    /// Bring the filter to the school's devices: its certificate, and the codes of devices that go home.
    EquipDevices, MayEquipDevices = "equip-devices", "bring the filter to the school's devices", one_of(ACCOUNTS);
}

/// Which role may do what, as the policy in force says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    table: BTreeMap<Action, BTreeSet<Role>>,
}

impl Default for Rights {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Rights {
    /// What holds where the policy says nothing.
    pub fn built_in() -> Self {
        let holders = |action: Action| Role::ALL.iter().copied().filter(move |role| action.built_in(*role)).collect();
        Self { table: Action::ALL.iter().map(|action| (*action, holders(*action))).collect() }
    }

    /// Nobody may do anything: what holds where the policy in force cannot be read.
    pub fn none() -> Self {
        Self { table: BTreeMap::new() }
    }

    /// Names the only roles that may do `action`.
    #[must_use]
    pub fn with(mut self, action: Action, roles: impl IntoIterator<Item = Role>) -> Self {
        self.table.insert(action, roles.into_iter().collect());
        self
    }

    /// Whether a holder of any of `roles` may do `action`.
    pub fn allow(&self, roles: &BTreeSet<Role>, action: Action) -> bool {
        self.table.get(&action).is_some_and(|holders| !holders.is_disjoint(roles))
    }

    /// The roles that may do `action`.
    pub fn holders(&self, action: Action) -> BTreeSet<Role> {
        self.table.get(&action).cloned().unwrap_or_default()
    }
}

/// The rights as a table that a head can read: a role a line, an action a column.
pub fn matrix(rights: &Rights) -> String {
    let widest = Role::ALL.iter().map(|role| role.id().len()).max().unwrap_or(0);
    let mut text = " ".repeat(widest);
    for action in Action::ALL {
        let _ = write!(text, "  {}", action.id());
    }
    for role in Role::ALL {
        let mut line = format!("{:<widest$}", role.id());
        let own = BTreeSet::from([*role]);
        for action in Action::ALL {
            let mark = if rights.allow(&own, *action) { "yes" } else { "-" };
            let _ = write!(line, "  {mark:^width$}", width = action.id().len());
        }
        let _ = write!(text, "\n{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        insta::assert_snapshot!("built_in_rights", matrix(&Rights::built_in()));
    }

    #[test]
    fn a_policy_may_narrow_a_right_and_nothing_holds_without_one() {
        let head = BTreeSet::from([Role::Headteacher]);
        let rights = Rights::built_in().with(Action::EnactPolicy, [Role::ChairOfGovernors]);
        assert!(!rights.allow(&head, Action::EnactPolicy));
        assert!(rights.allow(&BTreeSet::from([Role::ChairOfGovernors, Role::Parent]), Action::EnactPolicy));
        assert!(!Rights::none().allow(&head, Action::TellSomeone));
    }
}

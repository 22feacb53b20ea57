//! Who has signed and who has not, for a reader: a class teacher sees the own class, a head everybody,
//! a governor counts.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{Capacity, PersonId, Role, Subject};
use policy::Policy;
use store::{School, StoreError};
use webkit::{Page, PortError, Session};

use super::{
    service::{SignedState, day_of, signed_state},
    views::{CoveragePage, GroupRow, Ring, WaitingRow},
};

/// Somebody on the roll, as coverage asks.
#[derive(Clone, PartialEq, Eq)]
pub struct RollPerson {
    /// Who it is.
    pub id: PersonId,
    /// "Maya Jones".
    pub name: String,
    /// What audiences ask.
    pub subject: Subject,
}

impl fmt::Debug for RollPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RollPerson").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The roll; the binary fills it from the area `people`.
#[async_trait]
pub trait Roll: Send + Sync {
    /// Everybody on the roll of the school who has not left, in the order of their names.
    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<RollPerson>, PortError>;

    /// Whether a page of others opens for somebody: a register, a confirmation, a notice. What evidence links to and
    /// does not open for the reader is not shown.
    fn opens(&self, session: &Session, href: &str, now: Timestamp) -> bool {
        let _ = (session, href, now);
        false
    }
}

/// What a reader may see of who has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody, by name.
    Everybody,
    /// These classes, by name.
    Classes(BTreeSet<String>),
    /// Counts, no names.
    Counts,
}

impl Scope {
    /// What somebody may see whose roles let them see coverage at all.
    pub fn of(subject: &Subject) -> Self {
        const ALL: [Role; 7] = [
            Role::Headteacher,
            Role::Slt,
            Role::OnlineSafetyLead,
            Role::SafeguardingLead,
            Role::NetworkManager,
            Role::DataManager,
            Role::Office,
        ];
        if ALL.iter().any(|role| subject.roles.contains(role)) {
            Self::Everybody
        } else if subject.has_capacity(Capacity::Staff) {
            Self::Classes(subject.classes.clone())
        } else {
            Self::Counts
        }
    }

    fn shows(&self, subject: &Subject) -> bool {
        match self {
            Self::Everybody | Self::Counts => true,
            Self::Classes(own) => subject.has_capacity(Capacity::Pupil) && !own.is_disjoint(&subject.classes),
        }
    }

    fn names(&self) -> bool {
        match self {
            Self::Everybody | Self::Classes(_) => true,
            Self::Counts => false,
        }
    }
}

/// One person whom an agreement binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Who.
    pub person: RollPerson,
    /// The class of a pupil, the first role of anybody else.
    pub group: String,
    /// The title of the agreement.
    pub agreement: String,
    /// How they stand to it.
    pub state: SignedState,
    /// Whether the gateway waits for the signature.
    pub gated: bool,
}

/// Who has signed, in a school, for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Everybody whom an agreement binds and whom the reader may see.
    pub people: Vec<Covered>,
    /// How many on the roll no agreement binds.
    pub unbound: usize,
}

/// Looks up who has signed.
///
/// # Errors
/// Where the store refuses.
pub async fn coverage(
    school: &School,
    policy: &Policy,
    roll: Vec<RollPerson>,
    scope: &Scope,
) -> Result<Coverage, StoreError> {
    let states = signed_state(school, policy, roll.iter().map(|person| (person.id, &person.subject))).await?;
    Ok(gather(policy, roll, states, scope))
}

fn gather(
    policy: &Policy,
    roll: Vec<RollPerson>,
    mut states: HashMap<PersonId, SignedState>,
    scope: &Scope,
) -> Coverage {
    let mut unbound = 0;
    let mut people = Vec::new();
    for person in roll.into_iter().filter(|person| scope.shows(&person.subject)) {
        let state = states.remove(&person.id);
        let agreement = state.as_ref().and_then(|state| policy.agreement(state.agreement.as_deref()?));
        match (state, agreement) {
            (Some(state), Some(agreement)) => people.push(Covered {
                group: group_of(&person.subject, policy),
                agreement: agreement.title.clone(),
                gated: state.for_gateway(policy, &person.subject) == kernel::Signed::No,
                person,
                state,
            }),
            (Some(_) | None, _) => unbound += 1,
        }
    }
    Coverage { people, unbound }
}

/// The class of a pupil, the first role of anybody else.
fn group_of(subject: &Subject, policy: &Policy) -> String {
    if subject.has_capacity(Capacity::Pupil) {
        let class = subject.classes.iter().next().cloned();
        return class.or_else(|| subject.year.map(kernel::Year::title)).unwrap_or_else(|| "No class".to_owned());
    }
    subject.roles.iter().next().map_or_else(|| "No role".to_owned(), |role| policy.front.title_of(*role))
}

/// The most names that one page lists.
const MOST_NAMES: usize = 100;

impl Coverage {
    /// How many have signed, of how many.
    pub fn counts(&self) -> (usize, usize) {
        (self.people.iter().filter(|it| it.state.is_signed()).count(), self.people.len())
    }

    /// The page; with `class`, of that class or role alone.
    pub fn page(&self, page: Page, scope: &Scope, class: Option<&str>, clause: Option<&str>) -> CoveragePage {
        let people: Vec<&Covered> =
            self.people.iter().filter(|it| class.is_none_or(|class| it.group == class)).collect();
        let one_group = class.is_some() || matches!(scope, Scope::Classes(own) if own.len() == 1);
        let waiting: Vec<_> = people.iter().filter(|it| !it.state.is_signed()).collect();
        let names = scope.names();
        let rows = waiting.iter().take(if names { MOST_NAMES } else { 0 }).map(|it| row(it)).collect();
        let signed = people.iter().filter(|it| names && one_group && it.state.is_signed());
        CoveragePage {
            page,
            caption: match (class, scope) {
                (Some(class), _) => class.to_owned(),
                (None, Scope::Classes(own)) if own.is_empty() => "You have no class".to_owned(),
                (None, Scope::Classes(own)) => own.iter().cloned().collect::<Vec<_>>().join(", "),
                (None, Scope::Everybody | Scope::Counts) => "The whole school".to_owned(),
            },
            lead: lead(people.len() - waiting.len(), people.len(), people.iter().filter(|it| it.gated).count(), clause),
            rings: rings(&people),
            groups: if class.is_some() { Vec::new() } else { groups(&people, names) },
            more: if names { waiting.len().saturating_sub(MOST_NAMES) } else { 0 },
            waiting: rows,
            signed: signed.map(|it| it.person.name.clone()).collect(),
            narrowed: class.is_some(),
        }
    }
}

fn lead(signed: usize, total: usize, gated: usize, clause: Option<&str>) -> String {
    let cited = clause.map(|number| format!(" (clause {number})")).unwrap_or_default();
    match (total, total - signed, gated) {
        (0, _, _) => "No agreement binds anybody here.".to_owned(),
        (total, 0, _) => format!("All {total} have signed."),
        (total, 1, 1) => format!("{signed} of {total} have signed. The other one has no internet until then{cited}."),
        (total, waiting, gated) if waiting == gated => {
            format!("{signed} of {total} have signed. The other {waiting} have no internet until they do{cited}.")
        }
        (total, waiting, 0) => format!("{signed} of {total} have signed; {waiting} {} not.", have(waiting)),
        (total, waiting, gated) => format!(
            "{signed} of {total} have signed; {waiting} {} not. {gated} of them {} no internet until they do{cited}.",
            have(waiting),
            have(gated)
        ),
    }
}

fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn rings(people: &[&Covered]) -> Vec<Ring> {
    let mut by_agreement: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for it in people {
        let (signed, total) = by_agreement.entry(&it.agreement).or_default();
        *signed += usize::from(it.state.is_signed());
        *total += 1;
    }
    by_agreement
        .into_iter()
        .enumerate()
        .map(|(nth, (title, (signed, total)))| Ring {
            id: format!("ring-{nth}"),
            title: title.to_owned(),
            signed,
            total,
            arc: arc(signed, total),
            sentence: match total - signed {
                0 => "Everybody has signed.".to_owned(),
                1 => "1 has not signed.".to_owned(),
                many => format!("{many} have not signed."),
            },
        })
        .collect()
}

/// The length of the arc of a ring whose whole is 339.3 units.
#[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
fn arc(signed: usize, total: usize) -> String {
    format!("{:.1}", 339.3 * signed as f64 / total.max(1) as f64)
}

fn groups(people: &[&Covered], names: bool) -> Vec<GroupRow> {
    let mut by_group: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    for it in people {
        let pupil = it.person.subject.has_capacity(Capacity::Pupil);
        let (signed, total) = by_group.entry((!pupil, &it.group)).or_default();
        *signed += usize::from(it.state.is_signed());
        *total += 1;
    }
    by_group
        .into_iter()
        .map(|((_, group), (signed, total))| GroupRow {
            group: group.to_owned(),
            signed,
            total,
            href: names.then(|| format!("/agreements/coverage?group={}", percent_encoded(group))),
        })
        .collect()
}

/// Text as a value in an address.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn row(it: &Covered) -> WaitingRow {
    WaitingRow {
        name: it.person.name.clone(),
        group: it.group.clone(),
        agreement: it.agreement.clone(),
        known: match (it.state.earlier, it.person.subject.joiner) {
            (Some(earlier), _) => format!("Signed an earlier text on {}; the words have changed", day_of(earlier)),
            (None, true) => "New at the school; has not signed".to_owned(),
            (None, false) => "Has not signed".to_owned(),
        },
    }
}

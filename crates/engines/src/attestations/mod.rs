//! Attestations: a person is asked, on a schedule, and answers with words and evidence.

pub mod asked;
pub(crate) mod pages;
pub mod service;
mod views;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, SchoolTime};
use store::School;
use webkit::{PageError, Session, permit::Named};

pub use pages::routes;
pub(crate) use pages::{short, todos};
pub use service::answers;

use self::asked::{Item, LastAnswer, State, Turn};
use crate::{Engines, InForce, Person, stored};

/// Everything that is known about what is asked in a school, on one day.
pub(crate) struct Known {
    pub(crate) in_force: Arc<dyn InForce>,
    pub(crate) today: Date,
    pub(crate) people: Vec<Person>,
    pub(crate) answers: BTreeMap<String, LastAnswer>,
}

/// An item as it stands on the day.
pub(crate) struct Looked<'k> {
    pub(crate) item: Item<'k>,
    pub(crate) due: Date,
    pub(crate) state: State,
    pub(crate) turn: Turn,
    pub(crate) asked: Vec<&'k Person>,
    pub(crate) last: Option<&'k LastAnswer>,
}

impl Known {
    /// Reads it; none where no policy is in force.
    pub(crate) async fn read(engines: &Engines, school: &School, now: Timestamp) -> Result<Option<Self>, PageError> {
        let Some(in_force) = engines.in_force(school, now).await? else { return Ok(None) };
        let (people, answers) =
            tokio::try_join!(async { engines.ports().people(school, now).await.map_err(PageError::from) }, async {
                stored(answers(school).await)
            },)?;
        Ok(Some(Self { in_force, today: SchoolTime::new(now).date(), people, answers }))
    }

    /// Every item, in the order of the policy.
    pub(crate) fn look(&self) -> Vec<Looked<'_>> {
        asked::items(&*self.in_force, self.today).into_iter().map(|item| self.look_at(item)).collect()
    }

    /// The item of a binding.
    pub(crate) fn find(&self, key: &str) -> Option<Looked<'_>> {
        asked::items(&*self.in_force, self.today)
            .into_iter()
            .find(|item| item.binding.key == key)
            .map(|item| self.look_at(item))
    }

    fn look_at<'k>(&'k self, item: Item<'k>) -> Looked<'k> {
        let last = self.answers.get(&item.binding.key);
        let since = self.in_force.binding_since(item.clause, item.binding);
        let due = item.due(last, since);
        let (turn, asked) = item.turn(due, self.today, &self.people);
        Looked { due, state: item.state(last, since, self.today), turn, asked, last, item }
    }

    /// What this person is asked now, what is due first before the rest.
    pub(crate) fn waiting_for(&self, session: &Session) -> Vec<Looked<'_>> {
        let mut own: Vec<_> = self.look().into_iter().filter(|looked| looked.waits_for(session)).collect();
        own.sort_by_key(|looked| looked.due);
        own
    }
}

impl Looked<'_> {
    /// Whether it is this person's to answer now.
    pub(crate) fn waits_for(&self, session: &Session) -> bool {
        let waits = match self.state {
            State::Overdue | State::Soon | State::New => true,
            State::Wrong | State::Apart | State::Confirmed => false,
        };
        waits && self.is_asked(session.person())
    }

    fn is_asked(&self, person: PersonId) -> bool {
        self.asked.iter().any(|one| one.id == person)
    }

    /// Proof that the person may answer.
    pub(crate) fn may(&self, session: &Session) -> Option<Named> {
        Named::ask(session, &self.item.may_answer(self.turn))
    }

    /// Where it is answered.
    pub(crate) fn href(&self) -> String {
        format!("/attestations/{}", asked::to_address(&self.item.binding.key))
    }
}

/// How many questions fall due for a person on each day from `from` to `to`, and how many are overdue as those of
/// `from`: for a calendar, which shows numbers and no names.
///
/// # Errors
/// Where the store or a port refuses.
pub async fn due_counts(
    engines: &Engines,
    school: &School,
    person: PersonId,
    (from, to): (Date, Date),
    now: Timestamp,
) -> Result<BTreeMap<Date, usize>, PageError> {
    let Some(known) = Known::read(engines, school, now).await? else { return Ok(BTreeMap::new()) };
    let mut counts = BTreeMap::new();
    for looked in known.look().iter().filter(|looked| looked.due <= to && looked.is_asked(person)) {
        *counts.entry(looked.due.max(from)).or_default() += 1;
    }
    Ok(counts)
}

/// Whether somebody sees everything that the school confirms: the head, the leads, the governors.
pub(crate) fn sees_all(session: &Session) -> Option<Named> {
    use kernel::{Audience, AudienceAtom, Capacity, Role};
    const ROLES: [Role; 8] = [
        Role::Headteacher,
        Role::Slt,
        Role::OnlineSafetyLead,
        Role::SafeguardingLead,
        Role::ComputingLead,
        Role::NetworkManager,
        Role::InformationRiskOwner,
        Role::DataProtectionOfficer,
    ];
    let mut atoms: Vec<_> = ROLES.into_iter().map(AudienceAtom::Role).collect();
    atoms.push(AudienceAtom::All(Capacity::Governor));
    Named::ask(session, &Audience::any(atoms)?)
}

//! The pages of the roll, and their routes.
//!
//! No name and no search term stands in an address: people are found by a form that is posted, and a person's
//! page is reached by identifier.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Span, Timestamp};
use kernel::{SchoolId, SessionId};
use rules::people::roster::Files;
use store::{School, Store, StoreError};
use webkit::{Action, PageError, RouteRow, Routes, Visit, Who};

pub mod import;
pub mod list;
pub mod roles;

/// What the pages need.
#[derive(Clone)]
pub struct PeopleDesk {
    store: Store,
    waiting: Arc<Waiting>,
}

impl PeopleDesk {
    /// The pages over a store.
    pub fn new(store: Store) -> Self {
        Self { store, waiting: Arc::new(Waiting::default()) }
    }

    /// The school of a visit.
    pub(crate) async fn school(&self, visit: &Visit) -> Result<School, PageError> {
        let id = visit.need_school()?;
        self.store.school_by_id(id).await.map_err(|error| {
            if matches!(error, StoreError::NoSchool(_)) { PageError::NotFound } else { PageError::internal(error) }
        })
    }
}

/// The most bytes of an archive that is sent to the desk.
const ARCHIVE: usize = 32 << 20;

/// The routes of the roll.
pub fn routes(store: Store) -> Routes<()> {
    let see = Who::May(Action::SeePeople);
    let bring = Who::May(Action::ImportPeople);
    let give = Who::May(Action::ManageRoles);
    Routes::new()
        .section("People", "/people", see, 20)
        .get("/people", see, list::list)
        .post("/people/find", see, list::find)
        .get("/people/export", bring, list::export)
        .get("/people/classes", see, list::classes)
        .get("/people/import", bring, import::form)
        .row(RouteRow::post("/people/import", bring).up_to(ARCHIVE), import::show)
        .post("/people/import/apply", bring, import::apply)
        .get("/people/roles", Who::May(Action::SeePolicy), roles::list)
        .post("/people/roles", give, roles::give)
        .post("/people/roles/end", give, roles::end)
        .get("/people/{id}", see, list::person)
        .with_state(PeopleDesk::new(store))
}

/// Rosters that were shown and wait for a yes: one a session, in memory alone, for half an hour.
#[derive(Default)]
struct Waiting(Mutex<BTreeMap<SessionId, Held>>);

struct Held {
    school: SchoolId,
    at: Timestamp,
    files: Arc<Files>,
}

/// How many wait at once; the oldest makes room.
const MOST: usize = 8;

impl Waiting {
    fn hold(&self, session: SessionId, school: SchoolId, files: Arc<Files>, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, one| one.is_fresh(now));
        held.remove(&session);
        while held.len() >= MOST {
            let oldest = held.iter().min_by_key(|(_, one)| one.at).map(|(session, _)| *session);
            let Some(oldest) = oldest else { break };
            held.remove(&oldest);
        }
        held.insert(session, Held { school, at: now, files });
    }

    fn get(&self, session: SessionId, school: SchoolId, now: Timestamp) -> Option<Arc<Files>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, one| one.is_fresh(now));
        held.get(&session).filter(|one| one.school == school).map(|one| Arc::clone(&one.files))
    }

    fn forget(&self, session: SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }
}

impl Held {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.at.checked_add(Span::new().minutes(30)).is_ok_and(|end| now < end)
    }
}

/// A fault of the store.
pub(crate) fn broken(error: StoreError) -> PageError {
    PageError::internal(error)
}

/// A stored day in words.
pub(crate) fn day_in_words(day: &str) -> String {
    store::time::parse_day(day).map_or_else(|| day.to_owned(), kernel::time::date_in_words)
}

#[cfg(test)]
mod at_the_desk;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_waits_is_its_sessions_alone_and_not_for_long() {
        let waiting = Waiting::default();
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let later = |minutes: i64| now.checked_add(Span::new().minutes(minutes)).unwrap();
        let (one, school) = (SessionId(Uuid::from_u128(1)), SchoolId(Uuid::from_u128(9)));
        waiting.hold(one, school, Arc::default(), now);
        assert!(waiting.get(one, school, later(29)).is_some());
        assert!(waiting.get(SessionId(Uuid::from_u128(2)), school, now).is_none());
        assert!(waiting.get(one, SchoolId(Uuid::from_u128(8)), now).is_none());
        assert!(waiting.get(one, school, later(30)).is_none());
        for nth in 0..20 {
            waiting.hold(SessionId(Uuid::from_u128(nth)), school, Arc::default(), later(i64::try_from(nth).unwrap()));
        }
        assert!(waiting.0.lock().unwrap().len() <= MOST);
    }
}

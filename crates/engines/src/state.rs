//! What the engines stand on: the store, and what they ask of the binary.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use declare::Declaration;
use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, Role, SchoolId, Subject};
use policy::{Binding, Clause, Policy, Registry};
use store::{School, Store, StoreError};
use tokio::sync::Semaphore;
use webkit::{PageError, PortError, Session};

use crate::registers::{Beyond, Cache, Imports, Limits, Memory};

/// The policy in force, as the engines ask of it.
pub trait InForce: Send + Sync {
    /// What it says.
    fn policy(&self) -> &Policy;

    /// The controls that it may name.
    fn registry(&self) -> &Registry;

    /// Every declaration that holds in this school: ours, and those of its policy folder.
    fn declarations(&self) -> Vec<&Arc<Declaration>>;

    /// The declaration of a control: `assets.loans`.
    fn declaration(&self, control: &str) -> Option<&Arc<Declaration>> {
        let (module, name) = control.split_once('.')?;
        self.declarations().into_iter().find(|declared| declared.module == module && declared.name == name)
    }

    /// Since which day the clause of this label has been in force.
    fn since(&self, label: &str) -> Date;

    /// Since which day a binding of the clause has asked or told what it does now: a clause may be older than what is
    /// asked about it.
    fn binding_since(&self, clause: &Clause, _binding: &Binding) -> Date {
        self.since(clause.key())
    }
}

/// Somebody on the roll.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// "Maya Jones".
    pub name: String,
    /// What audiences ask. Roles that the person stands in for are among those held.
    pub subject: Subject,
    /// The roles that the person only stands in for.
    pub deputises: BTreeSet<Role>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What the engines ask of others. The binary fills it in.
#[async_trait]
pub trait Ports: Send + Sync {
    /// The policy in force; none where the school has none yet.
    async fn in_force(&self, school: &School, now: Timestamp) -> Result<Option<Arc<dyn InForce>>, PortError>;

    /// Everybody on the roll who has not left, in the order of their names.
    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<Person>, PortError>;

    /// The page of the agreement that the person has still to sign, which comes before everything else.
    async fn unsigned(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PortError>;
}

/// A page that an area has for a register besides the engines' own: a map, a coverage, a way to enter many at once. The
/// list of the register leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The register: `learning.curriculum`.
    pub control: &'static str,
    /// What the link says.
    pub title: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Whether only those see it who write in the register.
    pub writes: bool,
}

/// How many workbooks are written at once: each is in memory as a whole until it is sent.
const WORKBOOKS: usize = 2;

/// The engines' state. Cheap to clone.
#[derive(Clone)]
pub struct Engines(Arc<Parts>);

struct Parts {
    store: Store,
    ports: Arc<dyn Ports>,
    cache: Cache,
    memory: Memory,
    imports: Imports,
    feeds: Limits,
    workbooks: Semaphore,
    offers: RwLock<Vec<Offer>>,
    beyond: RwLock<Vec<Arc<dyn Beyond>>>,
}

impl Engines {
    /// Puts together the records and what is asked of others.
    pub fn new(store: Store, ports: Arc<dyn Ports>) -> Self {
        Self(Arc::new(Parts {
            store,
            ports,
            cache: Cache::default(),
            memory: Memory::default(),
            imports: Imports::default(),
            feeds: Limits::default(),
            workbooks: Semaphore::new(WORKBOOKS),
            offers: RwLock::default(),
            beyond: RwLock::default(),
        }))
    }

    /// Adds pages that areas have for registers.
    pub fn offer(&self, offers: impl IntoIterator<Item = Offer>) {
        self.0.offers.write().unwrap_or_else(PoisonError::into_inner).extend(offers);
    }

    /// The pages of areas for a register, for those who write in it or only read it.
    pub(crate) fn offers(&self, control: &str, writes: bool) -> Vec<Offer> {
        let all = self.0.offers.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|offer| offer.control == control && (writes || !offer.writes)).copied().collect()
    }

    /// Adds what an area does with registers beyond their declarations.
    pub fn go_beyond(&self, beyond: Arc<dyn Beyond>) {
        self.0.beyond.write().unwrap_or_else(PoisonError::into_inner).push(beyond);
    }

    pub(crate) fn all_beyond(&self) -> Vec<Arc<dyn Beyond>> {
        self.0.beyond.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The records of the installation.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The entries that were read for standings.
    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// What is remembered of registers.
    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    /// The turns at writing a workbook.
    pub(crate) fn workbooks(&self) -> &Semaphore {
        &self.0.workbooks
    }

    /// The files that wait to be brought in.
    pub(crate) fn imports(&self) -> &Imports {
        &self.0.imports
    }

    /// How often calendars are read.
    pub(crate) fn feeds(&self) -> &Limits {
        &self.0.feeds
    }

    /// What is asked of others.
    pub fn ports(&self) -> &dyn Ports {
        &*self.0.ports
    }

    /// The school of a session.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn school(&self, id: SchoolId) -> Result<School, PageError> {
        stored(self.0.store.school_by_id(id).await)
    }

    /// The policy in force, if there is one.
    ///
    /// # Errors
    /// Where it could not be read.
    pub async fn in_force(&self, school: &School, now: Timestamp) -> Result<Option<Arc<dyn InForce>>, PageError> {
        Ok(self.0.ports.in_force(school, now).await?)
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines").finish_non_exhaustive()
    }
}

/// A fault of the store as an answer.
pub(crate) fn stored<T>(result: Result<T, StoreError>) -> Result<T, PageError> {
    result.map_err(PageError::internal)
}

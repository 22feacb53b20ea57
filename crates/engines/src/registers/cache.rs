//! Entries in memory, for standings: what was read once is read again only where it changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use declare::Entry;
use kernel::SchoolId;
use sea_orm::{FromQueryResult, QuerySelect};
use store::{
    School, StoreError,
    entity::register_entry,
    query::{ColumnTrait, ExprTrait},
};
use uuid::Uuid;

use super::{
    memory::{Mark, mark, marks},
    stored::Kept,
};
use crate::Engines;

/// How far back changes are looked for again: an act that took its time may become visible after a later one.
const OVERLAP: i64 = 10 * 60 * 1000;
/// From how many changes on it is less work to read everything.
const MANY: usize = 5_000;

type Key = (SchoolId, String);

/// The registers that were read.
#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<Key, Arc<Slot>>>);

#[derive(Default)]
struct Slot {
    read: tokio::sync::Mutex<Option<Read>>,
    /// Entries that this process has written since.
    touched: Mutex<HashSet<Uuid>>,
}

struct Read {
    all: BTreeMap<Uuid, One>,
    entries: Arc<[Arc<Entry>]>,
    latest: i64,
    /// The mark that the register had before this was read.
    mark: Mark,
}

struct One {
    version: i64,
    /// None where the entry was struck out: it counts for nothing.
    entry: Option<Arc<Entry>>,
}

#[derive(FromQueryResult)]
struct Version {
    id: Uuid,
    version: i64,
}

impl Cache {
    /// Says that this process has written entries.
    pub(crate) fn touch(&self, school: SchoolId, control: &str, ids: &[Uuid]) {
        let slot = self.slot(school, control);
        slot.touched.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    /// Says that entries were deleted, or that all of them may have changed.
    pub(crate) async fn forget(&self, school: SchoolId, control: &str) {
        *self.slot(school, control).read.lock().await = None;
    }

    fn slot(&self, school: SchoolId, control: &str) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((school, control.to_owned())).or_default())
    }
}

impl Engines {
    /// Every entry of a register that counts, in the order in which they were entered: those struck out do not. Reads
    /// only what has changed since it was last asked, and nothing where the register has still the mark that it had.
    ///
    /// # Errors
    /// Where the store refuses, or what it has is damaged.
    pub async fn entries(&self, school: &School, control: &str) -> Result<Arc<[Arc<Entry>]>, StoreError> {
        self.entries_at(school, control, mark(school, control).await?).await
    }

    /// The same of several registers, by control.
    ///
    /// # Errors
    /// Where the store refuses, or what it has is damaged.
    pub async fn entries_of(
        &self,
        school: &School,
        controls: BTreeSet<String>,
    ) -> Result<HashMap<String, Arc<[Arc<Entry>]>>, StoreError> {
        let marks = marks(school).await?;
        let mut all = HashMap::new();
        for control in controls {
            let entries = self.entries_at(school, &control, marks.get(&control).copied()).await?;
            all.insert(control, entries);
        }
        Ok(all)
    }

    /// The entries of a register whose mark has just been read.
    async fn entries_at(&self, school: &School, control: &str, mark: Mark) -> Result<Arc<[Arc<Entry>]>, StoreError> {
        let slot = self.cache().slot(school.id(), control);
        let mut read = slot.read.lock().await;
        if let Some(before) = read.as_ref().filter(|before| before.mark == mark) {
            return Ok(Arc::clone(&before.entries));
        }
        let touched: Vec<Uuid> = slot.touched.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        let mut fresh = match read.take() {
            Some(before) => before.refreshed(school, control, touched).await?,
            None => Read::whole(school, control).await?,
        };
        fresh.mark = mark;
        let entries = Arc::clone(&fresh.entries);
        *read = Some(fresh);
        Ok(entries)
    }
}

impl Read {
    async fn whole(school: &School, control: &str) -> Result<Self, StoreError> {
        let rows = school
            .read()
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Register.eq(control))
            .all()
            .await?;
        let mut read = Self { all: BTreeMap::new(), entries: Arc::from(Vec::new()), latest: 0, mark: None };
        for row in rows {
            read.put(row)?;
        }
        read.list();
        Ok(read)
    }

    /// Where an error ends it, everything is read anew the next time.
    async fn refreshed(mut self, school: &School, control: &str, touched: Vec<Uuid>) -> Result<Self, StoreError> {
        let rows = school.read();
        let recent = register_entry::Column::Register
            .eq(control)
            .and(register_entry::Column::ChangedAt.gte(self.latest.saturating_sub(OVERLAP)));
        let versions: Vec<Version> = rows
            .find::<register_entry::Entity>()
            .filter(recent)
            .with(|select| {
                select.select_only().column(register_entry::Column::Id).column(register_entry::Column::Version)
            })
            .all_as()
            .await?;
        let known = |one: &Version| self.all.get(&one.id).is_some_and(|had| had.version == one.version);
        let mut changed: HashSet<Uuid> = versions.iter().filter(|one| !known(one)).map(|one| one.id).collect();
        changed.extend(touched);
        if changed.len() > MANY {
            return Self::whole(school, control).await;
        }
        let ids: Vec<Uuid> = changed.iter().copied().collect();
        for some in ids.chunks(500) {
            // By their identifiers alone: with the register beside them, a database may read all of it.
            let found = rows.find::<register_entry::Entity>();
            let found = found.filter(register_entry::Column::Id.is_in(some.iter().copied())).all().await?;
            for row in found.into_iter().filter(|row| row.register == control) {
                self.put(row)?;
            }
        }
        let number =
            rows.find::<register_entry::Entity>().filter(register_entry::Column::Register.eq(control)).count().await?;
        if number != self.all.len() as u64 {
            return Self::whole(school, control).await;
        }
        if !changed.is_empty() {
            self.list();
        }
        Ok(self)
    }

    fn put(&mut self, row: register_entry::Model) -> Result<(), StoreError> {
        let (id, version) = (row.id, row.version);
        self.latest = Ord::max(self.latest, row.changed_at);
        let kept = Kept::of(row)?;
        let entry = kept.struck.is_none().then(|| Arc::new(kept.entry));
        self.all.insert(id, One { version, entry });
        Ok(())
    }

    /// Identifiers sort by the time at which they were made.
    fn list(&mut self) {
        self.entries = self.all.values().filter_map(|one| one.entry.clone()).collect();
    }
}

//! A school: the only way to rows.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use kernel::SchoolId;
use sea_orm::DatabaseTransaction;

use crate::{
    Act, Event, Ledger, Rows, Store, StoreError, Tx,
    entity::school,
    ids,
    ledger::{self, Recorded},
    open::begin,
    outbox, seal, tx,
};

/// One school of the installation. Cheap to clone.
#[derive(Clone)]
pub struct School {
    store: Store,
    row: Arc<school::Model>,
}

impl std::fmt::Debug for School {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "School({})", self.row.slug)
    }
}

impl School {
    pub(crate) fn new(store: Store, row: school::Model) -> Self {
        Self { store, row: Arc::new(row) }
    }

    /// The identifier.
    pub fn id(&self) -> SchoolId {
        SchoolId(self.row.id)
    }

    /// The short name in addresses and commands.
    pub fn slug(&self) -> &str {
        &self.row.slug
    }

    /// The name as people say it.
    pub fn name(&self) -> &str {
        &self.row.name
    }

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads the rows of the school.
    pub fn read(&self) -> Rows {
        Rows { connection: self.store.inner.reader.clone(), school: self.row.id }
    }

    /// Does an act: what `change` does to the rows, the act's entry in the ledger, and its event, in one
    /// transaction. Where `change` returns an error, nothing of it has happened. Acts of one school
    /// follow each other, so what `change` reads is still so when it writes.
    ///
    /// # Errors
    /// What `change` returns, or a [`StoreError`] in its type.
    pub async fn act<T, E, F, Fut>(&self, act: Act, now: Timestamp, change: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError>,
    {
        self.act_many(vec![act], now, change).await
    }

    /// Does several acts in one transaction; as [`School::act`].
    ///
    /// # Errors
    /// What `change` returns, or a [`StoreError`] in its type.
    pub async fn act_many<T, E, F, Fut>(&self, acts: Vec<Act>, now: Timestamp, change: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError>,
    {
        acts.iter().try_for_each(Act::check)?;
        let transaction = begin(&self.store.inner.writer).await.map_err(StoreError::from)?;
        one_transaction(self, transaction, acts, true, now, change).await
    }

    /// Changes rows that nobody decides: when a session was last seen, attempts to sign in, computed
    /// standing. No entry is made. Whatever a person decides is an act instead.
    ///
    /// # Errors
    /// What `change` returns, or a [`StoreError`] in its type.
    pub async fn bookkeep<T, E, F, Fut>(&self, now: Timestamp, change: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError>,
    {
        let transaction = begin(&self.store.inner.writer).await.map_err(StoreError::from)?;
        one_transaction(self, transaction, Vec::new(), false, now, change).await
    }

    /// The ledger of the school.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.clone())
    }

    /// A secret of this school for one purpose: to digest tokens, to make pseudonyms.
    pub fn secret(&self, name: &str) -> [u8; 32] {
        *self.store.inner.keys.derive("secret", self.row.id, name)
    }

    /// Seals words so that the database alone does not show them. They open with the same `purpose`.
    ///
    /// # Errors
    /// Where the machine gives no random bytes.
    pub fn seal(&self, purpose: &str, words: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal::seal(&self.store.inner.keys.derive("seal", self.row.id, purpose), purpose.as_bytes(), words)
    }

    /// Opens what [`School::seal`] made.
    ///
    /// # Errors
    /// Where it was made for another purpose or school, or is damaged.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.store.inner.keys.derive("seal", self.row.id, purpose);
        seal::open(&key, purpose.as_bytes(), sealed, "sealed words")
    }
}

/// Runs `change` in `transaction`, records what is to be recorded, and commits; undoes all where any of it fails.
pub(crate) async fn one_transaction<T, E, F, Fut>(
    school: &School,
    transaction: DatabaseTransaction,
    acts: Vec<Act>,
    records: bool,
    now: Timestamp,
    change: F,
) -> Result<T, E>
where
    F: FnOnce(Tx) -> Fut,
    Fut: Future<Output = Result<T, E>>,
    E: From<StoreError>,
{
    let head = if records { Some(ledger::lock_head(&transaction, school.id().0).await?) } else { None };
    let inner = Arc::new(tx::Inner {
        transaction,
        school: school.id().0,
        acts: Mutex::new(acts),
        events: Mutex::new(Vec::new()),
        records,
    });
    let done = change(Tx { inner: Arc::clone(&inner) }).await;
    let inner = Arc::into_inner(inner).ok_or(StoreError::StillOpen)?;
    let value = match done {
        Ok(value) => value,
        Err(error) => {
            inner.transaction.rollback().await.map_err(StoreError::from)?;
            return Err(error);
        }
    };
    let acts = inner.acts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let extra = inner.events.into_inner().unwrap_or_else(PoisonError::into_inner);
    let recorded = match head {
        Some(head) => ledger::append(&inner.transaction, school, head, &acts, now).await?,
        None => Vec::new(),
    };
    let events = outbox::put(&inner.transaction, events_of(school, &recorded, extra, now)?).await?;
    inner.transaction.commit().await.map_err(StoreError::from)?;
    if acts.iter().any(|act| act.name == ledger::ERASE) {
        school.store.forget_journal().await;
    }
    for event in events {
        // Nobody listening is no fault: the outbox has it.
        let _ = school.store.inner.events.send(event);
    }
    Ok(value)
}

fn events_of(
    school: &School,
    recorded: &[Recorded],
    extra: Vec<(String, serde_json::Value)>,
    now: Timestamp,
) -> Result<Vec<Event>, StoreError> {
    let of_acts = recorded.iter().map(|entry| {
        let payload = serde_json::json!({ "seq": entry.seq, "actor": entry.actor, "subject": entry.subject });
        (entry.act.clone(), payload)
    });
    of_acts
        .chain(extra)
        .map(|(kind, payload)| Ok(Event { id: ids::new_id(now)?, school: school.id(), at: now, kind, payload }))
        .collect()
}

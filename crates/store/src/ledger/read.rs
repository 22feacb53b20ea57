//! Reads the ledger: entries, newest first, and the details beside them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use kernel::{Digest, PersonId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Entry, Fault, Ledger,
    append::{context, unwrap_key},
    chain::sha256,
};
use crate::{
    StoreError,
    entity::{ledger_detail, ledger_entry, ledger_head, ledger_key},
    seal,
    time::{millis, timestamp},
};

/// The keys of subjects that a check has met; none where one does not open.
pub(super) type Keys = HashMap<Uuid, Option<Zeroizing<[u8; 32]>>>;

const NO_KEY: StoreError = StoreError::Damaged { what: "the key of a subject" };

/// Which entries are asked for. The default is the newest hundred.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Only what this person did.
    pub actor: Option<PersonId>,
    /// Only what was done to this person or thing.
    pub subject: Option<Uuid>,
    /// Only this act, or, where it ends in a full stop, every act that begins so: `agreements.`.
    pub act: Option<String>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only entries before this number: the next page.
    pub before: Option<i64>,
    /// At most so many; a hundred where nothing is said.
    pub limit: Option<u64>,
}

/// What is to be known about an entry besides what the chain says.
#[derive(Debug, Clone, PartialEq)]
pub enum Details {
    /// There was nothing else.
    None,
    /// The details.
    Known(Value),
    /// They were erased.
    Erased {
        /// When.
        at: Timestamp,
        /// By which entry, which says under which clause.
        by: i64,
    },
}

impl Ledger {
    /// The entries asked for, newest first.
    ///
    /// # Errors
    /// Where the database refuses, or a stored entry is damaged.
    pub async fn entries(&self, which: &Which) -> Result<Vec<Entry>, StoreError> {
        let mut query = ledger_entry::Entity::find().filter(ledger_entry::Column::SchoolId.eq(self.school.id().0));
        if let Some(actor) = which.actor {
            query = query.filter(ledger_entry::Column::ActorId.eq(actor.0));
        }
        if let Some(subject) = which.subject {
            query = query.filter(ledger_entry::Column::SubjectId.eq(subject));
        }
        if let Some(act) = &which.act {
            query = match act.strip_suffix('.') {
                Some(_) => query.filter(ledger_entry::Column::Act.starts_with(act)),
                None => query.filter(ledger_entry::Column::Act.eq(act)),
            };
        }
        if let Some(since) = which.since {
            query = query.filter(ledger_entry::Column::At.gte(millis(since)));
        }
        if let Some(before) = which.before {
            query = query.filter(ledger_entry::Column::Seq.lt(before));
        }
        let rows = query
            .order_by_desc(ledger_entry::Column::Seq)
            .limit(which.limit.unwrap_or(100))
            .all(&self.school.store().inner.reader)
            .await?;
        rows.into_iter().map(Entry::from_row).collect()
    }

    /// Number and hash of the newest entry.
    ///
    /// # Errors
    /// Where the database refuses, or the head is damaged.
    pub async fn head(&self) -> Result<(i64, Digest), StoreError> {
        const HEAD: StoreError = StoreError::Damaged { what: "the head of a ledger" };
        let row = ledger_head::Entity::find_by_id(self.school.id().0)
            .one(&self.school.store().inner.reader)
            .await?
            .ok_or(HEAD)?;
        Ok((row.seq, Digest::parse(&row.hash).map_err(|_| HEAD)?))
    }

    /// The details of an entry. Whoever asks must be allowed to read its subject.
    ///
    /// # Errors
    /// Where the database refuses, or the details are not those that the entry was made with.
    pub async fn details(&self, entry: &Entry) -> Result<Details, StoreError> {
        if entry.details.is_none() {
            return Ok(Details::None);
        }
        let reader = &self.school.store().inner.reader;
        let stored = ledger_detail::Entity::find_by_id((self.school.id().0, entry.seq)).one(reader).await?;
        let Some(row) = stored else { return self.erased(entry).await };
        let key = ledger_key::Entity::find_by_id(row.key_id).one(reader).await?.ok_or(NO_KEY)?;
        let key = unwrap_key(&self.school, &key)?;
        self.opened(entry, &row, &key)
    }

    /// Whether the details of a page of entries, in the order of the chain, are those that they were made
    /// with; says what is wrong. Asks the database a few times for the page, not for each entry.
    pub(super) async fn check_details(&self, page: &[Entry], keys: &mut Keys) -> Result<Vec<Fault>, StoreError> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Vec::new()) };
        let reader = &self.school.store().inner.reader;
        let rows = ledger_detail::Entity::find()
            .filter(ledger_detail::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_detail::Column::Seq.between(first.seq, last.seq))
            .all(reader)
            .await?;
        let mut rows: HashMap<i64, ledger_detail::Model> = rows.into_iter().map(|row| (row.seq, row)).collect();
        let missing: Vec<Uuid> = rows
            .values()
            .map(|row| row.key_id)
            .filter(|id| !keys.contains_key(id))
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        for some in missing.chunks(500) {
            let found = ledger_key::Entity::find()
                .filter(ledger_key::Column::SchoolId.eq(self.school.id().0))
                .filter(ledger_key::Column::Id.is_in(some.iter().copied()))
                .all(reader)
                .await?;
            keys.extend(found.into_iter().map(|row| (row.id, unwrap_key(&self.school, &row).ok())));
        }
        let mut faults = Vec::new();
        for entry in page.iter().filter(|entry| entry.details.is_some()) {
            match rows.remove(&entry.seq) {
                Some(row) => {
                    let key = keys.get(&row.key_id).and_then(Option::as_ref);
                    if key.is_none_or(|key| self.opened(entry, &row, key).is_err()) {
                        faults.push(Fault::DetailsChanged { entry: entry.seq });
                    }
                }
                None => match self.erased(entry).await {
                    Ok(_) => {}
                    Err(StoreError::DetailsGone(entry)) => faults.push(Fault::DetailsGone { entry }),
                    Err(other) => return Err(other),
                },
            }
        }
        Ok(faults)
    }

    /// Opens the sealed details of an entry, and sees that they are those that it was made with.
    fn opened(&self, entry: &Entry, row: &ledger_detail::Model, key: &[u8; 32]) -> Result<Details, StoreError> {
        const WHAT: &str = "the details of an entry";
        let plain = seal::open(key, &context(&self.school, entry.seq), &row.sealed, WHAT)?;
        if entry.details != Some(sha256(&[&plain])) {
            return Err(StoreError::Damaged { what: WHAT });
        }
        let words = plain.get(32..).ok_or(StoreError::Damaged { what: WHAT })?;
        serde_json::from_slice(words).map(Details::Known).map_err(|_| StoreError::Damaged { what: WHAT })
    }

    /// The erasure that took the details of an entry away; damage where there was none.
    async fn erased(&self, entry: &Entry) -> Result<Details, StoreError> {
        let gone = StoreError::DetailsGone(entry.seq);
        let Some(subject) = entry.subject else { return Err(gone) };
        let row = ledger_entry::Entity::find()
            .filter(ledger_entry::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_entry::Column::SubjectId.eq(subject))
            .filter(ledger_entry::Column::Act.eq(super::ERASE))
            .filter(ledger_entry::Column::Seq.gt(entry.seq))
            .order_by_asc(ledger_entry::Column::Seq)
            .one(&self.school.store().inner.reader)
            .await?;
        row.map(|row| Details::Erased { at: timestamp(row.at), by: row.seq }).ok_or(gone)
    }
}

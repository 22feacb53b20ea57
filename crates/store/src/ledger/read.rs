//! Reads the ledger: entries, newest first, and the details beside them.

use jiff::Timestamp;
use kernel::{Digest, PersonId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Entry, Ledger,
    append::{context, unwrap_key},
    chain::sha256,
};
use crate::{
    StoreError,
    entity::{ledger_detail, ledger_entry, ledger_head, ledger_key},
    seal,
    time::{millis, timestamp},
};

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
        const WHAT: &str = "the details of an entry";
        let Some(digest) = entry.details else { return Ok(Details::None) };
        let reader = &self.school.store().inner.reader;
        let stored = ledger_detail::Entity::find_by_id((self.school.id().0, entry.seq)).one(reader).await?;
        let Some(row) = stored else { return self.erased(entry).await };
        let key = ledger_key::Entity::find_by_id(row.key_id)
            .one(reader)
            .await?
            .ok_or(StoreError::Damaged { what: "the key of a subject" })?;
        if let (Some(at), Some(by)) = (key.erased_at, key.erased_by_seq) {
            return Ok(Details::Erased { at: timestamp(at), by });
        }
        let key = unwrap_key(&self.school, &key)?;
        let plain = seal::open(&key, &context(&self.school, entry.seq), &row.sealed, WHAT)?;
        if sha256(&[&plain]) != digest {
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

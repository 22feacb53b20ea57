//! Signed checkpoints: how far the chain went at a moment. Once a copy of one has left the house,
//! nobody can shorten or rewrite the chain before it unseen.

use jiff::Timestamp;
use kernel::{Digest, SchoolTime};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{Checkpoint, Ledger};
use crate::{
    StoreError,
    entity::ledger_checkpoint,
    ids,
    time::{millis, timestamp},
};

impl Ledger {
    /// Signs how far the chain goes at present, and keeps that.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn checkpoint(&self, now: Timestamp) -> Result<Checkpoint, StoreError> {
        let (seq, hash) = self.head().await?;
        let mut checkpoint = Checkpoint { seq, hash, at: millis(now), signature: String::new() };
        let store = self.school.store();
        checkpoint.signature = store.inner.keys.sign(checkpoint.message(self.school.id()).as_bytes());
        let row = ledger_checkpoint::Model {
            id: ids::new_id(now)?,
            school_id: self.school.id().0,
            seq,
            hash: hash.to_string(),
            at: checkpoint.at,
            signature: checkpoint.signature.clone(),
        };
        ledger_checkpoint::Entity::insert(row.into_active_model()).exec_without_returning(&store.inner.writer).await?;
        Ok(checkpoint)
    }

    /// The checkpoint of the day, where there is none yet on this day; for a job that runs often.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn daily_checkpoint(&self, now: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        let day = |millis| SchoolTime::new(timestamp(millis)).date();
        match self.checkpoints().await?.last() {
            Some(newest) if day(newest.at) >= SchoolTime::new(now).date() => Ok(None),
            Some(_) | None => self.checkpoint(now).await.map(Some),
        }
    }

    /// Every checkpoint, oldest first.
    ///
    /// # Errors
    /// Where the database refuses, or a stored one is damaged.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let rows = ledger_checkpoint::Entity::find()
            .filter(ledger_checkpoint::Column::SchoolId.eq(self.school.id().0))
            .order_by_asc(ledger_checkpoint::Column::At)
            .order_by_asc(ledger_checkpoint::Column::Seq)
            .all(&self.school.store().inner.reader)
            .await?;
        rows.into_iter()
            .map(|row| {
                let hash =
                    Digest::parse(&row.hash).map_err(|_| StoreError::Damaged { what: "a checkpoint of the ledger" })?;
                Ok(Checkpoint { seq: row.seq, hash, at: row.at, signature: row.signature })
            })
            .collect()
    }
}

//! The outbox: what happened, for jobs and other modules to act on. An event is stored with the rows
//! that it tells of; in one process it is also sent to who listens. A consumer may get one twice.

use jiff::Timestamp;
use kernel::SchoolId;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{OnConflict, Query},
};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    entity::{outbox_done, outbox_event},
    time::{millis, timestamp},
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The identifier.
    pub id: Uuid,
    /// In which school.
    pub school: SchoolId,
    /// When.
    pub at: Timestamp,
    /// What: the name of an act, or of an event that a transaction emitted.
    pub kind: String,
    /// Identifiers that say to whom or what. Of an act: `seq`, `actor`, `subject`.
    pub payload: serde_json::Value,
}

/// The stored events.
pub struct Outbox {
    store: Store,
}

impl Outbox {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Events that `consumer` has not marked done, oldest first.
    ///
    /// # Errors
    /// Where the database refuses, or a stored event is damaged.
    pub async fn pending(&self, consumer: &str, limit: u64) -> Result<Vec<Event>, StoreError> {
        self.pending_since(consumer, Timestamp::MIN, limit).await
    }

    /// As [`Outbox::pending`], of the events since `from` alone: for a consumer that knew then what all before had done.
    ///
    /// # Errors
    /// Where the database refuses, or a stored event is damaged.
    pub async fn pending_since(&self, consumer: &str, from: Timestamp, limit: u64) -> Result<Vec<Event>, StoreError> {
        let done = Query::select()
            .column(outbox_done::Column::EventId)
            .from(outbox_done::Entity)
            .and_where(outbox_done::Column::Consumer.eq(consumer))
            .to_owned();
        let rows = outbox_event::Entity::find()
            .filter(outbox_event::Column::At.gte(millis(from)))
            .filter(outbox_event::Column::Id.into_expr().not_in_subquery(done))
            .order_by_asc(outbox_event::Column::At)
            .order_by_asc(outbox_event::Column::Id)
            .limit(limit)
            .all(&self.store.inner.reader)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// When the newest event happened, by the clock of whoever stored it.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        let newest = outbox_event::Entity::find().order_by_desc(outbox_event::Column::At);
        Ok(newest.one(&self.store.inner.reader).await?.map(|row| timestamp(row.at)))
    }

    /// Says that `consumer` has dealt with these events.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn done(&self, consumer: &str, events: &[Uuid], now: Timestamp) -> Result<(), StoreError> {
        for chunk in events.chunks(500) {
            let rows = chunk.iter().map(|event| outbox_done::ActiveModel {
                consumer: sea_orm::Set(consumer.to_owned()),
                event_id: sea_orm::Set(*event),
                done_at: sea_orm::Set(millis(now)),
            });
            outbox_done::Entity::insert_many(rows)
                .on_conflict(
                    OnConflict::columns([outbox_done::Column::Consumer, outbox_done::Column::EventId])
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(&self.store.inner.writer)
                .await?;
        }
        Ok(())
    }

    /// Forgets events from before `before`, done or not, and says how many.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = outbox_event::Entity::delete_many()
            .filter(outbox_event::Column::At.lt(millis(before)))
            .exec(&self.store.inner.writer)
            .await?;
        Ok(done.rows_affected)
    }
}

/// Stores events with the rows that they tell of.
pub(crate) async fn put(transaction: &DatabaseTransaction, events: Vec<Event>) -> Result<Vec<Event>, StoreError> {
    for chunk in events.chunks(500) {
        let rows = chunk.iter().map(|event| outbox_event::ActiveModel {
            id: sea_orm::Set(event.id),
            school_id: sea_orm::Set(event.school.0),
            at: sea_orm::Set(millis(event.at)),
            kind: sea_orm::Set(event.kind.clone()),
            payload: sea_orm::Set(event.payload.to_string()),
        });
        outbox_event::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    }
    Ok(events)
}

fn from_row(row: outbox_event::Model) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.id,
        school: SchoolId(row.school_id),
        at: timestamp(row.at),
        kind: row.kind,
        payload: serde_json::from_str(&row.payload).map_err(|_| StoreError::Damaged { what: "an event" })?,
    })
}

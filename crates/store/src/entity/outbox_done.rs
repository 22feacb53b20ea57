//! Table `outbox_done`. That a consumer has dealt with an event.

use sea_orm::entity::prelude::*;

/// That a consumer has dealt with an event.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_done")]
pub struct Model {
    /// The name of the consumer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer: String,
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    /// When.
    pub done_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `event_id`.
    #[sea_orm(
        belongs_to = "super::outbox_event::Entity",
        from = "Column::EventId",
        to = "super::outbox_event::Column::Id"
    )]
    Event,
}

impl ActiveModelBehavior for ActiveModel {}
super::debug_by_id!(consumer, event_id);

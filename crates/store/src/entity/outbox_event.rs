//! Table `outbox_event`. Something that happened, for jobs and other modules to act on.

use sea_orm::entity::prelude::*;

/// Something that happened, for jobs and other modules to act on.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// When.
    pub at: i64,
    /// What happened; the name of an act, or of an event.
    pub kind: String,
    /// Identifiers that say to whom or what, as JSON.
    pub payload: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `ledger_detail`. The details of an entry, encrypted.

use sea_orm::entity::prelude::*;

/// The details of an entry, encrypted.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_detail")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The key.
    pub key_id: Uuid,
    /// Salt and details, encrypted.
    pub sealed: Vec<u8>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `key_id`.
    #[sea_orm(belongs_to = "super::ledger_key::Entity", from = "Column::KeyId", to = "super::ledger_key::Column::Id")]
    Key,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, seq);

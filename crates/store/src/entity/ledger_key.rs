//! Table `ledger_key`. The key that details about one subject are encrypted under, wrapped by the master secret.

use sea_orm::entity::prelude::*;

/// The key that details about one subject are encrypted under, wrapped by the master secret.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_key")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The subject; the school itself for acts without one.
    pub subject_id: Uuid,
    /// The wrapped key; none after erasure.
    pub wrapped: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: i64,
    /// When it was destroyed.
    pub erased_at: Option<i64>,
    /// The entry that destroyed it.
    pub erased_by_seq: Option<i64>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `ledger_checkpoint`. A signed statement of how far the chain of a school went.

use sea_orm::entity::prelude::*;

/// A signed statement of how far the chain of a school went.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_checkpoint")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Number of the newest entry at the time.
    pub seq: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When.
    pub at: i64,
    /// Ed25519 signature, hexadecimal.
    pub signature: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

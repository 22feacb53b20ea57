//! Table `installation`. One row about this installation: which keys belong to its database.

use sea_orm::entity::prelude::*;

/// One row about this installation: which keys belong to its database.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The public half of the ledger signing key, hexadecimal.
    pub ledger_public_key: String,
    /// Proof that a master secret is the right one, hexadecimal.
    pub key_check: String,
    /// When the installation was first started.
    pub created_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
super::debug_by_id!(id);

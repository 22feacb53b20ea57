//! Table `ledger_entry`. An entry of the ledger. The database refuses to change or delete it.

use sea_orm::entity::prelude::*;

/// An entry of the ledger. The database refuses to change or delete it.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// Number in the chain, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The identifier.
    pub id: Uuid,
    /// When.
    pub at: i64,
    /// Who acted; none where Gatehouse itself did.
    pub actor_id: Option<Uuid>,
    /// What was done.
    pub act: String,
    /// To whom or what it was done.
    pub subject_id: Option<Uuid>,
    /// The label of the clause under which it was done.
    pub clause: Option<String>,
    /// Salted digest of the details, hexadecimal.
    pub details_digest: Option<String>,
    /// Hash of the entry before, hexadecimal.
    pub previous: String,
    /// Hash of this entry, hexadecimal.
    pub hash: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, seq);

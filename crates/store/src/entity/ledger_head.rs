//! Table `ledger_head`. The newest entry of the chain of a school; locked while an act is appended.

use sea_orm::entity::prelude::*;

/// The newest entry of the chain of a school; locked while an act is appended.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_head")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// Number of the newest entry; 0 before the first.
    pub seq: i64,
    /// Hash of the newest entry, hexadecimal.
    pub hash: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id);

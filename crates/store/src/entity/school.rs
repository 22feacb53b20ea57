//! Table `school`. A school of this installation.

use sea_orm::entity::prelude::*;

/// A school of this installation.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "school")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Short name in addresses and commands.
    pub slug: String,
    /// The name as people say it.
    pub name: String,
    /// When it was added.
    pub created_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
super::debug_by_id!(id);

//! Table `filter_change_site`. A site of a change.

use sea_orm::entity::prelude::*;

/// A site of a change.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_change_site")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The change.
    pub change_id: Uuid,
    /// The site, as a policy writes it.
    pub site: String,
    /// What the file said of it; empty where nothing.
    pub note: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `change_id`.
    #[sea_orm(
        belongs_to = "super::filter_change::Entity",
        from = "Column::ChangeId",
        to = "super::filter_change::Column::Id"
    )]
    Change,
}

impl Related<super::filter_change::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Change.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

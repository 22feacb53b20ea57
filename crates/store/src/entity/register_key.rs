//! Table `register_key`. What a field of an entry is sorted and looked up by.

use sea_orm::entity::prelude::*;

/// What a field of an entry is sorted and looked up by.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_key")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The register.
    pub register: String,
    /// The field.
    #[sea_orm(primary_key, auto_increment = false)]
    pub field: String,
    /// 0; counts the values of a field that holds several.
    #[sea_orm(primary_key, auto_increment = false)]
    pub nth: i64,
    /// Orders as the value does.
    pub sort_key: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `entry_id`.
    #[sea_orm(
        belongs_to = "super::register_entry::Entity",
        from = "Column::EntryId",
        to = "super::register_entry::Column::Id"
    )]
    Entry,
}

impl Related<super::register_entry::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Entry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(entry_id, field, nth);

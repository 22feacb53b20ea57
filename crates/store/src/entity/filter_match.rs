//! Table `filter_match`. That something was refused because a sealed list holds it.

use sea_orm::entity::prelude::*;

/// That something was refused because a sealed list holds it.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_match")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// When.
    pub at: i64,
    /// The keyed digest of the entry, hexadecimal.
    pub digest: String,
    /// The device or session by whose credential it was asked for.
    pub device_id: Option<Uuid>,
    /// The label of the clause.
    pub clause: Option<String>,
    /// What was asked for, sealed.
    pub address: Vec<u8>,
    /// When somebody last opened the address.
    pub opened_at: Option<i64>,
    /// Who opened it.
    pub opened_by: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `opened_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::OpenedBy",
        to = "super::people_person::Column::Id"
    )]
    OpenedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

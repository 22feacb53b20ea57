//! Table `filter_suspension`. That somebody's use of the internet is stopped for a time.

use sea_orm::entity::prelude::*;

/// That somebody's use of the internet is stopped for a time.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_suspension")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Whose.
    pub person_id: Uuid,
    /// Why, encrypted.
    pub reason: Vec<u8>,
    /// The label of the clause that provides for it.
    pub clause: Option<String>,
    /// When it was decided.
    pub suspended_at: i64,
    /// Who decided it.
    pub suspended_by: Option<Uuid>,
    /// From when.
    pub from_at: i64,
    /// Until when (not included).
    pub until_at: i64,
    /// When it was ended before its time.
    pub ended_at: Option<i64>,
    /// Who ended it.
    pub ended_by: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `person_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::PersonId",
        to = "super::people_person::Column::Id"
    )]
    Person,
    /// By `suspended_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::SuspendedBy",
        to = "super::people_person::Column::Id"
    )]
    SuspendedBy,
    /// By `ended_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EndedBy",
        to = "super::people_person::Column::Id"
    )]
    EndedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

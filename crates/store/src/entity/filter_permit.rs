//! Table `filter_permit`. That somebody may use sites that are closed to others.

use sea_orm::entity::prelude::*;

/// That somebody may use sites that are closed to others.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_permit")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The person, where it is one.
    pub person_id: Option<Uuid>,
    /// Else for whom, as a JSON list of audiences.
    pub who: Option<String>,
    /// The sites and categories, as a JSON list.
    pub sites: String,
    /// What for.
    pub reason: String,
    /// The label of the clause that provides for it.
    pub clause: Option<String>,
    /// When it was given.
    pub granted_at: i64,
    /// Who gave it.
    pub granted_by: Option<Uuid>,
    /// From when.
    pub from_at: i64,
    /// Until when (not included), where it has an end.
    pub until_at: Option<i64>,
    /// When it was taken back.
    pub ended_at: Option<i64>,
    /// Who took it back.
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
    /// By `granted_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::GrantedBy",
        to = "super::people_person::Column::Id"
    )]
    GrantedBy,
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

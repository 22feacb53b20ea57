//! Table `filter_status`. Who holds the status that the policy asks for to change filtering.

use sea_orm::entity::prelude::*;

/// Who holds the status that the policy asks for to change filtering.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_status")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Who holds it.
    pub person_id: Uuid,
    /// Since when.
    pub granted_at: i64,
    /// Who gave it.
    pub granted_by: Option<Uuid>,
    /// When it ended.
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

//! Table `filter_request`. That somebody asked for a site to be opened.

use sea_orm::entity::prelude::*;

/// That somebody asked for a site to be opened.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_request")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Who asked, where that is known.
    pub person_id: Option<Uuid>,
    /// The host.
    pub site: String,
    /// Why, in the words of who asked; empty where none was given.
    pub reason: String,
    /// When.
    pub asked_at: i64,
    /// `open`; then `lesson` (opened for one), `added` (for longer) or `refused`.
    pub state: String,
    /// When it was answered.
    pub answered_at: Option<i64>,
    /// Who answered.
    pub answered_by: Option<Uuid>,
    /// What was answered.
    pub answer: Option<String>,
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
    /// By `answered_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::AnsweredBy",
        to = "super::people_person::Column::Id"
    )]
    AnsweredBy,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `filter_failure`. That somebody reported a failure of the filter.

use sea_orm::entity::prelude::*;

/// That somebody reported a failure of the filter.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_failure")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Who reported it.
    pub person_id: Option<Uuid>,
    /// `open`: it should have been closed. `closed`: it should have been open. `other`.
    pub sort: String,
    /// The site; empty where none was named.
    pub site: String,
    /// What happened, in the words of who reported it.
    pub words: String,
    /// When.
    pub reported_at: i64,
    /// `new`, `escalated` or `answered`.
    pub state: String,
    /// The label of the clause that provides for it.
    pub clause: Option<String>,
    /// By when it is to be answered.
    pub due_at: i64,
    /// When it was passed on to a provider.
    pub escalated_at: Option<i64>,
    /// Who passed it on.
    pub escalated_by: Option<Uuid>,
    /// To whom.
    pub escalated_to: Option<String>,
    /// The provider's number for it.
    pub reference: Option<String>,
    /// When it was answered.
    pub answered_at: Option<i64>,
    /// Who answered it.
    pub answered_by: Option<Uuid>,
    /// What was answered.
    pub answer: Option<String>,
    /// Why it was answered without passing it on.
    pub kept_here: Option<String>,
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
    /// By `escalated_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EscalatedBy",
        to = "super::people_person::Column::Id"
    )]
    EscalatedBy,
    /// By `answered_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::AnsweredBy",
        to = "super::people_person::Column::Id"
    )]
    AnsweredBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

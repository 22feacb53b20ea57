//! Table `learning_survey_answer`. An answer to a survey. Nothing says who gave it: the identifier is random, and only the day is kept.

use sea_orm::entity::prelude::*;

/// An answer to a survey. Nothing says who gave it: the identifier is random, and only the day is kept.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "learning_survey_answer")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The survey: an entry of its register.
    pub survey_id: Uuid,
    /// The day.
    pub day_on: String,
    /// What was answered, as JSON.
    pub answers_json: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `survey_id`.
    #[sea_orm(
        belongs_to = "super::register_entry::Entity",
        from = "Column::SurveyId",
        to = "super::register_entry::Column::Id"
    )]
    Survey,
}

impl Related<super::register_entry::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Survey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

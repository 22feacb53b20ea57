//! Table `attest_answer`. What a person answered who was asked to confirm a clause.

use sea_orm::entity::prelude::*;

/// What a person answered who was asked to confirm a clause.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attest_answer")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The binding: `label#n`.
    pub binding_key: String,
    /// The label of its clause.
    pub label: String,
    /// Its control.
    pub control: String,
    /// `yes`, `no` or `not-applicable`.
    pub answer: String,
    /// What was said: what was looked at, what is wrong, why it does not apply.
    pub words: String,
    /// What will be done, where the answer is no.
    pub mend: String,
    /// By when it will be done.
    pub mend_by_on: Option<String>,
    /// The file that came with it.
    pub file_id: Option<Uuid>,
    /// The day by which it is asked again.
    pub next_on: String,
    /// Who answered.
    pub answered_by: Option<Uuid>,
    /// When.
    pub answered_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
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
        Relation::AnsweredBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

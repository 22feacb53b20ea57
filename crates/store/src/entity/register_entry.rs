//! Table `register_entry`. An entry of a register.

use sea_orm::entity::prelude::*;

/// An entry of a register.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_entry")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The register, by its control: `assets.loans`.
    pub register: String,
    /// The label of the clause that it was entered for, where clauses have entries of their own.
    pub clause: Option<String>,
    /// Its state, where entries have some.
    pub state: Option<String>,
    /// Whether it is done with: in a state that ends it, or struck out.
    pub ended: bool,
    /// How it is called.
    pub title: String,
    /// What can be searched, folded: every field that all readers see.
    pub search: String,
    /// What stands in its fields, as JSON.
    pub values_json: String,
    /// The person whom it is about.
    pub subject_id: Option<Uuid>,
    /// The last day on which it is not overdue.
    pub due_on: Option<String>,
    /// The last day on which it is kept.
    pub keep_until_on: Option<String>,
    /// Counts the changes.
    pub version: i64,
    /// When it was entered.
    pub entered_at: i64,
    /// Who entered it.
    pub entered_by: Option<Uuid>,
    /// When it was last changed.
    pub changed_at: i64,
    /// Who changed it last.
    pub changed_by: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `subject_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::SubjectId",
        to = "super::people_person::Column::Id"
    )]
    Subject,
    /// By `entered_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EnteredBy",
        to = "super::people_person::Column::Id"
    )]
    EnteredBy,
    /// By `changed_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::ChangedBy",
        to = "super::people_person::Column::Id"
    )]
    ChangedBy,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Subject.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

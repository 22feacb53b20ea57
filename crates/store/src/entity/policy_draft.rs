//! Table `policy_draft`. A policy that somebody is writing.

use sea_orm::entity::prelude::*;

/// A policy that somebody is writing.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_draft")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The policy that it was begun from.
    pub base_digest: Option<String>,
    /// What the draft is called.
    pub title: String,
    /// Its files, as JSON.
    pub source_json: String,
    /// `open`, `submitted`, `enacted` or `dropped`.
    pub state: String,
    /// Counts the changes.
    pub version: i64,
    /// Who began it.
    pub made_by: Option<Uuid>,
    /// When it was begun.
    pub made_at: i64,
    /// Who changed it last.
    pub changed_by: Option<Uuid>,
    /// When it was last changed.
    pub changed_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `made_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::MadeBy",
        to = "super::people_person::Column::Id"
    )]
    MadeBy,
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
        Relation::MadeBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

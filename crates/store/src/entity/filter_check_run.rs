//! Table `filter_check_run`. A run of the filter's checks of itself, or a check by hand.

use sea_orm::entity::prelude::*;

/// A run of the filter's checks of itself, or a check by hand.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_check_run")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// `schedule`, `desk` or `hand`.
    pub sort: String,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: i64,
    /// Who asked for it, or checked by hand; none where it ran by itself.
    pub started_by: Option<Uuid>,
    /// The label of the clause that asks for it.
    pub clause: Option<String>,
    /// The digest of the policy in force then.
    pub policy: Option<String>,
    /// How many were as they should be.
    pub passed: i64,
    /// How many were not.
    pub failed: i64,
    /// How many could not be tried.
    pub unknown: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `started_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::StartedBy",
        to = "super::people_person::Column::Id"
    )]
    StartedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

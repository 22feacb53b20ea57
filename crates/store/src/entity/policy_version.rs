//! Table `policy_version`. A version of the policy that was enacted, kept whole.

use sea_orm::entity::prelude::*;

/// A version of the policy that was enacted, kept whole.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_version")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Digest of its source, hexadecimal.
    pub digest: String,
    /// The version as its front matter says.
    pub version: String,
    /// The title as its front matter says.
    pub title: String,
    /// Its files as JSON.
    pub source: String,
    /// When it was enacted.
    pub enacted_at: i64,
    /// Who enacted it; none where the installation did.
    pub enacted_by: Option<Uuid>,
    /// From when it is in force.
    pub in_force_from_at: i64,
    /// When another took its place.
    pub superseded_at: Option<i64>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `enacted_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EnactedBy",
        to = "super::people_person::Column::Id"
    )]
    EnactedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `policy_standing`. What each binding of the policy in force stands at, as last computed.

use sea_orm::entity::prelude::*;

/// What each binding of the policy in force stands at, as last computed.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_standing")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The binding: `label#n`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub binding_key: String,
    /// Its control.
    pub control: String,
    /// The label of its clause.
    pub label: String,
    /// `kernel::Standing::id`.
    pub standing: String,
    /// The whole standing as JSON.
    pub standing_json: String,
    /// The evidence as JSON.
    pub evidence: String,
    /// Since when it stands so.
    pub since_at: i64,
    /// When it was computed.
    pub at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, binding_key);

//! Table `policy_standing_day`. The worst standing of a binding on each day.

use sea_orm::entity::prelude::*;

/// The worst standing of a binding on each day.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_standing_day")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The binding: `label#n`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub binding_key: String,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day_on: String,
    /// The worst `kernel::Standing::id` of that day.
    pub standing: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, binding_key, day_on);

//! Table `register_stamp`. The mark of the last change of a register.

use sea_orm::entity::prelude::*;

/// The mark of the last change of a register: another one with each, so that whoever remembers something of the register
/// knows whether it still holds.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_stamp")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The register: `assets.loans`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub register: String,
    /// The mark.
    pub stamp: Uuid,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(stamp);

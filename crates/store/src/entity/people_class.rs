//! Table `people_class`. A class or teaching group.

use sea_orm::entity::prelude::*;

/// A class or teaching group.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_class")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The identifier in the system that the roll comes from.
    pub outside_id: String,
    /// The name: 5B.
    pub name: String,
    /// The year group, where the class has one.
    pub year: Option<String>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

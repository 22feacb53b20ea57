//! Table `people_person`. A person on the roll: pupil, member of staff, parent, governor.

use sea_orm::entity::prelude::*;

/// A person on the roll: pupil, member of staff, parent, governor.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_person")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The identifier in the system that the roll comes from.
    pub outside_id: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// What the person is called, where that differs from the first name.
    pub preferred_name: Option<String>,
    /// The year group of a pupil, as `kernel::Year` writes it.
    pub year: Option<String>,
    /// First day at the school.
    pub joined_on: Option<String>,
    /// Last day at the school.
    pub left_on: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

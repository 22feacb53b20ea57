//! Table `people_role`. That a person holds a role, or is its deputy, over a time.

use sea_orm::entity::prelude::*;

/// That a person holds a role, or is its deputy, over a time.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_role")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The role, as `kernel::Role::id` writes it.
    pub role: String,
    /// Whether as deputy.
    pub deputy: bool,
    /// First day.
    pub since_on: String,
    /// Last day; none while it lasts.
    pub until_on: Option<String>,
    /// `roll` where the import gave it, `desk` where a person did.
    pub source: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `person_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::PersonId",
        to = "super::people_person::Column::Id"
    )]
    Person,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

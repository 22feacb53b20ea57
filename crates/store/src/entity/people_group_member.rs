//! Table `people_group_member`. That a person belongs to a group that the school keeps.

use sea_orm::entity::prelude::*;

/// That a person belongs to a group that the school keeps.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_group_member")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The name of the group, as a policy writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_name: String,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
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
super::debug_by_id!(school_id, group_name, person_id);

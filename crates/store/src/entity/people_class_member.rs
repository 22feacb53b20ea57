//! Table `people_class_member`. That a person belongs to a class, as pupil or teacher.

use sea_orm::entity::prelude::*;

/// That a person belongs to a class, as pupil or teacher.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_class_member")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The class.
    #[sea_orm(primary_key, auto_increment = false)]
    pub class_id: Uuid,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// `pupil` or `teacher`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_as: String,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `class_id`.
    #[sea_orm(
        belongs_to = "super::people_class::Entity",
        from = "Column::ClassId",
        to = "super::people_class::Column::Id"
    )]
    Class,
    /// By `person_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::PersonId",
        to = "super::people_person::Column::Id"
    )]
    Person,
}

impl Related<super::people_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Class.def()
    }
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, class_id, person_id, member_as);

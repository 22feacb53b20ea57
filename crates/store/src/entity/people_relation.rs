//! Table `people_relation`. How a person stands to another: `person_id` is the parent (or line manager) of `other_id`.

use sea_orm::entity::prelude::*;

/// How a person stands to another: `person_id` is the parent (or line manager) of `other_id`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people_relation")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// The other person: the child, the person managed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub other_id: Uuid,
    /// `parent` or `line-manager`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub relation: String,
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
    /// By `other_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::OtherId",
        to = "super::people_person::Column::Id"
    )]
    Other,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(school_id, person_id, other_id, relation);

//! Table `policy_approval`. That somebody approved a text of the policy, or did not.

use sea_orm::entity::prelude::*;

/// That somebody approved a text of the policy, or did not.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_approval")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The text: the digest of its source.
    pub digest: String,
    /// For which body, as the policy names it: `governors`.
    pub body: String,
    /// Who.
    pub person_id: Option<Uuid>,
    /// Whether it was approved.
    pub approved: bool,
    /// What was said with it.
    pub words: String,
    /// When.
    pub given_at: i64,
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

//! Table `access_account`. The account that a person signs in with.

use sea_orm::entity::prelude::*;

/// The account that a person signs in with.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_account")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The name to sign in with, in lower case; unique in the school.
    pub username: String,
    /// Argon2id in PHC form; none until a password is set.
    pub password_hash: Option<String>,
    /// Whether the password must be changed at the next sign-in.
    pub must_change: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it was closed.
    pub disabled_at: Option<i64>,
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

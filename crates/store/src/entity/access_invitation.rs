//! Table `access_invitation`. A link that may be used once: the first administrator, a first password.

use sea_orm::entity::prelude::*;

/// A link that may be used once: the first administrator, a first password.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_invitation")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Keyed digest of the token, hexadecimal.
    pub token_digest: String,
    /// What it is for.
    pub purpose: String,
    /// For whom, where that is known.
    pub person_id: Option<Uuid>,
    /// When it was made.
    pub created_at: i64,
    /// When it stops to work.
    pub expires_at: i64,
    /// When it was used.
    pub used_at: Option<i64>,
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

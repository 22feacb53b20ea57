//! Table `access_session`. A session at the desk, from sign-in to sign-out or silence.

use sea_orm::entity::prelude::*;

/// A session at the desk, from sign-in to sign-out or silence.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_session")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// Keyed digest of the cookie, hexadecimal.
    pub token_digest: String,
    /// When the person signed in.
    pub created_at: i64,
    /// When the person was last heard of.
    pub last_seen_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// The address that it was last used from.
    pub address: String,
    /// Whether the gateway knows the person by that address.
    pub binds_address: bool,
    /// When that address was last heard at the gateway, to a minute.
    pub heard_at: Option<i64>,
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

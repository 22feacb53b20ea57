//! Table `access_device`. A device, or a network of devices, with a token of its own for the gateway.

use sea_orm::entity::prelude::*;

/// A device, or a network of devices, with a token of its own for the gateway.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_device")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Whose device it is; none for a device that stands for a network.
    pub person_id: Option<Uuid>,
    /// The network whose audience it stands for.
    pub network: Option<String>,
    /// The entry of the school's register of devices that it is; none for a device of which that is not known.
    pub asset_id: Option<Uuid>,
    /// What people call it.
    pub label: String,
    /// Keyed digest of the token, hexadecimal.
    pub token_digest: String,
    /// When it was issued.
    pub created_at: i64,
    /// When it was withdrawn.
    pub revoked_at: Option<i64>,
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

//! Table `agreements_signature`. That a person signed an agreement.

use sea_orm::entity::prelude::*;

/// That a person signed an agreement.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreements_signature")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The name of the agreement in the policy.
    pub agreement: String,
    /// Digest of the text that was signed, hexadecimal.
    pub agreement_digest: String,
    /// Digest of the policy in force at the time, hexadecimal.
    pub policy_digest: String,
    /// When.
    pub signed_at: i64,
    /// The name as the person wrote it.
    pub signed_name: String,
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

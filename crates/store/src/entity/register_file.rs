//! Table `register_file`. A file of an entry, or of an answer.

use sea_orm::entity::prelude::*;

/// A file of an entry, or of an answer.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_file")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The register, or `attest`.
    pub register: String,
    /// The entry or answer; none while its form is open.
    pub entry_id: Option<Uuid>,
    /// The field.
    pub field: String,
    /// What it was called.
    pub name: String,
    /// What it is, as found in its bytes: `application/pdf`.
    pub media: String,
    /// How many bytes.
    pub bytes: i64,
    /// SHA-256 of the bytes.
    pub digest: String,
    /// The bytes, sealed.
    pub content: Vec<u8>,
    /// When it was added.
    pub added_at: i64,
    /// Who added it.
    pub added_by: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `added_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::AddedBy",
        to = "super::people_person::Column::Id"
    )]
    AddedBy,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AddedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

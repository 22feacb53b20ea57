//! Table `access_attempt`. An attempt to sign in, kept for a short while to slow down guessing.

use sea_orm::entity::prelude::*;

/// An attempt to sign in, kept for a short while to slow down guessing.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_attempt")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Keyed digest of what is throttled (a username, an address), hexadecimal.
    pub key_digest: String,
    /// When.
    pub at: i64,
    /// Whether it succeeded.
    pub ok: bool,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `filter_feed`. The feed that a sealed list comes from.

use sea_orm::entity::prelude::*;

/// The feed that a sealed list comes from.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_feed")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The name of the list, unique in the school.
    pub list: String,
    /// Who makes the feed.
    pub issuer: String,
    /// Under which licence.
    pub licence: String,
    /// The day and hour of its content, as its issuer says.
    pub dated_at: i64,
    /// Until when it is fresh.
    pub fresh_until_at: i64,
    /// When it was taken in.
    pub loaded_at: i64,
    /// The digest of the feed in use, hexadecimal.
    pub digest: String,
    /// Its key and where it comes from, sealed.
    pub secret: Vec<u8>,
    /// Its own test entries, sealed.
    pub tests: Vec<u8>,
    /// When it was last asked for.
    pub tried_at: Option<i64>,
    /// Why the last one was refused, as a sentence.
    pub fault: Option<String>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

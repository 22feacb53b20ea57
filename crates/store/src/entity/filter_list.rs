//! Table `filter_list`. A list of sites that the school subscribes to.

use sea_orm::entity::prelude::*;

/// A list of sites that the school subscribes to.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_list")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Its name, unique in the school.
    pub name: String,
    /// The category of all its sites, where it has one.
    pub category: Option<String>,
    /// The categories found in it, as a JSON list.
    pub categories: String,
    /// Path or address that it is read from.
    pub source: String,
    /// How it is written.
    pub format: String,
    /// Under which licence.
    pub licence: Option<String>,
    /// When it was last read.
    pub fetched_at: Option<i64>,
    /// When its content last changed.
    pub changed_at: Option<i64>,
    /// The ETag of the last answer.
    pub etag: Option<String>,
    /// Digest of the copy in use, hexadecimal.
    pub digest: Option<String>,
    /// How many entries are in use.
    pub entries: i64,
    /// How many lines were refused.
    pub refused: i64,
    /// What became of the last attempt.
    pub state: String,
    /// What went wrong, as a sentence.
    pub error: Option<String>,
    /// What came back much smaller and waits for somebody, as JSON.
    pub held: Option<String>,
    /// Whether it is a list of illegal content: never shown, never lifted.
    pub sealed: bool,
    /// When it was added.
    pub created_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

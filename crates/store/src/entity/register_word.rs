//! Table `register_word`. What a word of spreadsheets means in a register.

use sea_orm::entity::prelude::*;

/// What somebody said that a word of a spreadsheet means in a field. Of the word itself only a digest is kept: it may be
/// what a child is called.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_word")]
pub struct Model {
    /// The school that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: Uuid,
    /// The register: `assets.hardware`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub register: String,
    /// The field.
    #[sea_orm(primary_key, auto_increment = false)]
    pub field: String,
    /// The digest of the word, or which kind of day without a day this is about.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
    /// What it means: the name of a choice, the identifier of a person.
    pub means: String,
    /// When somebody said so last.
    pub said_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(word);

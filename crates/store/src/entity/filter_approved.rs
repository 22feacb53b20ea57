//! Table `filter_approved`. A site that staff have found good for pupils.

use sea_orm::entity::prelude::*;

/// A site that staff have found good for pupils.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_approved")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The list that it stands on.
    pub list: String,
    /// The site, as a policy writes it.
    pub site: String,
    /// The address that the link leads to.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// What it is good for; may be empty.
    pub about: String,
    /// The subject.
    pub subject: String,
    /// For whom, as a JSON list of audiences.
    pub who: String,
    /// When it was added.
    pub added_at: i64,
    /// Who added it.
    pub added_by: Option<Uuid>,
    /// When somebody looked at it last.
    pub previewed_at: Option<i64>,
    /// Who looked at it.
    pub previewed_by: Option<Uuid>,
    /// Until when (not included), where it has an end.
    pub until_at: Option<i64>,
    /// When it was taken off.
    pub removed_at: Option<i64>,
    /// Who took it off.
    pub removed_by: Option<Uuid>,
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
    /// By `previewed_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::PreviewedBy",
        to = "super::people_person::Column::Id"
    )]
    PreviewedBy,
    /// By `removed_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::RemovedBy",
        to = "super::people_person::Column::Id"
    )]
    RemovedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

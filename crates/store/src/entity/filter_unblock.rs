//! Table `filter_unblock`. That a site was opened to a class for a time.

use sea_orm::entity::prelude::*;

/// That a site was opened to a class for a time.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_unblock")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The name of the class.
    pub class: String,
    /// The site or category, as a policy writes it.
    pub site: String,
    /// What for.
    pub reason: String,
    /// The label of the clause that provides for it.
    pub clause: String,
    /// When.
    pub opened_at: i64,
    /// Who opened it.
    pub opened_by: Option<Uuid>,
    /// Until when (not included).
    pub until_at: i64,
    /// When it was closed before its end.
    pub closed_at: Option<i64>,
    /// Who closed it.
    pub closed_by: Option<Uuid>,
    /// The request that it answers.
    pub request_id: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `opened_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::OpenedBy",
        to = "super::people_person::Column::Id"
    )]
    OpenedBy,
    /// By `closed_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::ClosedBy",
        to = "super::people_person::Column::Id"
    )]
    ClosedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

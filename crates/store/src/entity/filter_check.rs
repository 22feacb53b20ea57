//! Table `filter_check`. One check of the filter.

use sea_orm::entity::prelude::*;

/// One check of the filter.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_check")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The run that it is of.
    pub run_id: Uuid,
    /// Its place in the run.
    pub nth: i64,
    /// What kind of thing was tried: `closed`, `open`, `virus`, `search`, `sealed`, a way round, `hand`.
    pub sort: String,
    /// What was tried, in words; never an address of a sealed list.
    pub what: String,
    /// As whom.
    pub who: String,
    /// On which network; `school` where it is none that the policy names.
    pub network: String,
    /// From which device, where it was done by hand.
    pub device: Option<String>,
    /// `gateway`: by a request through it. `rules`: by its rules alone. `hand`.
    pub means: String,
    /// `passed`, `failed` or `unknown`.
    pub result: String,
    /// What was expected and what was found, as a sentence.
    pub found: String,
    /// The number of the clause that decided.
    pub clause: Option<String>,
    /// When.
    pub at: i64,
    /// What was done about it.
    pub action: Option<String>,
    /// When somebody wrote that down.
    pub acted_at: Option<i64>,
    /// Who.
    pub acted_by: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `run_id`.
    #[sea_orm(
        belongs_to = "super::filter_check_run::Entity",
        from = "Column::RunId",
        to = "super::filter_check_run::Column::Id"
    )]
    Run,
    /// By `acted_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::ActedBy",
        to = "super::people_person::Column::Id"
    )]
    ActedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

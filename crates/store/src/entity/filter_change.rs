//! Table `filter_change`. A change to what is open and closed, beyond the policy.

use sea_orm::entity::prelude::*;

/// A change to what is open and closed, beyond the policy.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filter_change")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// `block`, `open`, `list` for what stands on a list of the desk, or `splice` for what is never opened.
    pub action: String,
    /// The list, where it is one.
    pub list: Option<String>,
    /// The file that it came from, where it came from one.
    pub name: Option<String>,
    /// For whom, as a JSON list of audiences.
    pub who: String,
    /// Why, in the words of who asked.
    pub reason: String,
    /// The label of the clause that provides for it.
    pub clause: Option<String>,
    /// `draft`, `waiting`, `active`, `declined`, `withdrawn` or `undone`.
    pub state: String,
    /// When it was asked for.
    pub asked_at: i64,
    /// Who asked for it.
    pub asked_by: Option<Uuid>,
    /// Whether a second person has to agree.
    pub second: bool,
    /// When a second person agreed.
    pub agreed_at: Option<i64>,
    /// Who agreed.
    pub agreed_by: Option<Uuid>,
    /// Until when it holds (not included), where it has an end.
    pub until_at: Option<i64>,
    /// When somebody asked to undo what a second person must agree to.
    pub end_asked_at: Option<i64>,
    /// Who asked to undo it.
    pub end_asked_by: Option<Uuid>,
    /// When it was undone, declined or withdrawn.
    pub ended_at: Option<i64>,
    /// Who did that.
    pub ended_by: Option<Uuid>,
    /// What was said with it.
    pub answer: Option<String>,
    /// The request that it answers.
    pub request_id: Option<Uuid>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `asked_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::AskedBy",
        to = "super::people_person::Column::Id"
    )]
    AskedBy,
    /// By `agreed_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::AgreedBy",
        to = "super::people_person::Column::Id"
    )]
    AgreedBy,
    /// By `end_asked_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EndAskedBy",
        to = "super::people_person::Column::Id"
    )]
    EndAskedBy,
    /// By `ended_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::EndedBy",
        to = "super::people_person::Column::Id"
    )]
    EndedBy,
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

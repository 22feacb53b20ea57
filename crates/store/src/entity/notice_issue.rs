//! Table `notice_issue`. That a text of a notice was printed, sent or published.

use sea_orm::entity::prelude::*;

/// That a text of a notice was printed, sent or published.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_issue")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// The notice: the key of its binding.
    pub notice: String,
    /// Which text.
    pub digest: String,
    /// `letter`, `web-page`, `poster`, `hand-in` or `induction`.
    pub moment: String,
    /// Where or to whom, in words.
    pub place: String,
    /// How many.
    pub copies: i64,
    /// Who did it.
    pub issued_by: Option<Uuid>,
    /// When.
    pub issued_at: i64,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `issued_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::IssuedBy",
        to = "super::people_person::Column::Id"
    )]
    IssuedBy,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::IssuedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

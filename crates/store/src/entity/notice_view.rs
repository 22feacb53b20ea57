//! Table `notice_view`. That a person was shown a text of a notice, and said that it was read.

use sea_orm::entity::prelude::*;

/// That a person was shown a text of a notice, and said that it was read.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_view")]
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
    /// Who.
    pub person_id: Uuid,
    /// When: `declare::Moment` as text.
    pub moment: String,
    /// When it was first shown.
    pub shown_at: i64,
    /// When the person said that it was read.
    pub read_at: Option<i64>,
}

/// What a row refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `person_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::PersonId",
        to = "super::people_person::Column::Id"
    )]
    Person,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

//! Table `incident_report`. That somebody told something to a trusted adult ("tell someone").

use sea_orm::entity::prelude::*;

/// That somebody told something to a trusted adult ("tell someone").
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_report")]
pub struct Model {
    /// The identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school that the row belongs to.
    pub school_id: Uuid,
    /// Who told, where that is known.
    pub person_id: Option<Uuid>,
    /// Who was told, where one person was chosen.
    pub told_person_id: Option<Uuid>,
    /// What was told, sealed by `School::seal`.
    pub words: Vec<u8>,
    /// When.
    pub raised_at: i64,
    /// When somebody first read it.
    pub seen_at: Option<i64>,
    /// Who first read it.
    pub seen_by: Option<Uuid>,
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
    /// By `told_person_id`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::ToldPersonId",
        to = "super::people_person::Column::Id"
    )]
    Told,
    /// By `seen_by`.
    #[sea_orm(
        belongs_to = "super::people_person::Entity",
        from = "Column::SeenBy",
        to = "super::people_person::Column::Id"
    )]
    SeenBy,
}

impl Related<super::people_person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::of_school!();
super::debug_by_id!(id);

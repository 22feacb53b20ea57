//! The mark of the last change of each register. A register without one has not changed since this step.

use sea_orm_migration::{prelude::*, schema::*};

use super::belongs_to_school;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0008_stamps"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("register_stamp")
            .col(uuid("school_id"))
            .col(text("register"))
            .col(uuid("stamp"))
            .primary_key(Index::create().col("school_id").col("register"))
            .foreign_key(&mut belongs_to_school("register_stamp"))
            .to_owned();
        schema.create_table(table).await
    }
}

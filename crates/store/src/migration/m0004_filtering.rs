//! What people change of filtering beyond the policy, for a time or until it is undone.

mod changes;
mod people;
mod reports;

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0004_filtering"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        changes::make(schema).await?;
        people::make(schema).await?;
        reports::make(schema).await
    }
}

/// An index over one column of the rows of a school.
async fn index(schema: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    let index =
        Index::create().name(format!("ix_{table}_{column}")).table(table).col("school_id").col(column).to_owned();
    schema.create_index(index).await
}

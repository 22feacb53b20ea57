//! The first tables.

mod access;
mod ledger;
mod people;
mod policy;
mod school;
mod traffic;

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0001_first_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        school::make(schema).await?;
        people::make(schema).await?;
        access::make(schema).await?;
        policy::make(schema).await?;
        traffic::make(schema).await?;
        ledger::make(schema).await
    }
}

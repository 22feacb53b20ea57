//! What the registers, attestations and notices keep, and drafts of the policy.

mod attestations;
mod drafts;
mod learning;
mod notices;
mod registers;

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0003_engines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        registers::make(schema).await?;
        attestations::make(schema).await?;
        notices::make(schema).await?;
        learning::make(schema).await?;
        drafts::make(schema).await
    }
}

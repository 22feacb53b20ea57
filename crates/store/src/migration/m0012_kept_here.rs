//! Why a failure of the filter was answered without passing it on to the provider.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0012_kept_here"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("filter_failure").add_column(text_null("kept_here")).to_owned();
        schema.alter_table(table).await
    }
}

//! What is kept of a list that came back much smaller, until somebody accepts it.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0009_smaller_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("filter_list").add_column(text_null("held")).to_owned();
        schema.alter_table(table).await
    }
}

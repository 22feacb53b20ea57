//! What words of spreadsheets mean in a register, so that it is said once.

use sea_orm_migration::{prelude::*, schema::*};

use super::belongs_to_school;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0010_words"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("register_word")
            .col(uuid("school_id"))
            .col(text("register"))
            .col(text("field"))
            .col(text("word"))
            .col(text("means"))
            .col(big_integer("said_at"))
            .primary_key(Index::create().col("school_id").col("register").col("field").col("word"))
            .foreign_key(&mut belongs_to_school("register_word"))
            .to_owned();
        schema.create_table(table).await
    }
}

//! An index from an entry of a register to its keys. Without it a database of many entries walks along all keys of the
//! school to change or delete those of one.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0006_entry_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_register_key_entry_id")
            .table("register_key")
            .col("school_id")
            .col("entry_id")
            .to_owned();
        schema.create_index(index).await
    }
}

//! The schools, and which keys belong to the database.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("school")
                .col(uuid("id"))
                .col(text("slug"))
                .col(text("name"))
                .col(big_integer("created_at"))
                .primary_key(Index::create().col("id"))
                .to_owned(),
        )
        .await?;
    schema.create_index(Index::create().unique().name("uq_school_slug").table("school").col("slug").to_owned()).await?;
    schema
        .create_table(
            Table::create()
                .table("installation")
                .col(big_integer("id"))
                .col(text("ledger_public_key"))
                .col(text("key_check"))
                .col(big_integer("created_at"))
                .primary_key(Index::create().col("id"))
                .to_owned(),
        )
        .await?;
    Ok(())
}

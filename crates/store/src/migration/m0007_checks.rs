//! The filter's checks of itself; the feeds of sealed lists, and what was refused because of them.

use sea_orm_migration::{prelude::*, schema::*};

use super::{belongs_to_school, refers_to};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0007_checks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        feed(schema).await?;
        found(schema).await?;
        run(schema).await?;
        check(schema).await
    }
}

async fn feed(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_feed")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(text("list"))
        .col(text("issuer"))
        .col(text("licence"))
        .col(big_integer("dated_at"))
        .col(big_integer("fresh_until_at"))
        .col(big_integer("loaded_at"))
        .col(text("digest"))
        .col(blob("secret"))
        .col(blob("tests"))
        .col(big_integer_null("tried_at"))
        .col(text_null("fault"))
        .primary_key(Index::create().col("id"))
        .index(Index::create().unique().name("uq_filter_feed_list").col("school_id").col("list"))
        .foreign_key(&mut belongs_to_school("filter_feed"))
        .to_owned();
    schema.create_table(table).await
}

async fn found(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_match")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(big_integer("at"))
        .col(text("digest"))
        .col(uuid_null("device_id"))
        .col(text_null("clause"))
        .col(blob("address"))
        .col(big_integer_null("opened_at"))
        .col(uuid_null("opened_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_match"))
        .foreign_key(&mut refers_to("filter_match", "opened_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_match", "at").await
}

async fn run(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_check_run")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(text("sort"))
        .col(big_integer("started_at"))
        .col(big_integer("ended_at"))
        .col(uuid_null("started_by"))
        .col(text_null("clause"))
        .col(text_null("policy"))
        .col(big_integer("passed"))
        .col(big_integer("failed"))
        .col(big_integer("unknown"))
        .primary_key(Index::create().col("id"))
        .index(Index::create().unique().name("uq_filter_check_run_school_id").col("school_id").col("id"))
        .foreign_key(&mut belongs_to_school("filter_check_run"))
        .foreign_key(&mut refers_to("filter_check_run", "started_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_check_run", "started_at").await
}

async fn check(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_check")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid("run_id"))
        .col(big_integer("nth"))
        .col(text("sort"))
        .col(text("what"))
        .col(text("who"))
        .col(text("network"))
        .col(text_null("device"))
        .col(text("means"))
        .col(text("result"))
        .col(text("found"))
        .col(text_null("clause"))
        .col(big_integer("at"))
        .col(text_null("action"))
        .col(big_integer_null("acted_at"))
        .col(uuid_null("acted_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_check"))
        .foreign_key(&mut refers_to("filter_check", "run_id", "filter_check_run", ForeignKeyAction::Cascade))
        .foreign_key(&mut refers_to("filter_check", "acted_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_check", "run_id").await?;
    index(schema, "filter_check", "result").await
}

/// An index over one column of the rows of a school.
async fn index(schema: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    let index =
        Index::create().name(format!("ix_{table}_{column}")).table(table).col("school_id").col(column).to_owned();
    schema.create_index(index).await
}

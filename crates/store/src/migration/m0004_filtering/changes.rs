//! Changes beyond the policy, and their sites.

use sea_orm_migration::{prelude::*, schema::*};

use super::index;
use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    change(schema).await?;
    change_site(schema).await
}

async fn change(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_change")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(text("action"))
        .col(text_null("list"))
        .col(text_null("name"))
        .col(text("who"))
        .col(text("reason"))
        .col(text_null("clause"))
        .col(text("state"))
        .col(big_integer("asked_at"))
        .col(uuid_null("asked_by"))
        .col(boolean("second"))
        .col(big_integer_null("agreed_at"))
        .col(uuid_null("agreed_by"))
        .col(big_integer_null("until_at"))
        .col(big_integer_null("end_asked_at"))
        .col(uuid_null("end_asked_by"))
        .col(big_integer_null("ended_at"))
        .col(uuid_null("ended_by"))
        .col(text_null("answer"))
        .col(uuid_null("request_id"))
        .primary_key(Index::create().col("id"))
        .index(Index::create().unique().name("uq_filter_change_school_id").col("school_id").col("id"))
        .foreign_key(&mut belongs_to_school("filter_change"))
        .foreign_key(&mut refers_to("filter_change", "asked_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_change", "agreed_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_change", "end_asked_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_change", "ended_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_change", "state").await?;
    index(schema, "filter_change", "asked_at").await
}

async fn change_site(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_change_site")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid("change_id"))
        .col(text("site"))
        .col(text("note"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_change_site"))
        .foreign_key(&mut refers_to("filter_change_site", "change_id", "filter_change", ForeignKeyAction::Cascade))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_change_site", "change_id").await?;
    index(schema, "filter_change_site", "site").await
}

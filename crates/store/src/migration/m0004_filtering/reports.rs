//! Failures that people reported, and sites that staff approved.

use sea_orm_migration::{prelude::*, schema::*};

use super::index;
use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    failure(schema).await?;
    approved(schema).await
}

async fn failure(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_failure")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid_null("person_id"))
        .col(text("sort"))
        .col(text("site"))
        .col(text("words"))
        .col(big_integer("reported_at"))
        .col(text("state"))
        .col(text_null("clause"))
        .col(big_integer("due_at"))
        .col(big_integer_null("escalated_at"))
        .col(uuid_null("escalated_by"))
        .col(text_null("escalated_to"))
        .col(text_null("reference"))
        .col(big_integer_null("answered_at"))
        .col(uuid_null("answered_by"))
        .col(text_null("answer"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_failure"))
        .foreign_key(&mut refers_to("filter_failure", "person_id", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_failure", "escalated_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_failure", "answered_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_failure", "state").await?;
    index(schema, "filter_failure", "reported_at").await
}

async fn approved(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_approved")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(text("list"))
        .col(text("site"))
        .col(text("address"))
        .col(text("title"))
        .col(text("about"))
        .col(text("subject"))
        .col(text("who"))
        .col(big_integer("added_at"))
        .col(uuid_null("added_by"))
        .col(big_integer_null("previewed_at"))
        .col(uuid_null("previewed_by"))
        .col(big_integer_null("until_at"))
        .col(big_integer_null("removed_at"))
        .col(uuid_null("removed_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_approved"))
        .foreign_key(&mut refers_to("filter_approved", "added_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_approved", "previewed_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_approved", "removed_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_approved", "list").await
}

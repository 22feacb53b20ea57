//! What is opened or stopped for a class or a person for a time, and who holds the status to change filtering.

use sea_orm_migration::{prelude::*, schema::*};

use super::index;
use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    unblock(schema).await?;
    suspension(schema).await?;
    permit(schema).await?;
    status(schema).await
}

async fn unblock(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_unblock")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(text("class"))
        .col(text("site"))
        .col(text("reason"))
        .col(text("clause"))
        .col(big_integer("opened_at"))
        .col(uuid_null("opened_by"))
        .col(big_integer("until_at"))
        .col(big_integer_null("closed_at"))
        .col(uuid_null("closed_by"))
        .col(uuid_null("request_id"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_unblock"))
        .foreign_key(&mut refers_to("filter_unblock", "opened_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_unblock", "closed_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_unblock", "until_at").await
}

async fn suspension(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_suspension")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid("person_id"))
        .col(blob("reason"))
        .col(text_null("clause"))
        .col(big_integer("suspended_at"))
        .col(uuid_null("suspended_by"))
        .col(big_integer("from_at"))
        .col(big_integer("until_at"))
        .col(big_integer_null("ended_at"))
        .col(uuid_null("ended_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_suspension"))
        .foreign_key(&mut refers_to("filter_suspension", "person_id", "people_person", ForeignKeyAction::Cascade))
        .foreign_key(&mut refers_to("filter_suspension", "suspended_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_suspension", "ended_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_suspension", "person_id").await?;
    index(schema, "filter_suspension", "until_at").await
}

async fn permit(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_permit")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid_null("person_id"))
        .col(text_null("who"))
        .col(text("sites"))
        .col(text("reason"))
        .col(text_null("clause"))
        .col(big_integer("granted_at"))
        .col(uuid_null("granted_by"))
        .col(big_integer("from_at"))
        .col(big_integer_null("until_at"))
        .col(big_integer_null("ended_at"))
        .col(uuid_null("ended_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_permit"))
        .foreign_key(&mut refers_to("filter_permit", "person_id", "people_person", ForeignKeyAction::Cascade))
        .foreign_key(&mut refers_to("filter_permit", "granted_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_permit", "ended_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_permit", "person_id").await
}

async fn status(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("filter_status")
        .col(uuid("id"))
        .col(uuid("school_id"))
        .col(uuid("person_id"))
        .col(big_integer("granted_at"))
        .col(uuid_null("granted_by"))
        .col(big_integer_null("ended_at"))
        .col(uuid_null("ended_by"))
        .primary_key(Index::create().col("id"))
        .foreign_key(&mut belongs_to_school("filter_status"))
        .foreign_key(&mut refers_to("filter_status", "person_id", "people_person", ForeignKeyAction::Cascade))
        .foreign_key(&mut refers_to("filter_status", "granted_by", "people_person", ForeignKeyAction::NoAction))
        .foreign_key(&mut refers_to("filter_status", "ended_by", "people_person", ForeignKeyAction::NoAction))
        .to_owned();
    schema.create_table(table).await?;
    index(schema, "filter_status", "person_id").await
}

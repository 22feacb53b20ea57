//! Lists of sites, requests, reports.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("filter_list")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("name"))
                .col(text_null("category"))
                .col(text("categories"))
                .col(text("source"))
                .col(text("format"))
                .col(text_null("licence"))
                .col(big_integer_null("fetched_at"))
                .col(big_integer_null("changed_at"))
                .col(text_null("etag"))
                .col(text_null("digest"))
                .col(big_integer("entries"))
                .col(big_integer("refused"))
                .col(text("state"))
                .col(text_null("error"))
                .col(boolean("sealed"))
                .col(big_integer("created_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("filter_list"))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .unique()
                .name("uq_filter_list_name")
                .table("filter_list")
                .col("school_id")
                .col("name")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("filter_request")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(uuid_null("person_id"))
                .col(text("site"))
                .col(text("reason"))
                .col(big_integer("asked_at"))
                .col(text("state"))
                .col(big_integer_null("answered_at"))
                .col(uuid_null("answered_by"))
                .col(text_null("answer"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("filter_request"))
                .foreign_key(&mut refers_to("filter_request", "person_id", "people_person", ForeignKeyAction::Cascade))
                .foreign_key(&mut refers_to(
                    "filter_request",
                    "answered_by",
                    "people_person",
                    ForeignKeyAction::NoAction,
                ))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_filter_request_state_asked_at")
                .table("filter_request")
                .col("school_id")
                .col("state")
                .col("asked_at")
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_filter_request_person_id")
                .table("filter_request")
                .col("school_id")
                .col("person_id")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("incident_report")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(uuid_null("person_id"))
                .col(uuid_null("told_person_id"))
                .col(blob("words"))
                .col(big_integer("raised_at"))
                .col(big_integer_null("seen_at"))
                .col(uuid_null("seen_by"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("incident_report"))
                .foreign_key(&mut refers_to("incident_report", "person_id", "people_person", ForeignKeyAction::Cascade))
                .foreign_key(&mut refers_to(
                    "incident_report",
                    "told_person_id",
                    "people_person",
                    ForeignKeyAction::NoAction,
                ))
                .foreign_key(&mut refers_to("incident_report", "seen_by", "people_person", ForeignKeyAction::NoAction))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_incident_report_raised_at")
                .table("incident_report")
                .col("school_id")
                .col("raised_at")
                .to_owned(),
        )
        .await?;
    Ok(())
}

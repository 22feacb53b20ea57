//! Answers of those who are asked.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("attest_answer")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("binding_key"))
                .col(text("label"))
                .col(text("control"))
                .col(text("answer"))
                .col(text("words"))
                .col(text("mend"))
                .col(text_null("mend_by_on"))
                .col(uuid_null("file_id"))
                .col(text("next_on"))
                .col(uuid_null("answered_by"))
                .col(big_integer("answered_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("attest_answer"))
                .foreign_key(&mut refers_to(
                    "attest_answer",
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
                .name("ix_attest_answer_binding_key_answered_at")
                .table("attest_answer")
                .col("school_id")
                .col("binding_key")
                .col("answered_at")
                .to_owned(),
        )
        .await?;
    Ok(())
}

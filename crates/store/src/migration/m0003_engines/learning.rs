//! Answers to surveys.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("learning_survey_answer")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(uuid("survey_id"))
                .col(text("day_on"))
                .col(text("answers_json"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("learning_survey_answer"))
                .foreign_key(&mut refers_to(
                    "learning_survey_answer",
                    "survey_id",
                    "register_entry",
                    ForeignKeyAction::Cascade,
                ))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_learning_survey_answer_survey_id")
                .table("learning_survey_answer")
                .col("school_id")
                .col("survey_id")
                .to_owned(),
        )
        .await?;
    Ok(())
}

//! Who was shown what, and what was printed or sent.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("notice_view")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("notice"))
                .col(text("digest"))
                .col(uuid("person_id"))
                .col(text("moment"))
                .col(big_integer("shown_at"))
                .col(big_integer_null("read_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("notice_view"))
                .foreign_key(&mut refers_to("notice_view", "person_id", "people_person", ForeignKeyAction::Cascade))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .unique()
                .name("uq_notice_view_notice_digest_person_id")
                .table("notice_view")
                .col("school_id")
                .col("notice")
                .col("digest")
                .col("person_id")
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_notice_view_person_id")
                .table("notice_view")
                .col("school_id")
                .col("person_id")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("notice_issue")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("notice"))
                .col(text("digest"))
                .col(text("moment"))
                .col(text("place"))
                .col(big_integer("copies"))
                .col(uuid_null("issued_by"))
                .col(big_integer("issued_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("notice_issue"))
                .foreign_key(&mut refers_to("notice_issue", "issued_by", "people_person", ForeignKeyAction::NoAction))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_notice_issue_notice_digest")
                .table("notice_issue")
                .col("school_id")
                .col("notice")
                .col("digest")
                .to_owned(),
        )
        .await?;
    Ok(())
}

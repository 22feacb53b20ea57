//! Drafts of the policy, and approvals.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("policy_draft")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text_null("base_digest"))
                .col(text("title"))
                .col(text("source_json"))
                .col(text("state"))
                .col(big_integer("version"))
                .col(uuid_null("made_by"))
                .col(big_integer("made_at"))
                .col(uuid_null("changed_by"))
                .col(big_integer("changed_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("policy_draft"))
                .foreign_key(&mut refers_to("policy_draft", "made_by", "people_person", ForeignKeyAction::NoAction))
                .foreign_key(&mut refers_to("policy_draft", "changed_by", "people_person", ForeignKeyAction::NoAction))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_policy_draft_state")
                .table("policy_draft")
                .col("school_id")
                .col("state")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("policy_approval")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("digest"))
                .col(text("body"))
                .col(uuid_null("person_id"))
                .col(boolean("approved"))
                .col(text("words"))
                .col(big_integer("given_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("policy_approval"))
                .foreign_key(&mut refers_to(
                    "policy_approval",
                    "person_id",
                    "people_person",
                    ForeignKeyAction::NoAction,
                ))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_policy_approval_digest_body")
                .table("policy_approval")
                .col("school_id")
                .col("digest")
                .col("body")
                .to_owned(),
        )
        .await?;
    Ok(())
}

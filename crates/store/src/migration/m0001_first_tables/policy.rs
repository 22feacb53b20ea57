//! Signatures, versions of the policy, standing.

use sea_orm_migration::{prelude::*, schema::*};

use crate::migration::{belongs_to_school, refers_to};

pub(super) async fn make(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    schema
        .create_table(
            Table::create()
                .table("agreements_signature")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(uuid("person_id"))
                .col(text("agreement"))
                .col(text("agreement_digest"))
                .col(text("policy_digest"))
                .col(big_integer("signed_at"))
                .col(text("signed_name"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("agreements_signature"))
                .foreign_key(&mut refers_to(
                    "agreements_signature",
                    "person_id",
                    "people_person",
                    ForeignKeyAction::Cascade,
                ))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_agreements_signature_person_id")
                .table("agreements_signature")
                .col("school_id")
                .col("person_id")
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_agreements_signature_agreement_agreement_digest")
                .table("agreements_signature")
                .col("school_id")
                .col("agreement")
                .col("agreement_digest")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("policy_version")
                .col(uuid("id"))
                .col(uuid("school_id"))
                .col(text("digest"))
                .col(text("version"))
                .col(text("title"))
                .col(text("source"))
                .col(big_integer("enacted_at"))
                .col(uuid_null("enacted_by"))
                .col(big_integer("in_force_from_at"))
                .col(big_integer_null("superseded_at"))
                .primary_key(Index::create().col("id"))
                .foreign_key(&mut belongs_to_school("policy_version"))
                .foreign_key(&mut refers_to(
                    "policy_version",
                    "enacted_by",
                    "people_person",
                    ForeignKeyAction::NoAction,
                ))
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_policy_version_in_force_from_at")
                .table("policy_version")
                .col("school_id")
                .col("in_force_from_at")
                .to_owned(),
        )
        .await?;
    schema
        .create_index(
            Index::create()
                .name("ix_policy_version_digest")
                .table("policy_version")
                .col("school_id")
                .col("digest")
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("policy_standing")
                .col(uuid("school_id"))
                .col(text("binding_key"))
                .col(text("control"))
                .col(text("label"))
                .col(text("standing"))
                .col(text("standing_json"))
                .col(text("evidence"))
                .col(big_integer("since_at"))
                .col(big_integer("at"))
                .primary_key(Index::create().col("school_id").col("binding_key"))
                .foreign_key(&mut belongs_to_school("policy_standing"))
                .to_owned(),
        )
        .await?;
    schema
        .create_table(
            Table::create()
                .table("policy_standing_day")
                .col(uuid("school_id"))
                .col(text("binding_key"))
                .col(text("day_on"))
                .col(text("standing"))
                .primary_key(Index::create().col("school_id").col("binding_key").col("day_on"))
                .foreign_key(&mut belongs_to_school("policy_standing_day"))
                .to_owned(),
        )
        .await?;
    Ok(())
}

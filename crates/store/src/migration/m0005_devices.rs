//! The token of a device of the school: which entry of the register it belongs to.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0005_devices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        // No reference: an entry that is struck out or old goes, and its token counts no more.
        schema.alter_table(Table::alter().table("access_device").add_column(uuid_null("asset_id")).to_owned()).await
    }
}

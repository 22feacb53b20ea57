//! When the address that a sign-in binds was last heard at the gateway: a restart, or a gateway that runs by itself, does
//! not make strangers of those who read.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0011_heard"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("access_session").add_column(big_integer_null("heard_at")).to_owned();
        schema.alter_table(table).await
    }
}

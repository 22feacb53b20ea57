//! What only tests need: new databases beside one that is there.

use sea_orm::{ConnectionTrait, Database};

use crate::StoreError;

/// Makes a database in the PostgreSQL that `url` names, and gives its address.
///
/// # Errors
/// Where PostgreSQL cannot be reached or refuses.
pub async fn create_database(url: &str, name: &str) -> Result<String, StoreError> {
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(StoreError::Url(name.to_owned()));
    }
    let connection = Database::connect(url).await.map_err(StoreError::Open)?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    let (server, _) =
        url.rsplit_once('/').ok_or_else(|| StoreError::Url("an address without a database".to_owned()))?;
    Ok(format!("{server}/{name}"))
}

/// Runs SQL that the store itself would never run: what somebody with the database in hands could do.
///
/// # Errors
/// Where the database refuses.
pub async fn tamper(store: &crate::Store, sql: &str) -> Result<u64, StoreError> {
    Ok(store.inner.writer.execute_unprepared(sql).await?.rows_affected())
}

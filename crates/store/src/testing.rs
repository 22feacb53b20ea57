//! What only tests need: new databases, a look at the tables, and what somebody could do to them.

use sea_orm::{ConnectionTrait, Database, Statement};

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

/// How SQLite would go about a statement: a line for each step.
///
/// # Errors
/// Where the database refuses.
pub async fn plan(store: &crate::Store, sql: &str) -> Result<Vec<String>, StoreError> {
    let backend = store.inner.writer.get_database_backend();
    let ask = Statement::from_string(backend, format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = store.inner.writer.query_all_raw(ask).await?;
    Ok(rows.iter().map(|row| row.try_get("", "detail")).collect::<Result<_, _>>()?)
}

/// Every column, index and number of references of the database, one text each, in words that are the
/// same for both databases.
///
/// # Errors
/// Where the database refuses.
pub async fn columns(store: &crate::Store) -> Result<Vec<String>, StoreError> {
    let sql = if store.is_postgres() { POSTGRES_COLUMNS } else { SQLITE_COLUMNS };
    let backend = store.inner.writer.get_database_backend();
    let rows = store.inner.writer.query_all_raw(Statement::from_string(backend, sql)).await?;
    let mut all = Vec::new();
    for row in rows {
        let text: String = row.try_get_by_index(0)?;
        let text = text.to_lowercase();
        // SQLite has one kind of whole number; the names of the others differ.
        let words = text.replace("uuid_text", "uuid").replace(" bytea", " blob").replace(" integer", " bigint");
        all.push(words);
    }
    Ok(all)
}

const SQLITE_COLUMNS: &str = "
    SELECT t.name || '.' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' not null' ELSE '' END
      FROM sqlite_master t, pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'seaql_migrations'
    UNION ALL
    SELECT t.name || '.key ' || group_concat(c.name) FROM sqlite_master t, pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'seaql_migrations' AND c.pk > 0 GROUP BY t.name
    UNION ALL
    SELECT t.name || '.references ' || count(DISTINCT f.id) FROM sqlite_master t, pragma_foreign_key_list(t.name) f
     WHERE t.type = 'table' GROUP BY t.name
    UNION ALL
    SELECT t.name || '.index ' || i.name || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END
      FROM sqlite_master t, pragma_index_list(t.name) i
     WHERE t.type = 'table' AND i.origin = 'c'";

const POSTGRES_COLUMNS: &str = "
    SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type ||
           CASE WHEN c.is_nullable = 'NO' THEN ' not null' ELSE '' END
      FROM information_schema.columns c
     WHERE c.table_schema = current_schema() AND c.table_name <> 'seaql_migrations'
    UNION ALL
    SELECT r.relname || '.key ' || (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a
                                     WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey))
      FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
     WHERE k.contype = 'p' AND n.nspname = current_schema() AND r.relname <> 'seaql_migrations'
    UNION ALL
    SELECT r.relname || '.references ' || count(*)
      FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
     WHERE k.contype = 'f' AND n.nspname = current_schema() GROUP BY r.relname
    UNION ALL
    SELECT r.relname || '.index ' || i.relname || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class r ON r.oid = x.indrelid
      JOIN pg_namespace n ON n.oid = r.relnamespace
     WHERE n.nspname = current_schema()
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u'))";

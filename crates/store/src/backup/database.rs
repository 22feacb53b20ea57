//! One consistent copy of the database, and back: of SQLite as a file, of PostgreSQL as JSON lines,
//! one file a table, all from one moment.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    IsolationLevel, Statement, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use uuid::Uuid;

use super::{BackupError, archive::new_file};
use crate::{Store, StoreError, migration::Migrator};

/// A copy of the database as files.
pub(super) struct Copy {
    pub(super) kind: &'static str,
    pub(super) steps: Vec<String>,
    pub(super) heads: Vec<(Uuid, i64, String)>,
    pub(super) files: Vec<(String, PathBuf)>,
}

/// Copies the database into a folder.
pub(super) async fn copy(store: &Store, folder: &Path) -> Result<Copy, BackupError> {
    if store.is_postgres() { copy_postgres(store, folder).await } else { copy_sqlite(store, folder).await }
}

async fn copy_sqlite(store: &Store, folder: &Path) -> Result<Copy, BackupError> {
    let path = folder.join("gatehouse.db");
    // A connection of its own, so that acts go on meanwhile.
    let source = crate::open::sqlite_alone(&crate::open::sqlite_path(&store.inner.url)?).await?;
    let name = path.to_string_lossy().replace('\'', "''");
    source.execute_unprepared(&format!("VACUUM INTO '{name}'")).await?;
    source.close().await?;
    let copied = crate::open::sqlite_alone(&path).await?;
    let (steps, heads) = (steps(&copied).await?, heads(&copied).await?);
    copied.close().await?;
    Ok(Copy { kind: "sqlite", steps, heads, files: vec![("gatehouse.db".to_owned(), path)] })
}

async fn copy_postgres(store: &Store, folder: &Path) -> Result<Copy, BackupError> {
    let moment =
        store.inner.writer.begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)).await?;
    let (steps, heads) = (steps(&moment).await?, heads(&moment).await?);
    let mut files = Vec::new();
    // Numbered, so that they are put back in an order in which no row refers to one that is not there yet.
    for (number, table) in tables(&moment).await?.into_iter().enumerate() {
        let name = format!("{number:03}-{table}.jsonl");
        let path = folder.join(&name);
        write_table(&moment, &table, &path).await?;
        files.push((name, path));
    }
    moment.rollback().await?;
    Ok(Copy { kind: "postgres", steps, heads, files })
}

async fn write_table(moment: &DatabaseTransaction, table: &str, path: &Path) -> Result<(), BackupError> {
    let io = |cause| BackupError::Io { path: path.to_owned(), cause };
    let mut out = std::io::BufWriter::new(new_file(path)?);
    let open = format!("DECLARE rows NO SCROLL CURSOR FOR SELECT row_to_json(t)::text FROM \"{table}\" t");
    moment.execute_unprepared(&open).await?;
    loop {
        let rows = moment.query_all_raw(Statement::from_string(DbBackend::Postgres, "FETCH 1000 FROM rows")).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let text: String = row.try_get_by_index(0)?;
            writeln!(out, "{text}").map_err(io)?;
        }
    }
    moment.execute_unprepared("CLOSE rows").await?;
    out.flush().map_err(io)
}

/// The tables, those first that others refer to.
async fn tables(connection: &impl ConnectionTrait) -> Result<Vec<String>, BackupError> {
    let sql = "SELECT r.relname::text, coalesce(string_agg(f.relname::text, ','), '')
                 FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
                 LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'f' AND k.confrelid <> r.oid
                 LEFT JOIN pg_class f ON f.oid = k.confrelid
                WHERE n.nspname = current_schema() AND r.relkind = 'r' AND r.relname <> 'seaql_migrations'
                GROUP BY r.relname";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (table, refers): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        waiting.insert(table, refers.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect());
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let ready: Vec<String> = waiting
            .iter()
            .filter(|(_, refers)| refers.iter().all(|it| ordered.contains(it)))
            .map(|it| it.0.clone())
            .collect();
        if ready.is_empty() {
            return Err(BackupError::Store(StoreError::Damaged { what: "the order of the tables" }));
        }
        waiting.retain(|table, _| !ready.contains(table));
        ordered.extend(ready);
    }
    Ok(ordered)
}

async fn steps(connection: &impl ConnectionTrait) -> Result<Vec<String>, BackupError> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(BackupError::from)).collect()
}

async fn heads(connection: &impl ConnectionTrait) -> Result<Vec<(Uuid, i64, String)>, BackupError> {
    let sql = "SELECT school_id, seq, hash FROM ledger_head ORDER BY school_id";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))).collect()
}

/// Opens an empty PostgreSQL database to restore into; refuses one that has tables.
pub(super) async fn open_empty(url: &str) -> Result<DatabaseConnection, BackupError> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).max_connections(2);
    let target = Database::connect(options).await.map_err(StoreError::Open)?;
    let sql = "SELECT count(*) FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE n.nspname = current_schema() AND r.relkind = 'r'";
    let row = target.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let there: i64 = row.map_or(Ok(1), |row| row.try_get_by_index(0))?;
    if there > 0 { Err(BackupError::NotEmpty) } else { Ok(target) }
}

/// Puts the tables of a backup into an empty PostgreSQL database: all of them, or none.
pub(super) async fn load(target: &DatabaseConnection, folder: &Path, steps: usize) -> Result<(), BackupError> {
    let count = u32::try_from(steps).unwrap_or(u32::MAX);
    Migrator::up(target, Some(count)).await.map_err(StoreError::Migrate)?;
    let io = |cause| BackupError::Io { path: folder.to_owned(), cause };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        files.push(entry.map_err(io)?.path());
    }
    files.sort();
    let all = target.begin().await?;
    for path in files {
        let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let table = stem.split_once('-').map_or("", |it| it.1);
        if !table.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') || table.is_empty() {
            return Err(BackupError::Damaged { path: path.clone(), what: "its name is no table".to_owned() });
        }
        read_table(&all, table, &path).await?;
    }
    all.commit().await?;
    Ok(())
}

async fn read_table(all: &DatabaseTransaction, table: &str, path: &Path) -> Result<(), BackupError> {
    let io = |cause| BackupError::Io { path: path.to_owned(), cause };
    let sql =
        format!("INSERT INTO \"{table}\" SELECT * FROM json_populate_recordset(NULL::\"{table}\", $1::text::json)");
    let mut lines = BufReader::new(std::fs::File::open(path).map_err(io)?).lines();
    loop {
        let some: Vec<String> = lines.by_ref().take(500).collect::<Result<_, _>>().map_err(io)?;
        if some.is_empty() {
            return Ok(());
        }
        let rows = format!("[{}]", some.join(","));
        all.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, &sql, [rows.into()])).await?;
    }
}

//! Both databases end with the same tables.

use std::collections::BTreeSet;

use store::{Settings, Store, StoreError, testing};
use testkit::{Kind, TestStore};

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let found = std::sync::Mutex::new(Vec::new());
    let look = async |kit: &TestStore| {
        let columns = testing::columns(&kit.store).await.unwrap();
        found.lock().unwrap().push((kit.kind, columns.into_iter().collect::<BTreeSet<_>>()));
    };
    testkit::on_sqlite(look);
    testkit::on_postgres(look);
    let found = found.into_inner().unwrap();
    let (_, first) = &found[0];
    assert!(first.len() > 150, "{} columns", first.len());
    let read_me = include_str!("../../README.md");
    for column in first {
        let table = column.split('.').next().unwrap();
        assert!(read_me.contains(&format!("| `{table}` |")), "the README does not name the table {table}");
    }
    if let Some((kind, second)) = found.get(1) {
        assert_eq!(*kind, Kind::Postgres);
        let apart: Vec<_> = first.symmetric_difference(second).collect();
        assert!(apart.is_empty(), "only in one: {apart:#?}");
    }
}

/// SQLite knows nothing of how many rows a school has: what is asked of one entry must not walk along those of all.
#[test]
fn the_keys_of_an_entry_are_found_by_the_entry() {
    testkit::on_sqlite(async |kit| {
        let of_one = "WHERE school_id = x'00' AND entry_id = x'00'";
        let of_some = "WHERE entry_id IN (x'00', x'01', x'02') AND school_id = x'00'";
        for sql in [
            format!("DELETE FROM register_key {of_one}"),
            format!("DELETE FROM register_key {of_some}"),
            format!("SELECT * FROM register_key {of_some}"),
        ] {
            let plan = testing::plan(&kit.store, &sql).await.unwrap().join("; ");
            assert!(plan.contains("entry_id=?"), "{sql}\n{plan}");
        }
    });
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    testkit::on_sqlite(async |kit| {
        testing::tamper(&kit.store, "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await.unwrap();
        let refused = Store::open(kit.settings(), kit.now()).await;
        assert!(matches!(refused, Err(StoreError::Newer(name)) if name == "m9999_later"));
    });
}

async fn a_backup_comes_before_a_migration_and_its_failure_stops_it(kit: &TestStore) {
    use std::sync::{Arc, Mutex};
    testkit::SmallSchool::empty(&kit.store, "north", kit.now()).await;
    // As if the last step were still to come.
    let back: &[&str] = match kit.kind {
        Kind::Sqlite => &["DROP TRIGGER ledger_entry_no_update", "DROP TRIGGER ledger_entry_no_delete"],
        Kind::Postgres => &[
            "DROP TRIGGER ledger_entry_no_change ON ledger_entry",
            "DROP TRIGGER ledger_entry_no_truncate ON ledger_entry",
            "DROP FUNCTION ledger_entry_refuse",
        ],
    };
    for sql in back {
        testing::tamper(&kit.store, sql).await.unwrap();
    }
    testing::tamper(&kit.store, "DELETE FROM seaql_migrations WHERE version LIKE 'm0002%'").await.unwrap();

    let mut settings = kit.settings().clone();
    settings.before_migration = Some(Arc::new(|_, _| Box::pin(async { Err("the disk is full".into()) })));
    let refused = Store::open(&settings, kit.now()).await;
    assert!(matches!(&refused, Err(StoreError::BeforeMigration(why)) if why.to_string() == "the disk is full"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    settings.before_migration = Some(Arc::new(move |store, steps| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            assert_eq!(store.schools().await?.len(), 1, "the store is there as it was");
            seen.lock().unwrap().extend_from_slice(steps);
            Ok(())
        })
    }));
    Store::open(&settings, kit.now()).await.unwrap();
    Store::open(&settings, kit.now()).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["m0002_ledger_append_only"], "once, and not when all is up to date");
}

async fn an_empty_database_needs_no_backup(kit: &TestStore) {
    let mut settings: Settings = kit.another("fresh").await;
    settings.before_migration = Some(std::sync::Arc::new(|_, _| Box::pin(async { Err("not asked for".into()) })));
    Store::open(&settings, kit.now()).await.unwrap();
}

testkit::store_test!(a_backup_comes_before_a_migration_and_its_failure_stops_it, an_empty_database_needs_no_backup);

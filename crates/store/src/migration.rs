//! The steps that bring a database to the present tables. Numbered, forward only, the same on both databases.

mod m0001_first_tables;
mod m0002_ledger_append_only;
mod m0003_engines;
mod m0004_filtering;
mod m0005_devices;
mod m0006_entry_keys;
mod m0007_checks;
mod m0008_stamps;
mod m0009_smaller_lists;
mod m0010_words;
mod m0011_heard;
mod m0012_kept_here;

use sea_orm_migration::prelude::*;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_tables::Step),
            Box::new(m0002_ledger_append_only::Step),
            Box::new(m0003_engines::Step),
            Box::new(m0004_filtering::Step),
            Box::new(m0005_devices::Step),
            Box::new(m0006_entry_keys::Step),
            Box::new(m0007_checks::Step),
            Box::new(m0008_stamps::Step),
            Box::new(m0009_smaller_lists::Step),
            Box::new(m0010_words::Step),
            Box::new(m0011_heard::Step),
            Box::new(m0012_kept_here::Step),
        ]
    }
}

/// The reference of a row to its school.
fn belongs_to_school(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "school_id").to("school", "id").to_owned()
}

/// A reference to a row of the same school: the school is part of the key, so that the database
/// refuses a reference to another school's row.
fn refers_to(
    table: &'static str,
    column: &'static str,
    target: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_tbl(table)
        .from_col("school_id")
        .from_col(column)
        .to_tbl(target)
        .to_col("school_id")
        .to_col("id")
        .on_delete(on_delete)
        .to_owned()
}

//! What can go wrong with the store.

use std::path::PathBuf;

use sea_orm::{DbErr, SqlErr};

use crate::keys::KeyError;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be reached.
    #[error("cannot open the database")]
    Open(#[source] DbErr),
    /// The folder or file of the database could not be made.
    #[error("cannot make the database file {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The address of the database is of no known kind.
    #[error("`{0}` names no database: give a path, `sqlite:PATH` or `postgres://…`")]
    Url(String),
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables up to date")]
    Migrate(#[source] DbErr),
    /// The backup before a migration failed, so the migration was not begun.
    #[error("the tables were not brought up to date, because the backup before it failed")]
    BeforeMigration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database was made by a newer version.
    #[error("the database was made by a newer version: it knows the step `{0}`")]
    Newer(String),
    /// The keys could not be used.
    #[error("cannot use the keys")]
    Keys(#[from] KeyError),
    /// The keys belong to another database.
    #[error("the keys in {0} are not those of this database; restore the keys that belong to it")]
    WrongKeys(PathBuf),
    /// A query failed.
    #[error("the database refused")]
    Database(#[source] DbErr),
    /// A row like it is there already.
    #[error("a row like it is there already")]
    Duplicate(#[source] DbErr),
    /// A row refers to something that is not there, or is referred to.
    #[error("a row refers to something that is not there, or is still referred to")]
    Reference(#[source] DbErr),
    /// The row to change is not there.
    #[error("no such row in {0}")]
    NotFound(&'static str),
    /// A row of another school was given.
    #[error("a row of another school was given for {0}")]
    OtherSchool(&'static str),
    /// No such school.
    #[error("no school is called `{0}`")]
    NoSchool(String),
    /// A short name that cannot be one.
    #[error("`{0}` cannot be the short name of a school: use lower-case letters, digits and hyphens")]
    BadSlug(String),
    /// A word of the ledger that is not one.
    #[error("`{word}` cannot stand in the ledger as {what}")]
    BadWord {
        /// Which part of the entry.
        what: &'static str,
        /// What was given.
        word: String,
    },
    /// Something kept the transaction open beyond its closure.
    #[error("the transaction was still in use when it should have ended")]
    StillOpen,
    /// Stored bytes do not open with their key.
    #[error("what is stored as {0} does not open with its key")]
    Sealed(&'static str),
    /// Stored text is not what it should be.
    #[error("what is stored as {what} is damaged")]
    Damaged {
        /// What it should be.
        what: &'static str,
    },
    /// The details beside an entry of the ledger are gone, and no act erased them.
    #[error("the details of entry {0} of the ledger are gone, and no act erased them")]
    DetailsGone(i64),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random,
    /// What was written could not be passed on.
    #[error("cannot write")]
    Write(#[source] std::io::Error),
}

impl StoreError {
    /// Whether a row like it was there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate(_))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Duplicate(error),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::Reference(error),
            Some(_) | None => Self::Database(error),
        }
    }
}

//! Opens the database: keys, connections, tables.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, PaginatorTrait, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    Act, Actor, Event, School, StoreError,
    entity::{installation, ledger_head, school},
    ids,
    keys::Keys,
    migration::Migrator,
    outbox::Outbox,
    school::one_transaction,
    time::millis,
};

/// What is to be done before the tables of a database with data change: it is given the store as it
/// is, and the names of the steps to come. Where it fails, nothing is changed.
pub type BeforeMigration = Arc<
    dyn for<'a> Fn(
            &'a Store,
            &'a [String],
        )
            -> Pin<Box<dyn Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>>
        + Send
        + Sync,
>;

/// Where the database and the keys are.
#[derive(Clone)]
pub struct Settings {
    /// A path, `sqlite:PATH`, or `postgres://…`.
    pub url: String,
    /// The folder of the keys, made at the first start.
    pub keys_dir: PathBuf,
    /// How many connections may read at once.
    pub readers: u32,
    /// What is to be done before the tables of a database with data change.
    pub before_migration: Option<BeforeMigration>,
}

impl Settings {
    /// A database and its keys, with eight readers and nothing done before a migration.
    pub fn new(url: impl Into<String>, keys_dir: impl Into<PathBuf>) -> Self {
        Self { url: url.into(), keys_dir: keys_dir.into(), readers: 8, before_migration: None }
    }
}

/// The records of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) reader: DatabaseConnection,
    pub(crate) writer: DatabaseConnection,
    pub(crate) keys: Keys,
    pub(crate) url: String,
    pub(crate) events: broadcast::Sender<Event>,
}

impl Store {
    /// Opens the database, makes it where there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// Where keys or database cannot be used, do not belong together, or are newer than this program.
    pub async fn open(settings: &Settings, now: jiff::Timestamp) -> Result<Self, StoreError> {
        let keys = Keys::open(&settings.keys_dir)?;
        let (writer, reader) = connect(settings).await?;
        let (events, _) = broadcast::channel(1024);
        let store = Self { inner: Arc::new(Inner { reader, writer, keys, url: settings.url.clone(), events }) };
        store.migrate(settings.before_migration.as_ref()).await?;
        store.check_keys(now).await?;
        Ok(store)
    }

    async fn migrate(&self, before: Option<&BeforeMigration>) -> Result<(), StoreError> {
        let database = &self.inner.writer;
        Migrator::install(database).await.map_err(StoreError::Migrate)?;
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let applied = Migrator::get_migration_models(database).await.map_err(StoreError::Migrate)?;
        if let Some(newer) = applied.iter().find(|step| !known.contains(&step.version)) {
            return Err(StoreError::Newer(newer.version.clone()));
        }
        let pending: Vec<String> =
            known.into_iter().filter(|name| !applied.iter().any(|step| &step.version == name)).collect();
        if pending.is_empty() {
            return Ok(());
        }
        if let Some(before) = before
            && !applied.is_empty()
        {
            before(self, &pending).await.map_err(StoreError::BeforeMigration)?;
        }
        tracing::info!(steps = pending.len(), "bringing the tables up to date");
        Migrator::up(database, None).await.map_err(StoreError::Migrate)
    }

    /// Binds the database to its keys at the first start, and refuses other keys afterwards.
    async fn check_keys(&self, now: jiff::Timestamp) -> Result<(), StoreError> {
        let keys = &self.inner.keys;
        let check = crate::hex::encode(keys.derive("check", Uuid::nil(), "").as_slice());
        let public = keys.public_key().to_string();
        match installation::Entity::find_by_id(1).one(&self.inner.writer).await? {
            Some(row) if row.key_check == check && row.ledger_public_key == public => Ok(()),
            Some(_) => Err(StoreError::WrongKeys(keys.folder().to_owned())),
            None => {
                let row =
                    installation::Model { id: 1, ledger_public_key: public, key_check: check, created_at: millis(now) };
                let row: installation::ActiveModel = row.into();
                installation::Entity::insert(row).exec_without_returning(&self.inner.writer).await?;
                Ok(())
            }
        }
    }

    /// Adds a school, and says so in its ledger.
    ///
    /// # Errors
    /// Where the short name is taken or cannot be one, or the database refuses.
    pub async fn create_school(&self, slug: &str, name: &str, now: jiff::Timestamp) -> Result<School, StoreError> {
        if !kernel::place::is_word(slug) || slug.len() > 60 {
            return Err(StoreError::BadSlug(slug.to_owned()));
        }
        let id = ids::new_id(now)?;
        let row = school::Model { id, slug: slug.to_owned(), name: name.to_owned(), created_at: millis(now) };
        let transaction = begin(&self.inner.writer).await?;
        let active: school::ActiveModel = row.clone().into();
        school::Entity::insert(active).exec_without_returning(&transaction).await?;
        let head = ledger_head::Model { school_id: id, seq: 0, hash: crate::ledger::GENESIS.to_string() };
        let head: ledger_head::ActiveModel = head.into();
        ledger_head::Entity::insert(head).exec_without_returning(&transaction).await?;
        let school = School::new(self.clone(), row);
        let act = Act::new("school.create", Actor::Gatehouse).about(id);
        one_transaction(&school, transaction, vec![act], true, now, async |_| Ok::<_, StoreError>(())).await?;
        Ok(school)
    }

    /// Every school of the installation, by short name.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn schools(&self) -> Result<Vec<School>, StoreError> {
        use sea_orm::QueryOrder;
        let rows = school::Entity::find().order_by_asc(school::Column::Slug).all(&self.inner.reader).await?;
        Ok(rows.into_iter().map(|row| School::new(self.clone(), row)).collect())
    }

    /// The school with this short name.
    ///
    /// # Errors
    /// [`StoreError::NoSchool`], or where the database refuses.
    pub async fn school(&self, slug: &str) -> Result<School, StoreError> {
        use sea_orm::{ColumnTrait, QueryFilter};
        let row = school::Entity::find().filter(school::Column::Slug.eq(slug)).one(&self.inner.reader).await?;
        row.map(|row| School::new(self.clone(), row)).ok_or_else(|| StoreError::NoSchool(slug.to_owned()))
    }

    /// The school with this identifier.
    ///
    /// # Errors
    /// [`StoreError::NoSchool`], or where the database refuses.
    pub async fn school_by_id(&self, id: kernel::SchoolId) -> Result<School, StoreError> {
        let row = school::Entity::find_by_id(id.0).one(&self.inner.reader).await?;
        row.map(|row| School::new(self.clone(), row)).ok_or_else(|| StoreError::NoSchool(id.to_string()))
    }

    /// Events as they happen, in this process. Who must not miss one looks in [`Store::outbox`] too.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// The events that were stored, for consumers to take in.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.clone())
    }

    /// The public half of the key that signs the ledger, as hexadecimal digits.
    pub fn ledger_public_key(&self) -> String {
        self.inner.keys.public_key().to_string()
    }

    /// Whether anything is stored.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(school::Entity::find().count(&self.inner.reader).await? == 0)
    }

    /// Ends the connections, once what runs has ended.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn close(self) -> Result<(), StoreError> {
        self.inner.reader.close_by_ref().await?;
        self.inner.writer.close_by_ref().await?;
        Ok(())
    }

    /// After an erasure, empties SQLite's journal, in which what was erased still stands. PostgreSQL does
    /// the like when it vacuums. Where somebody reads at the moment, the next erasure or start does it.
    pub(crate) async fn forget_journal(&self) {
        use sea_orm::ConnectionTrait;
        if !self.is_postgres()
            && let Err(error) = self.inner.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await
        {
            tracing::warn!(%error, "the journal of the database could not be emptied after an erasure");
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.inner.writer.get_database_backend() == DbBackend::Postgres
    }
}

/// Begins a transaction that may write: on SQLite with the write lock, so that it never fails half-way.
pub(crate) async fn begin(database: &DatabaseConnection) -> Result<sea_orm::DatabaseTransaction, DbErr> {
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    database.begin_with_options(options).await
}

async fn connect(settings: &Settings) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let url = settings.url.as_str();
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let mut options = quiet(url);
        options.max_connections(settings.readers.max(2));
        let pool = Database::connect(options).await.map_err(StoreError::Open)?;
        return Ok((pool.clone(), pool));
    }
    let path = sqlite_path(url)?;
    make_file(&path)?;
    let connection = |readers: Option<u32>| {
        let file = path.clone();
        // The path goes in by the options: a URL would read `?` and `%` in it as its own.
        let mut options = quiet("sqlite::memory:");
        options.max_connections(readers.unwrap_or(1)).min_connections(1);
        options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
        // Where the disk is full SQLite ends a transaction by itself, and the driver, which cannot end it any more, takes
        // it for open: what is written later would be part of it, and never be committed. Such a connection goes.
        options.map_sqlx_sqlite_before_acquire(|connection, _| {
            Box::pin(async move {
                use sea_orm::sqlx::Connection as _;
                // What was dropped is undone before this is answered.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        });
        options.map_sqlx_sqlite_opts(move |sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .in_memory(false)
                .shared_cache(false)
                .filename(&file)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .pragma("secure_delete", "ON")
                .pragma("query_only", if readers.is_some() { "ON" } else { "OFF" })
        });
        options
    };
    let writer = Database::connect(connection(None)).await.map_err(StoreError::Open)?;
    let reader = Database::connect(connection(Some(settings.readers.max(1)))).await.map_err(StoreError::Open)?;
    Ok((writer, reader))
}

/// One plain connection to a SQLite file that is there.
pub(crate) async fn sqlite_alone(path: &Path) -> Result<DatabaseConnection, StoreError> {
    let file = path.to_owned();
    let mut options = quiet("sqlite::memory:");
    options.max_connections(1);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite.in_memory(false).shared_cache(false).filename(&file).busy_timeout(Duration::from_secs(30))
    });
    Database::connect(options).await.map_err(StoreError::Open)
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).record_stmt_in_spans(false).acquire_timeout(Duration::from_secs(30));
    options
}

/// The path that a setting names; none where it names another kind of database.
pub(crate) fn sqlite_path(url: &str) -> Result<PathBuf, StoreError> {
    let path = match url.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None if url.contains("://") => return Err(StoreError::Url(url.split("://").next().unwrap_or("").to_owned())),
        None => url,
    };
    if path.is_empty() || path == ":memory:" {
        return Err(StoreError::Url(url.to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// Makes the file of the database for its owner alone; what SQLite puts beside it follows its mode.
fn make_file(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let refused = |cause| StoreError::File { path: path.to_owned(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused)?;
    }
    if !path.exists() {
        std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(refused)?;
    }
    Ok(())
}

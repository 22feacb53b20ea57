//! Stores on both databases, each fresh and thrown away afterwards.

use std::path::PathBuf;

use store::{Settings, Store};
use tempfile::TempDir;

use crate::{TestClock, postgres as cluster};
use kernel::Clock as _;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of SQLite.
    Sqlite,
    /// A database of PostgreSQL.
    Postgres,
}

/// A fresh store, with a clock at 10:15 on Tuesday 24 November 2026.
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// Which database it is on.
    pub kind: Kind,
    /// The clock.
    pub clock: TestClock,
    settings: Settings,
    folder: TempDir,
}

impl TestStore {
    /// The present moment.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// What the store was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A folder that is removed with the store.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Opens the same database again, as another process would.
    pub async fn reopen(&self) -> Store {
        open(&self.settings, &self.clock).await
    }

    /// The address and keys of another, empty database of the same kind; nothing is made there yet.
    pub async fn another(&self, name: &str) -> Settings {
        let keys = self.folder.path().join(format!("{name}-keys"));
        match self.kind {
            Kind::Sqlite => Settings::new(self.folder.path().join(format!("{name}.db")).display().to_string(), keys),
            Kind::Postgres => match new_database().await {
                Some(url) => Settings::new(url, keys),
                None => panic!("PostgreSQL was there and is not any more"),
            },
        }
    }
}

/// A fresh store on SQLite.
pub async fn sqlite() -> TestStore {
    let folder = temporary();
    let settings = Settings::new(folder.path().join("gatehouse.db").display().to_string(), folder.path().join("keys"));
    made(Kind::Sqlite, settings, folder).await
}

/// A fresh store on PostgreSQL; none where there is none on this machine (never so in CI).
pub async fn postgres() -> Option<TestStore> {
    let folder = temporary();
    let mut settings = Settings::new(new_database().await?, folder.path().join("keys"));
    settings.readers = 4;
    Some(made(Kind::Postgres, settings, folder).await)
}

/// Runs a story on a fresh SQLite store.
pub fn on_sqlite(story: impl AsyncFnOnce(&TestStore)) {
    runtime().block_on(async {
        let kit = sqlite().await;
        story(&kit).await;
    });
}

/// Runs a story on a fresh PostgreSQL store. Where this machine has none, says so and runs nothing.
pub fn on_postgres(story: impl AsyncFnOnce(&TestStore)) {
    runtime().block_on(async {
        if let Some(kit) = postgres().await {
            story(&kit).await;
        }
    });
}

async fn made(kind: Kind, settings: Settings, folder: TempDir) -> TestStore {
    let clock = TestClock::default();
    TestStore { store: open(&settings, &clock).await, kind, clock, settings, folder }
}

async fn open(settings: &Settings, clock: &TestClock) -> Store {
    match Store::open(settings, clock.now()).await {
        Ok(store) => store,
        Err(error) => panic!("the store does not open: {error}: {:?}", std::error::Error::source(&error)),
    }
}

/// A new database of the cluster, and its address.
async fn new_database() -> Option<String> {
    let url = cluster::url()?;
    let name = format!("gatehouse_{}", uuid::Uuid::now_v7().simple());
    match store::testing::create_database(url, &name).await {
        Ok(address) => Some(address),
        Err(error) => panic!("no database for a test: {error}: {:?}", std::error::Error::source(&error)),
    }
}

fn temporary() -> TempDir {
    match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("no folder for a test: {error}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for a test: {error}"),
    }
}

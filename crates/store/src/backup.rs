//! A copy of everything, encrypted, and the way back from it.
//!
//! The archive is an age file (passphrase or X25519 recipient) around zstd around tar: a manifest, one
//! consistent copy of the database, the folders that the caller names (the activity log, policies,
//! lists), and the digest of each file. The keys are not in it: they go into a file of their own, so that
//! who finds the archive and its passphrase still cannot read what the database holds sealed, nor sign
//! a ledger. Restoring needs both.

mod archive;
mod create;
mod database;
mod key_file;
mod lock;
mod restore;

pub use archive::Manifest;
pub use create::create;
pub use key_file::{export_keys, restore_keys};
pub use lock::{Lock, Unlock};
pub use restore::{Restored, restore};

use std::{io, path::PathBuf};

use crate::StoreError;

/// Why a backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("cannot read or write {path}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// There is something already where the result should go.
    #[error("{path} is there already, and nothing is written over")]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// The database to restore into is not empty.
    #[error("the database to restore into is not empty")]
    NotEmpty,
    /// The recipient or identity is none.
    #[error("`{0}…` is no age recipient or identity")]
    BadRecipient(String),
    /// The passphrase or identity does not open it.
    #[error("the passphrase or identity does not open {path}")]
    WrongKey {
        /// Which file.
        path: PathBuf,
    },
    /// The archive is damaged, or is none.
    #[error("{path} is damaged or is no backup: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The archive is of the other kind of database.
    #[error("the backup is of a {found} database, and the one to restore into is {wanted}")]
    OtherDatabase {
        /// What the archive holds.
        found: String,
        /// What is to be restored into.
        wanted: String,
    },
    /// The archive was made by a newer version.
    #[error("the backup was made by a newer version: it knows the step `{0}`")]
    Newer(String),
    /// The archive holds a folder for which no place was named.
    #[error("the backup holds `{0}`, and no place was named for it")]
    NoPlace(String),
    /// The keys are not there.
    #[error("there are no keys in {0}; restore the file of keys first")]
    NoKeys(PathBuf),
    /// The ledger that came out of the archive is not whole.
    #[error("the ledger of {school} in the backup is not whole: {what}")]
    Ledger {
        /// Whose ledger.
        school: String,
        /// What is wrong with it.
        what: String,
    },
    /// The database could not be read or written.
    #[error("the database could not be copied")]
    Store(#[from] StoreError),
    /// The work was broken off.
    #[error("the work was broken off")]
    BrokenOff,
}

impl From<sea_orm::DbErr> for BackupError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Runs what blocks where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(BackupError::BrokenOff))
}

/// A folder for what is under way, for its owner alone; removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &std::path::Path, word: &str) -> Result<Self, BackupError> {
        use std::os::unix::fs::DirBuilderExt;
        let random: [u8; 8] = crate::ids::random()?;
        let folder = path.parent().map_or_else(PathBuf::new, PathBuf::from);
        let place = folder.join(format!(".gatehouse-{word}-{}", crate::hex::encode(&random)));
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&place)
            .map_err(|cause| BackupError::Io { path: place.clone(), cause })?;
        Ok(Self(place))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of a backup under way could not be removed");
        }
    }
}

//! A copy of the log while it works: what a backup takes.
//!
//! Upkeep stands still meanwhile, so that every row is in the journal or in a day file of the copy. The journal
//! goes on; what comes in while the copy is made may be in it or not, and its torn end is cut off when the copy
//! is opened.
//!
//! Whoever copies may be another process than the one that holds the log open. The two keep out of each other's way
//! by a lock of the system on the folder of day files: shared by those who copy, held alone by whoever makes or
//! removes day files.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use crate::{journal::sync_folder, log::LogError};

/// The file of losses in the folder of a school.
pub(crate) const LOSSES: &str = "losses.jsonl";

/// Waits until nobody copies; nobody does while the answer lives.
pub(crate) fn alone(days: &Path) -> Result<File, LogError> {
    let failed = |cause| LogError::File { what: "lock", path: days.to_owned(), cause };
    let folder = File::open(days).map_err(failed)?;
    folder.lock().map_err(failed)?;
    Ok(folder)
}

/// As [`alone`], without waiting; none where somebody copies.
pub(crate) fn alone_now(days: &Path) -> Result<Option<File>, LogError> {
    let failed = |cause| LogError::File { what: "lock", path: days.to_owned(), cause };
    let folder = File::open(days).map_err(failed)?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// Copies the folder of a school to `to`, which is made.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), LogError> {
    let (journal, days, losses) = (from.join("journal"), from.join("days"), from.join(LOSSES));
    let failed = |cause| LogError::File { what: "lock", path: days.clone(), cause };
    let lock = File::open(&days).map_err(failed)?;
    lock.lock_shared().map_err(failed)?;
    copy_folder(&journal, &to.join("journal"))?;
    copy_folder(&days, &to.join("days"))?;
    if losses.exists() {
        copy_file(&losses, &to.join(LOSSES))?;
    }
    drop(lock);
    sync_folder(to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), LogError> {
    let failed = |what, path: &Path, cause| LogError::File { what, path: path.to_owned(), cause };
    std::fs::create_dir_all(to).map_err(|cause| failed("create", to, cause))?;
    for entry in std::fs::read_dir(from).map_err(|cause| failed("read", from, cause))? {
        let entry = entry.map_err(|cause| failed("read", from, cause))?;
        let (path, target): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_folder(&path, &target)? } else { copy_file(&path, &target)? }
    }
    sync_folder(to)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), LogError> {
    let copied = std::fs::copy(from, to).and_then(|_| File::open(to)).and_then(|file| file.sync_all());
    copied.map_err(|cause| LogError::File { what: "copy", path: from.to_owned(), cause })
}

//! A copy of the log while it works: what a backup takes.
//!
//! Upkeep stands still meanwhile, so that every row is in the journal or in a day file of the copy. The journal
//! goes on; what comes in while the copy is made may be in it or not, and its torn end is cut off when the copy
//! is opened.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::PoisonError,
};

use crate::{book::Book, journal::sync_folder, log::LogError};

/// Copies the log of a school to `to`, which is made.
pub(crate) fn copy(book: &Book, to: &Path) -> Result<(), LogError> {
    let _upkeep_stands_still = book.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
    copy_folder(&book.journal(), &to.join("journal"))?;
    copy_folder(&book.days(), &to.join("days"))?;
    let losses = book.losses_file();
    if losses.exists() {
        copy_file(&losses, &to.join("losses.jsonl"))?;
    }
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

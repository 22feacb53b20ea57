//! Makes an archive.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    BackupError, Lock, Manifest, Scratch,
    archive::{MANIFEST, Writer},
    blocking, database,
};
use crate::{Store, time::millis};

/// Writes one archive of the database and of the named folders or files. They may be in use meanwhile. A
/// path that is not there is left out.
///
/// # Errors
/// Where `out` is there already, or something cannot be read or written. Then there is no `out`.
pub async fn create(
    store: &Store,
    extra: &[(&str, &Path)],
    out: &Path,
    lock: &Lock,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    if out.exists() {
        return Err(BackupError::Exists { path: out.to_owned() });
    }
    let scratch = Scratch::beside(out, "backup")?;
    let copy = database::copy(store, &scratch.0).await?;
    let folders: Vec<(String, PathBuf)> =
        extra.iter().filter(|it| it.1.exists()).map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
    let manifest = Manifest {
        format: 1,
        made_at: millis(now),
        database: copy.kind.to_owned(),
        steps: copy.steps,
        folders: folders.iter().map(|it| it.0.clone()).collect(),
        heads: copy.heads,
    };
    let (out, lock, said) = (out.to_owned(), lock.clone(), manifest.clone());
    blocking(move || {
        let part = scratch.0.join("archive");
        let mut writer = Writer::new(&part, &lock)?;
        let text = serde_json::to_vec(&said).map_err(|_| BackupError::BrokenOff)?;
        writer.bytes(MANIFEST, &text)?;
        for (name, path) in &copy.files {
            writer.file(&format!("database/{name}"), path)?;
        }
        for (name, path) in &folders {
            add_folder(&mut writer, name, path)?;
        }
        writer.finish()?;
        put_in_place(&part, &out)
    })
    .await?;
    Ok(manifest)
}

/// Gives the archive its name, writing nothing over.
fn put_in_place(part: &Path, out: &Path) -> Result<(), BackupError> {
    // A link fails where something is there; a rename would write over it.
    match fs::hard_link(part, out) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists || out.exists() => {
            Err(BackupError::Exists { path: out.to_owned() })
        }
        // Some disks, such as memory sticks, know no links.
        Err(_) => fs::rename(part, out).map_err(|cause| BackupError::Io { path: out.to_owned(), cause }),
    }
}

/// Adds every file of a folder. Where files come and go meanwhile, looks again until nothing is new, so
/// that what one file was turned into is not missed.
fn add_folder(writer: &mut Writer, name: &str, path: &Path) -> Result<(), BackupError> {
    if path.is_file() {
        return writer.file(&format!("extra/{name}/file"), path);
    }
    let mut added: BTreeSet<PathBuf> = BTreeSet::new();
    for _ in 0..5 {
        let files = files_of(path)?;
        let new: Vec<_> = files.into_iter().filter(|file| !added.contains(file)).collect();
        if new.is_empty() {
            return Ok(());
        }
        for file in new {
            let inside = file.strip_prefix(path).unwrap_or(&file);
            let inside = inside.to_str().ok_or_else(|| BackupError::Io {
                path: file.clone(),
                cause: io::Error::new(io::ErrorKind::InvalidData, "its name is no text"),
            })?;
            match writer.file(&format!("extra/{name}/folder/{inside}"), &file) {
                Ok(()) => {}
                Err(BackupError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(other) => return Err(other),
            }
            added.insert(file);
        }
    }
    Ok(())
}

/// Every regular file below a folder; links are not followed.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut folders = vec![path.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let io = |cause| BackupError::Io { path: folder.clone(), cause };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io(error)),
        };
        for entry in entries {
            let entry = entry.map_err(io)?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io(error)),
            }
        }
    }
    files.sort();
    Ok(files)
}

//! Restores an archive into an empty place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use sea_orm_migration::MigratorTrait;

use super::{BackupError, Manifest, Scratch, Unlock, archive::unpack, blocking, database};
use crate::{Settings, Store, keys, migration::Migrator};

/// What was restored.
pub struct Restored {
    /// What the archive said of itself.
    pub manifest: Manifest,
    /// The store, open and checked.
    pub store: Store,
}

/// Restores the database into the empty one of `into`, whose keys must be there already, and each folder
/// into the place of its name. Digests are checked before anything is put in place, the ledgers after.
///
/// # Errors
/// Where the archive does not open or is damaged, something is in the way, or a ledger is not whole.
pub async fn restore(
    archive: &Path,
    unlock: &Unlock,
    into: &Settings,
    places: &[(&str, &Path)],
    now: Timestamp,
) -> Result<Restored, BackupError> {
    if keys::FILES.iter().any(|name| !into.keys_dir.join(name).exists()) {
        return Err(BackupError::NoKeys(into.keys_dir.clone()));
    }
    for (_, place) in places {
        refuse_full(place)?;
    }
    let postgres = into.url.starts_with("postgres");
    let beside = if postgres { into.keys_dir.clone() } else { crate::open::sqlite_path(&into.url)? };
    let target = if postgres {
        Some(database::open_empty(&into.url).await?)
    } else {
        if beside.exists() {
            return Err(BackupError::NotEmpty);
        }
        None
    };
    let scratch = Scratch::beside(&beside, "restore")?;
    let (from, with, to) = (archive.to_owned(), unlock.clone(), scratch.0.clone());
    let manifest = blocking(move || unpack(&from, &with, &to)).await?;
    let wanted = if postgres { "postgres" } else { "sqlite" };
    if manifest.database != wanted {
        return Err(BackupError::OtherDatabase { found: manifest.database, wanted: wanted.to_owned() });
    }
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    if let Some(newer) = manifest.steps.iter().find(|step| !known.contains(step)) {
        return Err(BackupError::Newer(newer.clone()));
    }
    let moves = folders(&manifest, &scratch.0, places)?;
    match target {
        Some(target) => {
            database::load(&target, &scratch.0.join("database"), manifest.steps.len()).await?;
            target.close().await?;
        }
        None => move_to(&scratch.0.join("database/gatehouse.db"), &beside)?,
    }
    for (from, place) in moves {
        move_to(&from, &place)?;
    }
    let store = Store::open(into, now).await?;
    check_ledgers(&store, &manifest).await?;
    Ok(Restored { manifest, store })
}

/// Where each folder of the archive goes.
fn folders(
    manifest: &Manifest,
    scratch: &Path,
    places: &[(&str, &Path)],
) -> Result<Vec<(PathBuf, PathBuf)>, BackupError> {
    let mut moves = Vec::new();
    for name in &manifest.folders {
        let place = places.iter().find(|it| it.0 == name).ok_or_else(|| BackupError::NoPlace(name.clone()))?.1;
        let inside = scratch.join("extra").join(name);
        let from = ["folder", "file"].map(|it| inside.join(it)).into_iter().find(|it| it.exists());
        // An empty folder leaves nothing in the archive.
        moves.extend(from.map(|from| (from, place.to_owned())));
    }
    Ok(moves)
}

/// Every chain must be whole, and go as far as the archive says.
async fn check_ledgers(store: &Store, manifest: &Manifest) -> Result<(), BackupError> {
    let schools = store.schools().await?;
    let fault = |school: String, what: &str| BackupError::Ledger { school, what: what.to_owned() };
    for (id, seq, hash) in &manifest.heads {
        let school = schools
            .iter()
            .find(|school| school.id().0 == *id)
            .ok_or_else(|| fault(id.to_string(), "the school is not there"))?;
        let report = school.ledger().verify().await?;
        if let Some(first) = report.faults.first() {
            return Err(fault(school.slug().to_owned(), &first.to_string()));
        }
        let (found_seq, found_hash) = school.ledger().head().await?;
        if found_seq != *seq || found_hash.to_string() != *hash {
            return Err(fault(school.slug().to_owned(), "it does not go as far as the backup says"));
        }
    }
    Ok(())
}

/// A place must be free: not there, or an empty folder.
fn refuse_full(place: &Path) -> Result<(), BackupError> {
    let empty = match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if empty { Ok(()) } else { Err(BackupError::Exists { path: place.to_owned() }) }
}

/// Moves a file or folder to its place, copying where that is on another disk.
fn move_to(from: &Path, place: &Path) -> Result<(), BackupError> {
    let failed = |cause| BackupError::Io { path: place.to_owned(), cause };
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    if place.is_dir() {
        fs::remove_dir(place).map_err(failed)?;
    }
    match fs::rename(from, place) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_all(from, place).map_err(failed),
        other => other.map_err(failed),
    }
}

fn copy_all(from: &Path, place: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir(place)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_all(&entry.path(), &place.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::copy(from, place).map(|_| ())
}

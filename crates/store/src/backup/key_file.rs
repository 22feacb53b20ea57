//! The keys in an encrypted file of their own, and back.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use zeroize::Zeroizing;

use super::{BackupError, Lock, Unlock, archive::new_file, blocking};
use crate::{Store, StoreError, hex, keys};

/// Writes the keys of the installation into an encrypted file. Keep it apart from the archives.
///
/// # Errors
/// Where the file is there already, or something cannot be read or written.
pub async fn export_keys(store: &Store, out: &Path, lock: &Lock) -> Result<(), BackupError> {
    let (folder, out, lock) = (store.inner.keys.folder().to_owned(), out.to_owned(), lock.clone());
    blocking(move || {
        let mut all = BTreeMap::new();
        for name in keys::FILES {
            let path = folder.join(name);
            let bytes = Zeroizing::new(fs::read(&path).map_err(|cause| BackupError::Io { path, cause })?);
            all.insert(name, hex::encode(&bytes));
        }
        let text = serde_json::to_vec(&all).map(Zeroizing::new).map_err(|_| BackupError::BrokenOff)?;
        let io = |cause| BackupError::Io { path: out.clone(), cause };
        let mut writer = lock.wrap(new_file(&out)?, &out)?;
        writer.write_all(&text).map_err(io)?;
        writer.finish().and_then(|file| file.sync_all()).map_err(io)
    })
    .await
}

/// Puts the keys of an encrypted file into a folder that holds none.
///
/// # Errors
/// Where keys are there already, the file does not open, or something cannot be read or written.
pub async fn restore_keys(file: &Path, unlock: &Unlock, keys_dir: &Path) -> Result<(), BackupError> {
    let (file, unlock, folder) = (file.to_owned(), unlock.clone(), keys_dir.to_owned());
    blocking(move || {
        for name in keys::FILES {
            let path = folder.join(name);
            if path.exists() {
                return Err(BackupError::Exists { path });
            }
        }
        let damaged = |what: &str| BackupError::Damaged { path: file.clone(), what: what.to_owned() };
        let opened = fs::File::open(&file).map_err(|cause| BackupError::Io { path: file.clone(), cause })?;
        let mut text = Zeroizing::new(Vec::new());
        unlock
            .open(BufReader::new(opened), &file)?
            .read_to_end(&mut text)
            .map_err(|error| damaged(&error.to_string()))?;
        let all: BTreeMap<String, String> = serde_json::from_slice(&text).map_err(|_| damaged("it holds no keys"))?;
        let mut found = Vec::new();
        for name in keys::FILES {
            let bytes = all.get(name).and_then(|text| hex::decode(text)).ok_or_else(|| damaged("a key is missing"))?;
            found.push((folder.join(name), Zeroizing::new(bytes)));
        }
        if !folder.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|cause| BackupError::Io { path: folder.clone(), cause })?;
        }
        for (path, bytes) in found {
            keys::write_new(&path, &bytes).map_err(|error| BackupError::Store(StoreError::Keys(error)))?;
        }
        Ok(())
    })
    .await
}

//! A roster from a folder or an archive into memory, with bounds: no file, no archive and no count of
//! files is believed to be small, and no path leads anywhere.

use std::{
    fs, io,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use rules::people::roster::{
    FileLimits, Files,
    files::{FilesError, wanted},
};

/// Why a folder or archive is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive is damaged, or is no archive.
    #[error("the file is not a zip archive that can be read")]
    Zip(#[source] zip::result::ZipError),
    /// A file of the archive is encrypted or damaged.
    #[error("{name} in the archive cannot be read")]
    Entry {
        /// The file.
        name: &'static str,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file of the folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Too much, twice, or a path that leads out.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Not one file of a roster.
    #[error("there is no OneRoster file in it: manifest.csv, orgs.csv, users.csv and so on are expected")]
    Nothing,
}

/// Takes the files of a roster out of a zip archive. Sizes that the archive states are not believed.
pub fn from_zip(bytes: &[u8]) -> Result<Files, ArchiveError> {
    let limits = FileLimits::default();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(ArchiveError::Zip)?;
    if archive.len() > limits.names {
        return Err(FilesError::TooMany { limit: limits.names }.into());
    }
    let mut files = Files::default();
    for nth in 0..archive.len() {
        let mut entry = archive.by_index(nth).map_err(ArchiveError::Zip)?;
        if entry.is_dir() {
            continue;
        }
        // A name that cannot be read is none of ours.
        let Some(name) = entry.name().ok().map(|path| wanted(&path)).transpose()?.flatten() else { continue };
        let bytes = read_bounded(&mut entry, limits.file).map_err(|cause| ArchiveError::Entry { name, cause })?;
        files.insert(name, bytes, &limits)?;
    }
    some(files)
}

/// Takes the files of a roster out of a folder, or out of a zip archive where `path` is a file.
pub fn from_folder(path: &Path) -> Result<Files, ArchiveError> {
    let limits = FileLimits::default();
    let failed = |cause| ArchiveError::Read { path: path.to_owned(), cause };
    if fs::metadata(path).map_err(failed)?.is_file() {
        let mut file = fs::File::open(path).map_err(failed)?;
        return from_zip(&read_bounded(&mut file, limits.all).map_err(failed)?);
    }
    let mut files = Files::default();
    for (nth, entry) in fs::read_dir(path).map_err(failed)?.enumerate() {
        if nth >= limits.names {
            return Err(FilesError::TooMany { limit: limits.names }.into());
        }
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().map(wanted).transpose()?.flatten() else { continue };
        let path = entry.path();
        let failed = |cause| ArchiveError::Read { path: path.clone(), cause };
        let mut file = fs::File::open(&path).map_err(failed)?;
        let bytes = read_bounded(&mut file, limits.file).map_err(failed)?;
        files.insert(name, bytes, &limits)?;
    }
    some(files)
}

fn some(files: Files) -> Result<Files, ArchiveError> {
    if files.is_empty() { Err(ArchiveError::Nothing) } else { Ok(files) }
}

/// At most one byte more than the limit is read; [`Files::insert`] then refuses it.
fn read_bounded(from: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_gives_the_files_of_a_roster_alone() {
        let files = from_zip(&zipped(&[("export/users.csv", b"u"), ("export/demographics.csv", b"d")])).unwrap();
        assert_eq!(files.get("users.csv"), Some(b"u".as_slice()));
        assert_eq!(files.get("demographics.csv"), None);
    }

    #[test]
    fn what_is_no_roster_is_refused() {
        let text = |result: Result<Files, ArchiveError>| result.unwrap_err().to_string();
        assert_eq!(text(from_zip(b"users")), "the file is not a zip archive that can be read");
        assert!(text(from_zip(&zipped(&[("notes.txt", b"n")]))).starts_with("there is no OneRoster file"));
        assert!(text(from_zip(&zipped(&[("../users.csv", b"n")]))).contains("leads out of its folder"));
        assert!(text(from_zip(&zipped(&[("a/users.csv", b"n"), ("b/users.csv", b"n")]))).contains("twice"));
        let names: Vec<String> = (0..1_001).map(|nth| format!("n{nth}.txt")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert!(text(from_zip(&zipped(&many))).contains("more than 1000 files"));
    }

    #[test]
    fn a_bomb_is_not_blown_up() {
        let zeros = vec![b'0'; (64 << 20) + 2];
        let bomb = zipped(&[("users.csv", &zeros)]);
        assert!(bomb.len() < 1 << 20, "it is small outside");
        assert!(from_zip(&bomb).unwrap_err().to_string().contains("larger than"));
    }

    #[test]
    fn a_cut_archive_is_refused_without_a_panic() {
        let whole = zipped(&[("users.csv", b"sourcedId\n"), ("orgs.csv", b"sourcedId\n")]);
        for end in 0..whole.len() {
            let _ = from_zip(&whole[..end]);
        }
    }

    #[test]
    fn a_folder_and_an_archive_on_disk_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("users.csv"), "u").unwrap();
        fs::write(folder.path().join("readme.txt"), "r").unwrap();
        let archive = folder.path().join("a.zip");
        fs::write(&archive, zipped(&[("users.csv", b"u")])).unwrap();
        assert_eq!(from_folder(folder.path()).unwrap(), from_folder(&archive).unwrap());
        assert!(from_folder(&folder.path().join("nowhere")).is_err());
    }
}

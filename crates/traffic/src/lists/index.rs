//! Compiles the copies of all lists to one index, and maps it.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path, time::SystemTime};

use filter::{
    Category, Shared,
    index::{BuildError, Image, ImageError, IndexBuilder, ListIndex},
    list::{ListFormat, read_list},
};

use super::source::Part;

/// An index that cannot be compiled or opened.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It cannot be compiled.
    #[error("the lists cannot be compiled to an index")]
    Build(#[from] BuildError),
    /// Its file cannot be mapped.
    #[error("cannot map the index {path}")]
    Map {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The sealed list cannot be used.
    #[error("the sealed list {path} cannot be used")]
    Sealed {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        #[source]
        cause: filter::SealedError,
    },
    /// Its file is damaged or of another version.
    #[error("the index {path} cannot be used")]
    Image {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        #[source]
        cause: ImageError,
    },
}

/// How many lines of a list became entries, and how many were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    pub(crate) entries: u64,
    pub(crate) refused: u64,
    /// How many are names that many owners share.
    pub(crate) shared: u64,
}

/// The category of a part: that of the whole list, or what the part's name means.
pub(crate) fn category_of(part: &Part, whole: Option<Category>) -> Option<Category> {
    whole.or_else(|| part.category.as_deref().and_then(Category::from_list_name))
}

/// Adds the parts of a list. A part whose name is no category that we know is added without one: `list:NAME` finds it.
pub(crate) fn add(
    builder: &mut IndexBuilder,
    list: &str,
    format: ListFormat,
    whole: Option<Category>,
    parts: &[Part],
) -> Result<Counted, IndexError> {
    let mut counted = Counted::default();
    for part in parts {
        let tag = builder.tag(list, category_of(part, whole))?;
        let format = if part.addresses { ListFormat::Urls } else { format };
        let mut failed = None;
        read_list(format, &part.bytes, |line| match line {
            Ok(entry) if failed.is_none() => match builder.add(tag, &entry) {
                Ok(()) => {
                    counted.entries += 1;
                    counted.shared += u64::from(entry.path.is_none() && Shared::of_host(&entry.host).is_some());
                }
                Err(error) => failed = Some(error),
            },
            Ok(_) => {}
            Err(_) => counted.refused += 1,
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    Ok(counted)
}

/// Maps the index at `path`. None where there is none yet.
///
/// # Errors
/// A file that cannot be mapped, or is damaged.
pub fn open(path: &Path) -> Result<Option<ListIndex>, IndexError> {
    let Some(map) = map(path)? else { return Ok(None) };
    match ListIndex::open(Image::new(map)) {
        Ok(index) => Ok(Some(index)),
        Err(cause) => Err(IndexError::Image { path: path.to_owned(), cause }),
    }
}

/// The bytes of a compiled list, which no other program can change.
pub(crate) enum Held {
    /// A file without a name, mapped: its pages are the system's to drop and to read again.
    Map(memmap2::Mmap),
    /// The memory of this program, where the disk has no room for a second file.
    Memory(Vec<u8>),
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Memory(bytes) => bytes,
        }
    }
}

/// Maps a copy of a file that has no name and is open here alone. Of the file itself a program could change what the
/// gateway decides by after it was checked, or end the gateway by cutting it. None where there is no file.
pub(crate) fn map(path: &Path) -> Result<Option<Held>, IndexError> {
    let failed = |cause| IndexError::Map { path: path.to_owned(), cause };
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match map_copy(&mut file, path.parent().unwrap_or(Path::new("."))) {
        Ok(map) => Ok(Some(Held::Map(map))),
        Err(_) => fs::read(path).map(|bytes| Some(Held::Memory(bytes))).map_err(failed),
    }
}

fn map_copy(file: &mut fs::File, folder: &Path) -> io::Result<memmap2::Mmap> {
    let mut copy = tempfile::tempfile_in(folder)?;
    io::copy(file, &mut copy)?;
    #[expect(unsafe_code, reason = "the file has no name, and nobody writes to it from here on")]
    // SAFETY: the mapping is read only. The file was made above, has no name by which another program could open it, and
    // its one handle is dropped here: nobody changes or shortens it below the mapping.
    unsafe {
        memmap2::Mmap::map(&copy)
    }
}

/// By what it is seen that a file is another than it was, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    length: u64,
    changed: Option<SystemTime>,
    inode: u64,
}

/// The mark of a file; none where there is none.
pub fn mark(path: &Path) -> Option<Mark> {
    let data = fs::metadata(path).ok()?;
    Some(Mark { length: data.len(), changed: data.modified().ok(), inode: data.ino() })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_mapped_does_not_change_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let before = vec![7; 20_000];
        fs::write(&path, &before).unwrap();
        let (held, marked) = (map(&path).unwrap().unwrap(), mark(&path));
        assert!(matches!(held, Held::Map(_)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the copy has no name");
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all(&[0; 20_000]).unwrap();
        assert_eq!(held.as_ref(), before);
        file.set_len(1).unwrap();
        assert_eq!(held.as_ref(), before);
        assert_ne!(mark(&path), marked);
        fs::remove_file(&path).unwrap();
        assert!(map(&path).unwrap().is_none() && mark(&path).is_none());
    }

    #[test]
    fn what_cannot_be_copied_beside_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        fs::write(&path, b"whole").unwrap();
        let mut file = fs::File::open(&path).unwrap();
        assert!(map_copy(&mut file, &folder.path().join("nowhere")).is_err());
        assert_eq!(Held::Memory(fs::read(&path).unwrap()).as_ref(), b"whole");
    }
}

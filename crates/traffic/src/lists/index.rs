//! Compiles the copies of all lists to one index, and maps it.

use std::{fs, io, path::Path};

use filter::{
    Category,
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
                Ok(()) => counted.entries += 1,
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

/// Maps a file. None where there is none.
pub(crate) fn map(path: &Path) -> Result<Option<memmap2::Mmap>, IndexError> {
    let failed = |cause| IndexError::Map { path: path.to_owned(), cause };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    #[expect(unsafe_code, reason = "the file is never written in place: a new one takes its name by renaming")]
    // SAFETY: the mapping is read only, and nobody changes or shortens the file below it: `Folder::replace` writes a
    // new file and renames it, so that this one keeps its content until the mapping is gone.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
    Ok(Some(map))
}

//! The sealed list of illegal material: compiled to keyed digests, mapped with the school's key.

use std::path::Path;

use filter::{Image, ListEntry, ListFormat, SealedList, read_list, seal};
use store::School;

use super::{
    index::{Counted, IndexError, map},
    source::Part,
};

/// The purpose of the school's secret that seals the lists.
pub(crate) const PURPOSE: &str = "sealed-lists";

/// Seals the entries of a list.
pub(crate) fn compile(parts: &[Part], key: &[u8; 32]) -> (Vec<u8>, Counted) {
    let mut counted = Counted::default();
    let mut entries: Vec<ListEntry<'static>> = Vec::new();
    for part in parts {
        // An address a line is the wider form: a line without a path covers the whole host.
        read_list(ListFormat::Urls, &part.bytes, |line| match line {
            Ok(entry) => {
                counted.entries += 1;
                entries.push(ListEntry { host: entry.host.into_owned().into(), path: entry.path });
            }
            Err(_) => counted.refused += 1,
        });
    }
    (seal(&entries, key), counted)
}

/// Maps the sealed list at `path`. None where there is none.
///
/// # Errors
/// A file that cannot be mapped, is damaged, or was sealed with another key: then the gateway must not go on as if
/// there were none.
pub fn open_sealed(path: &Path, school: &School) -> Result<Option<SealedList>, IndexError> {
    let Some(map) = map(path)? else { return Ok(None) };
    match SealedList::open(Image::new(map), &school.secret(PURPOSE)) {
        Ok(list) => Ok(Some(list)),
        Err(cause) => Err(IndexError::Sealed { path: path.to_owned(), cause }),
    }
}

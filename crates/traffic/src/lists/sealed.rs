//! The sealed list of illegal material: compiled to keyed digests, mapped with the school's key.

use std::path::{Path, PathBuf};

use filter::{Image, ListEntry, ListFormat, SealedList, merge_sealed, read_list, seal};
use store::{School, entity::filter_list, query::ColumnTrait as _};

use super::{
    copies::Folder,
    index::{Counted, IndexError, map},
    service::ListError,
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

/// How many entries a plain list has that is in use, how many came, and how many of those in use stayed; none where what
/// is in use cannot be read.
pub(super) fn stayed(school: &School, folder: &Folder, name: &str, image: &[u8]) -> Option<(u64, u64, u64)> {
    let key = school.secret(PURPOSE);
    let opened = |bytes: Vec<u8>| SealedList::open(Image::new(bytes), &key).ok();
    let before = opened(folder.read_bytes(&folder.sealed_of(name)).ok()?)?;
    let came = opened(image.to_vec())?;
    Some((before.entries() as u64, came.entries() as u64, before.in_common(&came)))
}

/// Puts the image of one sealed list beside those of the others, and all together in force, under the lock of the folder.
pub(super) async fn install(school: &School, folder: &Folder, name: &str, image: &[u8]) -> Result<(), ListError> {
    let rows = school.read().find::<filter_list::Entity>().filter(filter_list::Column::Sealed.eq(true)).all().await?;
    let key = school.secret(PURPOSE);
    let opened = |path: PathBuf, bytes: Vec<u8>| {
        SealedList::open(Image::new(bytes), &key).map_err(|cause| IndexError::Sealed { path, cause })
    };
    let mut lists = vec![opened(folder.sealed_of(name), image.to_vec())?];
    for row in rows.iter().filter(|row| row.name != name) {
        // A list that cannot be read must not fall out of what is in force.
        let path = folder.sealed_of(&row.name);
        lists.push(opened(path.clone(), folder.read_bytes(&path)?)?);
    }
    folder.replace(&folder.sealed_of(name), image)?;
    folder.replace(&folder.sealed(), &merge_sealed(&lists, &key))?;
    Ok(())
}

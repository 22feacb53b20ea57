//! The last good copy of each list, on disk: what was read from its source, packed, one file a part. A copy is put in
//! place by renaming its folder, so that a list is there whole or as it was before.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use kernel::Digest;

use super::source::Part;

/// The folder of the lists of one school.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// A copy that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}")]
pub struct CopyError {
    /// What was tried, as a verb.
    pub what: &'static str,
    /// Of what.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub cause: io::Error,
}

/// Says of an error of the system what was tried.
fn tried(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    move |cause| CopyError { what, path, cause }
}

impl Folder {
    /// The lists of a school lie in a folder of its own below that of all lists.
    pub fn new(lists: &Path, school: &str) -> Self {
        Self(lists.join(school))
    }

    /// The compiled index.
    pub fn index(&self) -> PathBuf {
        self.0.join("index.gatehouse")
    }

    /// The compiled sealed lists.
    pub fn sealed(&self) -> PathBuf {
        self.0.join("sealed.gatehouse")
    }

    /// One compiled sealed list.
    pub(crate) fn sealed_of(&self, list: &str) -> PathBuf {
        self.0.join(format!("sealed-{list}.gatehouse"))
    }

    /// The bytes of a file of this folder.
    pub(crate) fn read_bytes(&self, path: &Path) -> Result<Vec<u8>, CopyError> {
        fs::read(path).map_err(tried("read", path))
    }

    /// A file that is there while a copy is newer than the index.
    fn stale(&self) -> PathBuf {
        self.0.join("index.stale")
    }

    /// Whether a copy was put in place and the index was not compiled since: the program ended in between.
    pub fn is_stale(&self) -> bool {
        self.stale().exists()
    }

    /// Puts a compiled index of all copies in place.
    pub(super) fn put_index(&self, image: &[u8]) -> Result<(), CopyError> {
        self.replace(&self.index(), image)?;
        match fs::remove_file(self.stale()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(tried("clear", &self.stale())(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Keeps every other process from changing copies and index until what it gives is dropped; waits for one that does.
    pub(super) async fn lock(&self) -> Result<fs::File, CopyError> {
        let (folder, path) = (self.0.clone(), self.0.join("lock"));
        let locked = tokio::task::spawn_blocking(move || {
            fs::create_dir_all(&folder)?;
            let file = fs::File::create(folder.join("lock"))?;
            file.lock().map(|()| file)
        });
        locked.await.map_err(io::Error::other).and_then(|locked| locked).map_err(tried("lock", &path))
    }

    fn of(&self, list: &str) -> PathBuf {
        self.0.join("copies").join(list)
    }

    /// Puts a copy in place of the one before, and says its digest.
    pub(crate) fn keep(&self, list: &str, parts: &[Part]) -> Result<Digest, CopyError> {
        let digest = self.lay_beside(list, parts)?;
        self.put_in_place(list)?;
        Ok(digest)
    }

    /// Writes a copy beside the one in use, and says its digest.
    pub(super) fn lay_beside(&self, list: &str, parts: &[Part]) -> Result<Digest, CopyError> {
        let fresh = self.of(list).with_extension("new");
        clear(&fresh)?;
        let written = write_parts(&fresh, parts);
        if written.is_err() {
            // Half a copy is of no use, and takes room where there may be none.
            drop(fs::remove_dir_all(&fresh));
        }
        written
    }

    /// Puts the copy that lies beside in place of the one in use.
    pub(super) fn put_in_place(&self, list: &str) -> Result<(), CopyError> {
        self.swap(list, "new")?;
        clear(&self.of(list).with_extension("held"))
    }

    /// Keeps the copy that lies beside until somebody accepts it; the one in use stays.
    pub(super) fn hold(&self, list: &str) -> Result<(), CopyError> {
        let (fresh, held) = (self.of(list).with_extension("new"), self.of(list).with_extension("held"));
        clear(&held)?;
        fs::rename(&fresh, &held).map_err(tried("keep", &fresh))
    }

    /// Reads the copy that waits.
    pub(super) fn read_held(&self, list: &str) -> Result<Vec<Part>, CopyError> {
        read_parts(&self.of(list).with_extension("held"), None)
    }

    /// Puts the copy that waited in place of the one in use.
    pub(super) fn accept(&self, list: &str) -> Result<(), CopyError> {
        self.swap(list, "held")
    }

    /// Forgets the copy that waits, where one does.
    pub(super) fn drop_held(&self, list: &str) -> Result<(), CopyError> {
        clear(&self.of(list).with_extension("held"))
    }

    fn swap(&self, list: &str, from: &str) -> Result<(), CopyError> {
        let folder = self.of(list);
        fs::write(self.stale(), b"").map_err(tried("write", &self.stale()))?;
        let (fresh, old) = (folder.with_extension(from), folder.with_extension("old"));
        // Only where the copy itself is there: else what was moved away is the last one.
        if folder.exists() {
            clear(&old)?;
            fs::rename(&folder, &old).map_err(tried("move", &folder))?;
        }
        fs::rename(&fresh, &folder).map_err(tried("put in place", &fresh))?;
        clear(&old)
    }

    /// Where a sealed list waits, as it came.
    pub(super) fn sealed_held(&self, list: &str) -> PathBuf {
        self.0.join(format!("sealed-{list}.held"))
    }

    /// Forgets the sealed list that waits, where one does.
    pub(super) fn drop_sealed_held(&self, list: &str) -> Result<(), CopyError> {
        let path = self.sealed_held(list);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(tried("clear", &path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The copy of a list; nothing where there is none.
    pub(crate) fn read(&self, list: &str) -> Result<Vec<Part>, CopyError> {
        self.parts(list, None)
    }

    fn parts(&self, list: &str, most: Option<usize>) -> Result<Vec<Part>, CopyError> {
        let mut folder = self.of(list);
        if !folder.exists() {
            // A stop between the two renames of `keep` leaves the copy before under its other name.
            folder = folder.with_extension("old");
        }
        if !folder.exists() {
            return Ok(Vec::new());
        }
        read_parts(&folder, most)
    }

    /// Whether there is a copy of a list that can be read to its end.
    pub(super) fn is_whole(&self, list: &str) -> bool {
        self.read(list).is_ok_and(|parts| !parts.is_empty())
    }

    /// The first bytes of each part of the copy of a list.
    pub(crate) fn beginnings(&self, list: &str, bytes: usize) -> Result<Vec<Part>, CopyError> {
        self.parts(list, Some(bytes))
    }

    /// Writes a file by putting a whole one in its place.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), CopyError> {
        fs::create_dir_all(&self.0).map_err(tried("make the folder", &self.0))?;
        let fresh = path.with_extension("new");
        if let Err(error) = write_synced(&fresh, bytes) {
            drop(fs::remove_file(&fresh));
            return Err(error);
        }
        fs::rename(&fresh, path).map_err(tried("put in place", path))
    }
}

/// How a part is called, and what kind it is.
fn named(part: &Part) -> (&str, &'static str) {
    (part.category.as_deref().unwrap_or(""), if part.addresses { "urls" } else { "domains" })
}

/// The digest of the parts of a copy.
pub(super) fn digest_of(parts: &[Part]) -> Digest {
    let mut digest = blake3::Hasher::new();
    for part in parts {
        let (category, kind) = named(part);
        digest.update(category.as_bytes()).update(kind.as_bytes()).update(&part.bytes);
    }
    Digest(*digest.finalize().as_bytes())
}

/// Writes the parts of a copy into a folder of their own, and says their digest.
fn write_parts(folder: &Path, parts: &[Part]) -> Result<Digest, CopyError> {
    fs::create_dir_all(folder).map_err(tried("make the folder", folder))?;
    for (nth, part) in parts.iter().enumerate() {
        let (category, kind) = named(part);
        let path = folder.join(format!("{nth:04}.{category}.{kind}.zst"));
        let packed = zstd::encode_all(part.bytes.as_slice(), 3).map_err(tried("pack", &path))?;
        write_synced(&path, &packed)?;
    }
    Ok(digest_of(parts))
}

fn read_parts(folder: &Path, most: Option<usize>) -> Result<Vec<Part>, CopyError> {
    let entries = fs::read_dir(folder).map_err(tried("read", folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(tried("read", folder))?;
    paths.sort();
    paths.iter().map(|path| read_part(path, most)).collect()
}

/// Removes a folder, where it is there.
fn clear(folder: &Path) -> Result<(), CopyError> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(tried("clear", folder)) } else { Ok(()) }
}

fn read_part(path: &Path, most: Option<usize>) -> Result<Part, CopyError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut words = name.split('.').skip(1);
    let category = words.next().filter(|category| !category.is_empty()).map(str::to_owned);
    let addresses = words.next() == Some("urls");
    let file = fs::File::open(path).map_err(tried("read", path))?;
    let unpacked = zstd::Decoder::new(file).map_err(tried("unpack", path))?;
    let mut bytes = Vec::new();
    match most {
        Some(most) => unpacked.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes),
        None => { unpacked }.read_to_end(&mut bytes),
    }
    .map_err(tried("unpack", path))?;
    Ok(Part { category, addresses, bytes })
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), CopyError> {
    use io::Write as _;
    let mut file = fs::File::create(path).map_err(tried("write", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(tried("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_reads_back_and_takes_the_place_of_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path(), "willow-lane");
        let part = |text: &str| Part { category: Some("games".into()), addresses: false, bytes: text.into() };
        assert_eq!(folder.read("ut1").unwrap(), []);
        let first = folder.keep("ut1", &[part("a.test\n"), part("b.test\n")]).unwrap();
        let second = folder.keep("ut1", &[part("c.test\n")]).unwrap();
        assert_ne!(first, second);
        assert_eq!(folder.read("ut1").unwrap(), [part("c.test\n")]);
    }

    #[test]
    fn a_copy_that_cannot_be_written_leaves_the_one_before_and_no_half_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path(), "willow-lane");
        let part =
            |category: &str| Part { category: Some(category.into()), addresses: false, bytes: "a.test\n".into() };
        folder.keep("ut1", &[part("games")]).unwrap();
        // As on a full disk, the first part is written and the second is not.
        assert!(folder.keep("ut1", &[part("games"), part("no/such/place")]).is_err());
        assert_eq!(folder.read("ut1").unwrap(), [part("games")]);
        assert_eq!(fs::read_dir(root.path().join("willow-lane/copies")).unwrap().count(), 1);
    }
}

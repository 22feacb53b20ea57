//! Sealed lists of illegal material: only keyed digests of their entries are kept, and a match says nothing else.
//!
//! An image holds, little-endian: a header of 128 bytes, the quick fingerprints of the entries (u64, ascending),
//! their digests (32 bytes, in the same order), and the quick fingerprints of hosts that have entries with paths.
//! Without the key, nobody can try whether an address is in it.

use kernel::Digest;

use crate::{
    host::Host,
    index::{
        Image,
        hash::{State, each_path_end, each_suffix},
    },
    list::{LONGEST_PATH, ListEntry},
};

const MAGIC: &[u8; 8] = b"GHSEAL1\n";
const HEADER: usize = 128;
const CHECKSUM: std::ops::Range<usize> = 64..96;

/// Why a sealed list cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The file begins otherwise.
    #[error("the file is not a sealed list of this format")]
    NotSealed,
    /// It ends too early or too late, or a byte is not what was written.
    #[error("the sealed list is damaged")]
    Damaged,
    /// The key is not the one that it was sealed with.
    #[error("the sealed list was sealed with another key")]
    WrongKey,
}

/// A sealed list over its image.
#[derive(Clone)]
pub struct SealedList {
    image: Image,
    key: [u8; 32],
    seed: [u8; 16],
    entries: usize,
    with_paths: usize,
    longest_path: usize,
    digest: Digest,
}

impl std::fmt::Debug for SealedList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedList({} entries, {:?})", self.entries, self.digest)
    }
}

/// Quick fingerprints, digests, and quick fingerprints of hosts with paths.
type Tables<'a> = (&'a [[u8; 8]], &'a [[u8; 32]], &'a [[u8; 8]]);

/// Seals entries with a key of the school.
pub fn seal(entries: &[ListEntry<'_>], key: &[u8; 32]) -> Vec<u8> {
    let seed = seed(key);
    let mut rows: Vec<(u64, [u8; 32])> = Vec::with_capacity(entries.len());
    let mut with_paths = Vec::new();
    let mut longest = 0usize;
    for entry in entries {
        let Some(host) = host_of(&entry.host) else { continue };
        let mut whole = State::new(&seed);
        each_suffix(&seed, &host, |_, state| whole = state);
        if let Some(path) = &entry.path {
            with_paths.push(whole.fingerprint().low);
            whole = whole.with_path(path.as_bytes());
            longest = longest.max(path.len());
        }
        rows.push((whole.fingerprint().low, digest_of(key, &entry.host, entry.path.as_deref().unwrap_or_default()).0));
    }
    image(rows, with_paths, longest, key)
}

/// One image of several lists that were sealed with the same key.
pub fn merge(lists: &[SealedList], key: &[u8; 32]) -> Vec<u8> {
    let (mut rows, mut with_paths, mut longest) = (Vec::new(), Vec::new(), 0);
    for list in lists {
        let Some((quick, digests, paths)) = list.tables() else { continue };
        rows.extend(quick.iter().map(quick_of).zip(digests.iter().copied()));
        with_paths.extend(paths.iter().map(quick_of));
        longest = longest.max(list.longest_path);
    }
    image(rows, with_paths, longest, key)
}

fn image(mut rows: Vec<(u64, [u8; 32])>, mut with_paths: Vec<u64>, longest: usize, key: &[u8; 32]) -> Vec<u8> {
    rows.sort_unstable();
    rows.dedup();
    with_paths.sort_unstable();
    with_paths.dedup();
    let mut out = Vec::with_capacity(HEADER + rows.len() * 40 + with_paths.len() * 8);
    out.extend_from_slice(MAGIC);
    for number in [rows.len(), with_paths.len(), longest] {
        out.extend_from_slice(&(number as u64).to_le_bytes());
    }
    out.extend_from_slice(&key_check(key));
    out.resize(HEADER, 0);
    rows.iter().for_each(|row| out.extend_from_slice(&row.0.to_le_bytes()));
    rows.iter().for_each(|row| out.extend_from_slice(&row.1));
    with_paths.iter().for_each(|quick| out.extend_from_slice(&quick.to_le_bytes()));
    let sum = checksum(&out);
    if let Some(place) = out.get_mut(CHECKSUM) {
        place.copy_from_slice(&sum.0);
    }
    out
}

impl SealedList {
    /// Opens a sealed list with the key that it was sealed with.
    pub fn open(image: Image, key: &[u8; 32]) -> Result<Self, SealedError> {
        let bytes = image.bytes();
        if !bytes.starts_with(MAGIC) {
            return Err(SealedError::NotSealed);
        }
        let header = bytes.get(..HEADER).ok_or(SealedError::Damaged)?;
        let digest = checksum(bytes);
        if header.get(CHECKSUM) != Some(digest.0.as_slice()) {
            return Err(SealedError::Damaged);
        }
        if header.get(32..64) != Some(key_check(key).as_slice()) {
            return Err(SealedError::WrongKey);
        }
        let number = |nth: usize| {
            let bytes = header.get(nth * 8..).and_then(|rest| rest.first_chunk::<8>());
            bytes.and_then(|bytes| usize::try_from(u64::from_le_bytes(*bytes)).ok()).ok_or(SealedError::Damaged)
        };
        let (entries, with_paths, longest_path) = (number(1)?, number(2)?, number(3)?.min(LONGEST_PATH));
        let length = entries.checked_mul(40).and_then(|rows| rows.checked_add(with_paths.checked_mul(8)?));
        if length.and_then(|length| length.checked_add(HEADER)) != Some(bytes.len()) {
            return Err(SealedError::Damaged);
        }
        Ok(Self { seed: seed(key), key: *key, entries, with_paths, longest_path, digest, image })
    }

    /// The digest of the entry that the address is under, if any.
    pub fn find(&self, host: &Host, path: Option<&str>) -> Option<Digest> {
        if self.entries == 0 {
            return None;
        }
        let (quick, digests, with_paths) = self.tables()?;
        let mut found = None;
        each_suffix(&self.seed, host, |start, state| {
            if found.is_some() {
                return;
            }
            let name = host.as_str().get(start..).unwrap_or_default();
            let low = state.fingerprint().low;
            found = self.verify(quick, digests, low, name, "");
            let Some(path) =
                path.filter(|_| self.with_paths > 0 && with_paths.binary_search_by_key(&low, quick_of).is_ok())
            else {
                return;
            };
            each_path_end(path, self.longest_path, |end| {
                let path = path.get(..end).unwrap_or_default();
                let low = state.with_path(path.as_bytes()).fingerprint().low;
                found = found.or_else(|| self.verify(quick, digests, low, name, path));
            });
        });
        found
    }

    /// The quick fingerprints, their digests, and those of hosts that have entries with paths.
    fn tables(&self) -> Option<Tables<'_>> {
        let bytes = self.image.bytes().get(HEADER..).unwrap_or_default();
        let (quick, rest) = bytes.split_at_checked(self.entries * 8)?;
        let (digests, with_paths) = rest.split_at_checked(self.entries * 32)?;
        Some((quick.as_chunks::<8>().0, digests.as_chunks::<32>().0, with_paths.as_chunks::<8>().0))
    }

    fn verify(&self, quick: &[[u8; 8]], digests: &[[u8; 32]], low: u64, name: &str, path: &str) -> Option<Digest> {
        let first = quick.partition_point(|bytes| quick_of(bytes) < low);
        let same = quick.iter().skip(first).take_while(|bytes| quick_of(bytes) == low).count();
        if same == 0 {
            return None;
        }
        let digest = digest_of(&self.key, name, path);
        digests.iter().skip(first).take(same).any(|stored| *stored == digest.0).then_some(digest)
    }

    /// How many of its entries another list has that was sealed with the same key.
    pub fn in_common(&self, other: &Self) -> u64 {
        let (Some((quick, digests, _)), Some((others, other_digests, _))) = (self.tables(), other.tables()) else {
            return 0;
        };
        // Both are in this order, each entry once.
        let mut theirs = others.iter().map(quick_of).zip(other_digests).peekable();
        let mut both = 0;
        for ours in quick.iter().map(quick_of).zip(digests) {
            while theirs.next_if(|their| *their < ours).is_some() {}
            both += u64::from(theirs.next_if(|their| *their == ours).is_some());
        }
        both
    }

    /// How many entries it has.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// The digest of the whole list, for the ledger.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn quick_of(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

fn host_of(text: &str) -> Option<Host> {
    Host::parse(text).or_else(|_| Host::parse(&format!("[{text}]"))).ok()
}

fn seed(key: &[u8; 32]) -> [u8; 16] {
    let derived = blake3::derive_key("gatehouse 2026 sealed list, quick fingerprint", key);
    derived.first_chunk().copied().unwrap_or_default()
}

fn key_check(key: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("gatehouse 2026 sealed list, check of the key", key)
}

fn digest_of(key: &[u8; 32], host: &str, path: &str) -> Digest {
    let mut hasher = blake3::Hasher::new_keyed(key);
    Digest(*hasher.update(host.as_bytes()).update(path.as_bytes()).finalize().as_bytes())
}

fn checksum(bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes.get(..CHECKSUM.start).unwrap_or_default());
    hasher.update(bytes.get(CHECKSUM.end..).unwrap_or_default());
    Digest(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{ListFormat, parse_list};
    use proptest::prelude::*;

    const KEY: [u8; 32] = [9; 32];

    fn image() -> Vec<u8> {
        let list = b"sealed.test\nhost.test/bad/place\n10.0.0.9\n[2001:db8::9]/x\n";
        let (entries, refused) = parse_list(ListFormat::Urls, list);
        assert_eq!((entries.len(), refused), (4, vec![]));
        seal(&entries, &KEY)
    }

    #[test]
    fn entries_are_found_and_nothing_beside_them() {
        let list = SealedList::open(Image::new(image()), &KEY).unwrap();
        let find = |host: &str, path: Option<&str>| list.find(&Host::parse(host).unwrap(), path).is_some();
        assert!(find("sealed.test", None) && find("www.sealed.test", Some("/x")));
        assert!(!find("notsealed.test", None) && !find("test", None));
        assert!(find("host.test", Some("/bad/place")) && find("a.host.test", Some("/bad/place/1?x")));
        assert!(
            !find("host.test", None) && !find("host.test", Some("/bad")) && !find("host.test", Some("/bad/places"))
        );
        assert!(find("10.0.0.9", None) && find("[2001:db8::9]", Some("/x")) && !find("[2001:db8::9]", None));
    }

    #[test]
    fn the_image_has_no_name_and_needs_its_key() {
        let image = image();
        assert!(!image.windows(6).any(|bytes| bytes == b"sealed"));
        let wrong = SealedList::open(Image::new(image.clone()), &[8; 32]).unwrap_err();
        assert_eq!(wrong, SealedError::WrongKey);
        assert_eq!(SealedList::open(Image::new(image[..200].to_vec()), &KEY).unwrap_err(), SealedError::Damaged);
    }

    #[test]
    fn lists_are_merged_whole() {
        let other = parse_list(ListFormat::Urls, b"other.test/a/b/c\nsealed.test\n").0;
        let lists = [image(), seal(&other, &KEY)].map(|bytes| SealedList::open(Image::new(bytes), &KEY).unwrap());
        let both = SealedList::open(Image::new(merge(&lists, &KEY)), &KEY).unwrap();
        assert_eq!(both.entries(), 5, "what both have is there once");
        for (host, path) in [("sealed.test", "/"), ("host.test", "/bad/place"), ("other.test", "/a/b/c/d")] {
            let host = Host::parse(host).unwrap();
            let alone = lists.iter().find_map(|list| list.find(&host, Some(path)));
            assert!(alone.is_some() && both.find(&host, Some(path)) == alone);
        }
        assert!(both.find(&Host::parse("other.test").unwrap(), Some("/a")).is_none());
    }

    #[test]
    fn what_two_lists_have_in_common_is_counted() {
        let of = |lines: &str| {
            let entries = parse_list(ListFormat::Urls, lines.as_bytes()).0;
            SealedList::open(Image::new(seal(&entries, &KEY)), &KEY).unwrap()
        };
        let before = of("a.test\nb.test\nb.test\nhost.test/bad\nc.test\n");
        assert_eq!(before.in_common(&of("c.test\nd.test\nb.test\nhost.test\n")), 2);
        assert_eq!((before.in_common(&before), before.in_common(&of(""))), (4, 0));
    }

    proptest! {
        #[test]
        fn no_damage_panics(at: proptest::sample::Index, value: u8, cut: proptest::sample::Index) {
            let mut image = image();
            let place = at.index(image.len());
            image[place] = value;
            image.truncate(cut.index(image.len()) + 1);
            let sum = checksum(&image);
            if let Some(place) = image.get_mut(CHECKSUM) {
                place.copy_from_slice(&sum.0);
            }
            if let Ok(list) = SealedList::open(Image::new(image), &KEY) {
                list.find(&Host::parse("a.sealed.test").unwrap(), Some("/bad/place"));
            }
        }
    }
}

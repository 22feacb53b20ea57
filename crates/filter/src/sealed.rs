//! Sealed lists of illegal material: keyed digests of hosts and addresses. What is on them cannot be read back, is never
//! shown, and is never lifted.

use std::collections::HashSet;

use kernel::Digest;

use crate::{address::Address, list::ListEntry};

/// A sealed list. The key is the school's own, so that two schools' lists cannot be compared.
#[derive(Clone)]
pub struct SealedList {
    key: [u8; 32],
    digests: HashSet<[u8; 32]>,
}

impl std::fmt::Debug for SealedList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedList({} entries)", self.digests.len())
    }
}

impl SealedList {
    /// An empty list under a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, digests: HashSet::new() }
    }

    /// Takes an entry in.
    pub fn add(&mut self, entry: &ListEntry<'_>) {
        let digest = self.digest(&entry.host, entry.path.as_deref().unwrap_or_default());
        self.digests.insert(digest);
    }

    /// The digests, in order: what is kept on disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut all: Vec<_> = self.digests.iter().copied().collect();
        all.sort_unstable();
        all.concat()
    }

    /// Reads what [`SealedList::to_bytes`] made; none where it is not a whole number of digests.
    pub fn from_bytes(key: [u8; 32], bytes: &[u8]) -> Option<Self> {
        let chunks = bytes.chunks_exact(32);
        if !chunks.remainder().is_empty() {
            return None;
        }
        let digests = chunks.filter_map(|chunk| chunk.first_chunk().copied()).collect();
        Some(Self { key, digests })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    fn digest(&self, host: &str, path: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(host.as_bytes()).update(b"\0").update(path.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The digest of the entry that covers an address, if one does: the host or one above it, or one of those with the
    /// beginning of the path.
    pub fn covers(&self, address: &Address) -> Option<Digest> {
        if self.digests.is_empty() {
            return None;
        }
        for host in address.host.suffixes() {
            let whole = self.digest(host, "");
            if self.digests.contains(&whole) {
                return Some(Digest(whole));
            }
            let Some(path) = address.path_only() else { continue };
            let path = path.trim_end_matches('/');
            let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).chain([path.len()]);
            for end in ends {
                let part = path.get(..end).unwrap_or_default();
                if part.is_empty() {
                    continue;
                }
                let digest = self.digest(host, part);
                if self.digests.contains(&digest) {
                    return Some(Digest(digest));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{ListFormat, read_list};

    fn sealed(lines: &str) -> SealedList {
        let mut list = SealedList::new([7; 32]);
        read_list(ListFormat::Urls, lines.as_bytes(), |line| {
            if let Ok(entry) = line {
                list.add(&entry);
            }
        });
        list
    }

    #[test]
    fn hosts_and_paths_are_covered_and_nothing_else() {
        let list = sealed("bad.test/\nmixed.test/album/7\n");
        #[track_caller]
        fn check(list: &SealedList, address: &str, expected: bool) {
            assert_eq!(list.covers(&Address::parse(address).unwrap()).is_some(), expected, "{address}");
        }
        check(&list, "https://bad.test/", true);
        check(&list, "https://www.bad.test/x", true);
        check(&list, "https://notbad.test/", false);
        check(&list, "https://mixed.test/album/7", true);
        check(&list, "https://mixed.test/album/7/picture", true);
        check(&list, "https://mixed.test/album/71", false);
        check(&list, "https://mixed.test/", false);
    }

    #[test]
    fn it_reads_back() {
        let list = sealed("bad.test/\n");
        let again = SealedList::from_bytes([7; 32], &list.to_bytes()).unwrap();
        assert!(again.covers(&Address::parse("http://bad.test/").unwrap()).is_some());
        assert!(
            SealedList::from_bytes([8; 32], &list.to_bytes())
                .unwrap()
                .covers(&Address::parse("http://bad.test/").unwrap())
                .is_none()
        );
        assert!(SealedList::from_bytes([7; 32], b"short").is_none());
    }
}

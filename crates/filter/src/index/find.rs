//! Looking a host up: each parent costs a bucket's beginning and the few rows there.

use super::{
    hash::{Fingerprint, each_path_end, each_suffix},
    image::{HAS_PATHS, ListIndex, SET, TagId, u16_at, u32_at},
};
use crate::host::Host;

/// An entry that covers what was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Found {
    /// Where the entry's host begins in the host that was looked up.
    pub start: usize,
    /// How long the entry's path is; 0 where it has none.
    pub path: usize,
    set: u16,
}

impl Found {
    /// The entry in clear: a part of what was looked up.
    pub fn entry(&self, host: &Host, path: Option<&str>) -> String {
        let mut entry = host.as_str().get(self.start..).unwrap_or_default().to_owned();
        entry.push_str(path.and_then(|path| path.get(..self.path)).unwrap_or_default());
        entry
    }
}

impl ListIndex {
    /// Calls `found` for each entry that covers the host (and the path, where it is known), the broadest first.
    pub fn find(&self, host: &Host, path: Option<&str>, mut found: impl FnMut(Found)) {
        let bytes = self.image.bytes();
        let buckets = bytes.get(self.parts.buckets.clone()).unwrap_or_default();
        let rows = bytes.get(self.parts.rows.clone()).unwrap_or_default();
        let mut labels = 0;
        each_suffix(&self.seed, host, |start, state| {
            labels += 1;
            if labels < self.fewest_labels && start > 0 {
                return;
            }
            let Some(row) = self.row(buckets, rows, state.fingerprint()) else { return };
            let mut give = |row: u64, path: usize| {
                let set = (row & SET) as u16;
                if set != 0 {
                    found(Found { start, path, set });
                }
            };
            give(row, 0);
            let Some(path) = path.filter(|_| row & HAS_PATHS != 0) else { return };
            each_path_end(path, self.longest_path, |end| {
                let with_path = state.with_path(path.as_bytes().get(..end).unwrap_or_default());
                if let Some(row) = self.row(buckets, rows, with_path.fingerprint()) {
                    give(row, end);
                }
            });
        });
    }

    /// As [`ListIndex::find`], gathered.
    pub fn find_all(&self, host: &Host, path: Option<&str>) -> Vec<Found> {
        let mut all = Vec::new();
        self.find(host, path, |found| all.push(found));
        all
    }

    /// The tags of an entry that this index found, in ascending order.
    pub fn tags_of(&self, found: Found) -> impl Iterator<Item = TagId> {
        let bytes = self.image.bytes();
        let sets = bytes.get(self.parts.sets.clone()).unwrap_or_default();
        let start = u32_at(sets, usize::from(found.set)).unwrap_or(0) as usize;
        let end = u32_at(sets, usize::from(found.set) + 1).unwrap_or(0) as usize;
        let members = bytes.get(self.parts.members.clone()).unwrap_or_default();
        (start..end).filter_map(move |nth| u16_at(members, nth))
    }

    fn row(&self, buckets: &[u8], rows: &[u8], fingerprint: Fingerprint) -> Option<u64> {
        let bucket = usize::try_from(fingerprint.bucket(self.bucket_bits)).ok()?;
        let start = u32_at(buckets, bucket)? as usize;
        let end = u32_at(buckets, bucket + 1)? as usize;
        let here = rows.get(start.checked_mul(8)?..end.checked_mul(8)?)?;
        let wanted = fingerprint.rest();
        here.as_chunks::<8>().0.iter().map(|row| u64::from_le_bytes(*row)).find(|row| row >> 16 == wanted)
    }
}

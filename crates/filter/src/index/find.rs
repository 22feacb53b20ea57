//! Looking a host up: each parent costs a bucket's beginning and the few rows there.

use super::{
    hash::{Fingerprint, State, each_path_end, each_suffix},
    image::{HAS_PATHS, ListIndex, SET, TagId, u16_at, u32_at, u64_at},
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
        let mut give = |row: u64, start: usize, path: usize| {
            let set = (row & SET) as u16;
            if set != 0 {
                found(Found { start, path, set });
            }
        };
        let mut look = |probes: &mut [Probe]| {
            // Three rounds over a few names: the waits for memory of a round overlap, so that a host costs two of them
            // and not two for each parent.
            for probe in probes.iter_mut() {
                probe.bucket = self.bucket(buckets, probe.fingerprint);
            }
            for probe in probes.iter_mut() {
                probe.at = probe.expected();
                probe.first = u64_at(rows, probe.at).unwrap_or(0);
            }
            for probe in probes.iter() {
                let Some(row) = probe.row(rows) else { continue };
                give(row, probe.start, 0);
                let Some(path) = path.filter(|_| row & HAS_PATHS != 0) else { continue };
                each_path_end(path, self.longest_path, |end| {
                    let state = probe.state.with_path(path.as_bytes().get(..end).unwrap_or_default());
                    let fingerprint = state.fingerprint();
                    let mut probe = Probe { fingerprint, bucket: self.bucket(buckets, fingerprint), ..*probe };
                    probe.at = probe.expected();
                    probe.first = u64_at(rows, probe.at).unwrap_or(0);
                    if let Some(row) = probe.row(rows) {
                        give(row, probe.start, end);
                    }
                });
            }
        };
        let blank = Probe::new(0, State::new(&self.seed));
        let mut probes = [blank; AT_ONCE];
        let (mut labels, mut waiting) = (0, 0);
        each_suffix(&self.seed, host, |start, state| {
            labels += 1;
            if labels < self.fewest_labels && start > 0 {
                return;
            }
            if waiting == AT_ONCE {
                look(&mut probes);
                waiting = 0;
            }
            if let Some(probe) = probes.get_mut(waiting) {
                *probe = Probe::new(start, state);
                waiting += 1;
            }
        });
        look(probes.get_mut(..waiting).unwrap_or_default());
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

    /// From which row to which the bucket of a fingerprint goes.
    fn bucket(&self, buckets: &[u8], fingerprint: Fingerprint) -> (usize, usize) {
        let bucket = usize::try_from(fingerprint.bucket(self.bucket_bits)).unwrap_or(usize::MAX);
        let both = bucket.checked_mul(4).and_then(|at| buckets.get(at..)).and_then(|rest| rest.first_chunk::<8>());
        let both = both.map_or(0, |both| u64::from_le_bytes(*both));
        ((both & 0xffff_ffff) as usize, (both >> 32) as usize)
    }
}

/// How many parents are looked up together; few hosts have more.
const AT_ONCE: usize = 6;

/// A name on its way through the index.
#[derive(Clone, Copy)]
struct Probe {
    start: usize,
    state: State,
    fingerprint: Fingerprint,
    bucket: (usize, usize),
    /// Where in the rows it is expected, and what is there.
    at: usize,
    first: u64,
}

impl Probe {
    fn new(start: usize, state: State) -> Self {
        Self { start, state, fingerprint: state.fingerprint(), bucket: (0, 0), at: 0, first: 0 }
    }

    /// Fingerprints are spread evenly, and the rows of a bucket are in their order: so this is at most a few rows off.
    fn expected(&self) -> usize {
        let (start, end) = self.bucket;
        let length = end.saturating_sub(start) as u64;
        start + (((self.fingerprint.rest() >> 16) * length) >> 32) as usize
    }

    /// The row of the fingerprint, looked for from where it is expected.
    fn row(&self, rows: &[u8]) -> Option<u64> {
        let (start, end) = self.bucket;
        let wanted = self.fingerprint.rest();
        let here = rows.get(start.checked_mul(8)?..end.checked_mul(8)?)?.as_chunks::<8>().0;
        let (before, after) = here.split_at_checked(self.at.checked_sub(start)?)?;
        let read = |row: &[u8; 8]| u64::from_le_bytes(*row);
        let row = if self.first >> 16 >= wanted && !after.is_empty() {
            let mut down = before.iter().rev().map(read).take_while(|row| row >> 16 >= wanted);
            if self.first >> 16 == wanted { Some(self.first) } else { down.find(|row| row >> 16 == wanted) }
        } else {
            after.iter().map(read).find(|row| row >> 16 >= wanted)
        };
        row.filter(|row| row >> 16 == wanted)
    }
}

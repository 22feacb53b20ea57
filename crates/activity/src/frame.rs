//! Frames: how a row stands in a journal file, and how rows are read out of bytes that may be damaged.
//!
//! A frame has a mark, its length, its place in the file and a checksum. The checksum covers the school, the
//! segment and the place too, so that no stray bytes of another file or place pass for a row. What is no frame
//! is stepped over to the next whole one, and counted; what lies behind the last whole one is a torn end.

use jiff::Timestamp;
use kernel::SchoolId;

use crate::{
    columns::NO_NUMBER,
    log::{Entry, Loss, RowId},
    row::{Row, Visit},
};

pub(crate) const MAGIC: [u8; 8] = *b"GHACT01\n";
pub(crate) const FRAME: [u8; 4] = *b"\x9eGHr";
pub(crate) const HEADER: usize = MAGIC.len();
const HEAD: usize = 20;
/// No frame is longer: a row's texts are bounded.
const LONGEST: usize = 64 * 1024;
/// The bits of a row's number that say its place in the segment.
const PLACE_BITS: u32 = 24;

/// The number of a journal file within its school.
pub(crate) type Segment = u64;

/// The number of the row at `place` of a segment.
pub(crate) fn row_id(segment: Segment, place: u32) -> RowId {
    RowId(segment << PLACE_BITS | u64::from(place))
}

/// The segment that a row was written to.
pub(crate) fn segment_of(id: RowId) -> Segment {
    id.0 >> PLACE_BITS
}

/// What makes the frames of one segment its own.
#[derive(Clone)]
pub(crate) struct Seal([u8; 32]);

impl Seal {
    pub(crate) fn new(school: SchoolId, segment: Segment) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("gatehouse activity journal 1");
        Self(*hasher.update(school.0.as_bytes()).update(&segment.to_le_bytes()).finalize().as_bytes())
    }

    fn check(&self, place: u32, payload: &[u8]) -> [u8; 8] {
        let mut check = [0; 8];
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&place.to_le_bytes()).update(payload).finalize_xof().fill(&mut check);
        check
    }
}

/// Appends the frame of a row to `out`.
pub(crate) fn put_frame(out: &mut Vec<u8>, seal: &Seal, place: u32, row: &Row) -> Result<(), serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    let visit: &Visit = row;
    if let Err(error) = serde_json::to_writer(&mut *out, visit) {
        out.truncate(start);
        return Err(error);
    }
    let payload = out.get(start + HEAD..).unwrap_or_default();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let check = seal.check(place, payload);
    let head = [&FRAME[..], &length.to_le_bytes(), &place.to_le_bytes(), &check].concat();
    for (byte, value) in out.iter_mut().skip(start).zip(head) {
        *byte = value;
    }
    Ok(())
}

/// What could be read of a segment.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The rows, in the order that they were written.
    pub(crate) entries: Vec<Entry>,
    /// Where the last whole frame ends; what lies behind is a torn end.
    pub(crate) whole: usize,
    /// Bytes before that end that are no frame.
    pub(crate) damaged: u64,
    /// The place that the next row takes.
    pub(crate) next_place: u32,
}

impl Read {
    /// The rows that were written and are not there any more: damage took them. It is within the time of those around
    /// them; where none is left, of `written`.
    pub(crate) fn missing(&self, written: Timestamp) -> Option<Loss> {
        let rows = u64::from(self.next_place).saturating_sub(self.entries.len() as u64);
        let times = || self.entries.iter().map(|entry| entry.row.at);
        let (from, to) = (times().min().unwrap_or(written), times().max().unwrap_or(written));
        (rows > 0).then_some(Loss { from, to, rows })
    }
}

/// Reads the bytes of a segment. Whatever the bytes are, it gives only rows that were written to it.
pub(crate) fn read(bytes: &[u8], school: SchoolId, segment: Segment) -> Read {
    let seal = Seal::new(school, segment);
    let mut found = Read::default();
    let mut at = if bytes.starts_with(&MAGIC) { HEADER } else { 0 };
    found.whole = at;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((place, payload, length)) = frame_at(rest, &seal).filter(|frame| frame.0 >= found.next_place) else {
            // Not a frame: on to the next byte that could begin one.
            let next = rest.iter().skip(1).position(|byte| Some(byte) == FRAME.first());
            match next {
                Some(skip) => at += 1 + skip,
                None => break,
            }
            continue;
        };
        found.damaged += (at - found.whole) as u64;
        at += length;
        found.whole = at;
        found.next_place = place.saturating_add(1);
        match serde_json::from_slice::<Visit>(payload) {
            Ok(visit) => {
                let row = Row::visit(visit);
                let id = if row.is_help() { NO_NUMBER } else { row_id(segment, place) };
                found.entries.push(Entry { id, row });
            }
            Err(_) => found.damaged += length as u64,
        }
    }
    found
}

/// The place, payload and whole length of the frame that `bytes` begin with.
fn frame_at<'a>(bytes: &'a [u8], seal: &Seal) -> Option<(u32, &'a [u8], usize)> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (place, rest) = rest.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<8>()?;
    if *magic != FRAME {
        return None;
    }
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= LONGEST)?;
    let place = u32::from_le_bytes(*place);
    let payload = rest.get(..length)?;
    (seal.check(place, payload) == *check).then_some((place, payload, HEAD + length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    fn segment_of_rows(rows: &[Row]) -> (Vec<u8>, Vec<usize>) {
        let seal = Seal::new(testing::school(1), 9);
        let mut bytes = MAGIC.to_vec();
        let mut ends = vec![bytes.len()];
        for (place, row) in rows.iter().enumerate() {
            put_frame(&mut bytes, &seal, u32::try_from(place).unwrap(), row).unwrap();
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn rows(count: u64) -> Vec<Row> {
        (0..count).map(|number| Row::visit(testing::visit(number))).collect()
    }

    /// Every row that was read is the row that was written at that place.
    fn only_written_rows(read: &Read, rows: &[Row]) -> bool {
        read.entries.iter().all(|entry| {
            let place = usize::try_from(entry.id.0 & ((1 << PLACE_BITS) - 1)).unwrap();
            rows.get(place) == Some(&entry.row)
        })
    }

    proptest! {
        #[test]
        fn rows_come_back(visits in prop::collection::vec(testing::any_visit(), 0..20)) {
            let rows: Vec<_> = visits.into_iter().map(Row::visit).collect();
            let (bytes, _) = segment_of_rows(&rows);
            let read = read(&bytes, testing::school(1), 9);
            prop_assert!(read.entries.iter().map(|entry| &entry.row).eq(rows.iter()));
            prop_assert_eq!((read.whole, read.damaged), (bytes.len(), 0));
        }

        #[test]
        fn a_torn_end_costs_only_the_torn_row(cut in 0usize..8_000) {
            let rows = rows(12);
            let (bytes, ends) = segment_of_rows(&rows);
            let cut = cut.min(bytes.len());
            let read = read(&bytes[..cut], testing::school(1), 9);
            let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            prop_assert_eq!(read.entries.len(), whole);
            prop_assert!(only_written_rows(&read, &rows));
            prop_assert_eq!(read.damaged, 0);
        }

        #[test]
        fn damage_costs_only_what_it_touches(at in 8usize..6_000, value: u8, length in 1usize..40) {
            let rows = rows(12);
            let (mut bytes, ends) = segment_of_rows(&rows);
            let at = at % (bytes.len() - 8) + 8;
            let end = (at + length).min(bytes.len());
            let before = bytes.clone();
            bytes[at..end].fill(value);
            let read = read(&bytes, testing::school(1), 9);
            prop_assert!(only_written_rows(&read, &rows));
            let touched = ends.windows(2).filter(|ends| before[ends[0]..ends[1]] != bytes[ends[0]..ends[1]]).count();
            prop_assert_eq!(read.entries.len(), rows.len() - touched);
            // Of a torn end nobody can say what it was.
            let between = read.missing(Timestamp::UNIX_EPOCH).map_or(0, |loss| loss.rows);
            let behind = rows.len() - usize::try_from(read.next_place).unwrap();
            prop_assert_eq!(usize::try_from(between).unwrap() + behind, touched);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), moved in 0usize..300) {
            prop_assert!(read(&bytes, testing::school(1), 9).entries.is_empty());
            let rows = rows(3);
            let (good, _) = segment_of_rows(&rows);
            let mixed: Vec<u8> = [&bytes[..], &good[moved..]].concat();
            prop_assert!(only_written_rows(&read(&mixed, testing::school(1), 9), &rows));
        }
    }

    #[test]
    fn frames_of_another_place_are_no_rows() {
        let rows = rows(4);
        let (bytes, ends) = segment_of_rows(&rows);
        assert!(read(&bytes, testing::school(2), 9).entries.is_empty(), "another school");
        assert!(read(&bytes, testing::school(1), 8).entries.is_empty(), "another segment");
        let twice = [&bytes[..], &bytes[ends[1]..ends[2]]].concat();
        assert_eq!(read(&twice, testing::school(1), 9).entries.len(), 4, "the same frame again");
    }
}

//! Workbooks of the older kind (XLS): how far their cells lie apart, found before any of them is spread out. Two cells
//! in opposite corners of a few sheets would else ask for gigabytes.

use super::super::limits::{MOST_CELLS, Unreadable};

/// Refuses a workbook of which a sheet would be too large.
pub(super) fn look(bytes: &[u8]) -> Result<(), Unreadable> {
    let stream = Compound::of(bytes).and_then(|compound| compound.workbook()).ok_or(Unreadable::Damaged)?;
    let (mut rows, mut columns) = (0u64, 0u64);
    let mut at = 0;
    while let Some((kind, length)) = short(&stream, at).zip(short(&stream, at + 2)) {
        match kind {
            // A new sheet begins.
            0x0809 => (rows, columns) = (0, 0),
            // Cells of every sort: formula, blank, number, label, truth, formatted text, several figures.
            0x0006 | 0x0001..=0x0005 | 0x00bd | 0x00be | 0x00d6 | 0x00fd | 0x0201..=0x0205 | 0x027e | 0x0406 => {
                let place = short(&stream, at + 4).zip(short(&stream, at + 6));
                let (row, column) = place.unwrap_or_default();
                let wide = if matches!(kind, 0x00bd | 0x00be) { u64::from(length / 2) } else { 1 };
                rows = rows.max(u64::from(row) + 1);
                columns = columns.max(u64::from(column) + wide);
                if rows.saturating_mul(columns) > u64::try_from(MOST_CELLS).unwrap_or(u64::MAX) {
                    return Err(Unreadable::Bomb);
                }
            }
            _ => {}
        }
        at += 4 + usize::from(length);
    }
    Ok(())
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Sector numbers from here on are marks and not sectors.
const MARKS: u32 = 0xffff_fffa;

/// A file of files.
struct Compound<'b> {
    bytes: &'b [u8],
    sector: usize,
    next: Vec<u32>,
}

impl<'b> Compound<'b> {
    fn of(bytes: &'b [u8]) -> Option<Self> {
        let shift = short(bytes, 30).filter(|shift| (9..=12).contains(shift))?;
        let mut compound = Self { bytes, sector: 1 << shift, next: Vec::new() };
        let mut tables: Vec<u32> = (0..109).filter_map(|nth| long(bytes, 76 + nth * 4)).collect();
        let mut more = long(bytes, 68)?;
        let mut left = bytes.len() / compound.sector;
        while more < MARKS && left > 0 {
            let sector = compound.at(more)?;
            let numbers = sector.len() / 4;
            tables.extend((0..numbers.saturating_sub(1)).filter_map(|nth| long(sector, nth * 4)));
            more = long(sector, sector.len().checked_sub(4)?)?;
            left -= 1;
        }
        for table in tables.into_iter().filter(|table| *table < MARKS) {
            let sector = compound.at(table)?;
            let numbers: Vec<u32> = (0..sector.len() / 4).filter_map(|nth| long(sector, nth * 4)).collect();
            compound.next.extend(numbers);
        }
        Some(compound)
    }

    fn at(&self, sector: u32) -> Option<&'b [u8]> {
        let start = size(sector).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    fn chain(&self, first: u32) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        let mut sector = first;
        let mut left = self.bytes.len() / self.sector + 1;
        while sector < MARKS {
            left = left.checked_sub(1)?;
            all.extend_from_slice(self.at(sector)?);
            sector = *self.next.get(size(sector))?;
        }
        Some(all)
    }

    /// The stream that has the sheets.
    fn workbook(&self) -> Option<Vec<u8>> {
        let entries = self.chain(long(self.bytes, 48)?)?;
        let named = |name: &str| {
            entries.chunks_exact(128).find(|entry| {
                let length = short(entry, 64).map_or(0, usize::from).saturating_sub(2);
                let own = entry.get(..length.min(64)).unwrap_or_default().chunks_exact(2);
                let own: String = char::decode_utf16(own.filter_map(|pair| short(pair, 0))).flatten().collect();
                own.eq_ignore_ascii_case(name)
            })
        };
        let entry = named("Workbook").or_else(|| named("Book"))?;
        let (first, length) = (long(entry, 116)?, long(entry, 120)?);
        if length >= long(self.bytes, 56)? {
            return self.chain(first);
        }
        // What is small lies in pieces of 64 bytes within the stream of the root.
        let root = self.chain(long(entries.get(..128)?, 116)?)?;
        let table = self.chain(long(self.bytes, 60)?)?;
        let mut all = Vec::new();
        let mut piece = first;
        let mut left = root.len() / 64 + 1;
        while piece < MARKS {
            left = left.checked_sub(1)?;
            let start = size(piece).checked_mul(64)?;
            all.extend_from_slice(root.get(start..(start + 64).min(root.len()))?);
            piece = long(&table, size(piece).checked_mul(4)?)?;
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A compound file with a stream "Workbook" of these records.
    pub(crate) fn compound(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut stream: Vec<u8> = Vec::new();
        for (kind, data) in records {
            stream.extend(kind.to_le_bytes());
            stream.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
            stream.extend(data);
        }
        // Long enough not to lie in small pieces.
        stream.resize(stream.len().max(4_096).next_multiple_of(512), 0);
        let sectors = u32::try_from(stream.len() / 512).unwrap();
        let mut head = vec![0u8; 512];
        head[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        head[30] = 9;
        head[32] = 6;
        let mut put = |at: usize, number: u32| head[at..at + 4].copy_from_slice(&number.to_le_bytes());
        put(48, 1);
        put(56, 4_096);
        put(60, u32::MAX - 1);
        put(68, u32::MAX - 1);
        put(76, 0);
        (1..109).for_each(|nth| put(76 + nth * 4, u32::MAX));
        let mut table = vec![u32::MAX - 2, u32::MAX - 1];
        table.extend((1..=sectors).map(|nth| if nth == sectors { u32::MAX - 1 } else { nth + 2 }));
        table.resize(128, u32::MAX);
        let mut folder = vec![0u8; 512];
        for (nth, (name, first, length)) in
            [("Root Entry", u32::MAX - 1, 0), ("Workbook", 2, sectors * 512)].into_iter().enumerate()
        {
            let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            folder[nth * 128..nth * 128 + letters.len()].copy_from_slice(&letters);
            folder[nth * 128 + 64] = u8::try_from(letters.len() + 2).unwrap();
            folder[nth * 128 + 116..nth * 128 + 120].copy_from_slice(&first.to_le_bytes());
            folder[nth * 128 + 120..nth * 128 + 124].copy_from_slice(&length.to_le_bytes());
        }
        let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
        [head, table, folder, stream].concat()
    }

    fn cell(row: u16, column: u16) -> (u16, Vec<u8>) {
        let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
        data.extend(1.5f64.to_le_bytes());
        (0x0203, data)
    }

    #[test]
    fn cells_in_opposite_corners_are_refused_before_they_are_spread() {
        let sheet = || (0x0809, vec![0u8; 16]);
        assert_eq!(look(&compound(&[sheet(), cell(0, 0), cell(40_000, 20), sheet(), cell(0, 200)])), Ok(()));
        assert_eq!(look(&compound(&[sheet(), cell(0, 0), cell(65_535, 255)])), Err(Unreadable::Bomb));
        assert_eq!(
            look(&compound(&[sheet(), cell(65_535, 0), (0x00bd, [0u8; 4].repeat(200)), cell(0, 100)])),
            Err(Unreadable::Bomb)
        );
        assert_eq!(look(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Err(Unreadable::Damaged));
    }

    proptest! {
        #[test]
        fn no_damage_panics(at in 0usize..4_000, byte in any::<u8>(), cut in 0usize..6_000) {
            let mut bytes = compound(&[(0x0809, vec![0u8; 16]), cell(3, 4)]);
            let place = at % bytes.len();
            bytes[place] = byte;
            bytes.truncate(cut);
            let _ = look(&bytes);
        }
    }
}

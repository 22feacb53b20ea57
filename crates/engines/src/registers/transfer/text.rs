//! Text files with a table: what letters they are written in, what stands between their cells, what the cells are.
//! Lenient, because spreadsheets of every age wrote them.

use super::{
    cell::{Cell, Sheet},
    limits::{MOST_COLUMNS, MOST_ROWS, Unreadable},
};

/// Reads a file of text as a sheet.
pub(crate) fn read(bytes: &[u8]) -> Result<Sheet, Unreadable> {
    let text = letters(bytes)?;
    let (text, given) = directive(&text);
    let between = given.unwrap_or_else(|| between(text));
    let mut sheet = Sheet { name: String::new(), rows: Vec::new() };
    for record in Records::new(text, between) {
        if sheet.rows.len() >= MOST_ROWS {
            return Err(Unreadable::Rows);
        }
        if record.len() > MOST_COLUMNS && record.iter().skip(MOST_COLUMNS).any(|cell| !cell.trim().is_empty()) {
            return Err(Unreadable::Columns);
        }
        sheet.rows.push(record.iter().take(MOST_COLUMNS).map(|cell| Cell::of_text(&undefused(cell))).collect());
    }
    sheet.trim();
    if sheet.rows.is_empty() { Err(Unreadable::Empty) } else { Ok(sheet) }
}

/// The signs that spreadsheets begin a formula with, the wide ones of some keyboards too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

fn is_risky(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that no spreadsheet runs: one that begins as a formula does gets an apostrophe.
pub(crate) fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    if is_risky(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// What [`defused`] was given.
pub(crate) fn undefused(cell: &str) -> std::borrow::Cow<'_, str> {
    match cell.strip_prefix('\'') {
        Some(rest) if is_risky(rest) => rest.into(),
        Some(_) | None => cell.into(),
    }
}

/// The letters of a file: UTF-8 with or without its mark, UTF-16, else those of Windows.
fn letters(bytes: &[u8]) -> Result<String, Unreadable> {
    let text = if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        String::from_utf8(rest.to_vec()).map_err(|_| Unreadable::Letters)?
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        wide(rest, u16::from_le_bytes)?
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        wide(rest, u16::from_be_bytes)?
    } else if let Some(order) = unmarked(bytes) {
        wide(bytes, order)?
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| of_windows(*byte)).collect(),
        }
    };
    let odd = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{1a}');
    if text.chars().any(odd) {
        return Err(Unreadable::Letters);
    }
    Ok(text.trim_end_matches('\u{1a}').to_owned())
}

fn wide(bytes: &[u8], order: fn([u8; 2]) -> u16) -> Result<String, Unreadable> {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [one, two] => order([*one, *two]),
        _ => 0,
    });
    char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| Unreadable::Letters)
}

/// The order of bytes of UTF-16 without its mark: every other byte is nought.
fn unmarked(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let start = bytes.get(..bytes.len().min(200) & !1).filter(|start| start.len() >= 8)?;
    let noughts = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let half = start.len() / 2;
    match (noughts(0), noughts(1)) {
        (0, odd) if odd * 4 >= half * 3 => Some(u16::from_le_bytes),
        (even, 0) if even * 4 >= half * 3 => Some(u16::from_be_bytes),
        (_, _) => None,
    }
}

/// What Windows-1252 has where Latin-1 has control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn of_windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS.get(usize::from(byte - 0x80)).copied().unwrap_or('?'),
        byte => char::from(byte),
    }
}

/// A first line `sep=;` tells Excel what stands between cells.
fn directive(text: &str) -> (&str, Option<char>) {
    let Some(rest) = text.strip_prefix("sep=") else { return (text, None) };
    let mut chars = rest.chars();
    match chars.next().filter(|char| !char.is_alphanumeric()) {
        Some(char) if chars.as_str().starts_with(['\r', '\n']) => (chars.as_str().trim_start_matches('\r'), Some(char)),
        Some(_) | None => (text, None),
    }
}

/// What stands between cells: the sign that makes most rows the same width.
fn between(text: &str) -> char {
    let judge = |between: char| {
        let widths: Vec<usize> =
            Records::new(text, between).map(|row| row.len()).filter(|width| *width > 1).take(60).collect();
        let often = |width: usize| widths.iter().filter(|one| **one == width).count();
        let usual = widths.iter().copied().max_by_key(|width| (often(*width), *width)).unwrap_or(0);
        often(usual) * usual.min(30)
    };
    // Of equals, the first that is more usual.
    let mut best = (',', 0);
    for sign in [',', ';', '\t', '|'] {
        let score = judge(sign);
        if score > best.1 {
            best = (sign, score);
        }
    }
    best.0
}

/// The rows of a text, blank ones too.
struct Records<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    between: char,
}

impl<'t> Records<'t> {
    fn new(text: &'t str, between: char) -> Self {
        Self { rest: text.chars().peekable(), between }
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        self.rest.peek()?;
        let mut row = Vec::new();
        let mut cell = String::new();
        // Within quotation marks, line ends belong to the cell; a mark within a bare cell is one of its letters.
        let mut quoted = false;
        loop {
            let Some(char) = self.rest.next() else {
                row.push(cell);
                return Some(row);
            };
            match char {
                '"' if quoted => match self.rest.peek() {
                    Some('"') => {
                        self.rest.next();
                        cell.push('"');
                    }
                    Some(_) | None => quoted = false,
                },
                '"' if cell.trim().is_empty() => {
                    cell.clear();
                    quoted = true;
                }
                char if quoted => cell.push(char),
                '\r' | '\n' => {
                    if char == '\r' && self.rest.peek() == Some(&'\n') {
                        self.rest.next();
                    }
                    row.push(cell);
                    return Some(row);
                }
                char if char == self.between => row.push(std::mem::take(&mut cell)),
                char => cell.push(char),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(bytes: &[u8]) -> Vec<Vec<String>> {
        let sheet = read(bytes).unwrap();
        sheet.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect()
    }

    #[test]
    fn every_usual_file_reads_the_same() {
        let plain = "Device,Price\nLaptop 7,£300\n";
        let wide = |bytes: fn(u16) -> [u8; 2], mark: &[u8]| {
            let mut all = mark.to_vec();
            all.extend(plain.encode_utf16().flat_map(bytes));
            all
        };
        let expected = [["Device", "Price"], ["Laptop 7", "£300"]];
        for bytes in [
            plain.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
            wide(u16::to_le_bytes, b"\xff\xfe"),
            wide(u16::to_be_bytes, b"\xfe\xff"),
            wide(u16::to_le_bytes, b""),
            b"Device,Price\r\nLaptop 7,\xa3300\r\n".to_vec(),
            b"Device;Price\r\rLaptop 7;\xa3300".to_vec(),
            "Device\tPrice\nLaptop 7\t£300\n\n\n".into(),
            "sep=;\r\nDevice;Price\r\nLaptop 7;£300\r\n".into(),
            "Device,Price,,,\nLaptop 7, £300 ,,,\n,,,,\n".into(),
            "\"Device\" ,\"Price\"\n\"Laptop 7\",\"£300\"\n\u{1a}".into(),
        ] {
            let mut read = table(&bytes);
            read.retain(|row| !row.is_empty());
            assert_eq!(read, expected, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn quotation_marks_line_breaks_and_commas_stay_in_their_cells() {
        let text = "Name;Notes\n\"O'Brien; Ann\";\"Screen 15\"\" wide\nsecond line\"\nBo;24\" screen, old\n\nCy;x\n";
        let rows = table(text.as_bytes());
        assert_eq!(rows[1], ["O'Brien; Ann", "Screen 15\" wide\nsecond line"]);
        assert_eq!(rows[2], ["Bo", "24\" screen, old"]);
        assert_eq!((rows[3].len(), rows[4][0].as_str()), (0, "Cy"), "a blank row is counted");
    }

    #[test]
    fn smart_signs_of_windows_are_read() {
        assert_eq!(table(b"a,b\n\x93Fine\x94 \x96 \x80 5,caf\xe9\n")[1], ["“Fine” – € 5", "café"]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (bytes, why) in [
            (&b""[..], Unreadable::Empty),
            (b"\n\n , ,\n", Unreadable::Empty),
            (b"a,b\n\x00\x01\x02", Unreadable::Letters),
            (b"\xff\xfe\x00\xd8a\x00", Unreadable::Letters),
        ] {
            assert_eq!(read(bytes).unwrap_err(), why, "{bytes:?}");
        }
        let wide = vec!["x"; MOST_COLUMNS + 1].join(",");
        assert_eq!(read(wide.as_bytes()).unwrap_err(), Unreadable::Columns);
        let long = "x\n".repeat(MOST_ROWS + 1);
        assert_eq!(read(long.as_bytes()).unwrap_err(), Unreadable::Rows);
    }

    proptest! {
        #[test]
        fn a_defused_cell_reads_back(cell in "['=+@\t a-]{0,6}.{0,5}") {
            let safe = defused(&cell).into_owned();
            prop_assert!(!safe.starts_with(FORMULA), "{safe:?}");
            prop_assert_eq!(undefused(&safe).into_owned(), cell);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }
    }
}

//! Files of tables: what a file is by its bytes, which sheets it has, and the cells of one.
//!
//! Nothing is unpacked before it is known how large it will be, and no sheet is spread out before it is known how wide
//! and long it is: a workbook of a few thousand bytes can ask for more memory than the machine has.

use std::io::{Cursor, Read};

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Range, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError,
};
use jiff::civil::{Date, DateTime, Time};

use super::{
    cell::{Cell, Sheet, serial_time},
    limits::{MOST_BYTES, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, Unreadable},
    text,
};

mod older;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Xlsx,
    Ods,
    Xls,
}

/// The sheets of a file, by name; one without a name where it is text.
pub(crate) fn sheets(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
    let visible = |all: &[calamine::Sheet]| {
        let shown = all.iter().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone());
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { Err(Unreadable::Empty) } else { Ok(shown) }
    };
    match kind_of(bytes)? {
        Kind::Text => Ok(vec![String::new()]),
        Kind::Xlsx => visible(xlsx(bytes)?.sheets_metadata()),
        Kind::Ods => visible(ods(bytes)?.sheets_metadata()),
        Kind::Xls => visible(xls(bytes)?.sheets_metadata()),
    }
}

/// The cells of a sheet.
pub(crate) fn read(bytes: &[u8], name: &str) -> Result<Sheet, Unreadable> {
    let mut sheet = match kind_of(bytes)? {
        Kind::Text => text::read(bytes)?,
        Kind::Xlsx => of_xlsx(xlsx(bytes)?, name)?,
        Kind::Ods => of_range(&ods(bytes)?.worksheet_range(name).map_err(|_| Unreadable::Sheet)?)?,
        Kind::Xls => of_range(&xls(bytes)?.worksheet_range(name).map_err(|_| Unreadable::Sheet)?)?,
    };
    name.clone_into(&mut sheet.name);
    sheet.trim();
    if sheet.width() > MOST_COLUMNS {
        return Err(Unreadable::Columns);
    }
    if sheet.rows.is_empty() { Err(Unreadable::Empty) } else { Ok(sheet) }
}

/// Marks at the beginning of files that are no tables, with what to call them.
const OTHERS: [(&[u8], &str); 9] = [
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a packed archive"),
    (b"7z\xbc\xaf", "a packed archive"),
    (b"Rar!", "a packed archive"),
];

/// What a file is, by its bytes alone: names lie.
fn kind_of(bytes: &[u8]) -> Result<Kind, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(Unreadable::Large);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return packed(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // A workbook with a password is packed into a file of the older kind.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let locked = bytes.windows(name.len()).any(|window| window == name);
        if locked {
            return Err(Unreadable::Password);
        }
        older::look(bytes)?;
        return Ok(Kind::Xls);
    }
    if let Some((_, what)) = OTHERS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(Unreadable::Kind(what));
    }
    let start = bytes.get(..bytes.len().min(1_000)).unwrap_or_default();
    let start = String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if ["<!doctype", "<html", "<table", "<head", "<meta"].iter().any(|tag| start.starts_with(tag)) {
        return Err(Unreadable::Kind("a web page, whatever its name says"));
    }
    if start.starts_with("<?xml") || start.starts_with("{\\rtf") {
        return Err(Unreadable::Kind("no table that is known here"));
    }
    Ok(Kind::Text)
}

/// What a packed file is. It is unpacked once into nothing, to see how large it is: what its list of contents says of
/// itself may be a lie.
fn packed(bytes: &[u8]) -> Result<Kind, Unreadable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::Damaged)?;
    if archive.len() > 5_000 {
        return Err(Unreadable::Bomb);
    }
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.map(|name| name.into_owned()))
        .collect::<Result<_, _>>()
        .map_err(|_| Unreadable::Damaged)?;
    let has = |name: &str| names.iter().any(|one| one.trim_start_matches('/').eq_ignore_ascii_case(name));
    let kind = if has("xl/workbook.xml") {
        Kind::Xlsx
    } else if has("content.xml") && has("mimetype") {
        Kind::Ods
    } else if has("xl/workbook.bin") {
        return Err(Unreadable::Kind("a binary workbook"));
    } else if has("word/document.xml") {
        return Err(Unreadable::Kind("a document"));
    } else {
        return Err(Unreadable::Kind("a packed archive"));
    };
    let mut left = MOST_UNPACKED;
    let announced: u128 = archive.decompressed_size().unwrap_or(0);
    if announced > u128::from(MOST_UNPACKED) {
        return Err(Unreadable::Bomb);
    }
    for nth in 0..archive.len() {
        let mut file = match archive.by_index(nth) {
            Ok(file) => file,
            Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(Unreadable::Password);
            }
            Err(_) => return Err(Unreadable::Damaged),
        };
        let content = kind == Kind::Ods && file.name().is_ok_and(|name| name == "content.xml");
        let mut seen = Spread::default();
        let mut piece = vec![0u8; 64 * 1024];
        loop {
            let read = file.read(&mut piece).map_err(|_| Unreadable::Damaged)?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)).ok_or(Unreadable::Bomb)?;
            if content {
                seen.feed(piece.get(..read).unwrap_or_default())?;
            }
        }
    }
    Ok(kind)
}

/// How far the repeated rows and cells of an ODS would spread: "repeat this cell a million times" is a few bytes.
#[derive(Default)]
struct Spread {
    tag: Vec<u8>,
    within: bool,
    rows: u64,
    repeat: u64,
    cells: u64,
    filled: u64,
    last: u64,
    width: u64,
}

impl Spread {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        for byte in bytes {
            match byte {
                b'<' => {
                    self.within = true;
                    self.tag.clear();
                }
                b'>' if self.within => {
                    self.within = false;
                    self.tagged()?;
                }
                byte if self.within && self.tag.len() < 4_096 => self.tag.push(*byte),
                _ => {}
            }
        }
        Ok(())
    }

    fn tagged(&mut self) -> Result<(), Unreadable> {
        let tag = String::from_utf8_lossy(&self.tag).into_owned();
        let repeated = |name: &str| -> u64 {
            let value = tag.split_once(name).map(|(_, rest)| rest.trim_start_matches(['=', '"', '\'', ' ']));
            let digits = value.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(1)
        };
        match tag.split([' ', '\n', '\t', '\r', '/']).next().unwrap_or_default() {
            "table:table" => *self = Self::default(),
            "table:table-row" => {
                self.repeat = repeated("number-rows-repeated");
                (self.cells, self.filled) = (0, 0);
                if tag.ends_with('/') {
                    self.rows = self.rows.saturating_add(self.repeat);
                }
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.cells = self.cells.saturating_add(repeated("number-columns-repeated"));
                if !tag.ends_with('/') || tag.contains("value") {
                    self.filled = self.cells;
                }
            }
            // The closing tag of a row begins with a slash.
            "" if tag == "/table:table-row" => {
                self.rows = self.rows.saturating_add(self.repeat);
                if self.filled > 0 {
                    (self.last, self.width) = (self.rows, self.width.max(self.filled));
                }
                let cells = u64::try_from(MOST_CELLS).unwrap_or(u64::MAX);
                if self.last.saturating_mul(self.width) > cells.saturating_mul(2) {
                    return Err(Unreadable::Bomb);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

type Bytes<'b> = Cursor<&'b [u8]>;

#[expect(clippy::wildcard_enum_match_arm, reason = "errors of a library; all others mean a damaged file")]
fn xlsx(bytes: &[u8]) -> Result<Xlsx<Bytes<'_>>, Unreadable> {
    calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|error: XlsxError| match error {
        XlsxError::Password => Unreadable::Password,
        _ => Unreadable::Damaged,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "errors of a library; all others mean a damaged file")]
fn ods(bytes: &[u8]) -> Result<Ods<Bytes<'_>>, Unreadable> {
    calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|error: OdsError| match error {
        OdsError::Password => Unreadable::Password,
        _ => Unreadable::Damaged,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "errors of a library; all others mean a damaged file")]
fn xls(bytes: &[u8]) -> Result<Xls<Bytes<'_>>, Unreadable> {
    calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|error: XlsError| match error {
        XlsError::Password => Unreadable::Password,
        _ => Unreadable::Damaged,
    })
}

/// Reads cell by cell: a workbook that has one in the last row and column would else be spread out in memory.
#[expect(clippy::wildcard_enum_match_arm, reason = "errors of a library; all others mean a damaged file")]
fn of_xlsx(mut book: Xlsx<Bytes<'_>>, name: &str) -> Result<Sheet, Unreadable> {
    let mut reader = book.worksheet_cells_reader(name).map_err(|error| match error {
        XlsxError::WorksheetNotFound(_) => Unreadable::Sheet,
        _ => Unreadable::Damaged,
    })?;
    let mut sheet = Sheet::default();
    let mut cells = 0;
    while let Some(found) = reader.next_cell().map_err(|_| Unreadable::Damaged)? {
        let cell = match found.get_value() {
            DataRef::Empty => continue,
            DataRef::Int(number) => number_of(*number),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::String(text) => Cell::of_text(text),
            DataRef::SharedString(text) => Cell::of_text(text),
            DataRef::Bool(yes) => Cell::YesNo(*yes),
            DataRef::DateTime(at) => moment(at),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => iso(text),
            DataRef::Error(_) => Cell::Fault,
        };
        if cell.is_blank() {
            continue;
        }
        cells += 1;
        put(&mut sheet, found.get_position(), cell)?;
        if cells > MOST_CELLS {
            return Err(Unreadable::Rows);
        }
    }
    Ok(sheet)
}

fn put(sheet: &mut Sheet, (row, column): (u32, u32), cell: Cell) -> Result<(), Unreadable> {
    let row = usize::try_from(row).ok().filter(|row| *row < MOST_ROWS).ok_or(Unreadable::Rows)?;
    let column = usize::try_from(column).ok().filter(|column| *column < MOST_COLUMNS).ok_or(Unreadable::Columns)?;
    if sheet.rows.len() <= row {
        sheet.rows.resize(row + 1, Vec::new());
    }
    if let Some(cells) = sheet.rows.get_mut(row) {
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
    }
    Ok(())
}

fn of_range(range: &Range<Data>) -> Result<Sheet, Unreadable> {
    let mut sheet = Sheet::default();
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let cell = match value {
            Data::Empty => continue,
            Data::Int(number) => number_of(*number),
            Data::Float(number) => Cell::Number(*number),
            Data::String(text) => Cell::of_text(text),
            Data::Bool(yes) => Cell::YesNo(*yes),
            Data::DateTime(at) => moment(at),
            Data::DateTimeIso(text) | Data::DurationIso(text) => iso(text),
            Data::Error(_) => Cell::Fault,
        };
        if cell.is_blank() {
            continue;
        }
        let place = |offset: u32, at: usize| offset.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        put(&mut sheet, (place(top, row), place(left, column)), cell)?;
    }
    Ok(sheet)
}

fn number_of(number: i64) -> Cell {
    #[expect(clippy::cast_precision_loss, reason = "a figure of a spreadsheet, which has no more digits")]
    Cell::Number(number as f64)
}

fn moment(at: &ExcelDateTime) -> Cell {
    let number = at.as_f64();
    if (0.0..1.0).contains(&number) {
        return serial_time(number).map_or(Cell::Number(number), Cell::Time);
    }
    let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
    let narrow = |part: u8| i8::try_from(part).ok();
    let date = i16::try_from(year).ok().zip(narrow(month)).zip(narrow(day));
    let date = date.and_then(|((year, month), day)| Date::new(year, month, day).ok());
    let time = narrow(hour).zip(narrow(minute)).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    match (date, time) {
        (Some(date), Some(time)) if time == Time::midnight() => Cell::Day(date),
        (Some(date), Some(time)) => Cell::Moment(DateTime::from_parts(date, time)),
        (_, _) => Cell::Number(number),
    }
}

/// Days and times as ODS has them: "2024-02-01", "2024-02-01T10:00:00", "PT15H30M00S".
fn iso(text: &str) -> Cell {
    if let Some(rest) = text.strip_prefix("PT") {
        let span: Option<jiff::Span> = format!("PT{rest}").parse().ok();
        let time = span.and_then(|span| Time::midnight().checked_add(span).ok());
        return time.map_or_else(|| Cell::of_text(text), Cell::Time);
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return if at.time() == Time::midnight() { Cell::Day(at.date()) } else { Cell::Moment(at) };
    }
    text.parse::<Date>().map_or_else(|_| Cell::of_text(text), Cell::Day)
}

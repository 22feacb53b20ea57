//! Registers as workbooks: days, figures and amounts as such, words as words and never as formulas.

use declare::{FieldKind, Value};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{
    cell::day_serial,
    export::{Column, Export, Piece},
};
use crate::registers::Kept;

/// The most entries of a workbook: as many as one that is brought in may have. It is in memory as a whole until it is
/// sent, for what it holds must lie in no temporary file; longer lists leave as text, which is sent piece by piece.
pub(crate) const MOST: usize = 50_000;
/// The most letters of a cell.
const LONGEST: usize = 32_000;

/// A workbook that is being written.
pub(crate) struct Writer {
    book: Workbook,
    formats: Formats,
    row: u32,
}

struct Formats {
    day: Format,
    money: Format,
    time: Format,
    words: Format,
}

impl Writer {
    /// One with its headings.
    pub(crate) fn new(export: &Export) -> Result<Self, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&export.book.declaration.title))?;
        let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
        for (nth, column) in export.columns.iter().enumerate() {
            let nth = u16::try_from(nth).unwrap_or(u16::MAX);
            sheet.write_string_with_format(0, nth, column.heading(&export.book.register), &head)?;
            sheet.set_column_width(nth, width(column))?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let formats = Formats {
            day: Format::new().set_num_format("dd/mm/yyyy"),
            money: Format::new().set_num_format("£#,##0.00"),
            time: Format::new().set_num_format("hh:mm"),
            // Words that begin as a formula stay words, also when somebody edits the cell.
            words: Format::new().set_num_format("@").set_align(FormatAlign::Top),
        };
        Ok(Self { book, formats, row: 0 })
    }

    /// Adds entries.
    pub(crate) fn add(&mut self, export: &Export, piece: &Piece) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(0)?;
        for kept in &piece.entries {
            self.row += 1;
            for (nth, column) in export.columns.iter().enumerate() {
                let nth = u16::try_from(nth).unwrap_or(u16::MAX);
                write(sheet, (self.row, nth), export, column, piece, kept, &self.formats)?;
            }
        }
        Ok(())
    }

    /// The file.
    pub(crate) fn finish(mut self, export: &Export) -> Result<Vec<u8>, XlsxError> {
        let last = u16::try_from(export.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if self.row > 0 {
            self.book.worksheet_from_index(0)?.autofilter(0, 0, self.row, last)?;
        }
        self.book.save_to_buffer()
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, at): (u32, u16),
    export: &Export,
    column: &Column,
    piece: &Piece,
    kept: &Kept,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let value = match column {
        Column::Field(field) => kept.entry.value(&field.name),
        Column::Clause | Column::State | Column::Entered => None,
    };
    let day = match column {
        Column::Entered => day_serial(kernel::SchoolTime::new(kept.entry.entered_at).date()),
        Column::Field(_) | Column::Clause | Column::State => match value {
            Some(Value::Date(day)) => day_serial(*day),
            _ => None,
        },
    };
    if let Some(serial) = day {
        sheet.write_number_with_format(row, at, f64::from(serial), &formats.day)?;
        return Ok(());
    }
    match value {
        Some(Value::Number(number)) => {
            sheet.write_number(row, at, *number)?;
        }
        Some(Value::Money(pence)) if pence.unsigned_abs() < 1 << 50 => {
            #[expect(clippy::cast_precision_loss, reason = "smaller than what a figure holds exactly")]
            let pounds = *pence as f64 / 100.0;
            sheet.write_number_with_format(row, at, pounds, &formats.money)?;
        }
        Some(Value::Time(time)) => {
            let minutes = f64::from(time.hour()) * 60.0 + f64::from(time.minute());
            sheet.write_number_with_format(row, at, minutes / 1440.0, &formats.time)?;
        }
        _ => {
            let text: String = export.text(column, piece, kept).chars().take(LONGEST).collect();
            if !text.is_empty() {
                sheet.write_string_with_format(row, at, text, &formats.words)?;
            }
        }
    }
    Ok(())
}

fn width(column: &Column) -> f64 {
    let Column::Field(field) = column else { return 14.0 };
    match &field.kind {
        FieldKind::Text { lines: true, .. } => 48.0,
        FieldKind::Text { .. } | FieldKind::Address | FieldKind::Entry { .. } | FieldKind::File { .. } => 28.0,
        FieldKind::Person { .. } | FieldKind::Place | FieldKind::Role | FieldKind::Signature => 22.0,
        FieldKind::Choice { .. } => 20.0,
        FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::YesNo
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Clause => 14.0,
    }
}

/// A name that a sheet may have.
fn sheet_name(title: &str) -> String {
    let name: String = title.chars().filter(|char| !"[]:*?/\\'".contains(*char)).take(31).collect();
    if name.trim().is_empty() { "Register".to_owned() } else { name }
}

//! Registers as files: every field that the reader sees, in words that an import reads back, piece by piece, so that
//! no register is too long.

use declare::{
    Field, FieldKind, Register, Rows,
    typed::{Found, Lookups, csv},
};
use kernel::SchoolTime;
use uuid::Uuid;

use super::heading::heading;
use crate::registers::{
    Asked, Kept,
    book::Book,
    error::RegisterError,
    typed::{Meanings, mark},
    words::{Names, state_label},
};

/// How many entries are read at once.
pub(crate) const AT_ONCE: usize = 500;

/// A column of an export.
#[expect(clippy::large_enum_variant, reason = "a few columns an export, never one a row")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Column {
    /// A field.
    Field(Field),
    /// The label of the clause.
    Clause,
    /// The state.
    State,
    /// The day on which it was entered.
    Entered,
}

impl Column {
    /// What stands above it.
    pub(crate) fn heading(&self, register: &Register) -> String {
        match self {
            Self::Field(field) => heading(register, field),
            Self::Clause => "Clause".to_owned(),
            Self::State => "State".to_owned(),
            Self::Entered => "Entered".to_owned(),
        }
    }
}

/// An export: its columns and entries, for one reader.
pub(crate) struct Export {
    /// The register.
    pub(crate) book: Book,
    /// The columns.
    pub(crate) columns: Vec<Column>,
    ids: Vec<Uuid>,
    meanings: Meanings,
}

/// A row of an export with what its identifiers are called.
pub(crate) struct Piece {
    /// The entries.
    pub(crate) entries: Vec<Kept>,
    names: Names,
}

impl Export {
    /// What somebody asks of a list, as an export. What was struck out is left out: it was wrong to enter it.
    pub(crate) async fn of(book: &Book, asked: &Asked) -> Result<Self, RegisterError> {
        let fields: Vec<&Field> = book.access.fields(&book.register).collect();
        let meanings = book.meanings(&fields).await?;
        let mut columns: Vec<Column> = Vec::new();
        if book.register.rows == Rows::Clause {
            columns.push(Column::Clause);
        }
        columns.extend(fields.into_iter().cloned().map(Column::Field));
        if !book.register.states.is_empty() {
            columns.push(Column::State);
        }
        columns.push(Column::Entered);
        Ok(Self { ids: book.ids(asked).await?, meanings, columns, book: book.clone() })
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// How many pieces there are.
    pub(crate) fn pieces(&self) -> usize {
        self.ids.len().div_ceil(AT_ONCE)
    }

    /// One of them.
    pub(crate) async fn piece(&self, nth: usize) -> Result<Piece, RegisterError> {
        let ids = self.ids.chunks(AT_ONCE).nth(nth).unwrap_or_default();
        let mut entries = self.book.some(ids).await?;
        entries.retain(|kept| kept.struck.is_none());
        let values = entries.iter().map(|kept| &kept.entry.values);
        let in_force = Some(std::sync::Arc::clone(&self.book.in_force));
        let roll = std::sync::Arc::clone(self.meanings.roll());
        let names = Names::with_roll(&self.book.rows(), roll, in_force, values).await?;
        Ok(Piece { entries, names })
    }

    /// The cells of an entry, as text.
    pub(crate) fn texts(&self, piece: &Piece, kept: &Kept) -> Vec<String> {
        self.columns.iter().map(|column| self.text(column, piece, kept)).collect()
    }

    /// A cell as text.
    pub(crate) fn text(&self, column: &Column, piece: &Piece, kept: &Kept) -> String {
        match column {
            Column::Field(field) => match kept.entry.value(&field.name) {
                Some(value) => csv(value, field, &Exact { export: self, names: &piece.names }),
                None => String::new(),
            },
            Column::Clause => kept.entry.clause.clone().unwrap_or_default(),
            Column::State => {
                let state = kept.entry.state.as_deref();
                state.map(|state| state_label(&self.book.register, state).to_owned()).unwrap_or_default()
            }
            Column::Entered => SchoolTime::new(kept.entry.entered_at).date().to_string(),
        }
    }
}

/// Names as an import finds them again: an entry that shares its title with others has its mark.
struct Exact<'a> {
    export: &'a Export,
    names: &'a Names,
}

impl declare::typed::Names for Exact<'_> {
    fn person(&self, id: kernel::PersonId) -> Option<String> {
        declare::typed::Names::person(self.names, id)
    }

    fn typed_person(&self, id: kernel::PersonId) -> Option<String> {
        self.names.typed_person(id)
    }

    fn entry(&self, register: &str, id: Uuid) -> Option<String> {
        let title = declare::typed::Names::entry(self.names, register, id)?;
        match self.export.meanings.entry(register, &title) {
            Found::Several => Some(format!("{title} #{}", mark(id))),
            Found::One(_) | Found::Nothing => Some(title),
        }
    }

    fn role(&self, role: kernel::Role) -> String {
        self.names.role(role)
    }

    fn clause(&self, label: &str) -> String {
        label.to_owned()
    }
}

/// The columns whose cells are figures: these are written as they are, others are kept from being formulas.
pub(crate) fn is_figure(column: &Column) -> bool {
    matches!(column, Column::Field(field) if matches!(field.kind, FieldKind::Number { .. } | FieldKind::Money))
}

/// A piece of the text file.
pub(crate) fn csv_piece(export: &Export, piece: &Piece) -> Result<Vec<u8>, csv::Error> {
    let figures: Vec<bool> = export.columns.iter().map(is_figure).collect();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for kept in &piece.entries {
        let texts = export.texts(piece, kept);
        for (text, figure) in texts.iter().zip(&figures) {
            if *figure {
                writer.write_field(text)?;
            } else {
                writer.write_field(super::text::defused(text).as_bytes())?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// The beginning of the text file: the mark of UTF-8, by which Excel knows its letters, and the headings.
pub(crate) fn csv_head(export: &Export) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    let headings = export.columns.iter().map(|column| column.heading(&export.book.register));
    writer.write_record(headings.map(|heading| super::text::defused(&heading).into_owned()))?;
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

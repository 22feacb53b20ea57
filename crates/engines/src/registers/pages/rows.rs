//! The table of a list: its heads, by which it is sorted, and its cells.

use askama::{Template, filters::HtmlSafe};
use declare::{FieldKind, FieldName};
use webkit::kit::State as Mark;

use super::narrowing::encoded;
use crate::registers::{
    Asked, Book, Kept,
    list::soon,
    words::{self, Names, due_in_words, state_label},
};

/// The head of a column.
pub(in crate::registers) struct Head {
    /// What it says.
    pub(in crate::registers) label: String,
    /// The same list sorted by it; none where it cannot be.
    pub(in crate::registers) href: Option<String>,
    /// `ascending` or `descending`, where the list is sorted by it.
    pub(in crate::registers) sorted: Option<&'static str>,
    /// Whether it has figures.
    pub(in crate::registers) figure: bool,
}

impl Head {
    /// Without the link that sorts.
    pub(in crate::registers) fn plain(self) -> Self {
        Self { href: None, sorted: None, ..self }
    }
}

/// A row of the table.
pub(in crate::registers) struct Row {
    /// The entry.
    pub(in crate::registers) id: String,
    /// Its page.
    pub(in crate::registers) href: String,
    /// What it is called: for the box that chooses it.
    pub(in crate::registers) title: String,
    /// The cells, the first of them with the link.
    pub(in crate::registers) cells: Vec<Cell>,
}

/// A cell of the table.
pub(in crate::registers) struct Cell {
    /// What it says.
    pub(in crate::registers) text: String,
    /// The head of its column, for phones.
    pub(in crate::registers) label: String,
    /// A mark instead of words.
    pub(in crate::registers) mark: Option<Standing>,
    /// Whether it stays in one line.
    pub(in crate::registers) tight: bool,
    /// Whether it is a figure.
    pub(in crate::registers) figure: bool,
}

/// What cells are made with.
pub(in crate::registers) struct Cells<'a> {
    pub(in crate::registers) book: &'a Book,
    pub(in crate::registers) names: &'a Names,
    pub(in crate::registers) with_clause: bool,
    /// The columns that somebody chose; none where those of the declaration are shown.
    pub(in crate::registers) columns: &'a [String],
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Field(FieldName),
    State,
    Entered,
    Clause,
}

/// What a list may have as columns, as an address calls them, and whether the list shows them now: what the reader sees
/// in every entry, and when it was entered.
pub(super) fn offered(book: &Book, chosen: &[String]) -> Vec<(String, String, bool)> {
    let shown = columns(book, false, chosen);
    let fields = book.access().fields(book.register()).map(|field| Column::Field(field.name.clone()));
    fields
        .chain([Column::Entered])
        .map(|column| {
            let (label, name, _) = label(book, &column);
            (name, label, shown.contains(&column))
        })
        .collect()
}

/// The columns of a list: those of the declaration, or those that somebody chose, that the reader sees, and how the entry
/// stands.
fn columns(book: &Book, with_clause: bool, chosen: &[String]) -> Vec<Column> {
    let register = book.register();
    let mut columns: Vec<Column> = Vec::new();
    let declared = register.columns.iter().map(FieldName::as_str);
    let names: Vec<&str> = match chosen.is_empty() {
        true => declared.collect(),
        // In the order of the form: what was chosen may stand in any.
        false => {
            let fields = register.fields.iter().map(|field| field.name.as_str()).chain(["entered"]);
            fields.filter(|name| chosen.iter().any(|one| one == name)).collect()
        }
    };
    for name in names {
        match name {
            "state" => columns.push(Column::State),
            "entered" => columns.push(Column::Entered),
            _ => {
                let seen = book.access().fields(register).find(|field| field.name.as_str() == name);
                columns.extend(seen.map(|field| Column::Field(field.name.clone())));
            }
        }
    }
    if with_clause && register.rows == declare::Rows::Clause {
        columns.insert(columns.len().min(1), Column::Clause);
    }
    if !columns.contains(&Column::State) && (register.due.is_some() || !register.states.is_empty()) {
        columns.push(Column::State);
    }
    columns
}

fn label(book: &Book, column: &Column) -> (String, String, bool) {
    let register = book.register();
    match column {
        Column::State if register.states.is_empty() => ("Due".to_owned(), "due".to_owned(), false),
        Column::State => ("State".to_owned(), "state".to_owned(), false),
        Column::Entered => ("Entered".to_owned(), "entered".to_owned(), false),
        Column::Clause => ("Clause".to_owned(), "clause".to_owned(), false),
        Column::Field(name) => match register.fields.iter().find(|field| field.name == *name) {
            Some(field) => {
                let figure = matches!(field.kind, FieldKind::Number { .. } | FieldKind::Money);
                (field.column.clone(), name.to_string(), figure)
            }
            None => (name.to_string(), name.to_string(), false),
        },
    }
}

/// The heads of a list. A click on the one by which it is sorted turns it round.
pub(in crate::registers) fn head(
    book: &Book,
    asked: &Asked,
    pairs: &[(String, String)],
    with_clause: bool,
    chosen: &[String],
) -> Vec<Head> {
    let (key, largest) = book.sort_of(asked);
    columns(book, with_clause, chosen)
        .iter()
        .map(|column| {
            let (label, name, figure) = label(book, column);
            let own = crate::registers::keys::of_column(book.register(), &name);
            let here = own.as_ref() == Some(&key);
            let mut pairs: Vec<(String, String)> = pairs.to_vec();
            pairs.push(("sort".to_owned(), if here && !largest { format!("-{name}") } else { name }));
            Head {
                label,
                href: own.is_some().then(|| format!("{}?{}", book.address(), encoded(&pairs))),
                sorted: here.then_some(if largest { "descending" } else { "ascending" }),
                figure,
            }
        })
        .collect()
}

/// A row of a list.
pub(in crate::registers) fn row(cells: &Cells<'_>, kept: &Kept) -> Row {
    let book = cells.book;
    let register = book.register();
    let made = columns(book, cells.with_clause, cells.columns).into_iter().map(|column| {
        let (label, _, figure) = label(book, &column);
        let mut tight = false;
        let (text, mark) = match &column {
            Column::State => (String::new(), mark(book, kept)),
            Column::Entered => (words::day(kernel::SchoolTime::new(kept.entry.entered_at).date(), book.today()), None),
            Column::Clause => {
                (kept.entry.clause.as_deref().map(|clause| cells.names.clause(clause)).unwrap_or_default(), None)
            }
            Column::Field(name) => {
                let field = register.fields.iter().find(|field| field.name == *name);
                tight = field.is_some_and(|field| matches!(field.kind, FieldKind::Date | FieldKind::Time));
                let text = field.and_then(|field| Some(cells.names.say(field, kept.entry.value(name)?)));
                (short(text.unwrap_or_default()), None)
            }
        };
        Cell { text, label, mark, figure, tight }
    });
    let mut made: Vec<Cell> = made.collect();
    // The first cell carries the link, so it always says something.
    if let Some(first) = made.first_mut().filter(|first| first.text.is_empty() && first.mark.is_none()) {
        first.text.clone_from(&kept.title);
    }
    Row {
        id: kept.entry.id.to_string(),
        href: format!("{}/{}", book.address(), kept.entry.id),
        title: kept.title.clone(),
        cells: made,
    }
}

/// How an entry stands: `{{ mark }}`.
#[derive(Template)]
#[template(path = "registers/standing.html")]
pub(in crate::registers) struct Standing {
    /// Overdue, or due soon.
    due: Option<Mark>,
    /// Else the label of its state.
    label: String,
    /// Whether it is done with.
    ended: bool,
}

impl Standing {
    fn due(due: Mark) -> Self {
        Self { due: Some(due), label: String::new(), ended: false }
    }

    fn state(label: &str, ended: bool) -> Self {
        Self { due: None, label: label.to_owned(), ended }
    }

    /// Whether it says when the entry is due, and not its state.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }
}

impl HtmlSafe for Standing {}

/// How an entry stands: overdue, due soon, or its state.
pub(super) fn mark(book: &Book, kept: &Kept) -> Option<Standing> {
    let register = book.register();
    if kept.struck.is_some() {
        return Some(Standing::state("Struck out", true));
    }
    let today = book.today();
    match kept.due_on {
        Some(on) if on < today => return Some(Standing::due(Mark::bad(due_in_words(on, today)))),
        Some(on) if on <= soon(register, today) => return Some(Standing::due(Mark::due(due_in_words(on, today)))),
        Some(_) | None => {}
    }
    let state = kept.entry.state.as_deref()?;
    Some(Standing::state(state_label(register, state), kept.ended))
}

fn short(text: String) -> String {
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

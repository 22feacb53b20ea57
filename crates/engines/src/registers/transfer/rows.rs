//! The rows of a sheet as entries say them: each cell read into its field, or the reason why it cannot be.

use std::collections::HashMap;

use declare::{
    Field, FieldKind, Register, Value, Values,
    typed::{Found, Lookups, fold, read_field},
};
use kernel::Role;

use super::{
    cell::{Cell, Sheet},
    heading::{CLAUSE, Column, ENTERED, STATE, letters},
    words::{Ground, Place, Words},
};

/// A row that could be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadRow {
    /// Its number, as the spreadsheet shows it.
    pub(crate) row: usize,
    /// What it gives: blank cells give nothing.
    pub(crate) given: Values,
    /// The state, where a column says it.
    pub(crate) state: Option<String>,
    /// The clause, where a column says it.
    pub(crate) clause: Option<String>,
}

/// Why a row is not brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The row.
    pub(crate) row: usize,
    /// What stands above the column; empty where it is about the whole row.
    pub(crate) column: String,
    /// What is wrong, without full stop.
    pub(crate) says: String,
}

/// A row that is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The row.
    pub(crate) row: usize,
    /// What it looks like.
    pub(crate) looks: &'static str,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Read {
    /// The rows that could be.
    pub(crate) rows: Vec<ReadRow>,
    /// What is wrong with the others.
    pub(crate) faults: Vec<Fault>,
    /// Rows that are no entries.
    pub(crate) left_out: Vec<LeftOut>,
    /// Words that mean nothing in their fields, and days without a day.
    pub(crate) words: Words,
}

/// A column with the field that it is.
struct Filled<'a> {
    column: &'a Column,
    name: String,
    what: What<'a>,
}

enum What<'a> {
    Field(&'a Field),
    State,
    Clause,
}

/// What messages call a column.
pub(crate) fn named(column: &Column) -> String {
    if column.heading.is_empty() { format!("column {}", letters(column.at)) } else { column.heading.clone() }
}

/// Reads the rows below the row `at` of headings.
pub(crate) fn read(register: &Register, sheet: &Sheet, at: usize, columns: &[Column], ground: &Ground<'_>) -> Read {
    let lookups = ground.lookups;
    let filled: Vec<Filled<'_>> = columns
        .iter()
        .filter_map(|column| {
            let what = match column.target.as_deref()? {
                STATE => What::State,
                CLAUSE => What::Clause,
                ENTERED => return None,
                key => What::Field(register.fields.iter().find(|field| field.name.as_str() == key)?),
            };
            Some(Filled { column, name: named(column), what })
        })
        .collect();
    let mut read = Read::default();
    let mut known: HashMap<(usize, String), Result<Option<Value>, String>> = HashMap::new();
    for (nth, cells) in sheet.rows.iter().enumerate().skip(at + 1) {
        let row = nth + 1;
        if cells.iter().all(Cell::is_blank) {
            continue;
        }
        if Some(cells) == sheet.rows.get(at) {
            read.left_out.push(LeftOut { row, looks: "repeats the headings" });
            continue;
        }
        let used = filled.iter().filter(|one| cells.get(one.column.at).is_some_and(|cell| !cell.is_blank())).count();
        if is_total(cells, used, filled.len()) && sheet.rows.len() - nth <= 3 {
            read.left_out.push(LeftOut { row, looks: "is a total" });
            continue;
        }
        if used == 0 {
            read.left_out.push(LeftOut { row, looks: "has nothing in these columns" });
            continue;
        }
        let mut one = ReadRow { row, given: Values::new(), state: None, clause: None };
        let before = read.faults.len();
        for filling in &filled {
            let Filled { column, name, what } = filling;
            let Some(cell) = cells.get(column.at).filter(|cell| !cell.is_blank()) else { continue };
            let beside = || beside(cells, &filled, column.at);
            let place = Place { at: column.at, column: name, row, beside: &beside };
            let done = match what {
                What::Field(field) => {
                    // Sheets repeat themselves: what was read once in a column is not looked up again.
                    let typed = cell.typed(&field.kind);
                    let key = (column.at, typed);
                    let value = match known.get(&key) {
                        Some(value) => value.clone(),
                        None => {
                            let value = value_of(field, cell, &key.1, lookups);
                            if known.len() < 20_000 {
                                known.insert(key.clone(), value.clone());
                            }
                            value
                        }
                    };
                    let value = match value {
                        Err(says) if *cell != Cell::Fault => {
                            read.words.value(ground, &place, field, &key.1, says).map(Some)
                        }
                        value => value,
                    };
                    value.map(|value| one.given.extend(value.map(|value| (field.name.to_string(), value))))
                }
                What::State => {
                    let text = cell.shown();
                    let state = state(register, &text);
                    let state = state.or_else(|says| read.words.state(ground, &place, &text).ok_or(says));
                    state.map(|state| one.state = Some(state))
                }
                What::Clause => clause(&cell.shown(), lookups).map(|label| one.clause = Some(label)),
            };
            if let Err(says) = done {
                read.faults.push(Fault { row, column: name.clone(), says });
            }
        }
        if read.faults.len() == before {
            read.rows.push(one);
        }
    }
    read
}

/// What else stands in a row, to know it again.
fn beside(cells: &[Cell], filled: &[Filled<'_>], at: usize) -> String {
    let others = filled.iter().filter(|one| one.column.at != at).filter_map(|one| cells.get(one.column.at));
    let shown = others.filter(|cell| !cell.is_blank()).map(|cell| cell.shown().chars().take(30).collect::<String>());
    shown.take(3).collect::<Vec<_>>().join(", ")
}

/// Whether a row at the end sums up those above it: it says so, and fills few of the columns.
fn is_total(cells: &[Cell], used: usize, columns: usize) -> bool {
    const WORDS: [&str; 8] = ["total", "totals", "grand total", "sum", "count", "subtotal", "average", "end of list"];
    let first = cells.iter().filter_map(Cell::words).next().map(fold).unwrap_or_default();
    let first = first.trim_end_matches([':', '.']);
    let says = WORDS.contains(&first) || first.starts_with("total ") || first.starts_with("grand total");
    says && used * 2 <= columns.max(3) + 1
}

fn value_of(field: &Field, cell: &Cell, typed: &str, lookups: &dyn Lookups) -> Result<Option<Value>, String> {
    if *cell == Cell::Fault {
        return Err("the formula in this cell fails".to_owned());
    }
    let shown: String = cell.shown().chars().take(60).map(|char| if char.is_control() { ' ' } else { char }).collect();
    read_field(field, typed, lookups).map_err(|says| match &field.kind {
        FieldKind::Date => format!("“{shown}” is no date"),
        FieldKind::Time => format!("“{shown}” is no time of day"),
        FieldKind::Money => format!("“{shown}” is no amount of money"),
        FieldKind::YesNo => format!("“{shown}” is neither yes nor no"),
        FieldKind::Number { .. } if says.contains("such as") => format!("“{shown}” is no number that fits here"),
        FieldKind::Year { .. } => format!("“{shown}” is no year group"),
        FieldKind::Address => format!("“{shown}” is no web address"),
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Choice { .. }
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Entry { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Clause => {
            if says.contains('“') {
                says
            } else {
                format!("“{shown}”: {}", lower_first(&says))
            }
        }
    })
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn state(register: &Register, text: &str) -> Result<String, String> {
    let folded = fold(text);
    let bare = |text: &str| fold(text).chars().filter(|char| char.is_alphanumeric()).collect::<String>();
    let alike = |text: &str| bare(text) == bare(&folded);
    let found = register.states.iter().find(|state| fold(&state.label) == folded || fold(&state.name) == folded);
    // Other systems write "in_use" for "In use".
    let found = found.or_else(|| register.states.iter().find(|state| alike(&state.label) || alike(&state.name)));
    found.map(|state| state.name.clone()).ok_or_else(|| {
        let all: Vec<&str> = register.states.iter().map(|state| state.label.as_str()).collect();
        format!("“{text}” is none of its states: {}", all.join(", "))
    })
}

fn clause(text: &str, lookups: &dyn Lookups) -> Result<String, String> {
    match lookups.clause(text) {
        Found::One(label) => Ok(label),
        Found::Nothing | Found::Several => Err(format!("“{text}” is no clause of the policy in force")),
    }
}

/// What names mean, and those whom entries of the register name already: somebody who has left is not looked for among
/// all who ever were, but a row about them is no mistake.
pub(crate) struct Remembered<'a, L> {
    /// What names mean today.
    pub(crate) today: &'a L,
    /// People whom entries name, by what they are called, folded.
    pub(crate) people: HashMap<String, kernel::PersonId>,
    /// Entries of other registers that entries name, by their titles, folded.
    pub(crate) entries: HashMap<(String, String), uuid::Uuid>,
}

impl<L: Lookups> Lookups for Remembered<'_, L> {
    fn person(&self, typed: &str, who: &kernel::Audience) -> Found<kernel::PersonId> {
        match self.today.person(typed, who) {
            Found::Nothing => self.people.get(&fold(typed)).map_or(Found::Nothing, |id| Found::One(*id)),
            found @ (Found::One(_) | Found::Several) => found,
        }
    }

    fn entry(&self, register: &str, typed: &str) -> Found<uuid::Uuid> {
        match self.today.entry(register, typed) {
            Found::Nothing => {
                let key = (register.to_owned(), fold(typed));
                self.entries.get(&key).map_or(Found::Nothing, |id| Found::One(*id))
            }
            found @ (Found::One(_) | Found::Several) => found,
        }
    }

    fn class(&self, typed: &str) -> Found<String> {
        self.today.class(typed)
    }

    fn clause(&self, typed: &str) -> Found<String> {
        self.today.clause(typed)
    }

    fn role(&self, typed: &str) -> Found<Role> {
        self.today.role(typed)
    }
}

//! What the address of a list says: what is looked for, what is shown, in which order, which page.

use std::collections::HashMap;

use declare::{Field, FieldKind, Register};
use webkit::kit::{PageNumber, encode};

use crate::registers::{Asked, Book, PAGE, Shown, keys};

/// What an address calls a column that somebody chose.
pub(super) const COLUMN: &str = "column";

/// What the address of a list says. It never holds anybody's name.
#[derive(Debug, Default, Clone)]
pub(in crate::registers) struct Narrowing {
    pub(super) find: String,
    pub(super) show: String,
    pub(super) clause: String,
    pub(super) sort: String,
    pub(super) choose: String,
    pub(super) page: PageNumber,
    /// The columns that somebody chose; none where those of the declaration are shown.
    pub(in crate::registers) columns: Vec<String>,
    pub(super) others: HashMap<String, String>,
}

impl Narrowing {
    /// What the pairs of an address say.
    pub(in crate::registers) fn of(pairs: Vec<(String, String)>) -> Self {
        let columns = pairs.iter().filter(|(name, _)| name == COLUMN).map(|(_, column)| column.clone()).collect();
        let mut all: HashMap<String, String> = pairs.into_iter().filter(|(name, _)| name != COLUMN).collect();
        let mut take = |name: &str| all.remove(name).unwrap_or_default();
        Self {
            find: take("find").chars().take(200).collect(),
            show: take("show"),
            clause: take("clause"),
            sort: take("sort"),
            choose: take("choose"),
            page: take("page").parse::<u32>().map_or_else(|_| PageNumber::default(), PageNumber::from),
            columns,
            others: all,
        }
    }

    /// The same as it is asked of the register.
    pub(in crate::registers) fn asked(&self, book: &Book) -> Asked {
        let state = self.show.strip_prefix("state-").map(str::to_owned);
        let state = state.filter(|state| book.register().states.iter().any(|known| known.name == *state));
        let shown = if state.is_some() { Shown::All } else { Shown::parse(&self.show) };
        let holds = narrowing(book)
            .filter_map(|field| {
                let value = self.others.get(&format!("f-{}", field.name))?;
                (!value.is_empty()).then(|| (field.name.to_string(), value.clone()))
            })
            .collect();
        let sort = match self.sort.strip_prefix('-') {
            Some(column) => Some((column.to_owned(), true)),
            None => Some((self.sort.clone(), false)).filter(|(column, _)| !column.is_empty()),
        };
        Asked {
            find: self.find.clone(),
            shown,
            state,
            clause: Some(self.clause.clone()).filter(|clause| !clause.is_empty()),
            person: None,
            holds,
            sort,
            offset: self.page.offset(PAGE),
            limit: None,
            known: None,
        }
    }

    /// The address of the same list, without its page and sort.
    pub(in crate::registers) fn pairs(&self, book: &Book) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        };
        if !is_private(book.register()) {
            add("find", &self.find);
        }
        add("show", &self.show);
        add("clause", &self.clause);
        for field in narrowing(book) {
            let name = format!("f-{}", field.name);
            if let Some(value) = self.others.get(&name) {
                add(&name, value);
            }
        }
        add("choose", &self.choose);
        for column in &self.columns {
            add(COLUMN, column);
        }
        pairs
    }
}

/// Whether what is looked for in a register may be somebody's name.
pub(in crate::registers) fn is_private(register: &Register) -> bool {
    register.fields.iter().any(|field| matches!(field.kind, FieldKind::Person { .. } | FieldKind::Signature))
}

/// A query of these pairs.
pub(in crate::registers) fn encoded(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

/// The fields among the columns by which the list is narrowed: those with few values to choose from.
pub(super) fn narrowing(book: &Book) -> impl Iterator<Item = &Field> {
    let register = book.register();
    let few = |field: &&Field| match &field.kind {
        FieldKind::Choice { .. } | FieldKind::Class { .. } | FieldKind::Year { .. } => true,
        FieldKind::YesNo
        | FieldKind::Role
        | FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Person { .. }
        | FieldKind::Place
        | FieldKind::Entry { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => false,
    };
    book.access()
        .fields(register)
        .filter(|field| register.columns.contains(&field.name) && keys::filters(field))
        .filter(few)
        .take(3)
}

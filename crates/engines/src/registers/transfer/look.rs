//! The dry run: a file that waits, read for a register as somebody asks for it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use declare::{Entry, Field, FieldKind, Value, typed::fold};
use uuid::Uuid;

use super::{
    cell::Sheet,
    heading::{self, Column, Target},
    held::Held,
    limits::{MOST_ROWS, Unreadable},
    plan::{Ground, Plan},
    rows::{self, Remembered},
    words::{self, Before, Days, Meant, Words},
};
use crate::registers::{book::Book, error::RegisterError, typed::Meanings, words::Names};

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct How {
    /// The sheet, from 0.
    pub(crate) sheet: usize,
    /// The row of headings as spreadsheets count it, where somebody said which.
    pub(crate) head: Option<usize>,
    /// What columns are, where somebody said so: an empty word leaves one out.
    pub(crate) columns: BTreeMap<usize, String>,
    /// What words mean that cannot be chosen, where somebody said so.
    pub(crate) words: Meant,
    /// Which days are meant by months and years, where somebody said so.
    pub(crate) days: Days,
    /// The clause of rows that name none.
    pub(crate) clause: Option<String>,
}

/// What a file is found to be.
pub(crate) struct Look {
    /// The row of headings as spreadsheets count it.
    pub(crate) head: usize,
    /// The columns with what they are.
    pub(crate) columns: Vec<Column>,
    /// What columns can be.
    pub(crate) targets: Vec<Target>,
    /// Words that mean nothing in their fields, and days without a day, with what they mean where somebody said so.
    pub(crate) words: Words,
    /// What would be done.
    pub(crate) plan: Plan,
}

/// Why there is no dry run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The register cannot.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The work was broken off.
    #[error("the dry run was broken off")]
    Broken(#[from] tokio::task::JoinError),
}

/// Reads a file for a register.
pub(crate) async fn look(book: &Book, held: Arc<Held>, how: How) -> Result<Look, LookError> {
    let existing = book.engines.entries(&book.school, &book.control()).await.map_err(RegisterError::from)?;
    // Whoever writes of some people alone neither changes nor meets what is kept of others.
    let existing: Vec<Arc<Entry>> =
        existing.iter().filter(|entry| book.access.reads_of(&book.register, entry)).cloned().collect();
    let fields: Vec<&Field> = book.access.form(&book.register).filter(|field| heading::comes_in(field)).collect();
    let meanings = book.meanings(&fields).await?;
    let before = Before::read(&book.school, &book.control()).await.map_err(RegisterError::from)?;
    let names = book.names_of(existing.iter().map(|entry| &entry.values)).await?;
    let book = book.clone();
    // Reading and comparing many rows takes its time: others are served meanwhile.
    tokio::task::spawn_blocking(move || {
        let sheet = held.sheet(how.sheet)?;
        Ok(read(&book, &sheet, &how, &existing, &Known { meanings, names, before }))
    })
    .await?
}

/// What is known of the words of sheets.
struct Known {
    meanings: Meanings,
    names: Names,
    before: Before,
}

fn read(book: &Book, sheet: &Sheet, how: &How, existing: &[Arc<Entry>], known: &Known) -> Look {
    let Known { meanings, names, before } = known;
    let targets = heading::targets(&book.register, book.access.form(&book.register));
    let most = sheet.rows.len().min(MOST_ROWS);
    let at = how.head.and_then(|head| head.checked_sub(1)).filter(|at| *at < most);
    let at = at.unwrap_or_else(|| heading::find(sheet, &targets));
    let mut columns = heading::columns(sheet, at, &targets);
    if !how.columns.is_empty() {
        let known = |key: &String| targets.iter().any(|target| target.key == *key);
        let mut taken = std::collections::BTreeSet::new();
        for column in &mut columns {
            let said = how.columns.get(&column.at).filter(|key| known(key));
            column.target = said.filter(|key| taken.insert((*key).clone())).cloned();
        }
    }
    let lookups = remembered(book, existing, meanings, names);
    let ground = words::Ground {
        register: &book.register,
        school: book.school.id(),
        roll: meanings.roll(),
        title: &|role| book.in_force.policy().front.title_of(role).to_owned(),
        lookups: &lookups,
        meant: &how.words,
        days: &how.days,
        before,
    };
    let mut read = rows::read(&book.register, sheet, at, &columns, &ground);
    let words = std::mem::take(&mut read.words);
    let ground = Ground {
        register: &book.register,
        existing,
        columns: &columns,
        clause: how.clause.as_deref(),
        new: &|values, clause, state| Entry {
            id: Uuid::nil(),
            clause,
            also: Vec::new(),
            state: state.or_else(|| book.register.states.first().map(|state| state.name.clone())),
            values,
            entered_at: book.now,
            entered_by: book.access.by(),
            changed_at: book.now,
            version: 1,
        },
        check: &|entry, before| match book.check(entry, before) {
            Err(RegisterError::Refused(all)) => all,
            // A check refuses or does not; it reads nothing that could fail.
            Ok(()) | Err(_) => Vec::new(),
        },
    };
    let mut plan = ground.plan(read);
    plan.say = words.said(book.school.id());
    plan.assumed = super::pages::asking::assumed(&words);
    Look { head: at + 1, columns, targets, words, plan }
}

/// What names mean, with those whom entries name already.
fn remembered<'a>(
    book: &Book,
    existing: &[Arc<Entry>],
    meanings: &'a Meanings,
    names: &Names,
) -> Remembered<'a, Meanings> {
    let mut people = HashMap::new();
    let mut entries = HashMap::new();
    let mut person = |field: &Field, value: Value| {
        if let Value::Person(id) = &value {
            people.insert(fold(&names.typed(field, &value)), *id);
        }
    };
    for field in book.access.form(&book.register) {
        for entry in existing {
            match (&field.kind, entry.value(&field.name)) {
                (_, Some(Value::Person(id))) => person(field, Value::Person(*id)),
                (_, Some(Value::People(ids))) => ids.iter().for_each(|id| person(field, Value::Person(*id))),
                (FieldKind::Entry { of, .. }, Some(Value::Entry(id))) => {
                    if let Some(title) = names.entry(*id) {
                        entries.insert((of.clone(), fold(title)), *id);
                    }
                }
                (FieldKind::Entry { of, .. }, Some(Value::Entries(ids))) => {
                    let titled = ids.iter().filter_map(|id| Some((names.entry(*id)?, id)));
                    entries.extend(titled.map(|(title, id)| ((of.clone(), fold(title)), *id)));
                }
                (_, _) => {}
            }
        }
    }
    Remembered { today: meanings, people, entries }
}

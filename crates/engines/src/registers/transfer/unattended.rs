//! Bringing in without the pages: a file that a command names, and rows that an area has read from a format of its own.
//! Either is looked at first, and then done as the one act that a file of the desk is.

use std::sync::Arc;

use declare::{Entry, Values};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    cell::Cell,
    held::Held,
    limits::Unreadable,
    look::{self, How, LookError},
    plan::{Adding, Changing, Plan},
    rows::Fault,
};
use crate::registers::{
    book::Writer,
    error::{Refusal, RegisterError},
};

/// Why a file cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no table that can be read; the text says why.
    #[error("{0}")]
    Unreadable(String),
    /// The register cannot be read or written.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The work was broken off.
    #[error("the work was broken off")]
    Broken(#[source] tokio::task::JoinError),
}

impl From<LookError> for FileError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Unreadable(why) => Self::from(why),
            LookError::Register(error) => Self::Register(error),
            LookError::Broken(error) => Self::Broken(error),
        }
    }
}

impl From<Unreadable> for FileError {
    fn from(why: Unreadable) -> Self {
        Self::Unreadable(why.to_string())
    }
}

/// What would be brought in. Nothing is changed before [`Writer::bring_in`].
pub struct Bringing(Plan);

impl std::fmt::Debug for Bringing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bringing({} new, {} changed)", self.added(), self.changed())
    }
}

impl Bringing {
    /// How many entries would be new.
    pub fn added(&self) -> usize {
        self.0.add.len()
    }

    /// How many would change.
    pub fn changed(&self) -> usize {
        self.0.change.len()
    }

    /// How many rows are there already as they are.
    pub fn same(&self) -> usize {
        self.0.same
    }

    /// What is wrong with rows that are left out: "row 4: Device: …".
    pub fn faults(&self) -> Vec<String> {
        let says = |fault: &Fault| match fault.column.as_str() {
            "" => format!("row {}: {}", fault.row, fault.says),
            column => format!("row {}: {column}: {}", fault.row, fault.says),
        };
        self.0.faults.iter().map(says).collect()
    }

    /// What was taken to be so about days that name a month alone, in sentences: whoever brings it in accepts that.
    pub fn assumed(&self) -> &[String] {
        &self.0.assumed
    }

    /// What tells it from every other: so that what is done is what was shown.
    pub fn digest(&self) -> String {
        self.0.digest()
    }
}

/// A row that an area has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Its number, for messages.
    pub row: usize,
    /// What it is about, for messages: the name of a device.
    pub called: String,
    /// The entry that it is about; none where it is new.
    pub known: Option<Arc<Entry>>,
    /// The fields that it gives. Others stay as they are.
    pub values: Values,
    /// What stands where a day is meant and is none, by its field. A row that has such is left out, with that reason.
    pub unread: Vec<(String, String)>,
}

/// The cells of a file, as they are shown: the first of its sheets that is not empty.
///
/// # Errors
/// Where it is no table that can be read.
pub fn table(name: &str, bytes: &[u8], now: Timestamp) -> Result<Vec<Vec<String>>, FileError> {
    let (held, nth) = Held::take(name, bytes, now)?;
    let sheet = held.sheet(nth)?;
    Ok(sheet.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect())
}

impl Writer<'_> {
    /// The register.
    pub fn book(&self) -> &crate::registers::Book {
        self.book
    }

    /// Looks at a file as the desk does: the first sheet that is not empty, its headings, its rows.
    ///
    /// # Errors
    /// Where it is no table, or the store refuses.
    pub async fn look_at_file(&self, name: &str, bytes: Vec<u8>, now: Timestamp) -> Result<Bringing, FileError> {
        let name = name.to_owned();
        let taken = tokio::task::spawn_blocking(move || Held::take(&name, &bytes, now)).await;
        let (held, sheet) = taken.map_err(FileError::Broken)??;
        let look = look::look(self.book, Arc::new(held), How { sheet, ..How::default() }).await?;
        Ok(Bringing(look.plan))
    }

    /// Looks at rows that an area has read. A row that is refused is left out, with the reason.
    pub fn look_at_rows(&self, rows: Vec<Given>) -> Bringing {
        let book = self.book;
        let mut plan = Plan::default();
        for Given { row, called, known, values, unread } in rows {
            let refused = |error: RegisterError| match error {
                RegisterError::Refused(all) => all,
                // A check refuses or does not; it reads nothing that could fail.
                RegisterError::NotFound
                | RegisterError::Changed(_)
                | RegisterError::NotNow
                | RegisterError::Store(_)
                | RegisterError::Port(_) => Vec::new(),
            };
            let refusals = match &known {
                _ if !unread.is_empty() => unread
                    .into_iter()
                    .map(|(name, text)| {
                        let known = book.register.fields.iter().find(|known| known.name.as_str() == name);
                        let says = format!("“{text}” is no day: write it as 27/3/2026");
                        Refusal { field: known.map(|known| known.name.clone()), says }
                    })
                    .collect(),
                None => {
                    let entry = Entry {
                        id: Uuid::nil(),
                        clause: None,
                        also: Vec::new(),
                        state: book.register.states.first().map(|state| state.name.clone()),
                        values,
                        entered_at: book.now,
                        entered_by: book.access.by(),
                        changed_at: book.now,
                        version: 1,
                    };
                    let checked = book.check(&entry, None);
                    if checked.is_ok() {
                        plan.add.push(Adding { row, entry });
                    }
                    checked.err().map(refused).unwrap_or_default()
                }
                Some(before) => {
                    let mut after = Entry::clone(before);
                    let differs = |(name, value): &(&String, &declare::Value)| before.values.get(*name) != Some(*value);
                    let fields: Vec<String> = values.iter().filter(differs).map(|(name, _)| name.clone()).collect();
                    if fields.is_empty() {
                        plan.same += 1;
                        continue;
                    }
                    after.values.extend(values);
                    let checked = book.check(&after, Some(before));
                    if checked.is_ok() {
                        plan.change.push(Changing { row, before: Arc::clone(before), values: after.values, fields });
                    }
                    checked.err().map(refused).unwrap_or_default()
                }
            };
            plan.faults.extend(refusals.into_iter().map(|Refusal { field, says }| {
                let field = field.and_then(|name| book.register.fields.iter().find(|known| known.name == name));
                let column = field.map(|field| field.column.as_str()).unwrap_or_default();
                Fault {
                    row,
                    column: if called.is_empty() { column.to_owned() } else { format!("{called}, {column}") },
                    says,
                }
            }));
        }
        Bringing(plan)
    }

    /// Brings in what was looked at: everything in one transaction, under the one act `register.import`. Says how many
    /// entries are new and how many changed.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] or [`RegisterError::NotNow`] where something was entered or changed meanwhile; or
    /// where the store refuses.
    pub async fn bring_in(&self, bringing: Bringing) -> Result<(usize, usize), RegisterError> {
        self.import(bringing.0).await
    }
}

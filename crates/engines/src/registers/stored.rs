//! An entry as it is stored, and as it is read back.

use declare::{Entry, Values};
use jiff::{Timestamp, civil::Date};
use kernel::PersonId;
use store::{
    StoreError,
    entity::register_entry,
    time::{parse_day, timestamp},
};

/// That an entry was struck out: it was wrong to enter it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Struck {
    /// Why.
    pub why: String,
    /// Who struck it out.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

/// What the column `values_json` holds.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Stored {
    pub(crate) values: Values,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) struck: Option<Struck>,
}

impl Stored {
    pub(crate) fn parse(json: &str) -> Result<Self, StoreError> {
        serde_json::from_str(json).map_err(|_| StoreError::Damaged { what: "an entry of a register" })
    }

    pub(crate) fn text(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|_| StoreError::Damaged { what: "an entry of a register" })
    }
}

/// An entry with what is known besides its fields.
#[derive(Clone, PartialEq)]
pub struct Kept {
    /// The entry.
    pub entry: Entry,
    /// How it is called.
    pub title: String,
    /// Whether it is done with.
    pub ended: bool,
    /// That it was struck out.
    pub struck: Option<Struck>,
    /// The last day on which it is not overdue.
    pub due_on: Option<Date>,
    /// The last day on which it is kept.
    pub keep_until: Option<Date>,
    /// Who changed it last.
    pub changed_by: Option<PersonId>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("id", &self.entry.id).field("version", &self.entry.version).finish_non_exhaustive()
    }
}

impl Kept {
    /// Reads a row.
    pub(crate) fn of(row: register_entry::Model) -> Result<Self, StoreError> {
        let stored = Stored::parse(&row.values_json)?;
        Ok(Self {
            entry: Entry {
                id: row.id,
                clause: row.clause,
                also: stored.also,
                state: row.state,
                values: stored.values,
                entered_at: timestamp(row.entered_at),
                entered_by: row.entered_by.map(PersonId),
                changed_at: timestamp(row.changed_at),
                version: row.version,
            },
            title: row.title,
            ended: row.ended,
            struck: stored.struck,
            due_on: row.due_on.as_deref().and_then(parse_day),
            keep_until: row.keep_until_on.as_deref().and_then(parse_day),
            changed_by: row.changed_by.map(PersonId),
        })
    }
}

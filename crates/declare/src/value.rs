//! What stands in a field of an entry, and the entry.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};
use kernel::{PersonId, Year};
use uuid::Uuid;

use crate::field::FieldName;

/// What stands in a field. An empty field has none.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "is", content = "value", rename_all = "kebab-case")]
pub enum Value {
    /// Words, a place, an address, a label of a clause.
    Text(String),
    /// A number; never infinite or not a number.
    Number(f64),
    /// Pence.
    Money(i64),
    /// A day.
    Date(civil::Date),
    /// A time of day.
    Time(civil::Time),
    /// A choice, by its name.
    Choice(String),
    /// Several choices, by their names.
    Choices(Vec<String>),
    /// Yes or no.
    YesNo(bool),
    /// A person.
    Person(PersonId),
    /// Several people.
    People(Vec<PersonId>),
    /// A role, by its word in a policy.
    Role(kernel::Role),
    /// A class, by its name.
    Class(String),
    /// Several classes, by their names.
    Classes(Vec<String>),
    /// A year group.
    Year(Year),
    /// Several year groups.
    Years(Vec<Year>),
    /// An entry of a register.
    Entry(Uuid),
    /// Several entries of a register.
    Entries(Vec<Uuid>),
    /// A file that was stored.
    File {
        /// Where it is stored.
        id: Uuid,
        /// What it was called.
        name: String,
    },
    /// Somebody's name as a signature.
    Signature {
        /// Who signed.
        by: PersonId,
        /// What was typed.
        name: String,
        /// When.
        at: Timestamp,
    },
}

/// What stands in the fields of an entry.
pub type Values = BTreeMap<String, Value>;

/// An entry of a register.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its identifier.
    pub id: Uuid,
    /// The label of the clause that it was entered for, where clauses have entries of their own.
    pub clause: Option<String>,
    /// The labels of other clauses that it serves too.
    pub also: Vec<String>,
    /// Its state, where entries have some.
    pub state: Option<String>,
    /// What stands in its fields.
    pub values: Values,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// Who entered it; none where an import of Gatehouse did.
    pub entered_by: Option<PersonId>,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Counts the changes, so that two people who change it at once are told.
    pub version: i64,
}

impl Entry {
    /// Whether it serves a clause: the one that it was entered for, or one of the others.
    pub fn serves(&self, label: &str) -> bool {
        self.clause.as_deref() == Some(label) || self.also.iter().any(|also| also == label)
    }

    /// What stands in a field.
    pub fn value(&self, field: &FieldName) -> Option<&Value> {
        self.values.get(field.as_str())
    }
}

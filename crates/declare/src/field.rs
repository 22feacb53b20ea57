//! The fields of a register: what may be entered.

use std::fmt;

use kernel::Audience;

use crate::{expression::Condition, value::Value};

/// The name of a field in declarations, conditions, columns of files and the API: `due-on`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct FieldName(pub(crate) String);

impl FieldName {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// One thing that an entry says.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: FieldName,
    /// What the form says: "When is it due back?"
    pub label: String,
    /// What the head of a column says: "Due back"; the label where nothing is said.
    pub column: String,
    /// A sentence under the label; empty where there is none.
    pub help: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it must be filled.
    pub required: Required,
    /// Who alone sees it; those who read entries where nothing is said. By a relation, in entries about their people.
    pub private: Option<Audience>,
    /// What a new form holds.
    pub start: Option<Start>,
    /// Whether two entries may not have the same: an asset number.
    pub unique: bool,
    /// Whether the form of a new entry leaves it to a step, where the declaration says so itself.
    pub later: Option<bool>,
}

/// Whether a field must be filled.
#[derive(Debug, Clone, PartialEq)]
pub enum Required {
    /// It may stay empty.
    No,
    /// It must be filled.
    Yes,
    /// It must be filled where this holds.
    If(Condition),
}

/// What a new form holds in a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// The day of entry.
    Today,
    /// The person who enters.
    Me,
    /// This.
    Value(Value),
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// Words.
    Text {
        /// Whether it has several lines.
        lines: bool,
        /// The most characters.
        longest: usize,
    },
    /// A number.
    Number {
        /// The least.
        least: Option<f64>,
        /// The most.
        most: Option<f64>,
        /// What is counted: "days". Empty for a bare number.
        unit: String,
        /// Whether it is whole.
        whole: bool,
    },
    /// Pounds and pence.
    Money,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// One of several, or some of them.
    Choice {
        /// What may be chosen.
        choices: Vec<Choice>,
        /// Whether several may be.
        many: bool,
    },
    /// Yes or no.
    YesNo,
    /// A person on the roll, or several.
    Person {
        /// Who may be named.
        who: Audience,
        /// Whether several may be.
        many: bool,
    },
    /// A role, as the school calls it.
    Role,
    /// A place in or outside the school, in words; earlier ones are suggested.
    Place,
    /// A class, or several.
    Class {
        /// Whether several may be.
        many: bool,
    },
    /// A year group, or several.
    Year {
        /// Whether several may be.
        many: bool,
    },
    /// An entry of a register, or several.
    Entry {
        /// The register: `assets.hardware`.
        of: String,
        /// Whether several may be.
        many: bool,
    },
    /// A file.
    File {
        /// The most bytes.
        most_bytes: usize,
    },
    /// The name of whoever enters, typed as a signature, with the time.
    Signature,
    /// A web address.
    Address,
    /// A clause of the policy in force, by its label.
    Clause,
}

impl FieldKind {
    /// Whether such a field takes several values at once.
    pub fn takes_several(&self) -> bool {
        match self {
            Self::Choice { many, .. }
            | Self::Person { many, .. }
            | Self::Class { many }
            | Self::Year { many }
            | Self::Entry { many, .. } => *many,
            Self::Text { .. }
            | Self::Number { .. }
            | Self::Money
            | Self::Date
            | Self::Time
            | Self::YesNo
            | Self::Role
            | Self::Place
            | Self::File { .. }
            | Self::Signature
            | Self::Address
            | Self::Clause => false,
        }
    }
}

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name in conditions and files: `on-loan`.
    pub name: String,
    /// What pages say: "On loan".
    pub label: String,
}

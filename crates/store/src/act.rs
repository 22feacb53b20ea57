//! An act: what somebody does to the records, as the ledger will say it.

use std::borrow::Cow;

use kernel::PersonId;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::StoreError;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person, at the desk, by command or at the gateway.
    Person(PersonId),
    /// Gatehouse itself: a job, the first start.
    Gatehouse,
}

impl Actor {
    /// The person, where it is one.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Gatehouse => None,
        }
    }
}

impl From<PersonId> for Actor {
    fn from(person: PersonId) -> Self {
        Self::Person(person)
    }
}

/// An act. Everything but `details` goes into the chain for ever, so it holds words of the program
/// and identifiers, never free text; `details` lie beside the chain, encrypted under the key of the
/// subject, until the subject's details are erased.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// What is done: `agreements.sign`.
    pub name: Cow<'static, str>,
    /// Who does it.
    pub actor: Actor,
    /// To whom or what it is done.
    pub subject: Option<Uuid>,
    /// The label of the clause under which it is done.
    pub clause: Option<String>,
    /// What else is to be known about it. `Null` for nothing.
    pub details: Value,
}

impl Act {
    /// An act of `actor`, so far about nobody.
    pub fn new(name: impl Into<Cow<'static, str>>, actor: impl Into<Actor>) -> Self {
        Self { name: name.into(), actor: actor.into(), subject: None, clause: None, details: Value::Null }
    }

    /// The erasure of every detail that the ledger keeps about `subject`, by `actor`. Doing the act erases
    /// them; the chain stays and verifies. What is given to it with [`Act::with`] is kept.
    pub fn erase(subject: Uuid, actor: impl Into<Actor>) -> Self {
        Self::new(crate::ledger::ERASE, actor).about(subject)
    }

    /// Says to whom or what it is done.
    #[must_use]
    pub fn about(mut self, subject: Uuid) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says to which person it is done.
    #[must_use]
    pub fn about_person(self, person: PersonId) -> Self {
        self.about(person.0)
    }

    /// Says under which clause it is done.
    #[must_use]
    pub fn under(mut self, clause: impl Into<String>) -> Self {
        self.clause = Some(clause.into());
        self
    }

    /// Says what else is to be known about it.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    pub(crate) fn add_detail(&mut self, name: &str, value: Value) {
        match &mut self.details {
            Value::Object(map) => {
                map.insert(name.to_owned(), value);
            }
            Value::Null => self.details = Value::Object(Map::from_iter([(name.to_owned(), value)])),
            other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                let before = other.take();
                self.details =
                    Value::Object(Map::from_iter([("details".to_owned(), before), (name.to_owned(), value)]));
            }
        }
    }

    /// Refuses words that could carry free text into the chain.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let name_ok = (1..=80).contains(&self.name.len())
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        if !name_ok {
            return Err(StoreError::BadWord { what: "an act", word: self.name.clone().into_owned() });
        }
        if self.name == crate::ledger::ERASE && self.subject.is_none() {
            return Err(StoreError::BadWord { what: "an erasure about nobody", word: self.name.clone().into_owned() });
        }
        match &self.clause {
            Some(clause) if !is_label(clause) => {
                Err(StoreError::BadWord { what: "the label of a clause", word: clause.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether `text` can be the label of a clause in the ledger: short, visible ASCII, no space.
pub(crate) fn is_label(text: &str) -> bool {
    (1..=120).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

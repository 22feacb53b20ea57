//! Who is signed in.

use std::{collections::BTreeSet, fmt, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Capacity, KeyStage, PersonId, Role, SchoolId, SessionId, Subject};

use crate::{PageError, Visit};

/// A person at the desk, signed in to one school.
#[derive(Clone)]
pub struct Session(Arc<SessionParts>);

/// What a session is made of; the port that finds sessions fills it in.
#[derive(Clone)]
pub struct SessionParts {
    /// The session.
    pub id: SessionId,
    /// The school.
    pub school: SchoolId,
    /// Who is signed in.
    pub person: PersonId,
    /// What the person is called first: "Priya".
    pub given: String,
    /// The family name: "Nair".
    pub family: String,
    /// Roles, year, classes and groups.
    pub subject: Subject,
    /// A page that comes before every other, such as the one that changes a password that was handed out.
    pub first: Option<String>,
}

/// For whom a page is written: WORDING.md has a voice for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// A pupil up to Year 2: pictures, few words.
    Young,
    /// An older pupil.
    Pupil,
    /// Anybody else.
    Adult,
}

impl Session {
    /// A session of these parts. Only the port that finds sessions makes one.
    pub fn new(parts: SessionParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The session's identifier.
    pub fn id(&self) -> SessionId {
        self.0.id
    }

    /// The school that the person is signed in to.
    pub fn school(&self) -> SchoolId {
        self.0.school
    }

    /// Who is signed in.
    pub fn person(&self) -> PersonId {
        self.0.person
    }

    /// The person's roles.
    pub fn roles(&self) -> &BTreeSet<Role> {
        &self.0.subject.roles
    }

    /// What audiences ask of the person.
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }

    /// "Priya".
    pub fn given(&self) -> &str {
        &self.0.given
    }

    /// "Priya Nair".
    pub fn full_name(&self) -> String {
        format!("{} {}", self.0.given, self.0.family).trim().to_owned()
    }

    /// The role that the header names: the first of the policy language's order, but what somebody answers for before
    /// the team that they belong to.
    pub fn first_role(&self) -> Option<Role> {
        let team = |role: &&Role| matches!(role, Role::Slt | Role::Governor | Role::Staff);
        self.roles().iter().find(|role| !team(role)).or_else(|| self.roles().iter().next()).copied()
    }

    /// The page that comes before every other, if there is one.
    pub fn first_page(&self) -> Option<&str> {
        self.0.first.as_deref()
    }

    /// Whether the person meets the school in `capacity`.
    pub fn is(&self, capacity: Capacity) -> bool {
        self.0.subject.has_capacity(capacity)
    }

    /// For whom pages are written.
    pub fn reader(&self) -> Reader {
        if !self.is(Capacity::Pupil) {
            return Reader::Adult;
        }
        match self.0.subject.year.map(kernel::Year::key_stage) {
            Some(KeyStage::Early | KeyStage::Ks1) => Reader::Young,
            Some(KeyStage::Ks2 | KeyStage::Ks3 | KeyStage::Ks4 | KeyStage::Ks5) | None => Reader::Pupil,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.0.id).field("person", &self.0.person).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Visit::of(parts)?.session().cloned().ok_or(PageError::SignIn)
    }
}

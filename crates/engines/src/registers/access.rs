//! Who may do what with a register, asked of its declaration.

use std::sync::Arc;

use declare::{Declaration, Field, Move, Register};
use kernel::{PersonId, SchoolId, Subject};
use store::Actor;
use webkit::{Session, permit::Named};

/// Proof that somebody may read a register, with what they see and do there. Only this module can make one.
#[derive(Debug, Clone)]
pub struct Access {
    by: Option<PersonId>,
    school: SchoolId,
    subject: Arc<Subject>,
    writes: bool,
    all: bool,
}

impl Access {
    /// Asks a declaration whether whoever is signed in reads its register; none where it has none, or they do not.
    pub fn ask(session: &Session, declaration: &Declaration) -> Option<Self> {
        let register = declaration.register.as_ref()?;
        let writes = Named::ask(session, &register.writes).is_some();
        let reads = writes
            || Named::ask(session, &register.reads).is_some()
            || register
                .moves
                .iter()
                .any(|step| step.who.as_ref().is_some_and(|who| Named::ask(session, who).is_some()));
        reads.then(|| Self {
            by: Some(session.person()),
            school: session.school(),
            subject: Arc::new(session.subject().clone()),
            writes,
            all: false,
        })
    }

    /// The same of a person who acts by a command instead of a session.
    pub fn of(person: PersonId, school: SchoolId, subject: &Subject, declaration: &Declaration) -> Option<Self> {
        let register = declaration.register.as_ref()?;
        let writes = register.writes.contains(subject);
        (writes || register.reads.contains(subject)).then(|| Self {
            by: Some(person),
            school,
            subject: Arc::new(subject.clone()),
            writes,
            all: false,
        })
    }

    /// Gatehouse itself, which sees every field, for tasks.
    pub(crate) fn gatehouse(school: SchoolId) -> Self {
        Self { by: None, school, subject: Arc::new(Subject::default()), writes: true, all: true }
    }

    /// The school in which it holds.
    pub fn school(&self) -> SchoolId {
        self.school
    }

    /// Who holds it; none where it is Gatehouse itself.
    pub fn by(&self) -> Option<PersonId> {
        self.by
    }

    /// Who acts, for the ledger.
    pub fn actor(&self) -> Actor {
        self.by.map_or(Actor::Gatehouse, Actor::Person)
    }

    /// What audiences ask of the person.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Whether the person adds and changes entries.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Whether the person sees a field.
    pub fn sees(&self, field: &Field) -> bool {
        self.all || field.private.as_ref().is_none_or(|who| who.contains(&self.subject))
    }

    /// Whether the person may take a step.
    pub fn may_take(&self, step: &Move) -> bool {
        match &step.who {
            Some(who) => who.contains(&self.subject),
            None => self.writes,
        }
    }

    /// Whether what falls due is for the person to see to.
    pub fn sees_to(&self, register: &Register) -> bool {
        match register.due.as_ref().and_then(|due| due.who.as_ref()) {
            Some(who) => who.contains(&self.subject),
            None => self.writes,
        }
    }

    /// The fields that the person sees, in the order of the form.
    pub fn fields<'a>(&'a self, register: &'a Register) -> impl Iterator<Item = &'a Field> {
        register.fields.iter().filter(|field| self.sees(field))
    }
}

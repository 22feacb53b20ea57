//! Who may do what with a register, asked of its declaration.
//!
//! Whoever a declaration names by a relation, such as "class-teacher-of:subject", reads and writes entries about their
//! own people alone; of an entry that is about nobody they know nothing.

use std::{collections::BTreeSet, sync::Arc};

use declare::{Declaration, Entry, Field, Move, Register};
use kernel::{Audience, PersonId, SchoolId, Subject};
use store::Actor;
use webkit::{Session, permit::Named};

use super::{kin::Kin, made::subject};

/// About whom somebody reads or writes entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// About everybody, and those about nobody.
    Everybody,
    /// About these people alone.
    Only(BTreeSet<PersonId>),
}

impl Sight {
    /// What an audience gives to somebody who is among it, or whose people it names.
    fn of(who: &Audience, among: bool, kin: &Kin) -> Option<Self> {
        if among {
            return Some(Self::Everybody);
        }
        let people = kin.named(who);
        (!people.is_empty()).then_some(Self::Only(people))
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everybody, _) | (_, Self::Everybody) => Self::Everybody,
            (Self::Only(one), Self::Only(two)) => Self::Only(one.into_iter().chain(two).collect()),
        }
    }

    /// Whether an entry about this person is within it.
    pub(crate) fn holds(&self, about: Option<PersonId>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(people) => about.is_some_and(|person| people.contains(&person)),
        }
    }
}

/// Proof that somebody may read a register, with what they see and do there. Only this module can make one.
#[derive(Debug, Clone)]
pub struct Access {
    by: Option<PersonId>,
    school: SchoolId,
    subject: Arc<Subject>,
    kin: Arc<Kin>,
    reads: Sight,
    writes: Option<Sight>,
    all: bool,
}

impl Access {
    /// Asks a declaration whether whoever is signed in reads its register; none where it has none, or they do not.
    pub(crate) fn ask(session: &Session, declaration: &Declaration, kin: &Arc<Kin>) -> Option<Self> {
        let among = |who: &Audience| Named::ask(session, who).is_some();
        Self::with((session.person(), session.school(), session.subject()), declaration, kin, &among)
    }

    /// The same of a person who acts by a command instead of a session.
    pub(crate) fn of(
        person: PersonId,
        school: SchoolId,
        subject: &Subject,
        declaration: &Declaration,
        kin: &Arc<Kin>,
    ) -> Option<Self> {
        Self::with((person, school, subject), declaration, kin, &|who| who.contains(subject))
    }

    fn with(
        (person, school, subject): (PersonId, SchoolId, &Subject),
        declaration: &Declaration,
        kin: &Arc<Kin>,
        among: &dyn Fn(&Audience) -> bool,
    ) -> Option<Self> {
        let register = declaration.register.as_deref()?;
        let sight = |who: &Audience| Sight::of(who, among(who), kin);
        let writes = sight(&register.writes);
        let steps = register.moves.iter().filter_map(|step| step.who.as_ref().and_then(sight));
        let reads = writes.iter().cloned().chain(sight(&register.reads)).chain(steps).reduce(Sight::or)?;
        let (subject, kin) = (Arc::new(subject.clone()), Arc::clone(kin));
        Some(Self { by: Some(person), school, subject, kin, reads, writes, all: false })
    }

    /// Gatehouse itself, which sees every field, for tasks.
    pub(crate) fn gatehouse(school: SchoolId) -> Self {
        Self {
            by: None,
            school,
            subject: Arc::default(),
            kin: Arc::default(),
            reads: Sight::Everybody,
            writes: Some(Sight::Everybody),
            all: true,
        }
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

    /// About whom the person reads entries.
    pub(crate) fn sight(&self) -> &Sight {
        &self.reads
    }

    /// Whether the person reads entries about some people alone.
    pub fn is_narrow(&self) -> bool {
        self.reads != Sight::Everybody
    }

    /// Whether the person reads an entry.
    pub(crate) fn reads_of(&self, register: &Register, entry: &Entry) -> bool {
        self.reads.holds(subject(register, entry))
    }

    /// Whether the person adds and changes entries, of some people at least.
    pub fn writes(&self) -> bool {
        self.writes.is_some()
    }

    /// Whether the person adds and changes every entry.
    pub(crate) fn writes_all(&self) -> bool {
        self.writes == Some(Sight::Everybody)
    }

    /// Whether the person adds and changes this entry.
    pub fn writes_of(&self, register: &Register, entry: &Entry) -> bool {
        self.writes.as_ref().is_some_and(|writes| writes.holds(subject(register, entry)))
    }

    /// Whether the person sees a field in every entry that they read.
    pub fn sees(&self, field: &Field) -> bool {
        self.sees_within(field, &self.reads)
    }

    /// Whether the person sees a field in every entry within a sight.
    fn sees_within(&self, field: &Field, sight: &Sight) -> bool {
        let Some(private) = field.private.as_ref().filter(|_| !self.all) else { return true };
        private.contains(&self.subject)
            || match sight {
                Sight::Everybody => false,
                Sight::Only(people) => people.is_subset(&self.kin.named(private)),
            }
    }

    /// Whether the person sees a field in this entry.
    pub fn sees_in(&self, field: &Field, register: &Register, entry: &Entry) -> bool {
        self.sees(field)
            || field.private.as_ref().is_some_and(|private| {
                subject(register, entry).is_some_and(|about| self.kin.named(private).contains(&about))
            })
    }

    /// Whether the person may take a step, with some entries at least.
    pub fn may_take(&self, step: &Move) -> bool {
        match &step.who {
            Some(who) => who.contains(&self.subject),
            None => self.writes(),
        }
    }

    /// Whether the person may take a step with this entry.
    pub fn may_take_of(&self, step: &Move, register: &Register, entry: &Entry) -> bool {
        match &step.who {
            Some(who) => who.contains(&self.subject),
            None => self.writes_of(register, entry),
        }
    }

    /// Whether what falls due is for the person to see to.
    pub fn sees_to(&self, register: &Register) -> bool {
        match register.due.as_ref().and_then(|due| due.who.as_ref()) {
            Some(who) => who.contains(&self.subject),
            None => self.writes(),
        }
    }

    /// The fields that the person sees in every entry, in the order of the form: columns, and what a list is narrowed
    /// and sorted by.
    pub fn fields<'a>(&'a self, register: &'a Register) -> impl Iterator<Item = &'a Field> {
        register.fields.iter().filter(|field| self.sees(field))
    }

    /// Whether the person fills a field: one that they see in every entry that they write.
    pub(crate) fn fills(&self, field: &Field) -> bool {
        self.sees_within(field, self.writes.as_ref().unwrap_or(&self.reads))
    }

    /// The fields that the person fills, in the order of the form.
    pub fn form<'a>(&'a self, register: &'a Register) -> impl Iterator<Item = &'a Field> {
        register.fields.iter().filter(|field| self.fills(field))
    }

    /// The fields that the person sees in this entry, in the order of the form.
    pub fn fields_in<'a>(&'a self, register: &'a Register, entry: &'a Entry) -> impl Iterator<Item = &'a Field> {
        register.fields.iter().filter(move |field| self.sees_in(field, register, entry))
    }
}

//! A register opened for somebody: what they may read there, and the way to what they may do.

use std::sync::Arc;

use declare::{Declaration, Move, Register};
use jiff::Timestamp;
use kernel::{PersonId, SchoolTime, Subject};
use policy::Clause;
use store::{Find, Rows, School, StoreError, entity::register_entry, query::ColumnTrait};
use uuid::Uuid;
use webkit::Session;

use super::{
    access::{Access, Sight},
    error::RegisterError,
    kin::Kin,
    stored::Kept,
    words::Names,
};
use crate::{Engines, InForce, roll::Roll};

/// A register opened for somebody at a moment. Whoever has one may read it.
#[derive(Clone)]
pub struct Book {
    pub(crate) engines: Engines,
    pub(crate) school: School,
    pub(crate) in_force: Arc<dyn InForce>,
    pub(crate) declaration: Arc<Declaration>,
    pub(crate) register: Arc<Register>,
    pub(crate) access: Access,
    pub(crate) now: Timestamp,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Book({})", self.declaration.control())
    }
}

impl Book {
    /// Opens a register for whoever is signed in; none where there is no such register, or they may not read it.
    ///
    /// # Errors
    /// Where the store or the policy in force cannot be read.
    pub async fn open(
        engines: &Engines,
        session: &Session,
        control: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, RegisterError> {
        let school = engines.school_of(session.school()).await?;
        let Some(in_force) = engines.ports().in_force(&school, now).await? else { return Ok(None) };
        let found = in_force.declaration(control).cloned();
        let Some(declaration) = found else { return Ok(None) };
        let kin = Kin::read(&school.read(), session.person(), declaration.register.iter().map(Arc::as_ref)).await?;
        let access = Access::ask(session, &declaration, &Arc::new(kin));
        let book = access.and_then(|access| Self::with(engines, school, in_force, declaration, access, now));
        Self::not_for_nothing(book).await
    }

    /// Opens a register for somebody who acts by a command.
    ///
    /// # Errors
    /// Where the policy in force cannot be read.
    pub async fn open_for(
        engines: &Engines,
        school: &School,
        (person, subject): (PersonId, &Subject),
        control: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, RegisterError> {
        let Some(in_force) = engines.ports().in_force(school, now).await? else { return Ok(None) };
        let found = in_force.declaration(control).cloned();
        let Some(declaration) = found else { return Ok(None) };
        let kin = Kin::read(&school.read(), person, declaration.register.iter().map(Arc::as_ref)).await?;
        let access = Access::of(person, school.id(), subject, &declaration, &Arc::new(kin));
        let book = access.and_then(|access| Self::with(engines, school.clone(), in_force, declaration, access, now));
        Self::not_for_nothing(book).await
    }

    /// Opens a register as Gatehouse itself, which sees every field: for tasks, and for pages that show those who do not
    /// read the register what is meant for them, such as the questions of a survey.
    ///
    /// # Errors
    /// Where the policy in force cannot be read.
    pub async fn open_as_gatehouse(
        engines: &Engines,
        school: &School,
        control: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, RegisterError> {
        let Some(in_force) = engines.ports().in_force(school, now).await? else { return Ok(None) };
        let found = in_force.declaration(control).cloned();
        let Some(declaration) = found else { return Ok(None) };
        let access = Access::gatehouse(school.id());
        Ok(Self::with(engines, school.clone(), in_force, declaration, access, now))
    }

    /// Every register that whoever is signed in may read, by module and title.
    ///
    /// # Errors
    /// Where the store or the policy in force cannot be read.
    pub async fn all(engines: &Engines, session: &Session, now: Timestamp) -> Result<Vec<Self>, RegisterError> {
        let school = engines.school_of(session.school()).await?;
        let Some(in_force) = engines.ports().in_force(&school, now).await? else { return Ok(Vec::new()) };
        let declared: Vec<Arc<Declaration>> = in_force.declarations().into_iter().cloned().collect();
        let registers = declared.iter().filter_map(|declaration| declaration.register.as_deref());
        let kin = Arc::new(Kin::read(&school.read(), session.person(), registers).await?);
        let mut books: Vec<Self> = Vec::new();
        for declaration in declared {
            let Some(access) = Access::ask(session, &declaration, &kin) else { continue };
            let book = Self::with(engines, school.clone(), Arc::clone(&in_force), declaration, access, now);
            books.extend(Self::not_for_nothing(book).await?);
        }
        books.sort_by(|one, two| {
            (&one.declaration.module, &one.declaration.title).cmp(&(&two.declaration.module, &two.declaration.title))
        });
        Ok(books)
    }

    /// The register, unless whoever asks could read of their own people alone, and nothing is kept about these.
    async fn not_for_nothing(book: Option<Self>) -> Result<Option<Self>, RegisterError> {
        match book {
            Some(book) if book.access.is_narrow() && !book.access.writes() => {
                Ok(if book.seen(&book.rows()).any().await? { Some(book) } else { None })
            }
            book => Ok(book),
        }
    }

    pub(crate) fn with(
        engines: &Engines,
        school: School,
        in_force: Arc<dyn InForce>,
        declaration: Arc<Declaration>,
        access: Access,
        now: Timestamp,
    ) -> Option<Self> {
        let register = declaration.register.clone()?;
        Some(Self { engines: engines.clone(), school, in_force, declaration, register, access, now })
    }

    /// The way to adding and changing entries; none for those who only read.
    pub fn writer(&self) -> Option<Writer<'_>> {
        self.access.writes().then_some(Writer { book: self })
    }

    /// The way to taking a step; none for those who may not.
    pub fn mover<'a>(&'a self, name: &str) -> Option<Mover<'a>> {
        let step = self.register.moves.iter().find(|step| step.name == name)?;
        self.access.may_take(step).then_some(Mover { book: self, step })
    }

    /// The declaration.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// The register that it declares.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// The control: `assets.loans`.
    pub fn control(&self) -> String {
        self.declaration.control()
    }

    /// The address of its list.
    pub fn address(&self) -> String {
        format!("/registers/{}/{}", self.declaration.module, self.declaration.name)
    }

    /// What the reader may do and see.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The school.
    pub fn school(&self) -> &School {
        &self.school
    }

    /// The policy in force.
    pub fn in_force(&self) -> &Arc<dyn InForce> {
        &self.in_force
    }

    /// The moment at which it was opened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The day on which it was opened.
    pub fn today(&self) -> jiff::civil::Date {
        SchoolTime::new(self.now).date()
    }

    /// The clauses in force that name the control, each once, in the order of the policy.
    pub fn clauses(&self) -> Vec<&Clause> {
        let mut found: Vec<&Clause> = Vec::new();
        for (clause, _) in self.in_force.policy().bindings(&self.declaration.module, &self.declaration.name) {
            if found.last().is_none_or(|last| last.key() != clause.key()) {
                found.push(clause);
            }
        }
        found
    }

    /// The clause of this label, where it is in force and names the control.
    pub fn clause(&self, label: &str) -> Option<&Clause> {
        self.clauses().into_iter().find(|clause| clause.key() == label)
    }

    /// Everybody of the school, for forms.
    ///
    /// # Errors
    /// Where the roll cannot be read.
    pub async fn roll(&self) -> Result<Arc<Roll>, RegisterError> {
        let people = self.engines.ports().people(&self.school, self.now).await?;
        Ok(Arc::new(Roll::with(&self.rows(), people).await?))
    }

    /// What the identifiers in `kept` are called, with those who entered and changed them.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn names(&self, kept: &[Kept]) -> Result<Names, RegisterError> {
        let people = kept.iter().flat_map(|one| {
            [one.entry.entered_by, one.changed_by, one.struck.as_ref().and_then(|struck| struck.by)]
                .into_iter()
                .flatten()
        });
        let values = kept.iter().map(|one| &one.entry.values);
        Ok(Names::of(&self.rows(), Some(Arc::clone(&self.in_force)), values, people).await?)
    }

    /// An entry, without the fields that the reader may not see.
    ///
    /// # Errors
    /// [`RegisterError::NotFound`], or where the store refuses.
    pub async fn get(&self, id: Uuid) -> Result<Kept, RegisterError> {
        let mut kept = self.whole(id).await?;
        self.hide(&mut kept);
        Ok(kept)
    }

    /// Takes away what the reader may not see.
    pub(crate) fn hide(&self, kept: &mut Kept) {
        let (register, access) = (&self.register, &self.access);
        let hidden = register.fields.iter().filter(|field| !access.sees_in(field, register, &kept.entry));
        let hidden: Vec<&str> = hidden.map(|field| field.name.as_str()).collect();
        for name in hidden {
            kept.entry.values.remove(name);
        }
    }

    pub(crate) async fn whole(&self, id: Uuid) -> Result<Kept, RegisterError> {
        let row = self.seen(&self.rows()).key(id).one().await?.ok_or(RegisterError::NotFound)?;
        Ok(Kept::of(row)?)
    }

    /// The entries that the reader may see: every question of entries begins here.
    pub(crate) fn seen<'r>(&self, rows: &'r Rows) -> Find<'r, register_entry::Entity> {
        let found = rows.find::<register_entry::Entity>().filter(register_entry::Column::Register.eq(self.control()));
        match self.access.sight() {
            Sight::Everybody => found,
            Sight::Only(people) => {
                found.filter(register_entry::Column::SubjectId.is_in(people.iter().map(|person| person.0)))
            }
        }
    }

    pub(crate) fn rows(&self) -> Rows {
        self.school.read()
    }
}

impl Engines {
    /// The school of a session, with the fault of the store as it is.
    pub(crate) async fn school_of(&self, id: kernel::SchoolId) -> Result<School, StoreError> {
        self.store().school_by_id(id).await
    }
}

/// The way to adding and changing entries. Only [`Book::writer`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub(crate) book: &'a Book,
}

/// The way to taking a step. Only [`Book::mover`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Mover<'a> {
    pub(crate) book: &'a Book,
    pub(crate) step: &'a Move,
}

impl Mover<'_> {
    /// The step.
    pub fn step(&self) -> &Move {
        self.step
    }
}

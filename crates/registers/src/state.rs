//! What the handlers of this area share: the engines, and a register opened for whoever asks, before anything is read of
//! what they send.

use std::marker::PhantomData;

use axum::{extract::FromRequestParts, http::request::Parts};
use engines::{
    Engines,
    registers::{Book, Writer},
};
use webkit::{PageError, Session, Visit};

/// The area's state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Registers(Engines);

impl Registers {
    /// Stands on the engines: every entry goes through their registers.
    pub fn new(engines: Engines) -> Self {
        Self(engines)
    }

    /// The engines.
    pub fn engines(&self) -> &Engines {
        &self.0
    }
}

/// A register that pages of this area are about.
pub(crate) trait About: Send + Sync + 'static {
    /// The register: `assets.licences`.
    const CONTROL: &'static str;
}

/// A register that whoever asks may read. What somebody may not read is not there for them.
pub(crate) struct ToRead<A> {
    /// The register.
    pub(crate) book: Book,
    about: PhantomData<A>,
}

/// A register in which whoever asks writes.
pub(crate) struct ToWrite<A> {
    /// The register.
    pub(crate) book: Book,
    about: PhantomData<A>,
}

impl<A> ToWrite<A> {
    /// The way to changing it.
    pub(crate) fn writer(&self) -> Result<Writer<'_>, PageError> {
        self.book.writer().ok_or_else(others_write)
    }
}

/// That others change a register.
fn others_write() -> PageError {
    PageError::Forbidden("change this register".to_owned())
}

impl<A: About> FromRequestParts<Registers> for ToRead<A> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, registers: &Registers) -> Result<Self, PageError> {
        let visit = Visit::from_request_parts(parts, registers).await?;
        let session = Session::from_request_parts(parts, registers).await?;
        let opened = Book::open(registers.engines(), &session, A::CONTROL, visit.now()).await?;
        Ok(Self { book: opened.ok_or(PageError::NotFound)?, about: PhantomData })
    }
}

impl<A: About> FromRequestParts<Registers> for ToWrite<A> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, registers: &Registers) -> Result<Self, PageError> {
        let ToRead { book, about } = ToRead::<A>::from_request_parts(parts, registers).await?;
        book.writer().ok_or_else(others_write)?;
        Ok(Self { book, about })
    }
}

//! The register of an address, opened for whoever asks; no handler reads one without.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use uuid::Uuid;
use webkit::{PageError, Session, Visit};

use crate::{
    Engines,
    registers::{Book, Writer},
};

/// A register that whoever asks may read.
pub(in crate::registers) struct Opened {
    /// The register.
    pub(in crate::registers) book: Book,
    id: Option<Uuid>,
}

impl Opened {
    /// The entry of the address.
    pub(in crate::registers) fn id(&self) -> Result<Uuid, PageError> {
        self.id.ok_or(PageError::NotFound)
    }

    /// The way to changing it, or the answer that others do that.
    pub(in crate::registers) fn writer(&self) -> Result<Writer<'_>, PageError> {
        self.book.writer().ok_or_else(|| PageError::Forbidden("change this register".to_owned()))
    }
}

impl FromRequestParts<Engines> for Opened {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, engines: &Engines) -> Result<Self, PageError> {
        let visit = Visit::from_request_parts(parts, engines).await?;
        let session = Session::from_request_parts(parts, engines).await?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, engines)
            .await
            .map_err(|_| PageError::NotFound)?;
        let named = |name: &str| path.get(name).map(String::as_str).unwrap_or_default();
        let control = format!("{}.{}", named("module"), named("control"));
        // What somebody may not read is not there for them.
        let book = Book::open(engines, &session, &control, visit.now()).await?.ok_or(PageError::NotFound)?;
        let id = match path.get("id") {
            Some(text) => Some(Uuid::parse_str(text).map_err(|_| PageError::NotFound)?),
            None => None,
        };
        Ok(Self { book, id })
    }
}

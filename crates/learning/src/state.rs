//! What the handlers of this area share.

use std::sync::Arc;

use engines::{Engines, registers::Book};
use jiff::{Timestamp, civil::Date};
use store::StoreError;
use webkit::{PageError, Session, Visit};

use crate::surveys::{
    once::Once,
    service::{self, Survey},
};

/// A survey that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its page.
    pub href: String,
    /// What it is called.
    pub title: String,
    /// The last day.
    pub until: Date,
}

/// The area's state. Cheap to clone.
#[derive(Clone)]
pub struct Learning(Arc<Parts>);

struct Parts {
    engines: Engines,
    once: Once,
}

impl Learning {
    /// Stands on the engines: every entry goes through their registers.
    ///
    /// # Errors
    /// Where the machine gives no random bytes.
    pub fn new(engines: Engines) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Parts { engines, once: Once::new()? })))
    }

    /// The engines.
    pub fn engines(&self) -> &Engines {
        &self.0.engines
    }

    /// Which sessions have answered which survey.
    pub(crate) fn once(&self) -> &Once {
        &self.0.once
    }

    /// The surveys that are open to somebody and not answered in this session.
    ///
    /// # Errors
    /// Where the store or the policy in force cannot be read.
    pub async fn surveys_for(&self, session: &Session, now: Timestamp) -> Result<Vec<Waiting>, PageError> {
        let open = self.open_surveys(session, now).await?;
        let waiting = |survey: Survey| Waiting {
            href: format!("/surveys/{}", survey.id),
            title: survey.title,
            until: survey.until,
        };
        Ok(open.into_iter().map(waiting).collect())
    }

    pub(crate) async fn open_surveys(&self, session: &Session, now: Timestamp) -> Result<Vec<Survey>, PageError> {
        let school = self.engines().school(session.school()).await?;
        let mut all = service::open_to(self.engines(), &school, session.subject(), now).await?;
        all.retain(|survey| !self.once().has(session.id(), survey.id));
        Ok(all)
    }

    /// A register, for whoever is signed in; what somebody may not read is not there for them.
    pub(crate) async fn book(&self, visit: &Visit, session: &Session, control: &str) -> Result<Book, PageError> {
        Book::open(self.engines(), session, control, visit.now()).await?.ok_or(PageError::NotFound)
    }
}

impl std::fmt::Debug for Learning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learning").finish_non_exhaustive()
    }
}

/// A fault of the store as an answer.
pub(crate) fn stored<T>(result: Result<T, StoreError>) -> Result<T, PageError> {
    result.map_err(PageError::internal)
}

//! What areas add to registers beyond their declarations: what must be so before an entry is written, which steps of
//! other entries follow from it in the same transaction, what its page says first, and how it stands among what is due.

use std::sync::Arc;

use async_trait::async_trait;
use declare::{Entry, Values};
use kernel::PersonId;
use serde_json::json;
use store::{Act, School, Tx};
use uuid::Uuid;
use webkit::kit::Next;

use super::{access::Access, book::Book, due::DueItem, error::RegisterError, made::Made, put, stored::Kept, writing};
use crate::Engines;

/// An entry as it is about to be written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// As it was; none where it is new.
    pub before: Option<&'a Entry>,
    /// As it will be.
    pub after: &'a Entry,
    /// Whether it is struck out by that: it was wrong to enter it.
    pub struck: bool,
}

/// An entry of some register that comes into another state because of what somebody writes in another register. Where its
/// register has no such state, or the entry is in none of those from which it leads, the entry is left alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Follow {
    /// The register: `assets.hardware`.
    pub control: &'static str,
    /// The entry.
    pub entry: Uuid,
    /// The states from which it leads.
    pub from: &'static [&'static str],
    /// The state into which it comes.
    pub to: &'static str,
    /// What is noted with it.
    pub values: Values,
    /// The entry from which it follows.
    pub because: Uuid,
}

/// What an area adds to some registers.
#[async_trait]
pub trait Beyond: Send + Sync {
    /// Which registers.
    fn controls(&self) -> &'static [&'static str];

    /// What follows from entries that are about to be written together, by whoever opened the book.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] where something must be so first; or where the store refuses.
    async fn follows(&self, book: &Book, written: &[Written<'_>]) -> Result<Vec<Follow>, RegisterError> {
        let _ = (book, written);
        Ok(Vec::new())
    }

    /// What the page of an entry says first.
    ///
    /// # Errors
    /// Where the store refuses.
    async fn next(&self, book: &Book, kept: &Kept) -> Result<Option<Next>, RegisterError> {
        let _ = (book, kept);
        Ok(None)
    }

    /// An entry as it stands among what is due for whoever opened the book; none where it is not theirs to see to.
    fn due(&self, book: &Book, kept: &Kept, item: DueItem) -> Option<DueItem> {
        let _ = (book, kept);
        Some(item)
    }
}

/// A step that follows, ready to be written.
pub(crate) struct Followed {
    control: String,
    made: Made,
    version: i64,
}

impl Followed {
    /// Writes it within the act from which it follows.
    pub(crate) async fn put(&self, tx: &Tx, school: &School, by: Option<PersonId>) -> Result<(), RegisterError> {
        let done = put::replace(tx, school, &self.control, &self.made, self.version, by).await;
        // What was changed meanwhile is not the entry that somebody is writing.
        done.map_err(|error| if matches!(error, RegisterError::Changed(_)) { RegisterError::NotNow } else { error })
    }
}

impl Engines {
    /// Whether an area adds something to a register.
    pub(crate) fn goes_beyond(&self, control: &str) -> bool {
        !self.beyonds(control).is_empty()
    }

    fn beyonds(&self, control: &str) -> Vec<Arc<dyn Beyond>> {
        self.all_beyond().into_iter().filter(|one| one.controls().contains(&control)).collect()
    }
}

impl Book {
    /// The engines.
    pub fn engines(&self) -> &Engines {
        &self.engines
    }

    /// What follows from entries that are about to be written, with the act of each step.
    pub(crate) async fn followed(&self, written: &[Written<'_>]) -> Result<(Vec<Followed>, Vec<Act>), RegisterError> {
        let mut follows: Vec<Follow> = Vec::new();
        for beyond in self.engines.beyonds(&self.control()) {
            for follow in beyond.follows(self, written).await? {
                if !follows.iter().any(|one| (one.control, one.entry) == (follow.control, follow.entry)) {
                    follows.push(follow);
                }
            }
        }
        let (mut followed, mut acts) = (Vec::new(), Vec::new());
        for follow in follows {
            let Some(book) = self.as_gatehouse(follow.control) else { continue };
            if book.register.states.iter().all(|state| state.name != follow.to) {
                continue;
            }
            let kept = match book.whole(follow.entry).await {
                Ok(kept) => kept,
                Err(RegisterError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            let leads = kept.entry.state.as_deref().is_some_and(|state| follow.from.contains(&state));
            if kept.struck.is_some() || !leads {
                continue;
            }
            let mut entry = kept.entry.clone();
            entry.state = Some(follow.to.to_owned());
            entry.values.extend(follow.values);
            entry.version += 1;
            entry.changed_at = self.now;
            let names = book.names_of([&entry.values].into_iter()).await?;
            let made = book.make(entry, None, &names);
            let more = json!({
                "state": [kept.entry.state, made.entry.state],
                "because": { "register": self.control(), "entry": follow.because },
            });
            let mut act = writing::act(&book, "register.move", &made, &kept.entry.values, more);
            act.actor = self.access.actor();
            acts.push(act);
            followed.push(Followed { control: book.control(), made, version: kept.entry.version });
        }
        Ok((followed, acts))
    }

    /// Says that what followed was written.
    pub(crate) fn touch(&self, followed: &[(String, Uuid)]) {
        for (control, id) in followed {
            self.engines.cache().touch(self.school.id(), control, &[*id]);
        }
    }

    /// What areas say first on the page of an entry.
    pub(crate) async fn next_of(&self, kept: &Kept) -> Result<Option<Next>, RegisterError> {
        for beyond in self.engines.beyonds(&self.control()) {
            if let Some(next) = beyond.next(self, kept).await? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// What is due, as areas say it.
    pub(crate) fn due_said(&self, kept: &Kept, item: DueItem) -> Option<DueItem> {
        let all = self.engines.beyonds(&self.control());
        all.iter().try_fold(item, |item, beyond| beyond.due(self, kept, item))
    }

    /// Another register of the school, with every field: for what follows there, and for open titles.
    pub(crate) fn as_gatehouse(&self, control: &str) -> Option<Self> {
        let declaration = self.in_force.declaration(control)?.clone();
        let access = Access::gatehouse(self.school.id());
        Self::with(&self.engines, self.school.clone(), Arc::clone(&self.in_force), declaration, access, self.now)
    }
}

/// The registers that change where entries of one are written, with what follows from them.
pub(crate) fn marked<'a>(control: &'a str, followed: &'a [Followed]) -> impl Iterator<Item = &'a str> {
    std::iter::once(control).chain(followed.iter().map(|one| one.control.as_str()))
}

/// Which entries were followed, to be touched once they are written.
pub(crate) fn touched(followed: &[Followed]) -> Vec<(String, Uuid)> {
    followed.iter().map(|one| (one.control.clone(), one.made.entry.id)).collect()
}

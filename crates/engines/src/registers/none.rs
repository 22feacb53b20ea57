//! That there is nothing to enter: "We have no official accounts", said by whoever keeps the register, with their name
//! and the day. It is kept as an answer, and asked for again after a year.

use jiff::{Timestamp, civil::Date};
use kernel::{Every, PersonId, period::Unit};
use serde_json::json;
use store::{
    Act,
    entity::attest_answer,
    ids,
    time::{day, millis},
};

use super::{
    book::{Book, Writer},
    error::{Refusal, RegisterError},
};
use crate::attestations::service::answers_to;

/// The key under which it is kept. No binding has such a key.
pub(crate) fn key(control: &str) -> String {
    format!("{control}#none")
}

/// What somebody said, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidNone {
    /// What.
    pub words: String,
    /// Who.
    pub by: Option<PersonId>,
    /// On which day.
    pub on: Date,
}

impl Book {
    /// What may be said where there is nothing to enter, by those who keep all of the register.
    pub fn may_say_none(&self) -> Option<&str> {
        self.register.standing.none.as_deref().filter(|_| self.access.writes_all())
    }

    /// What was said last.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn said_none(&self) -> Result<Option<SaidNone>, RegisterError> {
        if self.register.standing.none.is_none() {
            return Ok(None);
        }
        let last = answers_to(&self.school, &key(&self.control())).await?.into_iter().next();
        Ok(last.map(|last| SaidNone { words: last.answer.words, by: last.answer.by, on: last.answer.on }))
    }
}

impl Writer<'_> {
    /// Says that there is nothing to enter.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] where there is something after all; [`RegisterError::NotFound`] where the register
    /// does not know such a statement, or others make it; or where the store refuses.
    pub async fn say_none(&self) -> Result<(), RegisterError> {
        let book = self.book;
        let words = book.may_say_none().ok_or(RegisterError::NotFound)?;
        if book.counts().await?.open > 0 {
            return Err(RegisterError::Refused(vec![Refusal::whole(
                "There are entries: end or strike them out first",
            )]));
        }
        let control = book.control();
        let now: Timestamp = book.now();
        let row = attest_answer::Model {
            id: ids::new_id(now)?,
            school_id: book.school.id().0,
            binding_key: key(&control),
            label: String::new(),
            control: control.clone(),
            answer: "not-applicable".to_owned(),
            words: words.to_owned(),
            mend: String::new(),
            mend_by_on: None,
            file_id: None,
            next_on: day(Every::new(12, Unit::Month).after(book.today())),
            answered_by: book.access.by().map(|person| person.0),
            answered_at: millis(now),
        };
        let act = Act::new("register.none", book.access.actor())
            .about(row.id)
            .with(json!({ "register": control, "says": words, "next": row.next_on }));
        book.school.act(act, now, async |tx| tx.insert(row).await).await?;
        Ok(())
    }
}

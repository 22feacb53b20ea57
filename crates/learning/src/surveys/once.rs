//! That a session answers a survey once. Kept in the memory of this process alone, as a keyed hash of session and survey
//! under a key that is made at the start and never leaves it: a marker says that somebody answered, to nobody but the
//! session itself, and nothing leads from it to an answer. After a restart, or in another session, somebody could answer
//! again: that is the price of not keeping who did.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::civil::Date;
use kernel::SessionId;
use store::{StoreError, ids};
use uuid::Uuid;

/// The markers of this process.
pub(crate) struct Once {
    key: [u8; 32],
    /// Each with the last day of its survey, after which it is forgotten.
    markers: Mutex<HashMap<[u8; 32], Date>>,
}

impl Once {
    pub(crate) fn new() -> Result<Self, StoreError> {
        Ok(Self { key: ids::random()?, markers: Mutex::default() })
    }

    fn marker(&self, session: SessionId, survey: Uuid) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(session.0.as_bytes());
        hasher.update(survey.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Whether the session has answered the survey.
    pub(crate) fn has(&self, session: SessionId, survey: Uuid) -> bool {
        let marker = self.marker(session, survey);
        self.markers.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&marker)
    }

    /// Takes the session's one answer to the survey; false where it was taken already.
    pub(crate) fn take(&self, session: SessionId, survey: Uuid, until: Date, today: Date) -> bool {
        let marker = self.marker(session, survey);
        let mut markers = self.markers.lock().unwrap_or_else(PoisonError::into_inner);
        markers.retain(|_, last| *last >= today);
        markers.insert(marker, until).is_none()
    }

    /// Gives it back, because the answer could not be kept.
    pub(crate) fn give_back(&self, session: SessionId, survey: Uuid) {
        let marker = self.marker(session, survey);
        self.markers.lock().unwrap_or_else(PoisonError::into_inner).remove(&marker);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_session_answers_once_until_the_survey_is_over() {
        let once = Once::new().unwrap();
        let (session, other) = (SessionId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        let (survey, until) = (Uuid::from_u128(9), date(2026, 11, 30));
        let day = date(2026, 11, 24);
        assert!(!once.has(session, survey));
        assert!(once.take(session, survey, until, day));
        assert!(once.has(session, survey) && !once.take(session, survey, until, day));
        assert!(once.take(other, survey, until, day) && !once.has(session, Uuid::from_u128(8)));
        once.give_back(other, survey);
        assert!(!once.has(other, survey));
        assert!(once.take(other, Uuid::from_u128(7), date(2027, 1, 1), date(2026, 12, 1)));
        assert!(!once.has(session, survey), "what is over is forgotten");
        // Another process has another key: its markers are no markers here.
        assert_ne!(Once::new().unwrap().marker(session, survey), once.marker(session, survey));
    }
}

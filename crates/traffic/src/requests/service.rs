//! Keeping a request and its answer; how long people waited; what many ask for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kernel::PersonId;
use serde_json::json;
use store::{
    Act, School, StoreError, Tx,
    entity::filter_request,
    query::{ColumnTrait as _, NotSet, Set},
    time::millis,
};
use uuid::Uuid;

use crate::act_error::ActError;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Opened for a lesson.
    Lesson,
    /// Opened for longer, or put before a second person.
    Added,
    /// Not opened.
    No,
}

impl Outcome {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Added => "added",
            Self::No => "refused",
        }
    }
}

/// The state of a request that waits.
pub const OPEN: &str = "open";

/// Keeps that somebody asks for a site, or a part of one.
///
/// # Errors
/// Where the store refuses.
pub async fn ask(
    school: &School,
    by: PersonId,
    site: String,
    reason: String,
    now: Timestamp,
) -> Result<Uuid, StoreError> {
    let id = store::ids::new_id(now)?;
    let row = filter_request::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        person_id: Set(Some(by.0)),
        site: Set(site),
        reason: Set(reason),
        asked_at: Set(millis(now)),
        state: Set(OPEN.to_owned()),
        answered_at: Set(None),
        answered_by: Set(None),
        answer: Set(None),
    };
    school.act(Act::new("filter.ask", by).about(id), now, async move |tx| tx.insert(row).await).await?;
    Ok(id)
}

/// The request, where it still waits.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it is answered.
pub async fn waiting(school: &School, id: Uuid) -> Result<filter_request::Model, ActError> {
    let row = school.read().get::<filter_request::Entity>(id).await?.ok_or(ActError::NotFound)?;
    if row.state == OPEN { Ok(row) } else { Err(ActError::Over) }
}

/// An answer to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request.
    pub request: Uuid,
    /// What became of it.
    pub outcome: Outcome,
    /// The words for whoever asked.
    pub words: String,
}

impl Answer {
    fn act(&self, by: PersonId) -> Act {
        let details = json!({ "outcome": self.outcome.word(), "letters": self.words.chars().count() });
        Act::new("filter.answer", by).about(self.request).with(details)
    }

    /// Answers within the transaction that opens the site: where somebody else has answered meanwhile, nothing is opened.
    ///
    /// # Errors
    /// As [`waiting`].
    pub(crate) async fn give(self, tx: &Tx, by: PersonId, now: Timestamp) -> Result<(), ActError> {
        tx.record(self.act(by))?;
        self.keep(tx, by, now).await
    }

    async fn keep(self, tx: &Tx, by: PersonId, now: Timestamp) -> Result<(), ActError> {
        let row = tx.get::<filter_request::Entity>(self.request).await?.ok_or(ActError::NotFound)?;
        if row.state != OPEN {
            return Err(ActError::Over);
        }
        tx.update(filter_request::ActiveModel {
            id: Set(self.request),
            state: Set(self.outcome.word().to_owned()),
            answered_at: Set(Some(millis(now))),
            answered_by: Set(Some(by.0)),
            answer: Set(Some(self.words)),
            ..Default::default()
        })
        .await?;
        Ok(())
    }
}

/// Answers a request with words alone.
///
/// # Errors
/// As [`waiting`].
pub async fn answer(school: &School, by: PersonId, answer: Answer, now: Timestamp) -> Result<(), ActError> {
    school.act(answer.act(by), now, async move |tx| answer.keep(&tx, by, now).await).await
}

/// How far back waiting times and hints look.
pub const LATELY: SignedDuration = SignedDuration::from_hours(24 * 28);

/// Requests since `from`, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn since(school: &School, from: Timestamp) -> Result<Vec<filter_request::Model>, StoreError> {
    school
        .read()
        .find::<filter_request::Entity>()
        .filter(filter_request::Column::AskedAt.gte(millis(from)))
        .descending(filter_request::Column::AskedAt)
        .limit(5_000)
        .all()
        .await
}

/// Those that wait, the oldest first.
///
/// # Errors
/// Where the store refuses.
pub async fn open(school: &School) -> Result<Vec<filter_request::Model>, StoreError> {
    school
        .read()
        .find::<filter_request::Entity>()
        .filter(filter_request::Column::State.eq(OPEN))
        .ascending(filter_request::Column::AskedAt)
        .limit(500)
        .all()
        .await
}

/// Within how many minutes half of those that were answered had their answer; none where none was.
pub fn usual_wait(rows: &[filter_request::Model]) -> Option<i64> {
    let mut waits: Vec<i64> =
        rows.iter().filter_map(|row| Some((row.answered_at? - row.asked_at).max(0) / 60_000)).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied()
}

/// So many people who ask for the same site say something about the policy.
pub const MANY: usize = 3;

/// Sites for which at least [`MANY`] people asked, and how many they were: the most asked for first.
pub fn asked_by_many(rows: &[filter_request::Model]) -> Vec<(String, usize)> {
    let mut askers: BTreeMap<&str, BTreeSet<Option<Uuid>>> = BTreeMap::new();
    for row in rows {
        askers.entry(row.site.trim_start_matches("www.")).or_default().insert(row.person_id);
    }
    let mut many: Vec<(String, usize)> = askers
        .into_iter()
        .filter(|(_, askers)| askers.len() >= MANY)
        .map(|(site, askers)| (site.to_owned(), askers.len()))
        .collect();
    many.sort_by_key(|(_, people)| std::cmp::Reverse(*people));
    many
}

/// "40 minutes", "3 hours", "2 days".
pub fn in_words(minutes: i64) -> String {
    let many = |number: i64, what: &str| if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") };
    match minutes {
        ..=90 => many(minutes.max(1), "minute"),
        91..=2_880 => many((minutes + 30) / 60, "hour"),
        _ => many((minutes + 720) / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(site: &str, person: u128, asked: i64, answered: Option<i64>) -> filter_request::Model {
        filter_request::Model {
            id: Uuid::from_u128(1),
            school_id: Uuid::nil(),
            person_id: Some(Uuid::from_u128(person)),
            site: site.to_owned(),
            reason: String::new(),
            asked_at: asked * 60_000,
            state: OPEN.to_owned(),
            answered_at: answered.map(|at| at * 60_000),
            answered_by: None,
            answer: None,
        }
    }

    #[test]
    fn many_people_are_not_one_person_who_asks_often() {
        let rows = [
            row("maps.example", 1, 0, Some(10)),
            row("www.maps.example", 2, 0, Some(30)),
            row("maps.example", 3, 0, None),
            row("games.example", 4, 0, Some(600)),
            row("games.example", 4, 1, None),
            row("games.example", 4, 2, None),
        ];
        assert_eq!(asked_by_many(&rows), [("maps.example".to_owned(), 3)]);
        assert_eq!(usual_wait(&rows), Some(30));
        assert_eq!(usual_wait(&rows[2..3]), None);
        assert_eq!(
            (in_words(1), in_words(150), in_words(4_400)),
            ("1 minute".into(), "3 hours".into(), "3 days".into())
        );
    }
}

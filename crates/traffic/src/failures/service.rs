//! Reporting a failure, passing it on, answering it.

use jiff::{SignedDuration, Timestamp};
use kernel::PersonId;
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_failure,
    query::{ColumnTrait as _, NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{
    Permit as _,
    permit::{MayHandleFailures, MayReportFailure},
};

use crate::{act_error::ActError, provides::Provides};

/// Within how many hours a report is answered where the policy does not say.
pub const USUAL_HOURS: u32 = 24;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It was open and should have been closed.
    Open,
    /// It was closed and should have been open.
    Closed,
    /// Something else.
    Other,
}

impl Sort {
    /// Each, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Other];

    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Other => "other",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }

    /// As whoever reports it says it.
    pub fn says(self) -> &'static str {
        match self {
            Self::Open => "I saw something that should have been blocked",
            Self::Closed => "Something is blocked, and should be open",
            Self::Other => "Something else is wrong with the filter",
        }
    }
}

/// A report.
#[derive(Clone)]
pub struct New {
    /// What went wrong.
    pub sort: Sort,
    /// Where; empty where nobody knows.
    pub site: String,
    /// What happened.
    pub words: String,
}

/// Takes a report in. It is taken whatever the policy says: telling is always right.
///
/// # Errors
/// Where the store refuses.
pub async fn report(
    school: &School,
    provides: &Provides,
    may: MayReportFailure,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let hours = provides.failures.as_ref().map_or(USUAL_HOURS, |it| it.hours);
    let clause = provides.failures.as_ref().map(|it| it.clause.label.clone());
    let id = store::ids::new_id(now)?;
    let row = filter_failure::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        person_id: Set(Some(may.by().0)),
        sort: Set(new.sort.word().to_owned()),
        site: Set(new.site),
        words: Set(new.words),
        reported_at: Set(millis(now)),
        state: Set("new".to_owned()),
        clause: Set(clause.clone()),
        due_at: Set(millis(now + SignedDuration::from_hours(i64::from(hours)))),
        escalated_at: Set(None),
        escalated_by: Set(None),
        escalated_to: Set(None),
        reference: Set(None),
        answered_at: Set(None),
        answered_by: Set(None),
        answer: Set(None),
        kept_here: Set(None),
    };
    let mut act = Act::new("filter.failure-report", may.by()).about(id).with(json!({ "sort": new.sort.word() }));
    act.clause = clause;
    school.act(act, now, async move |tx| tx.insert(row).await).await?;
    Ok(id)
}

/// Whether something got through, and a report of it was answered without passing it on or saying why not.
pub fn kept_silently(row: &filter_failure::Model) -> bool {
    row.state == "answered" && stays_silently(row)
}

/// Whether something got through, and a report of it is not passed on, and nothing says why not.
pub(crate) fn stays_silently(row: &filter_failure::Model) -> bool {
    Sort::parse(&row.sort) == Some(Sort::Open) && row.escalated_at.is_none() && row.kept_here.is_none()
}

/// Notes that a failure was passed on to a provider.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it is answered and that was seen to.
pub async fn escalate(
    school: &School,
    may: MayHandleFailures,
    id: Uuid,
    to: String,
    reference: String,
    now: Timestamp,
) -> Result<(), ActError> {
    let act = Act::new("filter.failure-escalate", may.by()).about(id).with(json!({ "to": to }));
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_failure::Entity>(id).await?.ok_or(ActError::NotFound)?;
            let answered = row.state == "answered";
            if answered && !kept_silently(&row) {
                return Err(ActError::Over);
            }
            tx.update(filter_failure::ActiveModel {
                id: Set(id),
                state: Set(if answered { "answered" } else { "escalated" }.to_owned()),
                escalated_at: Set(Some(millis(now))),
                escalated_by: Set(Some(may.by().0)),
                escalated_to: Set(Some(to)),
                reference: Set(Some(reference).filter(|it| !it.is_empty())),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await
}

/// Answers a report; `kept_here` says why it is not passed on, where it is not.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it is answered.
pub async fn answer(
    school: &School,
    may: MayHandleFailures,
    id: Uuid,
    (answer, kept_here): (String, Option<String>),
    now: Timestamp,
) -> Result<(), ActError> {
    let act = Act::new("filter.failure-answer", may.by()).about(id);
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_failure::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if row.state == "answered" {
                return Err(ActError::Over);
            }
            tx.detail("late", row.due_at < millis(now));
            tx.update(filter_failure::ActiveModel {
                id: Set(id),
                state: Set("answered".to_owned()),
                answered_at: Set(Some(millis(now))),
                answered_by: Set(Some(may.by().0)),
                answer: Set(Some(answer)),
                kept_here: Set(kept_here.filter(|_| row.escalated_at.is_none())),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await
}

/// The latest reports.
///
/// # Errors
/// Where the store refuses.
pub async fn latest(school: &School, limit: u64) -> Result<Vec<filter_failure::Model>, StoreError> {
    school
        .read()
        .find::<filter_failure::Entity>()
        .descending(filter_failure::Column::ReportedAt)
        .limit(limit)
        .all()
        .await
}

/// What somebody has reported.
///
/// # Errors
/// Where the store refuses.
pub async fn of(school: &School, person: PersonId) -> Result<Vec<filter_failure::Model>, StoreError> {
    school
        .read()
        .find::<filter_failure::Entity>()
        .filter(filter_failure::Column::PersonId.eq(person.0))
        .descending(filter_failure::Column::ReportedAt)
        .limit(20)
        .all()
        .await
}

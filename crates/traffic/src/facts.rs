//! What standings rest on: plain counts of what was changed, opened, reported and approved.

use jiff::{SignedDuration, Timestamp};
use store::{
    School, StoreError,
    entity::{
        filter_approved, filter_change, filter_failure, filter_permit, filter_status, filter_suspension, filter_unblock,
    },
    query::{ColumnTrait as _, Condition},
    time::{millis, timestamp},
};

use crate::requests::service as requests;

/// Counts for standings. Whatever has no time of its own is of the last 28 days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterFacts {
    /// Changes that were asked for.
    pub changes: u64,
    /// Changes that wait for a second person.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<Timestamp>,
    /// Changes that hold now.
    pub active: u64,
    /// Changes in force, that were to be agreed to, and that one person both asked for and agreed to, or nobody agreed
    /// to. Never above zero, unless somebody changed the records by hand.
    pub alone: u64,
    /// Changes that were undone.
    pub undone: u64,
    /// Sites that were opened for a class.
    pub unblocks: u64,
    /// Of these, open at this moment.
    pub unblocks_open: u64,
    /// Reports of failures.
    pub failures: u64,
    /// Reports, of whatever age, that wait for an answer.
    pub failures_open: u64,
    /// Of these, those whose time is over.
    pub failures_late: u64,
    /// Reports that were passed on to a provider.
    pub failures_escalated: u64,
    /// Sites on the approved lists.
    pub approved: u64,
    /// Of these, at which nobody has looked.
    pub approved_unseen: u64,
    /// Requests that wait for an answer.
    pub requests_open: u64,
    /// Minutes within which half of the answered requests had their answer.
    pub requests_wait: Option<i64>,
    /// Permits that hold.
    pub permits: u64,
    /// Suspensions that hold.
    pub suspensions: u64,
    /// People who hold the status to change filtering, where the policy names one.
    pub status_holders: u64,
}

/// How far back what has no time of its own is counted.
pub const LATELY: SignedDuration = SignedDuration::from_hours(24 * 28);

/// Counts, at `now`.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(school: &School, now: Timestamp) -> Result<FilterFacts, StoreError> {
    let (read, at, from) = (school.read(), millis(now), millis(now - LATELY));
    let changes = || read.find::<filter_change::Entity>();
    let holds = || {
        use filter_change::Column;
        Condition::all()
            .add(Column::State.eq("active"))
            .add(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(at)))
    };
    let waits = || {
        use filter_change::Column;
        Condition::all()
            .add(Column::State.eq("waiting"))
            .add(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(at)))
    };
    let alone = changes().filter(holds()).filter(filter_change::Column::Second.eq(true)).all().await?;
    let oldest = changes().filter(waits()).ascending(filter_change::Column::AskedAt).one().await?;
    let unblocks = || read.find::<filter_unblock::Entity>();
    let failures = || read.find::<filter_failure::Entity>();
    let open_failures = || failures().filter(filter_failure::Column::State.ne("answered"));
    let approved = || {
        use filter_approved::Column;
        read.find::<filter_approved::Entity>()
            .filter(Column::RemovedAt.is_null())
            .filter(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(at)))
    };
    Ok(FilterFacts {
        changes: changes()
            .filter(filter_change::Column::AskedAt.gte(from))
            .filter(filter_change::Column::State.ne("draft"))
            .count()
            .await?,
        waiting: changes().filter(waits()).count().await?,
        waiting_since: oldest.map(|row| timestamp(row.asked_at)),
        active: changes().filter(holds()).count().await?,
        alone: alone
            .iter()
            .filter(|row| row.agreed_by.is_none_or(|agreed| Some(agreed) == row.asked_by))
            .count()
            .try_into()
            .unwrap_or(u64::MAX),
        undone: changes()
            .filter(filter_change::Column::State.eq("undone"))
            .filter(filter_change::Column::EndedAt.gte(from))
            .count()
            .await?,
        unblocks: unblocks().filter(filter_unblock::Column::OpenedAt.gte(from)).count().await?,
        unblocks_open: unblocks()
            .filter(filter_unblock::Column::UntilAt.gt(at))
            .filter(filter_unblock::Column::ClosedAt.is_null())
            .count()
            .await?,
        failures: failures().filter(filter_failure::Column::ReportedAt.gte(from)).count().await?,
        failures_open: open_failures().count().await?,
        failures_late: open_failures().filter(filter_failure::Column::DueAt.lt(at)).count().await?,
        failures_escalated: failures().filter(filter_failure::Column::EscalatedAt.gte(from)).count().await?,
        approved: approved().count().await?,
        approved_unseen: approved().filter(filter_approved::Column::PreviewedAt.is_null()).count().await?,
        requests_open: requests::open(school).await?.len().try_into().unwrap_or(u64::MAX),
        requests_wait: requests::usual_wait(&requests::since(school, now - LATELY).await?),
        permits: {
            use filter_permit::Column;
            let until = Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(at));
            read.find::<filter_permit::Entity>().filter(Column::EndedAt.is_null()).filter(until).count().await?
        },
        suspensions: {
            use filter_suspension::Column;
            let rows = read.find::<filter_suspension::Entity>().filter(Column::EndedAt.is_null());
            rows.filter(Column::UntilAt.gt(at)).count().await?
        },
        status_holders: read
            .find::<filter_status::Entity>()
            .filter(filter_status::Column::EndedAt.is_null())
            .count()
            .await?,
    })
}

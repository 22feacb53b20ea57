//! What standings rest on: plain counts of what was changed, opened, reported and approved.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kernel::PersonId;
use store::{
    School, StoreError,
    entity::{
        filter_approved, filter_change, filter_failure, filter_permit, filter_request, filter_status,
        filter_suspension, filter_unblock,
    },
    query::{ColumnTrait as _, Condition},
    time::{millis, timestamp},
};
use uuid::Uuid;

use crate::{changes::service::LOOK, failures::service as failures, provides::Provides, requests::service as requests};

/// Of changes beyond the policy, in the last year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// How many.
    pub all: u64,
    /// The newest.
    pub newest: Option<Timestamp>,
    /// Changes without a reason.
    pub without_reason: u64,
    /// Changes that hold, take a second person, and rest on one alone. Never above zero, unless somebody changed the
    /// records by hand; the gateway does not follow them.
    pub single_person: u64,
    /// Changes, of whatever age, that wait for a second person.
    pub waiting: u64,
    /// Who made or confirmed any.
    pub people: BTreeSet<PersonId>,
    /// Changes since the status was first given, where the policy names one, by somebody who did not hold it then.
    pub without_status: u64,
    /// Who holds the status now; none where the policy names none.
    pub status: Option<BTreeSet<PersonId>>,
    /// Who has looked the log over and said so, and when last.
    pub looked_over: BTreeMap<PersonId, Timestamp>,
}

/// Of what was opened for a class, in the last year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnblockCounts {
    /// Requests for sites, and what teachers opened without one.
    pub asked: u64,
    /// Opened for a lesson.
    pub granted: u64,
    /// Requests that wait for an answer at present.
    pub waiting: u64,
    /// For how many minutes the oldest of them waits.
    pub longest_wait: u64,
    /// Open at present.
    pub open: u64,
    /// Opened without a reason.
    pub without_reason: u64,
}

/// Of reports of failures, in the last year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportCounts {
    /// Reports.
    pub all: u64,
    /// The newest.
    pub newest: Option<Timestamp>,
    /// Those, of whatever age, that wait for an answer.
    pub open: u64,
    /// The oldest of them.
    pub oldest_open: Option<Timestamp>,
    /// Those whose time is over, and that nobody has passed on to the provider.
    pub not_passed_on: u64,
    /// Passed on to the provider.
    pub passed_on: u64,
    /// Answered, though something had got through, and neither passed on nor said why not.
    pub kept_here: u64,
    /// When the first of those was answered.
    pub kept_here_since: Option<Timestamp>,
}

/// Counts for standings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterFacts {
    /// Of changes.
    pub changes: ChangeCounts,
    /// Of what was opened for a class.
    pub unblocks: UnblockCounts,
    /// Of reports of failures.
    pub reports: ReportCounts,
    /// Sites on the approved lists that are open and shown.
    pub approved: u64,
    /// Sites on them that wait until somebody has looked, where the policy asks for it.
    pub approved_waiting: u64,
    /// In how many subjects the first stand.
    pub approved_subjects: u64,
    /// Minutes within which half of the requests of the last 28 days that were answered had their answer.
    pub requests_wait: Option<i64>,
    /// Permits that hold.
    pub permits: u64,
    /// Suspensions that hold.
    pub suspensions: u64,
}

/// How far back is counted.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

fn many<T>(rows: impl IntoIterator<Item = T>) -> u64 {
    u64::try_from(rows.into_iter().count()).unwrap_or(u64::MAX)
}

fn number<T>(rows: &[T], is: impl Fn(&T) -> bool) -> u64 {
    u64::try_from(rows.iter().filter(|row| is(row)).count()).unwrap_or(u64::MAX)
}

/// Counts, at `now`, under what the policy in force provides for.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(school: &School, provides: &Provides, now: Timestamp) -> Result<FilterFacts, StoreError> {
    let (read, at) = (school.read(), millis(now));
    let approved = {
        use filter_approved::Column;
        let until = Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(at));
        read.find::<filter_approved::Entity>().filter(Column::RemovedAt.is_null()).filter(until).all().await?
    };
    let (counting, waiting): (Vec<_>, Vec<_>) = approved.iter().partition(|row| provides.counts(row.previewed_at));
    Ok(FilterFacts {
        changes: changes(school, provides, now).await?,
        unblocks: unblocks(school, now).await?,
        reports: reports(school, now).await?,
        approved: many(&counting),
        approved_waiting: many(&waiting),
        approved_subjects: many(counting.iter().map(|row| row.subject.as_str()).collect::<BTreeSet<_>>()),
        requests_wait: requests::usual_wait(&requests::since(school, now - requests::LATELY).await?),
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
    })
}

async fn changes(school: &School, provides: &Provides, now: Timestamp) -> Result<ChangeCounts, StoreError> {
    use filter_change::Column;
    let (read, at, from) = (school.read(), millis(now), millis(now - YEAR));
    let lately = Condition::any().add(Column::AskedAt.gte(from)).add(Column::State.is_in(["active", "waiting"]));
    let rows = read.find::<filter_change::Entity>().filter(Column::State.ne("draft")).filter(lately).all().await?;
    let holds = |row: &filter_change::Model| row.until_at.is_none_or(|until| until > at);
    let year: Vec<_> = rows.iter().filter(|row| row.asked_at >= from).collect();
    let which = store::ledger::Which { act: Some(LOOK.to_owned()), ..Default::default() };
    let mut looked_over = BTreeMap::new();
    for entry in school.ledger().entries(&which).await? {
        let Some(by) = entry.actor else { continue };
        let last = looked_over.entry(by).or_insert(entry.time());
        *last = entry.time().max(*last);
    }
    let given = match provides.status {
        Some(_) => read.find::<filter_status::Entity>().all().await?,
        None => Vec::new(),
    };
    let first = given.iter().map(|row| row.granted_at).min().unwrap_or(i64::MAX);
    let held = |person: Option<Uuid>, at: i64| {
        let covers = |row: &filter_status::Model| row.granted_at <= at && row.ended_at.is_none_or(|end| at <= end);
        given.iter().any(|row| Some(row.person_id) == person && covers(row))
    };
    Ok(ChangeCounts {
        all: many(&year),
        newest: year.iter().map(|row| row.asked_at).max().map(timestamp),
        without_reason: number(&year, |row| row.reason.trim().is_empty()),
        single_person: number(&rows, |row| {
            let alone = row.agreed_by.is_none_or(|agreed| Some(agreed) == row.asked_by);
            row.state == "active" && row.second && holds(row) && alone
        }),
        waiting: number(&rows, |row| {
            holds(row) && (row.state == "waiting" || (row.state == "active" && row.end_asked_at.is_some()))
        }),
        people: year.iter().flat_map(|row| [row.asked_by, row.agreed_by]).flatten().map(PersonId).collect(),
        without_status: number(&year, |row| {
            let agreed = row.agreed_at.is_none_or(|at| held(row.agreed_by, at));
            row.asked_at >= first && !(held(row.asked_by, row.asked_at) && agreed)
        }),
        status: provides
            .status
            .is_some()
            .then(|| given.iter().filter(|row| row.ended_at.is_none()).map(|row| PersonId(row.person_id)).collect()),
        looked_over,
    })
}

async fn unblocks(school: &School, now: Timestamp) -> Result<UnblockCounts, StoreError> {
    let (read, at, from) = (school.read(), millis(now), millis(now - YEAR));
    let opened = read.find::<filter_unblock::Entity>().filter(filter_unblock::Column::OpenedAt.gte(from)).all().await?;
    let asked = read.find::<filter_request::Entity>().filter(filter_request::Column::AskedAt.gte(from)).count().await?;
    let waiting = requests::open(school).await?;
    let longest = waiting.first().map_or(0, |row| (at - row.asked_at).max(0) / 60_000);
    Ok(UnblockCounts {
        asked: asked + number(&opened, |row| row.request_id.is_none()),
        granted: many(&opened),
        waiting: many(&waiting),
        longest_wait: u64::try_from(longest).unwrap_or(0),
        open: number(&opened, |row| row.until_at > at && row.closed_at.is_none()),
        without_reason: number(&opened, |row| row.reason.trim().is_empty()),
    })
}

async fn reports(school: &School, now: Timestamp) -> Result<ReportCounts, StoreError> {
    use filter_failure::Column;
    let (read, at, from) = (school.read(), millis(now), millis(now - YEAR));
    let lately = Condition::any().add(Column::ReportedAt.gte(from)).add(Column::State.ne("answered"));
    let rows = read.find::<filter_failure::Entity>().filter(lately).all().await?;
    let open: Vec<_> = rows.iter().filter(|row| row.state != "answered").collect();
    let kept_here: Vec<_> = rows.iter().filter(|row| failures::kept_silently(row)).collect();
    Ok(ReportCounts {
        all: number(&rows, |row| row.reported_at >= from),
        newest: rows.iter().map(|row| row.reported_at).max().map(timestamp),
        open: many(&open),
        oldest_open: open.iter().map(|row| row.reported_at).min().map(timestamp),
        not_passed_on: number(&open, |row| row.due_at < at && row.escalated_at.is_none()),
        passed_on: number(&rows, |row| row.escalated_at.is_some()),
        kept_here: many(&kept_here),
        kept_here_since: kept_here.iter().filter_map(|row| row.answered_at).min().map(timestamp),
    })
}

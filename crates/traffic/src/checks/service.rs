//! Keeping checks: runs, checks by hand, what was done about them, and what standings need of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kernel::{Digest, PersonId};
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::{filter_check, filter_check_run},
    query::{ColumnTrait as _, Set},
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MayHandleFailures};

use crate::ActError;

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// It could not be tried. Never taken for passed.
    Unknown,
}

impl Outcome {
    /// Each, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Passed, Self::Failed, Self::Unknown];

    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// As people say it.
    pub fn says(self) -> &'static str {
        match self {
            Self::Passed => "As it should be",
            Self::Failed => "Not as it should be",
            Self::Unknown => "Could not be tried",
        }
    }
}

/// The kind of check that tries the test entries of a sealed feed.
pub const SEALED: &str = "sealed";

/// The place where a check is done that is on no network of the policy.
pub const SCHOOL: &str = "school";

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// What kind of thing was tried: a word.
    pub sort: &'static str,
    /// What was tried, in words; never an address of a sealed list.
    pub what: String,
    /// As whom, in words.
    pub who: String,
    /// On which network, by name; [`SCHOOL`] where it is none.
    pub network: String,
    /// From which device, where it was done by hand.
    pub device: Option<String>,
    /// How it was tried: `gateway`, `resolver`, `rules` or `hand`.
    pub means: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// What was expected and found, as a sentence.
    pub found: String,
    /// The number of the clause that decided.
    pub clause: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What was done about it at once.
    pub action: Option<String>,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// `schedule`, `desk` or `hand`.
    pub sort: &'static str,
    /// When it began.
    pub started: Timestamp,
    /// Who asked for it; none where it ran by itself.
    pub by: Option<PersonId>,
    /// The label of the clause that asks for it.
    pub clause: Option<String>,
    /// The policy in force.
    pub policy: Option<Digest>,
    /// The checks.
    pub checks: Vec<Check>,
}

fn number(checks: &[Check], outcome: Outcome) -> i64 {
    i64::try_from(checks.iter().filter(|check| check.outcome == outcome).count()).unwrap_or(i64::MAX)
}

/// Keeps a run.
///
/// # Errors
/// Where the store refuses.
pub async fn keep(school: &School, run: Run, now: Timestamp) -> Result<Uuid, StoreError> {
    let id = store::ids::new_id(now)?;
    let (passed, failed, unknown) = (
        number(&run.checks, Outcome::Passed),
        number(&run.checks, Outcome::Failed),
        number(&run.checks, Outcome::Unknown),
    );
    let row = filter_check_run::ActiveModel {
        id: Set(id),
        sort: Set(run.sort.to_owned()),
        started_at: Set(millis(run.started)),
        ended_at: Set(millis(now)),
        started_by: Set(run.by.map(|person| person.0)),
        clause: Set(run.clause.clone()),
        policy: Set(run.policy.map(|digest| digest.to_string())),
        passed: Set(passed),
        failed: Set(failed),
        unknown: Set(unknown),
        ..Default::default()
    };
    let by = run.by;
    let mut rows = Vec::with_capacity(run.checks.len());
    for (nth, check) in run.checks.into_iter().enumerate() {
        let acted = check.action.is_some();
        rows.push(filter_check::ActiveModel {
            id: Set(store::ids::new_id(now)?),
            run_id: Set(id),
            nth: Set(i64::try_from(nth).unwrap_or(i64::MAX)),
            sort: Set(check.sort.to_owned()),
            what: Set(check.what),
            who: Set(check.who),
            network: Set(check.network),
            device: Set(check.device),
            means: Set(check.means.to_owned()),
            result: Set(check.outcome.word().to_owned()),
            found: Set(check.found),
            clause: Set(check.clause),
            at: Set(millis(check.at)),
            action: Set(check.action),
            acted_at: Set(acted.then(|| millis(now))),
            acted_by: Set(by.filter(|_| acted).map(|person| person.0)),
            ..Default::default()
        });
    }
    let name = if run.sort == "hand" { "filter.check-hand" } else { "filter.check-run" };
    let mut act = Act::new(name, by.map_or(Actor::Gatehouse, Actor::Person)).about(id);
    act = act.with(json!({ "passed": passed, "failed": failed, "unknown": unknown }));
    act.clause = run.clause;
    school
        .act(act, now, async move |tx| {
            tx.insert(row).await?;
            tx.insert_many(rows).await
        })
        .await?;
    Ok(id)
}

/// Writes down what was done about a check that failed, and about all others alike that nobody has acted upon.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where there is nothing to act upon.
pub async fn act(
    school: &School,
    may: MayHandleFailures,
    id: Uuid,
    action: String,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let act = Act::new("filter.check-act", may.by()).about(id);
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_check::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if row.result != Outcome::Failed.word() || row.action.is_some() {
                return Err(ActError::Over);
            }
            let alike = tx
                .find::<filter_check::Entity>()
                .filter(filter_check::Column::Result.eq(Outcome::Failed.word()))
                .filter(filter_check::Column::Action.is_null())
                .filter(filter_check::Column::Sort.eq(row.sort))
                .filter(filter_check::Column::What.eq(row.what))
                .filter(filter_check::Column::At.lte(row.at))
                .all()
                .await?;
            tx.detail("checks", alike.len());
            for one in alike {
                tx.update(filter_check::ActiveModel {
                    id: Set(one.id),
                    action: Set(Some(action.clone())),
                    acted_at: Set(Some(millis(now))),
                    acted_by: Set(Some(may.by().0)),
                    ..Default::default()
                })
                .await?;
            }
            Ok(row.run_id)
        })
        .await
}

/// The latest runs, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn runs(school: &School, limit: u64) -> Result<Vec<filter_check_run::Model>, StoreError> {
    let read = school.read();
    let rows = read.find::<filter_check_run::Entity>().descending(filter_check_run::Column::StartedAt);
    rows.descending(filter_check_run::Column::Id).limit(limit).all().await
}

/// A run with its checks, in their order.
///
/// # Errors
/// Where the store refuses.
pub async fn run(
    school: &School,
    id: Uuid,
) -> Result<Option<(filter_check_run::Model, Vec<filter_check::Model>)>, StoreError> {
    let read = school.read();
    let Some(row) = read.get::<filter_check_run::Entity>(id).await? else { return Ok(None) };
    let checks = read.find::<filter_check::Entity>().filter(filter_check::Column::RunId.eq(id));
    Ok(Some((row, checks.ascending(filter_check::Column::Nth).all().await?)))
}

/// Checks that failed and that nobody has acted upon, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn open(school: &School) -> Result<Vec<filter_check::Model>, StoreError> {
    let read = school.read();
    let rows = read.find::<filter_check::Entity>().filter(filter_check::Column::Result.eq(Outcome::Failed.word()));
    rows.filter(filter_check::Column::Action.is_null()).descending(filter_check::Column::At).all().await
}

/// How many things failed and wait for somebody; what is alike counts once.
///
/// # Errors
/// Where the store refuses.
pub async fn waiting(school: &School) -> Result<usize, StoreError> {
    let kinds: BTreeSet<_> = open(school).await?.into_iter().map(|row| (row.sort, row.what)).collect();
    Ok(kinds.len())
}

/// The last run that the gateway did, by itself or because somebody asked for it.
///
/// # Errors
/// Where the store refuses.
pub async fn last_run(school: &School) -> Result<Option<filter_check_run::Model>, StoreError> {
    let read = school.read();
    let rows = read.find::<filter_check_run::Entity>().filter(filter_check_run::Column::Sort.ne("hand"));
    rows.descending(filter_check_run::Column::StartedAt).limit(1).one().await
}

/// The last check of one audience on one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// As whom, in words.
    pub who: String,
    /// On which network.
    pub network: String,
    /// When.
    pub at: Timestamp,
    /// What was as it should be.
    pub passed: u64,
    /// What was not.
    pub failed: u64,
    /// What could not be tried.
    pub unknown: u64,
    /// What was not as it should be and nobody has acted upon, of any run.
    pub unanswered: u64,
}

/// The last checks: those of the last run of the gateway, later ones by hand, and those of which something is open.
///
/// # Errors
/// Where the store refuses.
pub async fn last(school: &School) -> Result<Vec<Last>, StoreError> {
    let Some(newest) = last_run(school).await? else { return Ok(Vec::new()) };
    let read = school.read();
    let rows =
        read.find::<filter_check::Entity>().filter(filter_check::Column::At.gte(newest.started_at)).all().await?;
    let mut all: BTreeMap<(String, String), Last> = BTreeMap::new();
    let slot = |who: String, network: String, at: i64| Last {
        who,
        network,
        at: timestamp(at),
        passed: 0,
        failed: 0,
        unknown: 0,
        unanswered: 0,
    };
    for row in rows {
        let last =
            all.entry((row.who.clone(), row.network.clone())).or_insert_with(|| slot(row.who, row.network, row.at));
        last.at = last.at.min(timestamp(row.at));
        match Outcome::parse(&row.result) {
            Some(Outcome::Passed) => last.passed += 1,
            Some(Outcome::Failed) => last.failed += 1,
            Some(Outcome::Unknown) | None => last.unknown += 1,
        }
    }
    let mut seen = BTreeSet::new();
    for row in open(school).await? {
        // What is alike is one thing to act upon.
        if !seen.insert((row.sort, row.what)) {
            continue;
        }
        let last = all
            .entry((row.who.clone(), row.network.clone()))
            .or_insert_with(|| slot(row.who, row.network, newest.started_at));
        last.unanswered += 1;
    }
    Ok(all.into_values().collect())
}

/// Of each feed whose test entries the last run tried: when, and whether one was let through. By the name of its list,
/// which is the first word in quotes of what was tried.
///
/// # Errors
/// Where the store refuses.
pub async fn hits(school: &School) -> Result<BTreeMap<String, (Timestamp, bool)>, StoreError> {
    let read = school.read();
    let rows = read.find::<filter_check::Entity>().filter(filter_check::Column::Sort.eq(SEALED));
    let mut hits: BTreeMap<String, (Timestamp, bool)> = BTreeMap::new();
    let mut newest = BTreeMap::new();
    for row in rows.descending(filter_check::Column::At).limit(5_000).all().await? {
        let Some(list) = row.what.split('“').nth(1).and_then(|rest| rest.split('”').next()) else { continue };
        // What could not be tried shows nothing.
        if Outcome::parse(&row.result).is_none_or(|outcome| outcome == Outcome::Unknown) {
            continue;
        }
        let run = *newest.entry(list.to_owned()).or_insert(row.run_id);
        if run == row.run_id {
            let hit = hits.entry(list.to_owned()).or_insert((timestamp(row.at), false));
            hit.1 |= row.result == Outcome::Failed.word();
        }
    }
    Ok(hits)
}

/// What is said of a test entry of a feed.
pub fn says_entry(list: &str, nth: usize) -> String {
    format!("Test entry {nth} of the sealed feed “{list}”")
}

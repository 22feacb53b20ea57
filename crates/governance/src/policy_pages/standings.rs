//! The standing job: what each binding of the policy in force stands at, kept with its days.
//!
//! It looks at what is so and writes it down; running it twice changes nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{Evidence, SchoolId, SchoolTime, Standing};
use rules::facts::Facts;
use store::{
    School, StoreError,
    entity::{policy_standing, policy_standing_day},
    query::{ColumnTrait, FromQueryResult, QuerySelect},
    time::{day, millis, parse_day, timestamp},
};

use super::{
    history::UNSEEN,
    service::InForce,
    states::{BindingState, Past, States, rank_of},
};

/// The event that tells that the standing of a binding changed: to `key`, `from`, `to`.
pub const CHANGED: &str = "policy.standing-changed";

/// How many days of history pages show.
const SHOWN_DAYS: i64 = 366;

/// Where the facts come from that standings are judged by; the binary gathers them.
#[async_trait]
pub trait FactsSource: Send + Sync {
    /// What is known of the school at `now`.
    async fn facts(&self, school: &School, in_force: &Arc<InForce>, now: Timestamp) -> Facts;
}

/// A standing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The binding.
    pub key: String,
    /// The [`Standing::id`] before; none where it was never looked at.
    pub from: Option<String>,
    /// The [`Standing::id`] now.
    pub to: &'static str,
}

/// Judges every binding of the policy in force and stores what comes out: the present standing with since
/// when it holds, and the worst of the day. Says what changed, and emits [`CHANGED`] for it.
///
/// # Errors
/// Where the store refuses.
pub async fn run(
    school: &School,
    in_force: &InForce,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Changed>, StoreError> {
    let policy = &in_force.policy;
    let judged: Vec<_> = policy
        .all_bindings()
        .map(|(clause, binding)| (clause, binding, rules::standing::judge(binding, policy, facts)))
        .collect();
    let today = day(SchoolTime::new(now).date());
    school
        .bookkeep(now, async move |tx| {
            let before = tx.find::<policy_standing::Entity>().all().await?;
            let mut before: HashMap<String, policy_standing::Model> =
                before.into_iter().map(|row| (row.binding_key.clone(), row)).collect();
            let worst: HashMap<String, String> = tx
                .find::<policy_standing_day::Entity>()
                .filter(policy_standing_day::Column::DayOn.eq(today.clone()))
                .all()
                .await?
                .into_iter()
                .map(|row| (row.binding_key, row.standing))
                .collect();
            let mut changed = Vec::new();
            for (clause, binding, (standing, evidence)) in judged {
                let old = before.remove(&binding.key);
                let since = match &old {
                    Some(old) if old.standing == standing.id() && old.control == binding.control.to_string() => {
                        old.since_at
                    }
                    Some(_) | None => {
                        let from = old.as_ref().map(|old| old.standing.clone());
                        changed.push(Changed { key: binding.key.clone(), from, to: standing.id() });
                        millis(now)
                    }
                };
                let standing = with_since(standing, since);
                let id = standing.id().to_owned();
                let row = policy_standing::Model {
                    school_id: school.id().0,
                    binding_key: binding.key.clone(),
                    control: binding.control.to_string(),
                    label: clause.key().to_owned(),
                    standing: id.clone(),
                    standing_json: json_of(&standing)?,
                    evidence: json_of(&evidence)?,
                    since_at: since,
                    at: millis(now),
                };
                use policy_standing::Column;
                tx.upsert::<policy_standing::Entity, policy_standing::ActiveModel>(
                    row,
                    &[Column::SchoolId, Column::BindingKey],
                )
                .await?;
                if worst.get(&binding.key).is_none_or(|known| usize::from(rank_of(known)) < standing.rank()) {
                    let row = policy_standing_day::Model {
                        school_id: school.id().0,
                        binding_key: binding.key.clone(),
                        day_on: today.clone(),
                        standing: id,
                    };
                    use policy_standing_day::Column;
                    tx.upsert::<policy_standing_day::Entity, policy_standing_day::ActiveModel>(
                        row,
                        &[Column::SchoolId, Column::BindingKey, Column::DayOn],
                    )
                    .await?;
                }
            }
            // What the policy no longer asks for has no present standing; its days remain.
            for gone in before.into_keys() {
                tx.delete::<policy_standing::Entity>()
                    .filter(policy_standing::Column::BindingKey.eq(gone))
                    .run()
                    .await?;
            }
            for change in &changed {
                tx.emit(CHANGED, serde_json::json!({ "key": change.key, "from": change.from, "to": change.to }));
            }
            Ok(changed)
        })
        .await
}

/// A standing that does not know since when it is not kept, told by when that was first seen.
fn with_since(standing: Standing, since: i64) -> Standing {
    match standing {
        Standing::NotKept { since: None, why, mend } => Standing::NotKept { since: Some(timestamp(since)), why, mend },
        other @ (Standing::Kept
        | Standing::Reserved { .. }
        | Standing::Untried
        | Standing::Due { .. }
        | Standing::NotBuilt
        | Standing::Unknown { .. }
        | Standing::NotKept { .. }) => other,
    }
}

fn json_of(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged { what: "a standing" })
}

/// Reads what the job has stored. The days before today do not change any more, so they are read once a
/// day and kept.
#[derive(Debug, Default)]
pub struct Standings {
    past: Mutex<HashMap<SchoolId, (Date, Arc<Past>)>>,
}

impl Standings {
    /// What is stored about the bindings of the policy in force, with the days of the last year.
    ///
    /// # Errors
    /// Where the store refuses, or what it holds is damaged.
    pub async fn load(&self, school: &School, now: Timestamp) -> Result<States, StoreError> {
        let today = SchoolTime::new(now).date();
        let mut states = States::empty(today);
        for row in school.read().find::<policy_standing::Entity>().all().await? {
            let standing: Standing = parse(&row.standing_json)?;
            let evidence: Evidence = parse(&row.evidence)?;
            let state = BindingState { standing, evidence, since: timestamp(row.since_at), at: timestamp(row.at) };
            states.bindings.insert(row.binding_key, state);
        }
        let read = school.read();
        let rows = read.find::<policy_standing_day::Entity>().filter(policy_standing_day::Column::DayOn.eq(day(today)));
        for row in rows.all().await? {
            states.today_worst.insert(row.binding_key, rank_of(&row.standing));
        }
        states.past = self.past(school, today).await?;
        Ok(states)
    }

    async fn past(&self, school: &School, today: Date) -> Result<Arc<Past>, StoreError> {
        let known = self.past.lock().unwrap_or_else(PoisonError::into_inner).get(&school.id()).cloned();
        if let Some((_, past)) = known.filter(|(day, _)| *day == today) {
            return Ok(past);
        }
        let past = Arc::new(read_past(school, today).await?);
        self.past.lock().unwrap_or_else(PoisonError::into_inner).insert(school.id(), (today, Arc::clone(&past)));
        Ok(past)
    }
}

/// A day of a binding, without what is known already.
#[derive(FromQueryResult)]
struct DayRow {
    binding_key: String,
    day_on: String,
    standing: String,
}

async fn read_past(school: &School, today: Date) -> Result<Past, StoreError> {
    use policy_standing_day::Column;
    let oldest = today.saturating_sub(SHOWN_DAYS.days());
    let rows: Vec<DayRow> = school
        .read()
        .find::<policy_standing_day::Entity>()
        .filter(Column::DayOn.gte(day(oldest)))
        .filter(Column::DayOn.lt(day(today)))
        .ascending(Column::DayOn)
        .with(|select| select.select_only().columns([Column::BindingKey, Column::DayOn, Column::Standing]))
        .all_as()
        .await?;
    let Some(first) = rows.first().and_then(|row| parse_day(&row.day_on)) else { return Ok(Past::default()) };
    let mut ranks: HashMap<String, Vec<u8>> = HashMap::new();
    // The rows come day by day, so each day is read once.
    let (mut known, mut nth) = (String::new(), None);
    for row in rows {
        if row.day_on != known {
            nth = parse_day(&row.day_on).and_then(|day| usize::try_from(first.until(day).ok()?.get_days()).ok());
            known = row.day_on;
        }
        let Some(nth) = nth else { continue };
        let days = ranks.entry(row.binding_key).or_default();
        days.resize(nth, UNSEEN);
        days.push(rank_of(&row.standing));
    }
    Ok(Past { first: Some(first), ranks })
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged { what: "a standing" })
}

/// A binding and the first day on which it was judged.
#[derive(FromQueryResult)]
struct FirstDay {
    binding_key: String,
    first_on: String,
}

/// Since which day each clause has been judged, by its label: since when it asks something of people.
///
/// # Errors
/// Where the store refuses.
pub async fn first_days(school: &School) -> Result<HashMap<String, Date>, StoreError> {
    use policy_standing_day::Column;
    let rows: Vec<FirstDay> = school
        .read()
        .find::<policy_standing_day::Entity>()
        .with(|select| {
            select
                .select_only()
                .column(Column::BindingKey)
                .column_as(Column::DayOn.min(), "first_on")
                .group_by(Column::BindingKey)
        })
        .all_as()
        .await?;
    let mut since: HashMap<String, Date> = HashMap::new();
    for row in rows {
        let Some(day) = parse_day(&row.first_on) else { continue };
        let label = row.binding_key.split('#').next().unwrap_or_default().to_owned();
        since.entry(label).and_modify(|known| *known = day.min(*known)).or_insert(day);
    }
    Ok(since)
}

//! Lists of sites are brought up to date by the running installation itself: each night, at a minute that is the school's
//! own, from the source that each was added with. What cannot be fetched is tried again each hour of the same night.
//! A sealed feed is asked for from a day before it is not fresh any more, each hour until a newer one came.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
};

use anyhow::Context as _;
use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
};
use kernel::{SchoolId, SchoolTime};
use store::Actor;
use traffic::lists::{feeds, service};

use crate::live::Live;

/// Schools do not all ask at once: within so many minutes from the beginning on, each at one of its own.
const SPREAD: u64 = 120;

/// What could not be fetched is asked for again after this long …
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// … until this long after the first time. Then it is day, and the next night has to do.
const NIGHT: SignedDuration = SignedDuration::from_hours(4);

/// So long before it is not fresh any more a feed is asked for.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// When each list was last asked for, on the school's clock, while the installation runs.
#[derive(Default)]
pub(crate) struct State(Mutex<BTreeMap<String, DateTime>>);

/// The latest moment that was the school's to ask.
fn latest(school: SchoolId, begins: Time, now: DateTime) -> DateTime {
    let of = |day: Date| {
        let mut drawn = DefaultHasher::new();
        (school, day).hash(&mut drawn);
        day.to_datetime(begins)
            .saturating_add(SignedDuration::from_mins(i64::try_from(drawn.finish() % SPREAD).unwrap_or_default()))
    };
    // The night of a late evening may end on the next day.
    let nights = (0..3).map(|ago: i64| of(now.date().saturating_sub(ago.days())));
    nights.into_iter().find(|night| *night <= now).unwrap_or(now)
}

/// A list as far as it says whether it is to be asked for.
struct Listed {
    /// When it was last fetched without fault.
    fetched: Option<DateTime>,
    /// When it was last asked for.
    tried: Option<DateTime>,
    /// Whether what came waits for somebody: asking again brings the same.
    held: bool,
}

fn is_due(list: &Listed, latest: DateTime, now: DateTime) -> bool {
    if list.fetched.is_some_and(|fetched| fetched >= latest) {
        return false;
    }
    match list.tried.filter(|tried| *tried >= latest) {
        None => true,
        Some(tried) => !list.held && now.duration_since(tried) >= AGAIN && now.duration_since(latest) < NIGHT,
    }
}

/// Brings those lists and feeds up to date whose time it is.
///
/// # Errors
/// Where records or index refuse; each list stays as it is then.
pub(crate) async fn once(live: &Live, now: Timestamp) -> anyhow::Result<()> {
    // What keeps lists from being fetched must not keep feeds from it.
    let lists = renew_lists(live, now).await;
    renew_feeds(live, now).await?;
    lists
}

/// Asks for the next one of each feed that is not fresh for another day. That none came stands in its row.
async fn renew_feeds(live: &Live, now: Timestamp) -> anyhow::Result<()> {
    let installation = live.installation();
    let (school, folder) = (&installation.school, installation.lists());
    let State(tried) = &live.inner().renewal;
    for feed in feeds::all(school).await.context("the feeds cannot be read")? {
        let lately = |tried: DateTime| local(now).duration_since(tried) < AGAIN;
        {
            let mut tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
            let last = tried.get(&feed.list).copied();
            if feed.is_fresh(now + AHEAD) || last.max(feed.tried.map(local)).is_some_and(lately) {
                continue;
            }
            tried.insert(feed.list.clone(), local(now));
        }
        match feeds::refresh(school, &folder, &feed.list, Actor::Gatehouse, now).await {
            Ok(done) => tracing::info!(list = feed.list, changed = done.changed, "a sealed feed was asked for"),
            Err(error) => tracing::warn!(list = feed.list, %error, "a sealed feed could not be renewed"),
        }
    }
    Ok(())
}

async fn renew_lists(live: &Live, now: Timestamp) -> anyhow::Result<()> {
    let installation = live.installation();
    let Some(begins) = installation.config.lists.update.begins() else { return Ok(()) };
    let school = &installation.school;
    let at = local(now);
    let latest = latest(school.id(), begins, at);
    let lists = service::all(school).await.context("the lists cannot be read")?;
    let State(tried) = &live.inner().renewal;
    let names: Vec<String> = {
        let mut tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
        let names: BTreeSet<_> = lists.iter().map(|list| &list.name).collect();
        tried.retain(|name, _| names.contains(name));
        let due = lists.iter().filter(|list| !list.sealed).filter(|list| {
            let (fetched, tried) = (list.fetched.map(local), tried.get(&list.name).copied());
            is_due(&Listed { fetched, tried, held: list.held.is_some() }, latest, at)
        });
        let due: Vec<_> = due.map(|list| list.name.clone()).collect();
        tried.extend(due.iter().map(|name| (name.clone(), at)));
        due
    };
    if names.is_empty() {
        return Ok(());
    }
    let done = service::update_these(school, &installation.lists(), &names, Actor::Gatehouse, now).await;
    for list in done.context("the lists cannot be brought up to date")? {
        match list.fault {
            Some(_) => tracing::warn!(list = list.name, "a list was not brought up to date; the one before is in use"),
            None => tracing::info!(list = list.name, changed = list.changed, "a list was brought up to date"),
        }
    }
    Ok(())
}

fn local(at: Timestamp) -> DateTime {
    let at = SchoolTime::new(at);
    at.date().to_datetime(at.clock())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn each_night_has_a_minute_of_its_own() {
        let school = SchoolId(uuid::Uuid::from_u128(7));
        let two: Time = "02:00".parse().unwrap();
        let days: BTreeSet<_> =
            (1..=28).map(|day| latest(school, two, at(&format!("2026-11-{day:02}T12:00")))).collect();
        assert!(days.iter().all(|moment| (2..4).contains(&moment.hour())), "{days:?}");
        let minutes: BTreeSet<_> = days.iter().map(|moment| moment.time()).collect();
        assert!(days.len() == 28 && minutes.len() > 10, "{minutes:?}");
        // Before its minute it is still the night before; late in the evening it may be the next day.
        assert_eq!(latest(school, two, at("2026-11-24T01:59")), latest(school, two, at("2026-11-23T12:00")));
        let late: Time = "23:59".parse().unwrap();
        for hour in 0..24 {
            let now = at(&format!("2026-11-24T{hour:02}:30"));
            assert!(latest(school, late, now) <= now);
        }
    }

    #[test]
    fn a_list_is_asked_for_once_a_night_and_again_where_it_could_not_be_fetched() {
        let latest = at("2026-11-24T03:10");
        let due = |fetched: &str, tried: Option<&str>, held, now: &str| {
            is_due(&Listed { fetched: Some(at(fetched)), tried: tried.map(at), held }, latest, at(now))
        };
        assert!(due("2026-11-23T03:40", None, false, "2026-11-24T03:10"));
        assert!(due("2026-11-23T03:40", Some("2026-11-23T03:40"), false, "2026-11-24T03:10"));
        assert!(!due("2026-11-24T03:10", None, false, "2026-11-24T03:11"), "it was fetched, by hand perhaps");
        let failed = Some("2026-11-24T03:10");
        assert!(!due("2026-11-23T03:40", failed, false, "2026-11-24T04:00"));
        assert!(due("2026-11-23T03:40", failed, false, "2026-11-24T04:10"));
        assert!(!due("2026-11-23T03:40", failed, true, "2026-11-24T04:10"), "what came waits");
        assert!(!due("2026-11-23T03:40", failed, false, "2026-11-24T07:10"), "it is day");
        assert!(due("2026-11-21T03:40", None, false, "2026-11-24T11:00"), "the machine was off at night");
    }
}

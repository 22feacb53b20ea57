//! What is known of filtering beyond sites: what the gateway did, what people changed, whether the scanner answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use activity::{ActivityLog, By, CountKey, Filter, Outcome};
use anyhow::Context as _;
use jiff::Timestamp;
use kernel::{PersonId, Place, SchoolTime};
use people::people::standing;
use rules::facts::{
    ApprovedFacts, CalendarFacts, CalledFacts, ChangeFacts, CheckFacts, FeedFacts, FilteringFacts, InspectionFacts,
    NameFacts, NetworkFacts, OffSiteFacts, ReportFacts, ScannerFacts, UnblockFacts,
};
use store::School;
use webkit::Action;

use super::{beyond, known, recent};
use crate::live::Live;

/// The most words or places that are counted.
const MOST: usize = 1_000;

/// Gathers them.
pub(super) async fn gather(live: &Live, log: &Arc<dyn ActivityLog>, school: &School, now: Timestamp) -> FilteringFacts {
    let carried = carried(log, school, now).await;
    let found = carried.as_ref().ok().and_then(|carried| carried.get("virus").copied()).unwrap_or_default();
    let people = known("what people changed of filtering", changed(live, school, now).await);
    let (rules, provides) = (live.rules().load_full(), live.inner().provides.load_full());
    let effective = traffic::Changes::rules(school, &provides, now).await.context("changes cannot be read");
    let effective = known("what is open or closed beyond the policy", effective);
    FilteringFacts {
        inspection: known("which connections were opened", inspection(live, log, school, now).await),
        off_site: known("which devices are on loan", off_site(live, log, school, now).await),
        names: Ok(names(live)),
        scanner: Ok(scanner(live, found).await),
        carried: known("what was stopped besides sites", carried),
        networks: known("which networks came through the gateway", networks(log, school, now).await),
        changes: people.clone().map(|(facts, able)| changes(facts.changes, able)),
        beyond: effective.clone().map(|effective| beyond::changed(&effective, rules.lists(), now)),
        on_lists: effective.map(|effective| beyond::on_lists(&effective, rules.lists(), now)),
        unblocks: people.clone().map(|(facts, _)| unblocks(facts.unblocks)),
        reports: people.clone().map(|(facts, _)| reports(facts.reports)),
        approved: people.map(|(facts, _)| ApprovedFacts {
            all: facts.approved,
            waiting: facts.approved_waiting,
            subjects: facts.approved_subjects,
        }),
        checks: known("the checks of the filter", checks(school).await),
        feeds: known("the feeds of sealed lists", feeds(school).await),
        calendars: calendars(live, now),
    }
}

/// What the policy in force takes from the school's own calendars.
fn calendars(live: &Live, now: Timestamp) -> CalendarFacts {
    let all = live.inner().calendars.load();
    let named = live.policy().map(|in_force| in_force.policy.front.calendars.clone()).unwrap_or_default();
    CalendarFacts {
        given: all.count(),
        read: all.read(),
        fault: all.fault().map(str::to_owned),
        called: named.into_iter().map(|(name, word)| (name, called(&all, &word, now))).collect(),
    }
}

/// So many words of the calendar are said where none is the one that is looked for.
const WORDS: usize = 8;

fn called(all: &traffic::Calendars, word: &str, now: Timestamp) -> CalledFacts {
    let count = all.count_called(word);
    if count > 0 {
        return CalledFacts { all: count, to_come: all.to_come(word, now), words: Vec::new() };
    }
    // A word that one entry alone has may be somebody's name; it is said only where it is nearly the one looked for.
    let words = all.words();
    let near = policy::nearest(word, words.keys().map(String::as_str));
    let mut common: Vec<_> = words.iter().filter(|(word, count)| **count > 1 && Some(word.as_str()) != near).collect();
    common.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), word.as_str()));
    let words = near.into_iter().chain(common.into_iter().map(|(word, _)| word.as_str()));
    CalledFacts { all: 0, to_come: 0, words: words.take(WORDS).map(str::to_owned).collect() }
}

async fn checks(school: &School) -> anyhow::Result<Vec<CheckFacts>> {
    let rows = traffic::checks::service::last(school).await?;
    Ok(rows
        .into_iter()
        .map(|row| CheckFacts {
            audience: row.who,
            network: row.network,
            at: row.at,
            passed: row.passed,
            failed: row.failed,
            unknown: row.unknown,
            unanswered: row.unanswered,
        })
        .collect())
}

async fn feeds(school: &School) -> anyhow::Result<Vec<FeedFacts>> {
    let rows = traffic::lists::feeds::all(school).await?;
    let hits = traffic::checks::service::hits(school).await?;
    let mut feeds = Vec::new();
    for row in rows {
        // What was tried before the feed came shows nothing of it.
        let hit = hits.get(&row.list).copied().filter(|(at, _)| *at >= row.loaded);
        feeds.push(FeedFacts {
            list: row.list,
            issuer: row.issuer,
            dated: row.dated,
            fresh_until: row.fresh_until,
            loaded: row.loaded,
            tested: hit.map(|(at, _)| at),
            missed: hit.is_some_and(|(_, missed)| missed),
        });
    }
    Ok(feeds)
}

async fn carried(log: &Arc<dyn ActivityLog>, school: &School, now: Timestamp) -> anyhow::Result<BTreeMap<String, u64>> {
    let stopped = vec![Outcome::Blocked, Outcome::Refused];
    let counts = log.counts(school.id(), recent(now, stopped), By::Reason, MOST).await?;
    Ok(counts.counts.into_iter().filter_map(|count| Some((word(count.key)?, count.rows))).collect())
}

async fn networks(
    log: &Arc<dyn ActivityLog>,
    school: &School,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<String, NetworkFacts>> {
    let counts = log.counts(school.id(), recent(now, Vec::new()), By::Place, MOST).await?;
    let network = |place: &str| match Place::parse(place).ok()? {
        Place::Network(name) => Some(name),
        Place::School | Place::Home | Place::Trip | Place::ExamRoom => None,
    };
    let named = counts.counts.into_iter().filter_map(|count| Some((network(&word(count.key)?)?, count.rows)));
    Ok(named.map(|(name, requests)| (name, NetworkFacts { requests, last: None })).collect())
}

fn word(key: CountKey) -> Option<String> {
    match key {
        CountKey::Word(word) => Some(word),
        CountKey::None | CountKey::Hour(_) | CountKey::Day(_) => None,
    }
}

/// How many requests of devices elsewhere were decided; those without a good token were not.
async fn from_home(log: &Arc<dyn ActivityLog>, school: &School, now: Timestamp) -> anyhow::Result<u64> {
    let decided = vec![Outcome::Allowed, Outcome::Blocked, Outcome::Observed];
    let counts = log.counts(school.id(), recent(now, decided), By::Place, MOST).await?;
    let home = Place::Home.to_string();
    let rows = counts.counts.into_iter().filter(|count| count.key == CountKey::Word(home.clone()));
    Ok(rows.map(|count| count.rows).sum())
}

async fn off_site(
    live: &Live,
    log: &Arc<dyn ActivityLog>,
    school: &School,
    now: Timestamp,
) -> anyhow::Result<OffSiteFacts> {
    let many = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let inner = live.inner();
    let with_code = inner.roster.load().as_ref().map(|roster| roster.with_code()).unwrap_or_default();
    let devices = inner.devices.load();
    let lent = || devices.school.iter().filter(|device| device.lent.is_some());
    Ok(OffSiteFacts {
        running: inner.gateway.get().is_some() && !live.installation().config.gateway.listen_tls.is_empty(),
        lent: many(lent().count()),
        devices: many(lent().filter(|device| with_code.contains(&device.entry)).count()),
        requests: from_home(log, school, now).await?,
    })
}

async fn inspection(
    live: &Live,
    log: &Arc<dyn ActivityLog>,
    school: &School,
    now: Timestamp,
) -> anyhow::Result<InspectionFacts> {
    let within = Filter { inspected: Some(true), ..recent(now, Vec::new()) };
    let within = log.counts(school.id(), within, By::Outcome, MOST).await?;
    let within: u64 = within.counts.iter().map(|count| count.rows).sum();
    let inner = live.inner();
    let authority = inner.authority.get().and_then(Option::as_ref);
    let clients = live.client_trust();
    let many = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(InspectionFacts {
        running: authority.is_some(),
        issuer_ends: authority.map(|authority| authority.ends()),
        school_devices: many(clients.len()),
        without_root: many(clients.iter().filter(|client| client.completed == 0 && client.broken > 0).count()),
        // What was seen within connections stands in the log, also after a new start.
        opened: within.max(clients.iter().map(|client| client.completed).sum()),
    })
}

fn names(live: &Live) -> NameFacts {
    let inner = live.inner();
    let running = inner.resolver.get().is_some();
    // Resolver and gateway read the same rules at every question. What the gateway does not open, it leads to the safe
    // name of the engine itself.
    NameFacts { running, follows_policy: running, safe_names: running || inner.gateway.get().is_some() }
}

async fn scanner(live: &Live, found: u64) -> ScannerFacts {
    let inner = live.inner();
    let unscanned = inner.gateway.get().map(|gateway| gateway.figures().unscanned).unwrap_or_default();
    let answered = match inner.scanner.get() {
        Some(clamd) => match (clamd.ping().await, clamd.signatures().await) {
            (Ok(()), Ok(signatures)) => Some(signatures),
            (Err(_), _) | (_, Err(_)) => None,
        },
        None => None,
    };
    let up_since = live.scanner_answers(answered.is_some());
    ScannerFacts { up_since, signatures: answered.flatten(), found, unscanned }
}

/// What people changed, and who may: by the right, the status where the policy names one, and an account.
async fn changed(
    live: &Live,
    school: &School,
    now: Timestamp,
) -> anyhow::Result<(traffic::FilterFacts, BTreeSet<PersonId>)> {
    let provides = live.inner().provides.load_full();
    let facts = traffic::facts(school, &provides, now).await.context("what people changed cannot be read")?;
    let today = SchoolTime::new(now).date();
    let people = standing::people(&school.read(), today).await.context("the roll cannot be read")?;
    let rights = live.inner().rights.load_full();
    let status = facts.changes.status.as_ref();
    let able = people
        .into_iter()
        .filter(|person| person.account && rights.allow(&person.subject.roles, Action::ChangeFilter))
        .filter(|person| status.is_none_or(|holders| holders.contains(&person.id)));
    let able = able.map(|person| person.id).collect();
    Ok((facts, able))
}

fn changes(counts: traffic::ChangeCounts, able: BTreeSet<PersonId>) -> ChangeFacts {
    let traffic::ChangeCounts { all, newest, without_reason, single_person, waiting, people, .. } = counts;
    let traffic::ChangeCounts { without_status, looked_over, .. } = counts;
    ChangeFacts { all, newest, without_reason, without_status, single_person, waiting, people, able, looked_over }
}

fn unblocks(counts: traffic::UnblockCounts) -> UnblockFacts {
    let traffic::UnblockCounts { asked, granted, waiting, longest_wait, open, without_reason } = counts;
    // What is opened for a lesson has its end in its row.
    UnblockFacts { asked, granted, waiting, longest_wait, open, without_end: 0, without_reason }
}

fn reports(counts: traffic::ReportCounts) -> ReportFacts {
    let traffic::ReportCounts { all, newest, open, oldest_open, not_passed_on, passed_on, .. } = counts;
    let traffic::ReportCounts { kept_here, kept_here_since, .. } = counts;
    ReportFacts { all, newest, open, oldest_open, not_passed_on, passed_on, kept_here, kept_here_since }
}

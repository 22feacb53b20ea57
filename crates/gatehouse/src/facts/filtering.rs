//! What is known of filtering beyond sites: what the gateway did, what people changed, whether the scanner answers.

use std::{collections::BTreeMap, sync::Arc};

use activity::{ActivityLog, By, CountKey, Outcome};
use anyhow::Context as _;
use jiff::Timestamp;
use kernel::Place;
use rules::facts::{
    ChangeFacts, FilteringFacts, InspectionFacts, NameFacts, NetworkFacts, ReportFacts, ScannerFacts, UnblockFacts,
};
use store::School;

use super::{known, recent};
use crate::live::Live;

/// The most words or places that are counted.
const MOST: usize = 1_000;

/// Gathers them.
pub(super) async fn gather(live: &Live, log: &Arc<dyn ActivityLog>, school: &School, now: Timestamp) -> FilteringFacts {
    let carried = carried(log, school, now).await;
    let found = carried.as_ref().ok().and_then(|carried| carried.get("virus").copied()).unwrap_or_default();
    let people = traffic::facts(school, now).await.context("what people changed cannot be read");
    let people = known("what people changed of filtering", people);
    FilteringFacts {
        inspection: Ok(inspection(live)),
        names: Ok(names(live)),
        scanner: Ok(scanner(live, found).await),
        carried: known("what was stopped besides sites", carried),
        networks: known("which networks came through the gateway", networks(log, school, now).await),
        changes: people.clone().map(|facts| changes(facts.changes)),
        unblocks: people.clone().map(|facts| unblocks(facts.unblocks)),
        reports: people.map(|facts| reports(facts.reports)),
        ..FilteringFacts::default()
    }
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

fn inspection(live: &Live) -> InspectionFacts {
    let inner = live.inner();
    let authority = inner.authority.get().and_then(Option::as_ref);
    let clients = inner.gateway.get().map(gateway::Gateway::client_trust).unwrap_or_default();
    let many = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    InspectionFacts {
        running: authority.is_some(),
        issuer_ends: authority.map(|authority| authority.ends()),
        school_devices: many(clients.len()),
        without_root: many(clients.iter().filter(|client| client.completed == 0 && client.broken > 0).count()),
        opened: clients.iter().map(|client| client.completed).sum(),
    }
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

fn changes(counts: traffic::ChangeCounts) -> ChangeFacts {
    let traffic::ChangeCounts { all, newest, without_reason, single_person, waiting, people, looked_over } = counts;
    // Nobody without the status can change anything: the desk refuses it.
    ChangeFacts { all, newest, without_reason, without_status: 0, single_person, waiting, people, looked_over }
}

fn unblocks(counts: traffic::UnblockCounts) -> UnblockFacts {
    let traffic::UnblockCounts { asked, granted, waiting, longest_wait, open, without_reason } = counts;
    // What is opened for a lesson has its end in its row.
    UnblockFacts { asked, granted, waiting, longest_wait, open, without_end: 0, without_reason }
}

fn reports(counts: traffic::ReportCounts) -> ReportFacts {
    let traffic::ReportCounts { all, newest, open, oldest_open, not_passed_on, passed_on } = counts;
    ReportFacts { all, newest, open, oldest_open, not_passed_on, passed_on }
}

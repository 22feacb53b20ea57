//! The gateway tries itself out (`filter.checks`): as each audience and on each network, by requests through its own
//! port and questions to its own resolver, under an identity that is nobody's. What must be comes from the records, read
//! anew; what is comes from the gateway that runs. What it leaves behind goes to the table of checks and not to the
//! activity log.

mod aside;
mod connections;
mod names;
mod plan;
mod probe;
mod site;

use std::{
    net::SocketAddr,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use activity::Row;
use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use filter::Snapshot;
use jiff::{SignedDuration, Timestamp};
use kernel::{DeviceId, PersonId, SchoolTime, Viewer};
use store::{entity::filter_check_run, query::ColumnTrait as _, time::millis};
use tokio::sync::{Notify, mpsc};
use traffic::{
    checks::service::{self, Run},
    matches::service as matches,
};
use uuid::Uuid;

use crate::live::Live;

pub(crate) use aside::Aside;
pub(crate) use site::{HOST, Site};

/// Checks are tried from this minute of the day on, so that they are of a lesson.
const FROM_MINUTE: u16 = 9 * 60;

/// So long checks are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Who tries at this moment, and where what the gateway would log of it goes.
struct Current {
    token: String,
    viewer: Viewer,
    rows: mpsc::UnboundedSender<Row>,
}

/// What is known of checks while the installation runs.
#[derive(Default)]
pub(crate) struct State {
    current: ArcSwapOption<Current>,
    /// What the devices of all checks of this process begin with; drawn by the first.
    family: OnceLock<u64>,
    next: AtomicU64,
    /// Set once, when the gateway listens.
    gateway: OnceLock<SocketAddr>,
    /// The gateway's own site, set with it.
    site: OnceLock<Site>,
    /// Set once, when the resolver listens for plain questions.
    names: OnceLock<SocketAddr>,
    /// Who asked for a run.
    wanted: Mutex<Option<PersonId>>,
    /// Wakes the task that runs them.
    pub(crate) woken: Notify,
    running: AtomicBool,
}

impl State {
    /// The viewer whom a credential of a check stands for.
    pub(crate) fn viewer(&self, token: &str) -> Option<Viewer> {
        let current = self.current.load();
        current.as_ref().filter(|current| current.token == token).map(|current| current.viewer.clone())
    }

    /// A device for one check.
    fn device(&self) -> Result<DeviceId, store::StoreError> {
        let family = match self.family.get() {
            Some(family) => *family,
            None => {
                let drawn = u64::from_be_bytes(store::ids::random()?);
                *self.family.get_or_init(|| drawn)
            }
        };
        Ok(DeviceId(Uuid::from_u64_pair(family, self.next.fetch_add(1, Ordering::Relaxed))))
    }

    /// Whether a device is that of a check.
    pub(crate) fn is_check(&self, device: Option<DeviceId>) -> bool {
        let family = self.family.get();
        device.zip(family).is_some_and(|(device, family)| device.0.as_u64_pair().0 == *family)
    }

    /// Takes a row that is a check's; gives back any other.
    fn take(&self, row: Row) -> Option<Row> {
        if !self.is_check(row.who.device) {
            return Some(row);
        }
        let current = self.current.load();
        // What comes late, of a check that has ended, is of no use to anybody.
        if let Some(current) = current.as_ref().filter(|current| current.viewer.device == row.who.device) {
            drop(current.rows.send(row));
        }
        None
    }

    /// Says where the gateway listens, and its own site.
    pub(crate) fn begins(&self, gateway: Option<SocketAddr>, site: Site) {
        if let Some(address) = gateway {
            let _ = self.gateway.set(reachable(address));
        }
        drop(self.site.set(site));
    }

    /// Says where the resolver listens for plain questions.
    pub(crate) fn names_begin(&self, resolver: Option<SocketAddr>) {
        if let Some(address) = resolver {
            let _ = self.names.set(reachable(address));
        }
    }

    /// Asks for a run; false where none can be, or one runs.
    pub(crate) fn want(&self, by: PersonId) -> bool {
        if self.gateway.get().is_none() || self.is_running() {
            return false;
        }
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(by);
        self.woken.notify_one();
        true
    }

    /// Whether checks run, or will at once.
    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire) || self.wanted.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// How this process itself reaches where it listens.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(at) if at.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address.ip(),
    };
    SocketAddr::new(ip, address.port())
}

/// Runs the checks that are due, or that somebody asked for; the id of the run, where there was one.
///
/// # Errors
/// Where what must be cannot be read, or the run cannot be kept.
pub(crate) async fn once(live: &Live, now: Timestamp) -> anyhow::Result<Option<Uuid>> {
    let state = &live.inner().checks;
    let wanted = state.wanted.lock().unwrap_or_else(PoisonError::into_inner).take();
    if (wanted.is_none() && !is_due(live, now).await?) || state.running.swap(true, Ordering::AcqRel) {
        return Ok(None);
    }
    let done = run(live, wanted, now).await;
    state.current.store(None);
    state.running.store(false, Ordering::Release);
    let id = done?;
    let school = &live.installation().school;
    school
        .bookkeep(now, async move |tx| {
            let old = filter_check_run::Column::EndedAt.lt(millis(now - KEPT));
            tx.delete::<filter_check_run::Entity>().filter(old).run().await
        })
        .await
        .context("old checks cannot be deleted")?;
    Ok(Some(id))
}

/// Whether the daily run is due: where a clause asks for checks, or a sealed feed has test entries.
async fn is_due(live: &Live, now: Timestamp) -> anyhow::Result<bool> {
    let school = &live.installation().school;
    if live.inner().checks.gateway.get().is_none() || live.policy().is_none() {
        return Ok(false);
    }
    let asked = live.inner().provides.load().checks.is_some();
    if !asked && traffic::lists::feeds::all(school).await.context("the feeds cannot be read")?.is_empty() {
        return Ok(false);
    }
    let Some(last) = service::last_run(school).await.context("the last checks cannot be read")? else {
        return Ok(true);
    };
    let (last, today) = (SchoolTime::new(store::time::timestamp(last.started_at)), SchoolTime::new(now));
    Ok(last.date() < today.date() && today.minute_of_day() >= FROM_MINUTE)
}

async fn run(live: &Live, by: Option<PersonId>, now: Timestamp) -> anyhow::Result<Uuid> {
    let installation = live.installation();
    let school = &installation.school;
    let known = plan::Known::read(live, now).await?;
    if let Some(by) = by {
        // What the policy names it may always try; whoever asks for a run at the desk learns of it.
        let sealed = known.sealed_by_name(live);
        matches::asked(school, sealed, by.into(), now).await.context("what was asked cannot be written down")?;
    }
    let mut checks = Vec::new();
    for audience in known.audiences(live) {
        for step in known.steps(live, &audience) {
            checks.push(probe::carry_out(live, &audience, step).await);
        }
    }
    let clause = live.inner().provides.load().checks.as_ref().map(|it| it.clause.label.clone());
    let run = Run {
        sort: if by.is_some() { "desk" } else { "schedule" },
        started: now,
        by,
        clause,
        policy: Some(known.policy),
        checks,
    };
    let ended = installation.clock.now();
    service::keep(school, run, ended).await.context("the checks cannot be kept")
}

/// What the gateway decides by at this moment.
fn loaded(live: &Live) -> std::sync::Arc<Snapshot> {
    live.inner().rules.load_full()
}

//! What the running installation does by itself: rebuilds what changed, judges standings, ends silent sessions, deletes
//! what is too old, signs the ledger each day. Each task looks at what is stored and brings it into order, and may run
//! twice.

mod upkeep;

use std::{sync::Arc, time::Duration};

use activity::ActivityLog;
use anyhow::Context as _;
use governance::{FactsSource, policy_pages::standings};
use jiff::{SignedDuration, Timestamp};
use people::access::Access;
use store::StoreError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub(crate) use upkeep::{once as upkeep_once, tend};

use crate::{facts::Gather, live::Live};

/// How long an act may have been under way when it is stored: one that is older than the newest may come in so late.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(10);

/// How often the outbox is asked for what other processes did.
const LISTEN: Duration = Duration::from_millis(250);

/// How long what could not be read is left alone the first time …
const SOON: Duration = Duration::from_secs(1);

/// … and at most.
const SELDOM: Duration = Duration::from_secs(60);

/// How often standings are judged where nothing happens.
const JUDGE: Duration = Duration::from_secs(60);

/// How often what is too old is looked for.
const UPKEEP: Duration = Duration::from_secs(60);

/// What the tasks share.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) live: Live,
    pub(crate) access: Access,
    pub(crate) log: Arc<dyn ActivityLog>,
    pub(crate) stop: CancellationToken,
}

/// Starts every task.
pub(crate) fn start(work: &Work, tasks: &TaskTracker) {
    tasks.spawn(follow(work.clone(), Reader::with_desk()));
    tasks.spawn(judge(work.clone()));
    tasks.spawn(upkeep::each_minute(work.clone()));
    tasks.spawn(check(work.clone()));
    tasks.spawn(renew(work.clone()));
}

/// Starts what a gateway beside a desk needs: it follows what is decided there, and is seen to.
///
/// # Errors
/// Where the outbox cannot be read.
pub(crate) async fn start_beside(work: &Work, tasks: &TaskTracker) -> anyhow::Result<()> {
    let reader = Reader::beside(work).await.context("the outbox cannot be read")?;
    tasks.spawn(follow(work.clone(), reader));
    tasks.spawn(upkeep::each_minute_beside(work.clone()));
    Ok(())
}

/// How a process reads the outbox: each for itself.
struct Reader {
    name: String,
    from: Timestamp,
}

impl Reader {
    /// There is one process with a desk.
    fn with_desk() -> Self {
        Self { name: "serve".to_owned(), from: Timestamp::MIN }
    }

    /// There may be many without, also from copies of one machine. What was before its start it has read with the rest.
    async fn beside(work: &Work) -> Result<Self, StoreError> {
        let newest = work.live.installation().store.outbox().newest().await?;
        let from = newest.map_or(Timestamp::MIN, |newest| newest - UNDER_WAY);
        Ok(Self { name: format!("gateway {}", Uuid::now_v7()), from })
    }
}

/// Rebuilds what the gateway decides by, whenever an act changed it (in this process at once, from others within a quarter
/// of a second), on each new day of the school, and again where it could not be read.
async fn follow(work: Work, reader: Reader) {
    let mut events = work.live.installation().store.events();
    let mut again = Again::default();
    loop {
        let stale = work.live.inner().stale.notified();
        let woken = tokio::select! {
            () = work.stop.cancelled() => return,
            () = stale => true,
            // A lagging receiver has missed events, which the outbox still holds.
            _ = events.recv() => false,
            () = tokio::time::sleep(LISTEN) => false,
        };
        let behind = &work.live.inner().behind;
        match take_news(&work, &reader).await {
            Ok(news) => {
                if woken || news {
                    again = Again::default();
                }
                if woken || policy_begins(&work).await {
                    behind.changed();
                }
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the outbox could not be read");
                tokio::time::sleep(SOON).await;
            }
        }
        let now = work.live.installation().clock.now();
        if !behind.is_so(now) || !again.is_time() {
            continue;
        }
        match work.live.rebuild(now).await {
            Ok(()) => again = Again::default(),
            Err(error) => again.failed(&error),
        }
    }
}

/// When to try again what failed.
#[derive(Default)]
struct Again {
    at: Option<tokio::time::Instant>,
    wait: Option<Duration>,
    said: String,
}

impl Again {
    fn is_time(&self) -> bool {
        self.at.is_none_or(|at| at <= tokio::time::Instant::now())
    }

    /// A second, then twice as long each time: to read everything is much, where what is wrong lasts.
    fn failed(&mut self, error: &anyhow::Error) {
        let wait = self.wait.map_or(SOON, |before| (before * 2).min(SELDOM));
        self.wait = Some(wait);
        self.at = Some(tokio::time::Instant::now() + wait);
        let error = format!("{error:#}");
        if error != self.said {
            tracing::error!(error, "what the gateway decides by could not be rebuilt; it is tried again");
            self.said = error;
        }
    }
}

/// Takes in what happened; whether any of it concerns the gateway.
async fn take_news(work: &Work, reader: &Reader) -> anyhow::Result<bool> {
    let installation = work.live.installation();
    let outbox = installation.store.outbox();
    let pending = outbox.pending_since(&reader.name, reader.from, 500).await?;
    if pending.is_empty() {
        return Ok(false);
    }
    let ours: Vec<_> = pending.iter().filter(|event| event.school == installation.school.id()).collect();
    if ours.iter().any(|event| event.kind.starts_with("filter.list") || event.kind == "filter.index") {
        work.live.lists_changed();
    }
    let concerns = ours.iter().any(|event| {
        ["policy.", "people.", "access.", "agreements.", "filter."].iter().any(|module| event.kind.starts_with(module))
            && event.kind != standings::CHANGED
    });
    let concerns = concerns
        || (ours.iter().any(|event| event.kind.starts_with("register.")) && work.live.owners_changed().await?);
    if concerns {
        // Before it is done with: what fails from here on must not let it be forgotten.
        work.live.inner().behind.changed();
    }
    let ids: Vec<_> = pending.iter().map(|event| event.id).collect();
    outbox.done(&reader.name, &ids, installation.clock.now()).await?;
    Ok(concerns)
}

/// Whether a policy that was enacted for later has come into force, or one has ended.
async fn policy_begins(work: &Work) -> bool {
    let installation = work.live.installation();
    let now = installation.clock.now();
    match work.live.policy() {
        Some(known) => !known.version.is_in_force(now),
        // The first may have been enacted for a later day. Where that cannot be read, it is asked again soon.
        None => matches!(installation.policies.in_force(&installation.school, now).await, Ok(Some(_))),
    }
}

/// Judges the standings of every clause each minute, and soon after something happened.
async fn judge(work: Work) {
    let gather = Gather::new(work.live.clone(), Arc::clone(&work.log));
    let mut events = work.live.installation().store.events();
    loop {
        if let Err(error) = judge_once(&work, &gather).await {
            tracing::error!(error = format!("{error:#}"), "the standings could not be judged");
        }
        let soon = async {
            loop {
                match events.recv().await {
                    Ok(event) if event.kind == standings::CHANGED || event.kind.starts_with("monitor.") => {}
                    Ok(_) | Err(_) => break,
                }
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        };
        tokio::select! {
            () = work.stop.cancelled() => return,
            () = soon => {}
            () = tokio::time::sleep(JUDGE) => {}
        }
    }
}

/// Judges the standings once.
pub(crate) async fn judge_once(work: &Work, gather: &Gather) -> anyhow::Result<()> {
    let _one_at_a_time = work.live.inner().judging.lock().await;
    let installation = work.live.installation();
    let now = installation.clock.now();
    let Some(in_force) = work.live.policy() else { return Ok(()) };
    let facts = gather.facts(&installation.school, &in_force, now).await;
    standings::run(&installation.school, &in_force, &facts, now).await.context("standings cannot be stored")?;
    Ok(())
}

/// Tries the gateway out each day, and when somebody asks for it.
async fn check(work: Work) {
    let woken = &work.live.inner().checks.woken;
    loop {
        tokio::select! {
            () = work.stop.cancelled() => return,
            () = woken.notified() => {}
            () = tokio::time::sleep(UPKEEP) => {}
        }
        let now = work.live.installation().clock.now();
        match work.stop.run_until_cancelled(crate::checks::once(&work.live, now)).await {
            None => return,
            Some(Ok(_)) => {}
            Some(Err(error)) => tracing::error!(error = format!("{error:#}"), "the filter could not be tried out"),
        }
    }
}

/// Brings lists up to date each night.
async fn renew(work: Work) {
    loop {
        if work.stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_none() {
            return;
        }
        let now = work.live.installation().clock.now();
        match work.stop.run_until_cancelled(crate::renewal::once(&work.live, now)).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::error!(error = format!("{error:#}"), "lists could not be brought up to date"),
        }
    }
}

//! What the running installation does by itself: rebuilds what changed, judges standings, ends silent sessions, deletes
//! what is too old, signs the ledger each day. Each task looks at what is stored and brings it into order, and may run
//! twice.

use std::{sync::Arc, time::Duration};

use activity::ActivityLog;
use anyhow::Context as _;
use governance::{FactsSource, policy_pages::standings};
use jiff::{SignedDuration, Timestamp};
use kernel::SchoolTime;
use people::access::Access;
use store::StoreError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{facts::Gather, live::Live};

/// How long an act may have been under way when it is stored: one that is older than the newest may come in so late.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(10);

/// How often the outbox is asked for what other processes did.
const LISTEN: Duration = Duration::from_millis(250);

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
    tasks.spawn(upkeep(work.clone()));
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
    tasks.spawn(tend_beside(work.clone()));
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

/// Rebuilds what the gateway decides by, whenever an act changed it: in this process at once, from others within a
/// quarter of a second.
async fn follow(work: Work, reader: Reader) {
    let mut events = work.live.installation().store.events();
    loop {
        let stale = work.live.inner().stale.notified();
        let woken = tokio::select! {
            () = work.stop.cancelled() => return,
            () = stale => true,
            // A lagging receiver has missed events, which the outbox still holds.
            _ = events.recv() => false,
            () = tokio::time::sleep(LISTEN) => false,
        };
        let news = match take_news(&work, &reader).await {
            Ok(news) => news,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the outbox could not be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        if !woken && !news && !policy_begins(&work).await {
            continue;
        }
        if let Err(error) = work.live.rebuild(work.live.installation().clock.now()).await {
            tracing::error!(error = format!("{error:#}"), "what the gateway decides by could not be rebuilt");
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
    let ids: Vec<_> = pending.iter().map(|event| event.id).collect();
    outbox.done(&reader.name, &ids, installation.clock.now()).await?;
    Ok(concerns)
}

/// Whether a policy that was enacted for later has come into force, or one has ended.
async fn policy_begins(work: &Work) -> bool {
    let installation = work.live.installation();
    let now = installation.clock.now();
    let known = work.live.policy();
    match known {
        Some(known) if known.version.is_in_force(now) => false,
        Some(_) => true,
        None => false,
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

/// Ends what is over and deletes what is too old.
async fn upkeep(work: Work) {
    loop {
        if let Err(error) = upkeep_once(&work).await {
            tracing::error!(error = format!("{error:#}"), "the upkeep did not finish");
        }
        if work.stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_none() {
            return;
        }
    }
}

pub(crate) async fn upkeep_once(work: &Work) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let school = &installation.school;
    let now = installation.clock.now();
    tend(work).await?;
    let ended = work.access.end_silent(school, now).await.context("silent sessions cannot be ended")?;
    if ended > 0 {
        work.live.wake();
    }
    if let Some(engines) = work.live.engines() {
        engines.retain(school, now).await.context("old entries of registers cannot be deleted")?;
        engines.refresh(school, now).await.context("what falls due in registers cannot be computed")?;
        engines::registers::remove_waiting(school, now).await.context("files of unsent forms cannot be deleted")?;
    }
    crate::retention::once(work).await?;
    school.ledger().daily_checkpoint(now).await.context("the ledger cannot be signed")?;
    installation
        .store
        .outbox()
        .prune(now - SignedDuration::from_hours(24 * 7))
        .await
        .context("old events cannot be forgotten")?;
    Ok(())
}

/// What a gateway needs to be seen to, again and again.
async fn tend_beside(work: Work) {
    loop {
        if let Err(error) = tend(&work).await {
            tracing::error!(error = format!("{error:#}"), "the gateway could not be seen to");
        }
        if work.stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_none() {
            return;
        }
    }
}

/// What a gateway needs to be seen to, beside a desk or in one process with it.
pub(crate) async fn tend(work: &Work) -> anyhow::Result<()> {
    work.live.renew_authority();
    work.live.look_at_lists();
    work.live.look_at_calendars(work.live.installation().clock.now()).await;
    write_heard(work).await?;
    forget_activity(work).await
}

/// Writes down which sign-ins are in use at the gateway, for the desk beside it and for the next start.
async fn write_heard(work: &Work) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let now = installation.clock.now();
    // A little more than what has passed since the last time.
    let since = now - (UPKEEP + UPKEEP / 2);
    work.access.write_heard(&installation.school, since, now).await.context("who was heard cannot be written down")
}

/// Deletes what is too old of the activity log.
async fn forget_activity(work: &Work) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let (school, now) = (&installation.school, installation.clock.now());
    let policy = work.live.policy();
    let first =
        rules::monitor::activity_log::first_kept_day(policy.as_ref().map(|it| &it.policy), SchoolTime::new(now).date());
    let dropped = work.log.drop_before(school.id(), first).await.context("old activity cannot be deleted")?;
    if !dropped.days.is_empty() {
        let act = store::Act::new("monitor.drop", store::Actor::Gatehouse)
            .with(serde_json::json!({ "days": dropped.days.len(), "rows": dropped.rows }));
        school
            .act(act, now, async |_| Ok::<_, StoreError>(()))
            .await
            .context("the deletion cannot be recorded")?;
    }
    let policy = policy.as_ref().map(|it| &it.policy);
    let first = rules::filter::illegal_lists::first_kept_day(policy, SchoolTime::new(now).date());
    let first = SchoolTime::parse(&format!("{first} 00:00"))?.timestamp();
    traffic::matches::service::drop_before(school, first, now).await.context("old refusals cannot be deleted")
}

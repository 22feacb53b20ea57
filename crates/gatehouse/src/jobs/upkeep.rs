//! Upkeep: each minute what is over ends, what is too old is deleted, and the ledger is signed. Each step is done whatever
//! became of the others, and the desk says which could not be.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use kernel::SchoolTime;
use policy::Policy;

use super::{UPKEEP, Work};

/// So long events are kept.
const EVENTS: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The steps of one round that could not be done.
#[derive(Default)]
struct Undone(Vec<(&'static str, anyhow::Error)>);

impl Undone {
    /// Takes down what became of a step.
    fn of<T>(&mut self, what: &'static str, done: Result<T, impl Into<anyhow::Error>>) -> Option<T> {
        done.map_err(|error| self.0.push((what, error.into()))).ok()
    }

    /// Has the desk say what could not be done, until it can be.
    fn tell(self, work: &Work) -> anyhow::Result<()> {
        let all: Vec<String> = self.0.iter().map(|(what, error)| format!("{what}: {error:#}")).collect();
        work.live.inner().undone.store(Arc::new(self.0.into_iter().map(|(what, _)| what).collect()));
        anyhow::ensure!(all.is_empty(), "{}", all.join("; "));
        Ok(())
    }
}

/// Ends what is over and deletes what is too old.
pub(super) async fn each_minute(work: Work) {
    loop {
        if let Err(error) = once(&work).await {
            tracing::error!(error = format!("{error:#}"), "the upkeep did not finish");
        }
        if work.stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_none() {
            return;
        }
    }
}

/// One round.
pub(crate) async fn once(work: &Work) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let (school, now) = (&installation.school, installation.clock.now());
    let mut undone = Undone::default();
    see_to(work, &mut undone).await;
    let ended = undone.of("silent sessions cannot be ended", work.access.end_silent(school, now).await);
    if ended.is_some_and(|ended| ended > 0) {
        work.live.wake();
    }
    if let Some(engines) = work.live.engines() {
        undone.of("old entries of registers cannot be deleted", engines.retain(school, now).await);
        undone.of("what falls due in registers cannot be computed", engines.refresh(school, now).await);
        let unsent = engines::registers::remove_waiting(school, now).await;
        undone.of("files of unsent forms cannot be deleted", unsent);
    }
    undone.of("what is over since long cannot be deleted", crate::retention::once(work).await);
    undone.of("the ledger cannot be signed", school.ledger().daily_checkpoint(now).await);
    undone.of("old events cannot be forgotten", installation.store.outbox().prune(now - EVENTS).await);
    undone.tell(work)
}

/// What a gateway needs to be seen to, again and again.
pub(super) async fn each_minute_beside(work: Work) {
    loop {
        if let Err(error) = tend(&work).await {
            tracing::error!(error = format!("{error:#}"), "the gateway could not be seen to");
        }
        if work.stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_none() {
            return;
        }
    }
}

/// One round of what a gateway beside a desk needs.
pub(crate) async fn tend(work: &Work) -> anyhow::Result<()> {
    let mut undone = Undone::default();
    see_to(work, &mut undone).await;
    undone.tell(work)
}

/// What a gateway needs to be seen to, beside a desk or in one process with it.
async fn see_to(work: &Work, undone: &mut Undone) {
    let installation = work.live.installation();
    let (school, now) = (&installation.school, installation.clock.now());
    work.live.renew_authority();
    work.live.look_at_lists();
    work.live.look_at_calendars(now).await;
    // Which sign-ins are in use at the gateway, for the desk beside it and for the next start: a little more than what has
    // passed since the last time.
    let heard = work.access.write_heard(school, now - (UPKEEP + UPKEEP / 2), now).await;
    undone.of("who was heard cannot be written down", heard);
    // As it is stored, and not as far as it is known: where it cannot be read, it may say that what is old is kept.
    let Some(in_force) =
        undone.of("how long activity is kept cannot be read", installation.policies.in_force(school, now).await)
    else {
        return;
    };
    let policy = in_force.as_ref().map(|it| &it.policy);
    undone.of("old activity cannot be deleted", forget_activity(work, policy).await);
    undone.of("old refusals cannot be deleted", forget_refusals(work, policy).await);
}

/// Deletes what is too old of the activity log.
async fn forget_activity(work: &Work, policy: Option<&Policy>) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let (school, now) = (&installation.school, installation.clock.now());
    let first = rules::monitor::activity_log::first_kept_day(policy, SchoolTime::new(now).date());
    let dropped = work.log.drop_before(school.id(), first).await?;
    if !dropped.days.is_empty() {
        let act = store::Act::new("monitor.drop", store::Actor::Gatehouse)
            .with(serde_json::json!({ "days": dropped.days.len(), "rows": dropped.rows }));
        school
            .act(act, now, async move |_| Ok::<_, store::StoreError>(()))
            .await
            .context("the deletion cannot be recorded")?;
    }
    let left: Vec<_> = dropped.left.iter().map(|path| path.display().to_string()).collect();
    anyhow::ensure!(left.is_empty(), "cannot remove {}", left.join(", "));
    Ok(())
}

/// Deletes what is too old of what the sealed lists refused.
async fn forget_refusals(work: &Work, policy: Option<&Policy>) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let now = installation.clock.now();
    let first = rules::filter::illegal_lists::first_kept_day(policy, SchoolTime::new(now).date());
    let first = SchoolTime::parse(&format!("{first} 00:00"))?.timestamp();
    Ok(traffic::matches::service::drop_before(&installation.school, first, now).await?)
}

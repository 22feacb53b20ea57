//! What is deleted because it is over since long. Registers, the activity log and sealed refusals see to their own.

use anyhow::Context as _;
use kernel::SchoolTime;
use rules::monitor::activity_log::first_kept_day;

use crate::jobs::Work;

/// Deletes ended sessions as long after as activity is kept, since they say the same of where somebody was; links, devices,
/// requests, reports, suspensions, permits and unblocks after the time for which no clause speaks.
///
/// # Errors
/// Where the store refuses.
pub(crate) async fn once(work: &Work) -> anyhow::Result<()> {
    let installation = work.live.installation();
    let (school, now) = (&installation.school, installation.clock.now());
    let today = SchoolTime::new(now).date();
    // As it is stored, and not as far as it is known: where it cannot be read, it may say that what is old is kept.
    let policy = installation.policies.in_force(school, now).await.context("how long they are kept cannot be read")?;
    let begins = |day| anyhow::Ok(SchoolTime::parse(&format!("{day} 00:00"))?.timestamp());
    let activity = begins(first_kept_day(policy.as_ref().map(|it| &it.policy), today))?;
    let usual = begins(first_kept_day(None, today))?;
    work.access.forget(school, activity, usual, now).await.context("old sessions cannot be deleted")?;
    traffic::retention::forget(school, usual, now).await.context("what is over of the filter cannot be deleted")
}

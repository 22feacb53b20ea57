//! Bytes both ways, for as long as they are permitted: a tunnel outlives the decision that opened it, so
//! the decision is made again when the policy, the lists, the person's state or the time has changed. So does a
//! long answer.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use activity::Outcome;
use filter::{ClauseRef, Snapshot, TimeOut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, MissedTickBehavior},
};

use crate::{
    carry::carry,
    edits::safe_name,
    gateway::{Inner, Run},
    judge::{Caller, Judgement},
    pass::time_out,
    record::Record,
    stream::Watched,
};

/// What an open tunnel was judged by.
pub(crate) struct Watch {
    caller: Caller,
    judged: Vec<Judgement>,
    snapshot: Option<Arc<Snapshot>>,
    minute: i64,
}

impl Watch {
    /// Watches over decisions that let a tunnel open: one for each name that it goes by.
    pub(crate) fn new(caller: Caller, judged: Vec<Judgement>) -> Self {
        let snapshot = judged.first().map(|first| first.snapshot.clone());
        let minute = judged.first().map_or(0, |first| first.at.timestamp().as_second().div_euclid(60));
        Self { caller, judged, snapshot, minute }
    }

    /// After how long without a byte a clause ends it, and which.
    fn idle(&self) -> Option<(Duration, Arc<ClauseRef>)> {
        self.soonest(|it| it.idle)
    }

    /// After how long a clause ends it in any case, and which.
    fn longest(&self) -> Option<(Duration, Arc<ClauseRef>)> {
        self.soonest(|it| it.longest)
    }

    fn soonest(&self, which: impl Fn(&TimeOut) -> Option<u32>) -> Option<(Duration, Arc<ClauseRef>)> {
        let all = self.judged.iter().filter_map(|it| {
            let cited = time_out(&it.treatment)?;
            Some((Duration::from_secs(which(&cited.value)?.into()), cited.clause.clone()))
        });
        all.min_by_key(|(after, _)| *after)
    }

    /// Whether the tunnel is still open to whoever uses it now. Where it is not, that is a refusal like any.
    fn is_open(&mut self, inner: &Inner) -> bool {
        let Some(viewer) = self.caller.now(inner) else { return false };
        let snapshot = inner.ports.rules.load();
        let minute = inner.ports.clock.now().as_second().div_euclid(60);
        let same = self.snapshot.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot));
        if same && minute == self.minute && viewer == self.caller.viewer {
            return true;
        }
        // What another person opened does not stay open for the next one, whatever that one may see: the rows
        // of this tunnel bear the name of the first. Those of the desk bear none: who signs in there becomes another by
        // its very answer.
        if viewer.person != self.caller.viewer.person && !self.judged.iter().all(Judgement::is_of_desk) {
            return false;
        }
        let snapshot = arc_swap::Guard::into_inner(snapshot);
        self.caller.viewer = viewer;
        self.minute = minute;
        self.snapshot = Some(snapshot.clone());
        for judged in &mut self.judged {
            let (opened, safe) = (judged.is_to_be_opened(), safe_name(judged));
            *judged = Judgement::new(inner, judged.address.clone(), &self.caller.viewer, snapshot.clone());
            // What is to be looked into from now on does not go on unseen.
            if judged.is_to_be_opened() && !opened {
                return false;
            }
            // Nor does it go on where the site answers unsafely, once it has a safe name to be reached by. What is looked
            // into is changed request by request, and what is safer than it need be does no harm.
            let by_name = judged.address.path().is_none();
            if by_name && safe_name(judged).is_some_and(|name| safe != Some(name)) {
                return false;
            }
            if judged.decision.refuses() {
                inner.remember(&self.caller, judged);
                return false;
            }
        }
        true
    }
}

/// An answer that is long under way: judged again as an open tunnel is, whenever something of it comes.
pub(crate) struct Lasting {
    watch: Watch,
    next: Instant,
}

impl Lasting {
    /// Watches over an answer that `watch` let through.
    pub(crate) fn new(inner: &Inner, watch: Watch) -> Self {
        Self { watch, next: Instant::now() + pause(inner) }
    }

    /// Whether the answer is not permitted any more; its row says so then.
    pub(crate) fn is_over(&mut self, inner: &Inner, record: &mut Record) -> bool {
        let now = Instant::now();
        if now < self.next {
            return false;
        }
        self.next = now + pause(inner);
        if self.watch.is_open(inner) {
            return false;
        }
        inner.gauges.closed_by_watch();
        record.turned(Outcome::Blocked, NO_LONGER);
        true
    }
}

/// How long nobody looks again.
fn pause(inner: &Inner) -> Duration {
    Duration::from_secs(inner.config.limits.watch_seconds.max(1))
}

/// Why a row says that something ended which had been let through.
const NO_LONGER: &str = "no-longer-open";

/// A tunnel that was let through.
pub(crate) struct Tunnel {
    pub(crate) inner: Arc<Inner>,
    pub(crate) watch: Watch,
    pub(crate) record: Record,
    pub(crate) run: Arc<Run>,
}

impl Tunnel {
    /// Carries bytes until either side ends, nothing moves for too long, it is no longer permitted, or the
    /// gateway stops.
    pub(crate) async fn carry<C, S>(self, mut client: C, site: S)
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { inner, mut watch, mut record, run } = self;
        let _open = inner.gauges.tunnel();
        let began = Instant::now();
        // Where the machine's own limit is shorter, no clause ends it.
        let idle = watch.idle().filter(|(after, _)| *after < inner.config.limits.idle());
        let mut site = Watched::new(site, idle.as_ref().map_or(inner.config.limits.idle(), |(after, _)| *after));
        let moved = site.moved();
        let mut counted = 0;
        let mut ticks = tokio::time::interval(pause(&inner));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut copy = std::pin::pin!(carry(&mut client, &mut site));
        let mut count = |record: &mut Record| {
            let now = moved.read.load(Ordering::Relaxed);
            record.moved(now - counted);
            counted = now;
        };
        loop {
            tokio::select! {
                // An end by error is an end: a reset, or silence.
                ended = &mut copy => {
                    let silent = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
                    if let Some((_, clause)) = idle.as_ref().filter(|_| silent) {
                        count(&mut record);
                        record.ended_by(Some(clause));
                        return;
                    }
                    break;
                }
                () = run.kill.cancelled() => break,
                _ = ticks.tick() => {
                    count(&mut record);
                    if let Some((_, clause)) = watch.longest().filter(|(longest, _)| began.elapsed() >= *longest) {
                        record.ended_by(Some(&clause));
                        return;
                    }
                    if !watch.is_open(&inner) {
                        inner.gauges.closed_by_watch();
                        count(&mut record);
                        record.turned(Outcome::Blocked, NO_LONGER);
                        return;
                    }
                }
            }
        }
        count(&mut record);
    }
}

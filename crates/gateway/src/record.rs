//! The row of a request in the activity log, written when the request ends.
//!
//! What takes longer is written in parts, so that it survives a crash and its bytes are counted: the first
//! row after a second, then one each five minutes and one at the end, with the reason `continued`.

use std::{sync::Arc, time::Duration};

use activity::{ClauseRef, Outcome, Row, Rows, Visit};
use filter::{Decision, Verdict};
use kernel::Clock;
use tokio::time::Instant;

use crate::{body::UploadLimit, gateway::SealedMatch};

const FIRST: Duration = Duration::from_secs(1);
const NEXT: Duration = Duration::from_secs(300);

/// The reason of every row of a request after its first.
pub const CONTINUED: &str = "continued";

/// A row to be written.
pub(crate) struct Record {
    log: Arc<dyn Rows>,
    clock: Arc<dyn Clock>,
    visit: Visit,
    began: Instant,
    /// When the next part is due.
    due: Instant,
    parts: u32,
    /// Whether the end is news.
    turned: bool,
    /// Whether it is written by others.
    forgotten: bool,
    /// What is told when its first part is written, and whom; none unless a sealed list holds what was asked for.
    sealed: Option<Box<Telling>>,
    /// What the request may send; what it was stopped by is the end then.
    upload: Option<Arc<UploadLimit>>,
}

/// What takes sealed matches, and one for it.
type Telling = (Arc<dyn Fn(SealedMatch) + Send + Sync>, SealedMatch);

impl Record {
    pub(crate) fn new(log: Arc<dyn Rows>, clock: Arc<dyn Clock>, visit: Visit) -> Self {
        let began = Instant::now();
        Self {
            log,
            clock,
            visit,
            began,
            due: began + FIRST,
            parts: 0,
            turned: false,
            forgotten: false,
            sealed: None,
            upload: None,
        }
    }

    /// The same, and `matches` is told of a match once the row is written: a visit that has no row is none.
    pub(crate) fn telling(mut self, matches: Arc<dyn Fn(SealedMatch) + Send + Sync>, found: SealedMatch) -> Self {
        self.sealed = Some(Box::new((matches, found)));
        self
    }

    /// Says as well where the request has sent more than it may, while its answer is under way or before.
    pub(crate) fn watches(&mut self, upload: Option<Arc<UploadLimit>>) {
        self.upload = upload;
    }

    /// The same, of a request that has its row already: what is written is a part of it, and nothing where nothing moved.
    pub(crate) fn following(mut self) -> Self {
        self.parts = 1;
        self
    }

    /// Ends otherwise than was decided: the address is inside, the site does not answer.
    pub(crate) fn turned(&mut self, outcome: Outcome, reason: &str) {
        self.visit.outcome = outcome;
        self.visit.reason = reason.to_owned();
        self.turned = true;
    }

    /// Ends as a decision about what was found inside has it.
    pub(crate) fn judged(&mut self, decision: &Decision) {
        let Verdict::Block(reason) = decision.verdict else { return };
        let outcome = if decision.refuses() { Outcome::Blocked } else { Outcome::Observed };
        self.turned(outcome, reason.id());
        self.visit.category = decision.category.map(|category| category.name().to_owned());
        self.visit.rule = decision.rule.as_ref().map(|rule| rule.id.clone());
        self.visit.clause = decision
            .clause
            .as_ref()
            .map(|clause| ClauseRef { label: clause.label.clone(), number: clause.number.clone() });
    }

    /// Ends because a clause lets nothing stand idle, or last, for so long.
    pub(crate) fn ended_by(&mut self, clause: Option<&filter::ClauseRef>) {
        self.turned(Outcome::Blocked, "time-out");
        self.visit.rule = None;
        self.visit.clause = clause.map(|it| ClauseRef { label: it.label.clone(), number: it.number.clone() });
    }

    /// Writes nothing: what happens inside the connection has rows of its own.
    pub(crate) fn forget(mut self) {
        self.forgotten = true;
    }

    /// Counts bytes that the client received.
    pub(crate) fn moved(&mut self, bytes: u64) {
        self.visit.bytes_down = self.visit.bytes_down.saturating_add(bytes);
        self.look();
    }

    /// Writes a part where one is due.
    pub(crate) fn look(&mut self) {
        if Instant::now() >= self.due {
            self.write();
            self.due = Instant::now() + NEXT;
        }
    }

    /// Writes a part; more may follow.
    fn write(&mut self) {
        if self.is_news() {
            self.write_and_tell(self.visit.clone());
            self.visit.bytes_down = 0;
            self.parts += 1;
        }
    }

    fn write_and_tell(&mut self, visit: Visit) {
        if let Some((matches, found)) = self.sealed.take().map(|it| *it) {
            matches(found);
        }
        self.log.append(Row::visit(visit));
    }

    /// Whether there is something to write now; the visit is brought up to now where there is.
    fn is_news(&mut self) -> bool {
        if self.forgotten {
            return false;
        }
        if let Some(upload) = self.upload.take_if(|it| it.broken().is_some())
            && let Some(decision) = upload.broken()
        {
            // What was found in the answer goes before; that the site broke off is what comes of it.
            let is_open = self.visit.outcome == Outcome::Allowed;
            if is_open || (decision.refuses() && self.visit.outcome == Outcome::Failed) {
                self.judged(decision);
            }
        }
        if self.parts > 0 {
            // A help site is counted once, and a part in which nothing moved says nothing.
            if self.visit.outcome == Outcome::Help || (self.visit.bytes_down == 0 && !self.turned) {
                return false;
            }
            if !self.turned {
                self.visit.reason = CONTINUED.to_owned();
            }
            self.visit.at = self.clock.now();
        }
        self.visit.duration_ms = u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX);
        true
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.is_news() {
            let nothing = Visit::new(self.visit.school, self.visit.at, "", self.visit.outcome);
            let visit = std::mem::replace(&mut self.visit, nothing);
            self.write_and_tell(visit);
        }
    }
}

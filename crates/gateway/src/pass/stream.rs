//! An answer on its way to the client, held back until its beginning is judged, then judged piece by piece.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use activity::Outcome;
use bytes::Bytes;
use filter::Decision;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    HeaderMap, Response,
    body::{Frame, Incoming},
    header,
};
use tokio::time::Instant;

use super::{Asked, Plan, look::Look};
use crate::{
    body::{Body, BodyError, NoLonger},
    gateway::{Inner, Seat},
    judge::{Caller, Judgement},
    page::{Block, Trouble, Voice},
    record::Record,
    refusals::Client,
    tunnel::{Lasting, Watch},
};

/// As much is held back before the first byte goes out, and of what is scanned at the end.
const WINDOW: usize = 64 * 1024;

/// A site that pauses longer than this shows what it has so far.
const PAUSE: Duration = Duration::from_millis(500);

/// And one that trickles shows after this long what it has so far.
const LONGEST_HOLD: Duration = Duration::from_secs(2);

/// How long nothing at all may come before the head of the answer goes out alone; of what comes word by word, a site says
/// so at once that it will.
const SILENCE: Duration = Duration::from_secs(10);

/// Why a body ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the rest of the answer is stopped")]
struct Stopped;

struct Passing {
    inner: Arc<Inner>,
    caller: Caller,
    client: Client,
    judgement: Judgement,
    look: Look,
    body: Incoming,
    held: VecDeque<Bytes>,
    held_bytes: usize,
    trailers: Option<HeaderMap>,
    ended: bool,
    /// How many of the held pieces go on though the end of the answer is waited for.
    shown: usize,
    began: Instant,
    /// What ends an answer that is long under way.
    lasting: Option<Lasting>,
    record: Record,
}

/// The answer, or a page in its place.
pub(crate) async fn through(
    (inner, seat): (Arc<Inner>, &Seat),
    (caller, judgement): (Caller, Judgement),
    (asked, plan): (Asked, Plan),
    response: Response<Incoming>,
    record: Record,
) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let look = Look::new(inner.clone(), judgement.clone(), caller.viewer.clone(), plan);
    let client = Client::of(&caller.viewer, seat.client);
    let (held, trailers) = (VecDeque::new(), None);
    let mut passing = Passing {
        inner,
        caller,
        client,
        judgement,
        look,
        body,
        held,
        held_bytes: 0,
        trailers,
        ended: false,
        shown: 0,
        began: Instant::now(),
        lasting: None,
        record,
    };
    match passing.begin().await {
        Ok(()) => {}
        Err(Some(decision)) => return passing.page(&decision, &asked),
        Err(None) => {
            passing.record.turned(Outcome::Failed, Trouble::NoConnection.reason());
            let host = passing.judgement.address.host.as_str();
            let voice = Voice::of(&passing.caller.viewer.subject);
            return Trouble::NoConnection.answer_to(voice, passing.inner.frame(), Some(host), asked.form);
        }
    }
    // What is known whole has its length told.
    if passing.ended && passing.trailers.is_none() && !parts.headers.contains_key(header::CONTENT_LENGTH) {
        parts.headers.insert(header::CONTENT_LENGTH, passing.held_bytes.into());
    }
    let frames = stream::unfold(Some(passing), |passing| async {
        let mut passing = passing?;
        let frame = passing.step().await?;
        let goes_on = frame.is_ok();
        Some((frame, goes_on.then_some(passing)))
    });
    Response::from_parts(parts, StreamBody::new(frames).boxed_unsync())
}

impl Passing {
    /// Holds back until the window is full, the answer has ended, or the site pauses or trickles. The error is the decision
    /// that stops it, or none where the site broke off.
    async fn begin(&mut self) -> Result<(), Option<Decision>> {
        if let Some(decision) = self.look.head()
            && self.stops(&decision)
        {
            return Err(Some(decision));
        }
        let until = Instant::now() + LONGEST_HOLD;
        while !self.ended && self.held_bytes < WINDOW && (self.held.is_empty() || Instant::now() < until) {
            let limit = match (self.held.is_empty(), self.look.at_once()) {
                (true, false) => SILENCE,
                (true, true) | (false, _) => PAUSE,
            };
            let Ok(next) = tokio::time::timeout(limit, self.body.frame()).await else { return Ok(()) };
            match self.take(next).await {
                Ok(()) => {}
                Err(Taken::Stopped(decision)) => return Err(Some(decision)),
                Err(Taken::Broken(_)) => return Err(None),
            }
            if self.look.at_once() && !self.held.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next frame that goes out.
    async fn step(&mut self) -> Option<Result<Frame<Bytes>, BodyError>> {
        loop {
            if self.is_over() {
                return Some(Err(NoLonger.into()));
            }
            let free = self.ended || !self.look.waits() || self.held_bytes > WINDOW || self.shown > 0;
            if free && let Some(bytes) = self.held.pop_front() {
                self.shown = self.shown.saturating_sub(1);
                self.held_bytes = self.held_bytes.saturating_sub(bytes.len());
                if let Some(rate) = self.look.pace() {
                    let wait = self.inner.paces.reserve(self.client, bytes.len() as u64, rate);
                    tokio::time::sleep(wait).await;
                }
                self.record.moved(bytes.len() as u64);
                return Some(Ok(Frame::data(bytes)));
            }
            if self.ended {
                return self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)));
            }
            let patience = self.look.patience(self.began.elapsed());
            // Text that comes bit by bit is there to be read: where the site pauses, what is held goes on.
            let pauses = !self.held.is_empty() && self.look.is_read_along();
            let limit = if pauses { Some(patience.map_or(PAUSE, |limit| limit.min(PAUSE))) } else { patience };
            let next = match limit {
                None => self.body.frame().await,
                Some(limit) => match tokio::time::timeout(limit, self.body.frame()).await {
                    Ok(next) => next,
                    Err(_) if pauses => {
                        self.shown = self.held.len();
                        continue;
                    }
                    Err(_) => {
                        self.record.ended_by(self.look.time_out());
                        return Some(Err(Stopped.into()));
                    }
                },
            };
            match self.take(next).await {
                Ok(()) => {}
                Err(Taken::Stopped(_)) => return Some(Err(Stopped.into())),
                Err(Taken::Broken(error)) => return Some(Err(error.into())),
            }
        }
    }

    /// Whether the answer is not permitted any more; most are over before anybody looks again.
    fn is_over(&mut self) -> bool {
        if self.began.elapsed() < PAUSE {
            return false;
        }
        let new = || Lasting::new(&self.inner, Watch::new(self.caller.clone(), vec![self.judgement.clone()]));
        self.lasting.get_or_insert_with(new).is_over(&self.inner, &mut self.record)
    }

    async fn take(&mut self, next: Option<Result<Frame<Bytes>, hyper::Error>>) -> Result<(), Taken> {
        let decision = match next {
            None => {
                self.ended = true;
                self.look.end().await
            }
            Some(Err(error)) => return Err(Taken::Broken(error)),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    let decision = self.look.piece(&data).await;
                    self.held_bytes += data.len();
                    self.held.push_back(data);
                    decision
                }
                Err(frame) => {
                    self.trailers = frame.into_trailers().ok();
                    None
                }
            },
        };
        match decision {
            Some(decision) if self.stops(&decision) => Err(Taken::Stopped(decision)),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes a decision about what was found into the row, and says whether it stops the answer.
    fn stops(&mut self, decision: &Decision) -> bool {
        self.record.judged(decision);
        if decision.refuses() {
            self.judgement.decision = decision.clone();
            self.inner.remember(&self.caller, &self.judgement);
        }
        decision.refuses()
    }

    fn page(&self, decision: &Decision, asked: &Asked) -> Response<Body> {
        let frame = self.inner.frame();
        let host = self.judgement.address.host.as_str();
        match Block::new(frame, self.judgement.snapshot.lines(), decision, &self.caller.viewer, host, &asked.headers) {
            Some(page) => page.answer(asked.form),
            None => Trouble::Closed.answer(frame, Some(host), asked.form),
        }
    }
}

/// Why a piece does not go on.
enum Taken {
    Stopped(Decision),
    Broken(hyper::Error),
}

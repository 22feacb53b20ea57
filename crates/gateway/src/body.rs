//! Bodies: the gateway's own answers, and what streams through it, counted and never held.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use filter::Decision;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use crate::{
    edits,
    gateway::Inner,
    judge::{Caller, Judgement},
    record::Record,
    tunnel::{Lasting, Watch},
};

/// Why a body ends before its end: the client's connection is cut, so that nobody takes a part for the whole.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body that is known whole.
pub(crate) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The body of a site's answer on its way to the client. When it ends or is dropped, its row is written.
pub(crate) struct Answer {
    pub(crate) inner: Incoming,
    pub(crate) record: Record,
    /// What ends it before its end; none for what is soon over.
    pub(crate) lasting: Option<(Arc<Inner>, Box<Lasting>)>,
}

/// An answer of no more bytes than this is soon over.
const SOON_OVER: u64 = 64 * 1024;

impl Answer {
    /// The answer to a request that was judged.
    pub(crate) fn new(inner: Arc<Inner>, body: Incoming, caller: Caller, judgement: Judgement, record: Record) -> Self {
        let short = body.size_hint().upper().is_some_and(|most| most <= SOON_OVER);
        let lasting = (!short).then(|| {
            let lasting = Lasting::new(&inner, Watch::new(caller, vec![judgement]));
            (inner, Box::new(lasting))
        });
        Self { inner: body, record, lasting }
    }
}

/// Why an answer ends that was let through.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not permitted any more")]
pub(crate) struct NoLonger;

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        let this = &mut *self;
        if let Some((inner, lasting)) = &mut this.lasting
            && matches!(frame, Some(Ok(_)))
            && lasting.is_over(inner, &mut this.record)
        {
            return Poll::Ready(Some(Err(NoLonger.into())));
        }
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
            self.record.moved(data.len() as u64);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// When something last moved in a request's body: a site has its time to answer from then on.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    began: Instant,
    millis: Arc<AtomicU64>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), millis: Arc::default() }
    }

    pub(crate) fn last(&self) -> Instant {
        self.began + std::time::Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }

    fn mark(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }
}

/// What a request may send at most, and whether it has sent more: most say before how much it is, but none has to.
pub(crate) struct UploadLimit {
    most: u64,
    decision: Decision,
    is_over: AtomicBool,
}

impl UploadLimit {
    /// The limit of a request; none where there is none.
    pub(crate) fn of(judgement: &Judgement) -> Option<Arc<Self>> {
        let (most, decision) = edits::upload_limit(judgement)?;
        Some(Arc::new(Self { most, decision, is_over: AtomicBool::new(false) }))
    }

    /// The decision about the request, once it has sent more than it may.
    pub(crate) fn broken(&self) -> Option<&Decision> {
        self.is_over.load(Ordering::Relaxed).then_some(&self.decision)
    }
}

/// Why the body of a request ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the request sends more than may be sent at once")]
struct TooLarge;

/// The body of a request on its way to the site.
pub(crate) struct Upload {
    inner: Incoming,
    progress: Progress,
    limit: Option<Arc<UploadLimit>>,
    sent: u64,
}

impl Upload {
    pub(crate) fn new(inner: Incoming, progress: Progress, limit: Option<Arc<UploadLimit>>) -> Self {
        Self { inner, progress, limit, sent: 0 }
    }

    /// Whether it may not go on, now that these bytes have come.
    fn stops(&mut self, bytes: usize) -> bool {
        let Some(limit) = &self.limit else { return false };
        self.sent = self.sent.saturating_add(bytes as u64);
        if self.sent <= limit.most {
            return false;
        }
        limit.is_over.store(true, Ordering::Relaxed);
        limit.decision.refuses()
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.progress.mark();
        let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref).map(Bytes::len);
        if bytes.is_some_and(|bytes| self.stops(bytes)) {
            return Poll::Ready(Some(Err(TooLarge.into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

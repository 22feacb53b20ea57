//! One server: how it is asked, and whether it works.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rustls::ClientConfig;
use tokio::time::Instant;

use super::{NoAnswer, Question, datagram, stream::Line};
use crate::config::Upstream;

/// After so many failures in a row a server counts as down.
const FAILURES: u32 = 3;

/// For so long it is then asked only where nobody else is left.
const REST: Duration = Duration::from_secs(5);

/// So many connections are kept open to it.
const LINES: usize = 8;

pub(crate) struct Server {
    place: Upstream,
    trust: Option<Arc<ClientConfig>>,
    failures: AtomicU32,
    down_until: Mutex<Option<Instant>>,
    lines: Mutex<Vec<Line>>,
}

impl Server {
    pub(crate) fn new(place: Upstream, trust: Option<Arc<ClientConfig>>) -> Self {
        Self { place, trust, failures: AtomicU32::new(0), down_until: Mutex::default(), lines: Mutex::default() }
    }

    pub(crate) fn is_down(&self, now: Instant) -> bool {
        self.down_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| now < until)
    }

    pub(crate) fn succeeded(&self) {
        if self.failures.swap(0, Ordering::Relaxed) >= FAILURES {
            tracing::info!(dns.upstream = %self.place, "an upstream server of the resolver answers again");
        }
        *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn failed(&self, now: Instant) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures >= FAILURES {
            *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + REST);
        }
        if failures == FAILURES {
            tracing::warn!(dns.upstream = %self.place, "an upstream server of the resolver does not answer");
        }
    }

    /// Asks, by datagram where that will do.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Vec<u8>, NoAnswer> {
        if self.place.tls.is_none()
            && let datagram::Said::Answer(bytes) = datagram::ask(self.place.address, question).await?
        {
            return Ok(bytes);
        }
        self.ask_by_stream(question).await
    }

    async fn ask_by_stream(&self, question: &Question) -> Result<Vec<u8>, NoAnswer> {
        // A connection that was kept may have been closed at the other end; then a new one is tried.
        let kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut line) = kept
            && let Ok(bytes) = line.ask(question).await
        {
            self.keep(line);
            return Ok(bytes);
        }
        let mut line = Line::open(&self.place, self.trust.as_ref()).await?;
        let bytes = line.ask(question).await?;
        self.keep(line);
        Ok(bytes)
    }

    fn keep(&self, line: Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LINES {
            lines.push(line);
        }
    }
}

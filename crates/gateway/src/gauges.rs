//! How many connections there are, and what has happened so far.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How the gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Client connections open now, tunnels among them.
    pub connections: u64,
    /// Tunnels open now.
    pub tunnels: u64,
    /// Inspected connections open now.
    pub inspected: u64,
    /// Requests since the start.
    pub requests: u64,
    /// Files that could not be shown to the scanner.
    pub unscanned: u64,
    /// Connections hung up on because they came from elsewhere.
    pub strangers: u64,
    /// Connections hung up on because one address had too many.
    pub crowded: u64,
    /// Tunnels closed because what they carried was no longer open.
    pub closed_by_watch: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Gauges {
    connections: Arc<AtomicU64>,
    tunnels: Arc<AtomicU64>,
    inspected: Arc<AtomicU64>,
    requests: AtomicU64,
    unscanned: AtomicU64,
    strangers: AtomicU64,
    crowded: AtomicU64,
    closed_by_watch: AtomicU64,
}

impl Gauges {
    pub(crate) fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            connections: read(&self.connections),
            tunnels: read(&self.tunnels),
            inspected: read(&self.inspected),
            requests: read(&self.requests),
            unscanned: read(&self.unscanned),
            strangers: read(&self.strangers),
            crowded: read(&self.crowded),
            closed_by_watch: read(&self.closed_by_watch),
        }
    }

    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn unscanned(&self) {
        self.unscanned.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stranger(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed_by_watch(&self) {
        self.closed_by_watch.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a tunnel for as long as the value lives.
    pub(crate) fn tunnel(&self) -> Counted {
        Counted::new(self.tunnels.clone())
    }

    /// Counts an inspected connection for as long as the value lives.
    pub(crate) fn inspected(&self) -> Counted {
        Counted::new(self.inspected.clone())
    }

    /// Counts a connection for as long as the value lives.
    pub(crate) fn connection(&self) -> Counted {
        Counted::new(self.connections.clone())
    }

    pub(crate) fn crowded(&self) {
        self.crowded.fetch_add(1, Ordering::Relaxed);
    }
}

/// Adds one to a counter while it lives.
#[derive(Debug)]
pub(crate) struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(counter: Arc<AtomicU64>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

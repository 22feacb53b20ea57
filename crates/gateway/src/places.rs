//! How many connections there may be, in all and from one client. Whoever may come from anywhere has places of their own:
//! strangers who hold all of those take none of the school's.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::Limits,
    gateway::Entrance,
    gauges::{Counted, Gauges},
};

/// The places of those who come by the same ways.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    each: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// Whom an address is counted as.
    whose: fn(IpAddr) -> IpAddr,
}

/// The place of a connection, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Slot {
    whose: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
    _open: Counted,
}

/// All places.
#[derive(Debug)]
pub(crate) struct AllPlaces {
    inside: Places,
    from_anywhere: Places,
}

impl AllPlaces {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            inside: Places::new(limits.connections, limits.connections_per_client, std::convert::identity),
            from_anywhere: Places::new(limits.connections_from_anywhere, limits.connections_per_home, kernel::line_of),
        }
    }

    /// The places of those who come in like this.
    pub(crate) fn of(&self, entry: Entrance) -> &Places {
        match entry {
            Entrance::TokenOnly => &self.from_anywhere,
            Entrance::Proxy | Entrance::Neighbour | Entrance::Brought => &self.inside,
        }
    }
}

impl Places {
    fn new(all: usize, each: usize, whose: fn(IpAddr) -> IpAddr) -> Self {
        Self { free: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))), each, taken: Arc::default(), whose }
    }

    /// Waits until one is free; none when there will be none any more.
    pub(crate) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        self.free.clone().acquire_owned().await.ok()
    }

    /// A place for a connection from `client`; none where it has as many as it may.
    pub(crate) fn take(&self, client: IpAddr, permit: OwnedSemaphorePermit, gauges: &Gauges) -> Option<Slot> {
        let whose = (self.whose)(client);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(whose).or_default();
        if *count >= self.each {
            gauges.crowded();
            return None;
        }
        *count += 1;
        Some(Slot { whose, taken: self.taken.clone(), _permit: permit, _open: gauges.connection() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.whose) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

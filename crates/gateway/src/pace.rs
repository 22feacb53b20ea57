//! How fast large transfers go: bytes a second of one device or address, over all its answers together.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::refusals::Client;

/// Clients that are remembered; those whose time has passed go first.
const KEPT: usize = 10_000;

/// Until when each client's time is taken.
#[derive(Default)]
pub(crate) struct Paces(Mutex<HashMap<Client, Instant>>);

impl Paces {
    /// Takes the time that `bytes` need at `rate`, and says how long to wait before they go: not at all within
    /// the first second.
    pub(crate) fn reserve(&self, client: Client, bytes: u64, rate: u64) -> Duration {
        self.reserve_at(Instant::now(), client, bytes, rate)
    }

    fn reserve_at(&self, now: Instant, client: Client, bytes: u64, rate: u64) -> Duration {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.retain(|_, taken| *taken > now);
        }
        let taken = all.entry(client).or_insert(now);
        let begins = (*taken).max(now);
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
        *taken = begins + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(Duration::from_secs(600));
        begins.saturating_duration_since(now + Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_rate_over_all_transfers() {
        let (paces, now) = (Paces::default(), Instant::now());
        let reserve = |number: u8, after: u64| {
            let client = Client::Address([10, 0, 0, number].into());
            paces.reserve_at(now + Duration::from_secs(after), client, 500, 1000).as_millis()
        };
        assert_eq!([reserve(1, 0), reserve(1, 0), reserve(1, 0), reserve(1, 0)], [0, 0, 0, 500]);
        assert_eq!(reserve(2, 0), 0);
        assert_eq!(reserve(1, 10), 0);
    }
}

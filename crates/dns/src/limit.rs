//! How much one address may ask: so many questions in a second on average, and a burst after a pause.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

/// So many parts, each with its own lock.
const PARTS: usize = 16;

/// Of so many addresses in a part it is known how much they asked; then all are forgotten.
const ADDRESSES: usize = 4096;

struct Bucket {
    left: f64,
    at: Instant,
}

/// How much each address has asked lately.
pub(crate) struct Rates {
    per_second: f64,
    burst: f64,
    parts: Vec<Mutex<HashMap<IpAddr, Bucket>>>,
}

impl Rates {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let burst = f64::from(burst.max(per_second).max(1));
        Self { per_second: f64::from(per_second), burst, parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }

    /// Whether `client` may ask once more.
    pub(crate) fn admit(&self, client: IpAddr, now: Instant) -> bool {
        if self.per_second <= 0.0 {
            return true;
        }
        let last = match client {
            IpAddr::V4(address) => address.octets().last().copied(),
            IpAddr::V6(address) => address.octets().last().copied(),
        };
        let Some(part) = self.parts.get(usize::from(last.unwrap_or_default()) % PARTS) else { return false };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if part.len() >= ADDRESSES && !part.contains_key(&client) {
            part.clear();
        }
        let bucket = part.entry(client).or_insert(Bucket { left: self.burst, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = passed.mul_add(self.per_second, bucket.left).min(self.burst);
        bucket.at = now;
        let may = bucket.left >= 1.0;
        if may {
            bucket.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let rates = Rates::new(10, 20);
        let now = Instant::now();
        let one = IpAddr::from([10, 0, 0, 1]);
        let asked = |from: IpAddr, at: Instant| (0..100).filter(|_| rates.admit(from, at)).count();
        assert_eq!(asked(one, now), 20);
        assert_eq!(asked(IpAddr::from([10, 0, 0, 2]), now), 20, "others are not held back");
        assert_eq!(asked(one, now + std::time::Duration::from_secs(1)), 10);
        assert!((0..1000).all(|_| Rates::new(0, 0).admit(one, now)));
    }
}

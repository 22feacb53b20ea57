//! Slows down those who guess: the more wrong tries, the longer the wait.
//!
//! Kept in memory and bounded; a restart forgets it, which is why the waits are short and the passwords
//! are hashed slowly. A key is whatever is guessed at: a username from an address, an address, a username.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// How tries are slowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Wrong tries that cost nothing.
    pub free: u32,
    /// The longest wait in seconds. The first is two seconds and each next one doubles.
    pub longest: u64,
    /// After so many seconds without a wrong try, all is forgotten.
    pub forget: u64,
}

impl Pace {
    /// For one username tried from one address.
    pub const PERSON: Self = Self { free: 4, longest: 15 * 60, forget: 60 * 60 };
    /// For one address, which a whole class may share.
    pub const ADDRESS: Self = Self { free: 30, longest: 5 * 60, forget: 15 * 60 };
    /// For one username from anywhere: slow enough to stop a search, short enough not to lock anybody out.
    pub const USERNAME: Self = Self { free: 20, longest: 60, forget: 60 * 60 };

    fn wait(self, wrong: u32) -> u64 {
        match wrong.checked_sub(self.free + 1) {
            None => 0,
            Some(over) => 2u64.checked_shl(over.min(20)).unwrap_or(self.longest).min(self.longest),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: Timestamp,
}

/// Counts wrong tries for each key.
#[derive(Debug)]
pub struct Throttle<K> {
    pace: Pace,
    tries: Mutex<HashMap<K, Tries>>,
}

const MOST_KEYS: usize = 50_000;

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// One without any tries.
    pub fn new(pace: Pace) -> Self {
        Self { pace, tries: Mutex::new(HashMap::new()) }
    }

    /// The seconds that `key` still has to wait at `now`; none where it may try.
    pub fn wait(&self, key: &K, now: Timestamp) -> Option<u64> {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tries.get(key)?;
        let since = since(known.last, now);
        if since >= self.pace.forget {
            return None;
        }
        self.pace.wait(known.wrong).checked_sub(since).filter(|left| *left > 0)
    }

    /// Notes a try before it is known whether it is right, so that many at once do not slip through; a
    /// right one is then [forgotten](Self::right).
    pub fn tried(&self, key: K, now: Timestamp) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MOST_KEYS {
            let forget = self.pace.forget;
            tries.retain(|_, known| since(known.last, now) < forget);
            if tries.len() >= MOST_KEYS {
                // Under such a flood the oldest half goes; the pace of addresses still holds the flood.
                let mut ages: Vec<Timestamp> = tries.values().map(|known| known.last).collect();
                ages.sort_unstable();
                if let Some(middle) = ages.get(ages.len() / 2).copied() {
                    tries.retain(|_, known| known.last > middle);
                }
            }
        }
        let known = tries.entry(key).or_insert(Tries { wrong: 0, last: now });
        if since(known.last, now) >= self.pace.forget {
            known.wrong = 0;
        }
        known.wrong = known.wrong.saturating_add(1);
        known.last = now;
    }

    /// Forgets the tries of `key`: the last one was right.
    pub fn right(&self, key: &K) {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Takes one try of `key` back: it was right, but others under the same key were not.
    pub fn one_was_right(&self, key: &K) {
        if let Some(known) = self.tries.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key) {
            known.wrong = known.wrong.saturating_sub(1);
        }
    }
}

fn since(last: Timestamp, now: Timestamp) -> u64 {
    now.duration_since(last).max(SignedDuration::ZERO).as_secs().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_forgotten() {
        let throttle = Throttle::new(Pace { free: 3, longest: 60, forget: 600 });
        let start: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let after = |seconds: i64| start + SignedDuration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(throttle.wait(&"maya", start), None);
            throttle.tried("maya", start);
        }
        assert_eq!(throttle.wait(&"maya", start), None, "three are free");
        let mut waits = Vec::new();
        for _ in 0..7 {
            throttle.tried("maya", start);
            waits.push(throttle.wait(&"maya", start).unwrap());
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(throttle.wait(&"maya", after(59)), Some(1));
        assert_eq!(throttle.wait(&"maya", after(60)), None);
        assert_eq!(throttle.wait(&"noah", start), None, "others do not wait");
        throttle.tried("maya", after(700));
        assert_eq!(throttle.wait(&"maya", after(700)), None, "ten minutes later all is forgotten");
        throttle.right(&"maya");
        assert_eq!(throttle.wait(&"maya", after(700)), None);
    }

    #[test]
    fn a_flood_of_names_does_not_grow_without_bound() {
        let throttle = Throttle::new(Pace::PERSON);
        let start: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        for n in 0..(MOST_KEYS + 1_000) {
            throttle.tried(n, start + SignedDuration::from_millis(i64::try_from(n).unwrap()));
        }
        assert!(throttle.tries.lock().unwrap().len() <= MOST_KEYS);
    }
}

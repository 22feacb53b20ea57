//! Answers that are kept: bounded by bytes, the ones that nobody asked for lately go first, and old ones stay for the
//! day when no server answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

use crate::message::Answer;

/// So many parts, each with its own lock.
const PARTS: usize = 16;

/// What an entry takes beside its answer and key.
const OVERHEAD: usize = 120;

/// An answer, and since when it is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) answer: Answer,
    pub(crate) since: Instant,
}

impl Kept {
    /// For how many seconds it has been kept.
    pub(crate) fn age(&self, now: Instant) -> u32 {
        u32::try_from(now.saturating_duration_since(self.since).as_secs()).unwrap_or(u32::MAX)
    }

    /// Whether its time has not passed.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        self.age(now) < self.answer.ttl
    }
}

struct Slot {
    key: Arc<[u8]>,
    kept: Arc<Kept>,
    weight: usize,
    /// Whether somebody asked for it since the hand last passed.
    used: bool,
}

#[derive(Default)]
struct Part {
    places: HashMap<Arc<[u8]>, usize>,
    slots: Vec<Slot>,
    hand: usize,
    weight: usize,
}

/// The answers that are kept.
pub(crate) struct Cache {
    parts: Vec<Mutex<Part>>,
    most: usize,
    stale: u32,
}

impl Cache {
    /// Room for `bytes`; answers stay for `stale` seconds beyond their time.
    pub(crate) fn new(bytes: usize, stale: u32) -> Self {
        Self { parts: (0..PARTS).map(|_| Mutex::default()).collect(), most: bytes / PARTS, stale }
    }

    fn part(&self, key: &[u8]) -> Option<&Mutex<Part>> {
        let sum = key.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        self.parts.get(sum % PARTS)
    }

    /// What is kept under `key`, fresh or stale.
    pub(crate) fn get(&self, key: &[u8], now: Instant) -> Option<Arc<Kept>> {
        let mut part = self.part(key)?.lock().unwrap_or_else(PoisonError::into_inner);
        let place = *part.places.get(key)?;
        let slot = part.slots.get_mut(place)?;
        slot.used = true;
        let kept = slot.kept.clone();
        drop(part);
        (kept.age(now) < kept.answer.ttl.saturating_add(self.stale)).then_some(kept)
    }

    /// Keeps an answer; one that is larger than all the room is not kept.
    pub(crate) fn put(&self, key: &[u8], kept: Arc<Kept>) {
        let weight = OVERHEAD + key.len() + kept.answer.weight();
        let Some(part) = self.part(key).filter(|_| weight <= self.most) else { return };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = part.places.get(key).copied() {
            part.remove(place);
        }
        while part.weight + weight > self.most && part.evict() {}
        let key: Arc<[u8]> = key.into();
        let place = part.slots.len();
        part.places.insert(key.clone(), place);
        part.slots.push(Slot { key, kept, weight, used: false });
        part.weight += weight;
    }

    /// How many answers are kept.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap_or_else(PoisonError::into_inner).slots.len()).sum()
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        for part in &self.parts {
            *part.lock().unwrap_or_else(PoisonError::into_inner) = Part::default();
        }
    }
}

impl Part {
    fn remove(&mut self, place: usize) {
        if place >= self.slots.len() {
            return;
        }
        let slot = self.slots.swap_remove(place);
        self.places.remove(&slot.key);
        self.weight -= slot.weight;
        if let Some(moved) = self.slots.get(place) {
            self.places.insert(moved.key.clone(), place);
        }
    }

    /// The hand goes round until it meets one that nobody asked for since its last round; that one goes.
    fn evict(&mut self) -> bool {
        for _ in 0..=self.slots.len() * 2 {
            if self.hand >= self.slots.len() {
                self.hand = 0;
            }
            match self.slots.get_mut(self.hand) {
                None => return false,
                Some(slot) if slot.used => {
                    slot.used = false;
                    self.hand += 1;
                }
                Some(_) => {
                    self.remove(self.hand);
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Answer;

    fn kept(ttl: u32) -> Arc<Kept> {
        Arc::new(Kept { answer: Answer::failure(ttl), since: Instant::now() })
    }

    #[test]
    fn what_is_asked_for_stays_and_the_room_is_kept() {
        let cache = Cache::new(64 * 1024, 10);
        let now = Instant::now();
        cache.put(b"often", kept(60));
        for number in 0..20_000u32 {
            cache.put(&number.to_be_bytes(), kept(60));
            assert!(cache.get(b"often", now).is_some(), "after {number}");
        }
        assert!(cache.len() < 64 * 1024 / OVERHEAD, "{}", cache.len());
        let weight: usize = cache.parts.iter().map(|part| part.lock().unwrap().weight).sum();
        assert!(weight <= 64 * 1024, "{weight}");
        for part in &cache.parts {
            let part = part.lock().unwrap();
            assert_eq!(part.places.len(), part.slots.len());
            assert!(part.slots.iter().enumerate().all(|(at, slot)| part.places[&slot.key] == at));
        }
        cache.clear();
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn old_answers_stay_for_a_while_and_then_are_gone() {
        let cache = Cache::new(64 * 1024, 10);
        cache.put(b"x", kept(5));
        let now = Instant::now();
        let after = |seconds| now + std::time::Duration::from_secs(seconds);
        assert!(cache.get(b"x", after(3)).is_some_and(|kept| kept.is_fresh(after(3))));
        assert!(cache.get(b"x", after(8)).is_some_and(|kept| !kept.is_fresh(after(8))));
        assert!(cache.get(b"x", after(16)).is_none());
    }
}

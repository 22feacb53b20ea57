//! Whether what is known in memory is behind what is stored: because something changed since, because it could not be
//! read, or because the school has another day. Roles, nominations and leavers are those of a day.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use jiff::{Timestamp, civil::Date};
use kernel::SchoolTime;

/// Which changes were taken in, and on which day of the school.
#[derive(Default)]
pub(crate) struct Behind {
    changes: AtomicU64,
    /// None before anything was read, and where it could not be.
    taken_in: Mutex<Option<(u64, Date)>>,
}

impl Behind {
    /// Says that something changed.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// The changes until now: what is read from here on has them.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Says that everything was read, with these changes and those before.
    pub(super) fn read(&self, changes: u64, now: Timestamp) {
        *self.taken_in() = Some((changes, SchoolTime::new(now).date()));
    }

    /// Says that something could not be read.
    pub(super) fn failed(&self) {
        *self.taken_in() = None;
    }

    /// Whether everything is to be read again.
    pub(crate) fn is_so(&self, now: Timestamp) -> bool {
        *self.taken_in() != Some((self.changes(), SchoolTime::new(now).date()))
    }

    fn taken_in(&self) -> std::sync::MutexGuard<'_, Option<(u64, Date)>> {
        self.taken_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        SchoolTime::parse(text).unwrap().timestamp()
    }

    #[test]
    fn a_change_a_fault_and_another_day_are_behind() {
        let (behind, noon) = (Behind::default(), at("2026-11-24 12:00"));
        assert!(behind.is_so(noon), "nothing was read yet");
        behind.read(behind.changes(), noon);
        assert!(!behind.is_so(noon) && !behind.is_so(at("2026-11-24 23:59")));
        assert!(behind.is_so(at("2026-11-25 00:00")));
        let before = behind.changes();
        behind.changed();
        behind.read(before, noon);
        assert!(behind.is_so(noon), "it changed while it was read");
        behind.read(behind.changes(), noon);
        behind.failed();
        assert!(behind.is_so(noon));
    }
}

//! A clock that stands until it is set.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{Span, Timestamp};
use kernel::{Clock, SchoolTime};

/// A clock that stands until it is set. Clones show the same time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that shows a time of the school: `2026-11-24 10:15`.
    #[track_caller]
    pub fn at(text: &str) -> Self {
        let clock = Self(Arc::new(AtomicI64::new(0)));
        clock.set(text);
        clock
    }

    /// Sets it to a time of the school.
    #[track_caller]
    pub fn set(&self, text: &str) {
        match SchoolTime::parse(text) {
            Ok(time) => self.0.store(time.timestamp().as_millisecond(), Ordering::SeqCst),
            Err(error) => panic!("{error}"),
        }
    }

    /// Lets time pass: `clock.pass(jiff::Span::new().minutes(5))`.
    #[track_caller]
    pub fn pass(&self, span: Span) {
        match self.now().checked_add(span) {
            Ok(later) => self.0.store(later.as_millisecond(), Ordering::SeqCst),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Default for TestClock {
    /// Tuesday 24 November 2026, 10:15.
    fn default() -> Self {
        Self::at("2026-11-24 10:15")
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_until_it_is_set() {
        let clock = TestClock::default();
        let shown = clock.clone();
        assert_eq!(clock.school_time().clock_in_words(), "10:15");
        clock.pass(Span::new().minutes(5));
        assert_eq!(shown.school_time().clock_in_words(), "10:20");
        shown.set("2026-06-01 09:00");
        assert_eq!(clock.school_time().day_in_words(), "Monday 1 June 2026");
    }
}

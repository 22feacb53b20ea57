//! The log of one machine, driven as its users drive it.

mod asking;
mod crashes;
mod figures;
mod keeping;
mod kills;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use kernel::{Clock, SchoolId};

use crate::{ActivityLog as _, Entry, Filter, LocalLog, Options, Query, Row, Visit, testing};

/// A clock that stands where it is put.
pub(crate) struct StandingClock(AtomicI64);

impl StandingClock {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(testing::at(text).as_millisecond())))
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// A log that turns its journal often, opened long after the days of the test rows.
fn open(root: &Path, segment_rows: u32) -> LocalLog {
    open_with(root, Options { segment_rows, ..Options::default() })
}

fn open_with(root: &Path, options: Options) -> LocalLog {
    let options = Options { upkeep_every: Duration::from_millis(20), ..options };
    LocalLog::open(root, StandingClock::at("2027-06-01T12:00:00Z"), options).unwrap()
}

/// A row; a thousand of them span more than a day.
fn row(school: SchoolId, number: u64) -> Row {
    let visit = testing::visit(number);
    let at = Timestamp::from_millisecond(1_795_500_000_000 + i64::try_from(number).unwrap() * 97_003).unwrap();
    Row::visit(Visit { school, at, ..visit })
}

/// Every row that can be listed, page by page, newest first.
async fn all(log: &LocalLog, school: SchoolId) -> Vec<Entry> {
    let mut query = Query { limit: 333, ..Query::newest(Filter::default()) };
    let mut entries = Vec::new();
    loop {
        let page = log.query(school, query.clone()).await.unwrap();
        assert!(page.complete);
        entries.extend(page.entries);
        match page.next {
            Some(cursor) => query.after = Some(cursor),
            None => return entries,
        }
    }
}

/// The rows are those numbers, each once, newest first.
#[track_caller]
fn assert_rows(entries: &[Entry], school: SchoolId, numbers: impl DoubleEndedIterator<Item = u64>) {
    let found: Vec<_> = entries.iter().map(|entry| entry.row.clone()).collect();
    let expected: Vec<_> = numbers.rev().map(|number| row(school, number)).collect();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "other rows than were written");
}

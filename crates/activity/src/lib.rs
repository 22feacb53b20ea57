//! The activity log: a journal and columnar day files, queried together.
//!
//! What the gateway decided, row by row, under a pseudonym. `ActivityLog` is the port; `Row` is what it takes.

pub mod log;
pub mod row;
pub mod words;

#[cfg(test)]
mod testing;

pub use log::{
    ActivityLog, By, Count, CountKey, Counts, Cursor, DayInfo, Dropped, Entry, Filter, HostIs, LogError, Loss, Newest,
    Page, Query, RowId, Status,
};
pub use row::{Row, Visit, Who};
pub use words::{ClauseRef, Outcome, PersonKey, Scheme};

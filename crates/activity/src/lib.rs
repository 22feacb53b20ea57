//! The activity log: a journal and columnar day files, queried together.
//!
//! What the gateway decided, row by row, under a pseudonym. `ActivityLog` is the port (`Rows`, for those who only
//! write); `Row` is what it takes; `LocalLog` is the log of one machine: a row goes to the queue, is written to the
//! journal of its school, shown to those who watch, and later becomes part of a day file. Questions see both.

pub mod alike;
mod book;
mod columns;
mod compact;
mod copying;
mod dayfile;
mod days;
mod frame;
mod journal;
pub mod local;
pub mod log;
mod query;
mod retention;
pub mod row;
pub mod words;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use alike::Alike;
pub use local::{LocalLog, Options, copy_beside};
pub use log::{
    ActivityLog, By, Count, CountKey, Counts, Cursor, DayInfo, Dropped, Entry, Filter, HostIs, LogError, Loss, Newest,
    Page, Query, RowId, Rows, Status,
};
pub use row::{Row, Visit, Who};
pub use words::{ClauseRef, Outcome, PersonKey, Scheme};

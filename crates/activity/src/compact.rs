//! Upkeep: finished journal files become day files, and small day files become large ones.
//!
//! Each step leaves the log whole, wherever the machine stops:
//!
//! 1. The day files of a segment get their names. As long as its journal is there, they do not count.
//! 2. What damage took of the journal is recorded, and the journal is removed. From now on they count. (At a start, day files of a segment whose journal is
//!    still there are removed and made again.)
//! 3. A merged file gets its name, which says that it stands for the segments of the smaller ones.
//! 4. The smaller ones are removed. (At a start, day files that another stands for are removed.)

use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use jiff::civil::Date;

use crate::{
    book::{Book, remove},
    columns::{self, ColumnsError},
    copying,
    dayfile::{self, DayFile, Unfinished},
    frame::Segment,
    journal,
    log::{LogError, Loss},
};

/// A day that is not over is merged when it has so many small files.
const MANY: usize = 24;
/// A file with fewer rows is small.
const SMALL: u64 = 500_000;

/// Where upkeep stands. Tests stop it there, as a loss of power would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A day file is written, but has no name.
    Written,
    /// A day file has its name.
    Named,
    /// The journal is removed.
    JournalRemoved,
    /// The file that stands for several has its name.
    Merged,
    /// One of those that it stands for is removed.
    OneRemoved,
}

/// Goes on after each step, or not.
pub(crate) type Go<'a> = &'a mut dyn FnMut(Step) -> Result<(), LogError>;

/// Does all there is to do for a school.
pub(crate) fn run(book: &Book, today: Date, go: Go<'_>) -> Result<(), LogError> {
    let _one_at_a_time = book.upkeep();
    // Another process copies the log: the next round comes soon enough.
    let Some(_nobody_copies) = copying::alone_now(&book.days())? else { return Ok(()) };
    settle_all(book, go)?;
    for (day, files) in mergeable(book, today) {
        merge(book, day, &files, go)?;
    }
    Ok(())
}

/// Makes day files of all finished segments. The caller holds `upkeep`.
pub(crate) fn settle_all(book: &Book, go: Go<'_>) -> Result<(), LogError> {
    book.finished_segments().into_iter().try_for_each(|segment| settle(book, segment, go))
}

fn settle(book: &Book, segment: Segment, go: Go<'_>) -> Result<(), LogError> {
    let (batches, damaged, missing) = rows_of(book, segment)?;
    let rows = columns::sorted(&batches).map_err(|error| LogError::Query(error.into()))?;
    drop(batches);
    let mut made = Vec::new();
    for (day, rows) in columns::by_day(&rows).map_err(|error| LogError::Query(error.into()))? {
        let mut file = Unfinished::begin(&book.days(), day, (segment, segment))?;
        file.put(&rows)?;
        let file = file.finish()?;
        go(Step::Written)?;
        made.push((day, file.name()?));
        go(Step::Named)?;
    }
    book.record_missing(segment, missing)?;
    remove(&journal::path_of(&book.journal(), segment))?;
    journal::sync_folder(&book.journal())?;
    go(Step::JournalRemoved)?;
    let mut state = book.state();
    let settled = state.held.remove(&segment);
    state.unseen.remove(&segment);
    state.damage(segment, damaged);
    for (day, file) in made {
        state.days.entry(day).or_default().push(file);
    }
    drop(state);
    // Nobody waits while so many rows are let go.
    drop(settled);
    Ok(())
}

/// The rows of a finished segment as columns, from memory where they are there, and the damaged bytes and lost rows that
/// its journal was found to have just now.
fn rows_of(book: &Book, segment: Segment) -> Result<(Vec<RecordBatch>, u64, Option<Loss>), LogError> {
    let failed = |error: ColumnsError| LogError::Query(error.into());
    if let Some(batches) = book.held(segment).map_err(failed)? {
        return Ok((batches, 0, None));
    }
    let (read, missing) = book.load(segment)?;
    if read.damaged > 0 {
        tracing::error!(school.id = %book.school, journal = segment, bytes = read.damaged,
            "journal {segment} of the activity log has {} damaged bytes", read.damaged);
    }
    let mut entries = read.entries.into_iter().map(Arc::new);
    let mut batches = Vec::new();
    loop {
        let some: Vec<_> = entries.by_ref().take(1_024).collect();
        if some.is_empty() {
            return Ok((batches, read.damaged, missing));
        }
        batches.push(columns::to_batch(&some).map_err(failed)?);
    }
}

/// The days with files that one file should stand for, and these files: all files of a day that is over, and
/// the small ones of today where there are many.
fn mergeable(book: &Book, today: Date) -> Vec<(Date, Vec<DayFile>)> {
    let state = book.state();
    let mut found = Vec::new();
    for (day, files) in &state.days {
        let mut files = files.clone();
        files.sort_by_key(|file| file.from);
        if *day >= today {
            // Only files beside each other can be one: from the last large one on.
            let large = files.iter().rposition(|file| file.rows >= SMALL).map_or(0, |nth| nth + 1);
            files.drain(..large);
        }
        let many = if *day < today { 2 } else { MANY };
        if files.len() >= many {
            found.push((*day, files));
        }
    }
    found
}

fn merge(book: &Book, day: Date, files: &[DayFile], go: Go<'_>) -> Result<(), LogError> {
    let (Some(first), Some(last)) = (files.first(), files.last()) else { return Ok(()) };
    let mut merged = Unfinished::begin(&book.days(), day, (first.from, last.to))?;
    for file in files {
        dayfile::read(&file.path, |batch| merged.put(batch))?;
    }
    let merged = merged.finish()?;
    go(Step::Written)?;
    let merged = merged.name()?;
    go(Step::Merged)?;
    // Nobody reads the smaller ones from here on.
    let _nobody_reads = book.files.blocking_write();
    let mut state = book.state();
    if let Some(files) = state.days.get_mut(&day) {
        files.retain(|file| !merged.supersedes(file));
        files.push(merged);
    }
    drop(state);
    for file in files {
        remove(&file.path)?;
        go(Step::OneRemoved)?;
    }
    Ok(())
}

//! How much of a file is read, and why one is not read at all.

/// The most bytes of a file.
pub(crate) const MOST_BYTES: usize = 15 * 1024 * 1024;
/// The most bytes that a packed file may unpack to.
pub(crate) const MOST_UNPACKED: u64 = 150 * 1024 * 1024;
/// The most rows of a sheet.
pub(crate) const MOST_ROWS: usize = 50_100;
/// The most columns of a sheet.
pub(crate) const MOST_COLUMNS: usize = 200;
/// The most cells of a sheet.
pub(crate) const MOST_CELLS: usize = 3_000_000;

/// Why a file is not read. Each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// It has no cell with anything in it.
    #[error("This file is empty: choose one with a row of headings and the rows below it")]
    Empty,
    /// Its bytes say that it is something else.
    #[error("This file is {0}: save the table as XLSX or CSV, and choose that file")]
    Kind(&'static str),
    /// It is text that cannot be read.
    #[error("This file cannot be read as text: save the table as XLSX, and choose that file")]
    Letters,
    /// It has a password.
    #[error("This workbook has a password: save it without one, and choose that file")]
    Password,
    /// It is too large.
    #[error("Choose a file of at most {} MB: split this one into several", MOST_BYTES / (1024 * 1024))]
    Large,
    /// It would unpack to far more than it seems to be.
    #[error("This workbook unpacks to more than is read here: copy the table alone into a new workbook, and save that")]
    Bomb,
    /// It has too many rows.
    #[error("This sheet has more than 50,000 rows: split it into several")]
    Rows,
    /// It has too many columns.
    #[error("This sheet has more than {MOST_COLUMNS} columns: keep only those that are brought in")]
    Columns,
    /// It is damaged.
    #[error("This workbook is damaged: open it in your spreadsheet program, save it anew, and choose that file")]
    Damaged,
    /// There is no such sheet.
    #[error("Choose a sheet of the workbook")]
    Sheet,
}

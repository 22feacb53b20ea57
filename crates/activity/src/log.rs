//! The port of the activity log: what the gateway writes and the desk reads.
//!
//! A log of one machine is `LocalLog`; one of many machines answers to the same trait.

use std::{path::PathBuf, sync::Arc};

use jiff::{Timestamp, civil::Date};
use kernel::{SchoolId, Year};
use tokio::sync::broadcast;

use crate::{
    alike::Alike,
    row::Row,
    words::{Outcome, PersonKey},
};

/// The number of a row within its school. Rows that came later have higher numbers; no number is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RowId(pub u64);

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for RowId {
    type Err = kernel::BadText;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| kernel::BadText::new(text, "the number of a row"))
    }
}

/// A row as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: RowId,
    /// The row.
    pub row: Row,
}

/// How the host is to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostIs {
    /// This name alone.
    Exactly(String),
    /// This name, or any name below it.
    Within(String),
    /// Any name with these characters in it.
    Containing(String),
}

/// Which rows are meant. An empty filter means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before (that moment itself is outside).
    pub to: Option<Timestamp>,
    /// One person.
    pub person: Option<PersonKey>,
    /// The host.
    pub host: Option<HostIs>,
    /// One category.
    pub category: Option<String>,
    /// Any of these outcomes; all where empty.
    pub outcomes: Vec<Outcome>,
    /// One clause, by its label.
    pub clause: Option<String>,
    /// One year group.
    pub year: Option<Year>,
    /// One class, by its name.
    pub class: Option<String>,
    /// Whether the connection was opened.
    pub inspected: Option<bool>,
}

/// Where a page ended; the next page begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The time of the last row.
    pub at: Timestamp,
    /// Its number.
    pub id: RowId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at.as_millisecond(), self.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = kernel::BadText;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || kernel::BadText::new(text, "the end of a page");
        let (at, id) = text.rsplit_once('-').ok_or_else(bad)?;
        let at = Timestamp::from_millisecond(at.parse().map_err(|_| bad())?).map_err(|_| bad())?;
        Ok(Self { at, id: id.parse().map_err(|_| bad())? })
    }
}

/// A question for rows: newest first, so many at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which rows.
    pub filter: Filter,
    /// Where the page before ended; none for the first page.
    pub after: Option<Cursor>,
    /// How many rows at most; 1 to `Query::MOST`.
    pub limit: usize,
}

impl Query {
    /// The most rows on one page.
    pub const MOST: usize = 1_000;

    /// The newest 50 rows that the filter means.
    pub fn newest(filter: Filter) -> Self {
        Self { filter, after: None, limit: 50 }
    }
}

/// Rows, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows. Visits to help sites are never among them.
    pub entries: Vec<Entry>,
    /// Where the next page begins; none where this was the last.
    pub next: Option<Cursor>,
    /// Whether everything could be looked at. Where not, `status` says what is missing.
    pub complete: bool,
}

/// By what rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// By what became of them.
    Outcome,
    /// By category.
    Category,
    /// By host.
    Host,
    /// By the label of the clause.
    Clause,
    /// By the word that says why.
    Reason,
    /// By the place that they came from: `school`, `network:NAME`.
    Place,
    /// By hour.
    Hour,
    /// By day of the school (Europe/London).
    Day,
}

/// What a count is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountKey {
    /// Rows that have none (no category, no clause).
    None,
    /// An outcome, category, host or clause label.
    Word(String),
    /// The hour that begins then.
    Hour(Timestamp),
    /// A day.
    Day(Date),
}

/// How many rows have one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The key.
    pub key: CountKey,
    /// The rows. Visits to help sites are counted, each at the beginning of its hour.
    pub rows: u64,
}

/// Counts: of hours and days in their order, of all else the largest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The counts, so many as were asked for.
    pub counts: Vec<Count>,
    /// Whether everything could be looked at. Where not, `status` says what is missing.
    pub complete: bool,
}

/// Which of the newest rows the live view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Newest {
    /// All.
    All,
    /// Those that were refused, or would have been: blocked, observed, refused.
    JustRefused,
}

impl Newest {
    /// Whether the view shows rows of this outcome.
    pub fn shows(self, outcome: Outcome) -> bool {
        match (self, outcome) {
            (Self::All | Self::JustRefused, Outcome::Help) => false,
            (Self::All | Self::JustRefused, Outcome::Blocked | Outcome::Observed | Outcome::Refused) => true,
            (Self::All, Outcome::Allowed | Outcome::Failed) => true,
            (Self::JustRefused, Outcome::Allowed | Outcome::Failed) => false,
        }
    }
}

/// One day of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayInfo {
    /// The day of the school (Europe/London).
    pub day: Date,
    /// Its rows, visits to help sites included.
    pub rows: u64,
    /// Bytes on disk in day files.
    pub bytes: u64,
    /// The number of day files.
    pub files: usize,
}

/// What retention removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dropped {
    /// The days that are gone.
    pub days: Vec<Date>,
    /// How many rows they had.
    pub rows: u64,
    /// The folders of days that could not be removed; the next removal tries again.
    pub left: Vec<PathBuf>,
}

/// Rows that could not be taken because the log did not keep up, or that damage took from a journal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Loss {
    /// The time of the first row that was lost.
    pub from: Timestamp,
    /// The time of the last.
    pub to: Timestamp,
    /// How many.
    pub rows: u64,
}

/// How the log of one school does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Rows taken since the start.
    pub taken: u64,
    /// Rows lost, ever.
    pub lost: u64,
    /// The last losses, newest last (at most 100).
    pub losses: Vec<Loss>,
    /// Rows that wait in the journal for their day file.
    pub in_journal: u64,
    /// Whole journal files that wait on disk because day files cannot be written; their rows are safe, but
    /// not found by queries until then.
    pub unseen_journals: usize,
    /// Bytes of the journal that could not be read at the last start (a torn end is not counted).
    pub damaged_bytes: u64,
    /// Day files that cannot be read.
    pub unreadable: Vec<PathBuf>,
    /// What goes wrong at present, in words for the network manager; none where all is well.
    pub trouble: Option<String>,
}

/// What a log cannot do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file or folder of the log.
    #[error("cannot {what} {path} of the activity log")]
    File {
        /// What was tried: `read`, `write`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// A question that could not be answered.
    #[error("the activity log cannot answer the question")]
    Query(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A question that took too long.
    #[error("the activity log had no answer within {seconds} seconds; ask for fewer days")]
    TooSlow {
        /// The time that it had.
        seconds: u64,
    },
    /// The log is closed, or its writer ended.
    #[error("the activity log is closed")]
    Closed,
}

/// Where rows go: all that whoever writes the log needs of it.
pub trait Rows: Send + Sync {
    /// Takes a row. Never waits: where the log does not keep up, the row is lost, and the loss is counted,
    /// recorded and shown by the log's `status`.
    fn append(&self, row: Row);
}

/// The activity log of an installation. Every question names its school; no answer mixes two.
#[async_trait::async_trait]
pub trait ActivityLog: Rows {
    /// Waits until every row that was appended before is on disk.
    async fn flush(&self) -> Result<(), LogError>;

    /// A page of rows, newest first.
    async fn query(&self, school: SchoolId, query: Query) -> Result<Page, LogError>;

    /// Counts of the rows that the filter means: at most `limit` of them.
    async fn counts(&self, school: SchoolId, filter: Filter, by: By, limit: usize) -> Result<Counts, LogError>;

    /// The requests of one day of the school, those that are alike counted together. What could not be looked at is
    /// missing, as `status` says.
    async fn alike(&self, school: SchoolId, day: Date) -> Result<Vec<Alike>, LogError>;

    /// One row by its number.
    async fn get(&self, school: SchoolId, id: RowId) -> Result<Option<Entry>, LogError>;

    /// The newest rows from memory, newest first: what a live view shows at once. At most 500.
    fn newest(&self, school: SchoolId, which: Newest, limit: usize) -> Vec<Arc<Entry>>;

    /// New rows as they are taken. A reader that is too slow misses rows and is told how many.
    fn subscribe(&self, school: SchoolId) -> broadcast::Receiver<Arc<Entry>>;

    /// The days that the log holds, oldest first.
    async fn days(&self, school: SchoolId) -> Result<Vec<DayInfo>, LogError>;

    /// Removes all days before `day`, whole.
    async fn drop_before(&self, school: SchoolId, day: Date) -> Result<Dropped, LogError>;

    /// How the log does.
    fn status(&self, school: SchoolId) -> Status;

    /// Takes no more rows, writes what it has, and ends.
    async fn close(&self) -> Result<(), LogError>;
}

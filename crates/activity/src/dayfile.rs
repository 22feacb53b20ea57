//! Day files: the rows of one day, as Parquet.
//!
//! `days/2026-11-24/000000000007-000000000009.parquet` holds what segments 7 to 9 of the journal had of that
//! day. A file comes into being under another name and is renamed when it is whole; a file whose segments all
//! lie within those of another file of the day is a leftover of a merge.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use datafusion::{
    arrow::record_batch::RecordBatch,
    parquet::{
        arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
        basic::{Compression, ZstdLevel},
        errors::ParquetError,
        file::properties::{WriterProperties, WriterVersion},
    },
};
use jiff::civil::Date;

use crate::{columns, frame::Segment, journal::sync_folder, log::LogError};

const UNFINISHED: &str = ".unfinished-";

/// One day file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayFile {
    /// The first segment whose rows it holds.
    pub(crate) from: Segment,
    /// The last.
    pub(crate) to: Segment,
    /// Its rows.
    pub(crate) rows: u64,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl DayFile {
    /// Whether it holds all segments of another, and is another file.
    pub(crate) fn supersedes(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to && self.path != other.path
    }

    pub(crate) fn holds(&self, segment: Segment) -> bool {
        self.from <= segment && segment <= self.to
    }
}

/// A day file that is being written.
pub(crate) struct Unfinished {
    writer: ArrowWriter<File>,
    folder: PathBuf,
    unfinished: PathBuf,
    path: PathBuf,
    segments: (Segment, Segment),
    rows: u64,
}

impl Unfinished {
    /// Begins the file of a day and of these segments.
    pub(crate) fn begin(days: &Path, day: Date, segments: (Segment, Segment)) -> Result<Self, LogError> {
        let folder = days.join(day.to_string());
        if !folder.is_dir() {
            std::fs::create_dir(&folder).map_err(|cause| LogError::File {
                what: "create",
                path: folder.clone(),
                cause,
            })?;
            sync_folder(days)?;
        }
        let name = format!("{:012}-{:012}.parquet", segments.0, segments.1);
        let (path, unfinished) = (folder.join(&name), folder.join(format!("{UNFINISHED}{name}")));
        let file = File::create(&unfinished).map_err(|cause| LogError::File {
            what: "create",
            path: unfinished.clone(),
            cause,
        })?;
        // Version 2, because only that has dictionaries for columns of fixed length (pseudonyms, digests).
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_compression(Compression::ZSTD(level()))
            .set_max_row_group_row_count(Some(131_072))
            .set_created_by("gatehouse activity 1".to_owned())
            .build();
        let writer = ArrowWriter::try_new(file, columns::schema(), Some(properties))
            .map_err(|error| failed("write", &unfinished, error))?;
        Ok(Self { writer, folder, unfinished, path, segments, rows: 0 })
    }

    /// Adds rows.
    pub(crate) fn put(&mut self, batch: &RecordBatch) -> Result<(), LogError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| failed("write", &self.unfinished, error))
    }

    /// Writes what is left, and makes the file last under its unfinished name.
    pub(crate) fn finish(self) -> Result<Finished, LogError> {
        let Self { writer, folder, unfinished, path, segments: (from, to), rows } = self;
        let mut file = writer.into_inner().map_err(|error| failed("write", &unfinished, error))?;
        let written = file.flush().and_then(|()| file.sync_all()).and_then(|()| file.metadata());
        let bytes = written.map_err(|cause| LogError::File { what: "write", path: unfinished.clone(), cause })?.len();
        Ok(Finished { folder, unfinished, file: DayFile { from, to, rows, bytes, path } })
    }
}

/// A day file that is whole, but does not have its name yet.
pub(crate) struct Finished {
    folder: PathBuf,
    unfinished: PathBuf,
    file: DayFile,
}

impl Finished {
    /// Gives the file its name, for good.
    pub(crate) fn name(self) -> Result<DayFile, LogError> {
        let Self { folder, unfinished, file } = self;
        std::fs::rename(&unfinished, &file.path).map_err(|cause| LogError::File {
            what: "rename",
            path: unfinished,
            cause,
        })?;
        sync_folder(&folder)?;
        Ok(file)
    }
}

/// What a folder of day files has.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Days with their files, as their names say; files are not opened.
    pub(crate) files: Vec<(Date, DayFile)>,
    /// Files that were never finished.
    pub(crate) unfinished: Vec<PathBuf>,
}

/// Looks through all days.
pub(crate) fn find(days: &Path) -> Result<Found, LogError> {
    let mut found = Found::default();
    for (name, folder) in entries(days)? {
        let Ok(day) = name.parse::<Date>() else { continue };
        for (name, path) in entries(&folder)? {
            if name.starts_with(UNFINISHED) {
                found.unfinished.push(path);
            } else if let Some((from, to)) = segments_of(&name) {
                found.files.push((day, DayFile { from, to, rows: 0, bytes: 0, path }));
            }
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, LogError> {
    let failed = |cause| LogError::File { what: "read", path: folder.to_owned(), cause };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        found.extend(entry.file_name().into_string().ok().map(|name| (name, entry.path())));
    }
    found.sort();
    Ok(found)
}

fn segments_of(name: &str) -> Option<(Segment, Segment)> {
    let (from, to) = name.strip_suffix(".parquet")?.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// Reads how many rows and bytes a day file has; fails where it is no whole day file.
pub(crate) fn measure(file: DayFile) -> Result<DayFile, LogError> {
    let path = file.path;
    let opened = open(&path)?;
    let rows = u64::try_from(opened.metadata().file_metadata().num_rows()).unwrap_or_default();
    let bytes =
        std::fs::metadata(&path).map_err(|cause| LogError::File { what: "read", path: path.clone(), cause })?.len();
    Ok(DayFile { rows, bytes, path, ..file })
}

/// Hands the rows of a day file on, some thousand at a time.
pub(crate) fn read(path: &Path, mut take: impl FnMut(&RecordBatch) -> Result<(), LogError>) -> Result<(), LogError> {
    let reader = open(path)?.with_batch_size(8_192).build().map_err(|error| failed("read", path, error))?;
    for batch in reader {
        take(&batch.map_err(|error| failed("read", path, error.into()))?)?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, LogError> {
    let file = File::open(path).map_err(|cause| LogError::File { what: "read", path: path.to_owned(), cause })?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed("read", path, error))
}

fn failed(what: &'static str, path: &Path, error: ParquetError) -> LogError {
    LogError::File { what, path: path.to_owned(), cause: std::io::Error::other(error) }
}

/// Level 3: a fifth smaller than 1 at little cost; higher ones cost more than they save.
fn level() -> ZstdLevel {
    ZstdLevel::try_new(3).unwrap_or_default()
}

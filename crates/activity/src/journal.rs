//! The journal: rows as they came, appended to one file at a time.
//!
//! A journal file ("segment") has a number that is never used again. What a crash can leave is a file that ends
//! within a frame; that end is cut off when the file is opened. `frame` says what a file looks like inside.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use kernel::SchoolId;

use crate::{
    columns::NO_NUMBER,
    frame::{self, HEADER, MAGIC, Read, Seal, Segment, row_id},
    log::{LogError, RowId},
    row::Row,
};

/// The path of a segment.
pub(crate) fn path_of(folder: &Path, segment: Segment) -> PathBuf {
    folder.join(format!("{segment:012}.journal"))
}

/// The segments in a journal folder, oldest first.
pub(crate) fn segments(folder: &Path) -> Result<Vec<Segment>, LogError> {
    let failed = |cause| LogError::File { what: "read", path: folder.to_owned(), cause };
    let mut found: Vec<Segment> = Vec::new();
    for file in std::fs::read_dir(folder).map_err(failed)? {
        let name = file.map_err(failed)?.file_name();
        let number: Option<Segment> =
            name.to_str().and_then(|name| name.strip_suffix(".journal")).and_then(|name| name.parse().ok());
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// Reads a whole segment from disk.
pub(crate) fn load(folder: &Path, school: SchoolId, segment: Segment) -> Result<Read, LogError> {
    let path = path_of(folder, segment);
    let bytes = std::fs::read(&path).map_err(|cause| LogError::File { what: "read", path, cause })?;
    Ok(frame::read(&bytes, school, segment))
}

/// When a segment was last written to; the beginning of time where the system does not say.
pub(crate) fn written(folder: &Path, segment: Segment) -> Timestamp {
    let modified = std::fs::metadata(path_of(folder, segment)).and_then(|file| file.modified());
    modified.ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The segment that is written to at present.
pub(crate) struct Pen {
    file: File,
    path: PathBuf,
    seal: Seal,
    segment: Segment,
    next_place: u32,
    /// The length up to which the file is whole.
    length: u64,
    buffer: Vec<u8>,
    unsynced: bool,
}

impl Pen {
    /// Begins a new segment. When it returns the file is there for good.
    pub(crate) fn create(folder: &Path, school: SchoolId, segment: Segment) -> Result<Self, LogError> {
        let path = path_of(folder, segment);
        let failed = |what, cause| LogError::File { what, path: path.clone(), cause };
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&path).map_err(|cause| failed("create", cause))?;
        file.write_all(&MAGIC).and_then(|()| file.sync_all()).map_err(|cause| failed("write", cause))?;
        sync_folder(folder)?;
        let seal = Seal::new(school, segment);
        let length = HEADER as u64;
        Ok(Self { file, path, seal, segment, next_place: 0, length, buffer: Vec::new(), unsynced: false })
    }

    /// Goes on with a segment that was read before, from the end of its last whole frame.
    pub(crate) fn resume(folder: &Path, school: SchoolId, segment: Segment, read: &Read) -> Result<Self, LogError> {
        let path = path_of(folder, segment);
        let failed = |cause| LogError::File { what: "write", path: path.clone(), cause };
        let mut file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        let mut length = read.whole as u64;
        file.set_len(length).map_err(failed)?;
        if length < HEADER as u64 {
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
            file.write_all(&MAGIC).map_err(failed)?;
            length = HEADER as u64;
        }
        file.seek(SeekFrom::Start(length)).and_then(|_| file.sync_all()).map_err(failed)?;
        let seal = Seal::new(school, segment);
        let next_place = read.next_place;
        Ok(Self { file, path, seal, segment, next_place, length, buffer: Vec::new(), unsynced: false })
    }

    /// Puts a row into the buffer and gives its number.
    pub(crate) fn put(&mut self, row: &Row) -> Result<RowId, serde_json::Error> {
        let place = self.next_place;
        frame::put_frame(&mut self.buffer, &self.seal, place, row)?;
        self.next_place = place.saturating_add(1);
        Ok(if row.is_help() { NO_NUMBER } else { row_id(self.segment, place) })
    }

    /// Writes the buffer. After an error the file is cut back to what was whole, and the buffer is kept for
    /// another try.
    pub(crate) fn write(&mut self) -> Result<(), LogError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if let Err(cause) = self.file.write_all(&self.buffer) {
            // Where cutting back fails too, the next read steps over the torn frame.
            let _ = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            return Err(LogError::File { what: "write", path: self.path.clone(), cause });
        }
        self.length += self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(1 << 20);
        self.unsynced = true;
        Ok(())
    }

    /// Makes what was written last through a loss of power.
    pub(crate) fn sync(&mut self) -> Result<(), LogError> {
        if !self.unsynced {
            return Ok(());
        }
        self.file.sync_data().map_err(|cause| LogError::File { what: "sync", path: self.path.clone(), cause })?;
        self.unsynced = false;
        Ok(())
    }

    pub(crate) fn segment(&self) -> Segment {
        self.segment
    }

    pub(crate) fn rows(&self) -> u32 {
        self.next_place
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn is_unsynced(&self) -> bool {
        self.unsynced
    }
}

/// Makes new names and removals in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LogError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause: io::Error| LogError::File { what: "sync", path: folder.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frame::FRAME, testing};

    fn rows(count: u64) -> Vec<Row> {
        (0..count).map(|number| Row::visit(testing::visit(number))).collect()
    }

    #[test]
    fn a_pen_goes_on_after_a_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let rows = rows(6);
        let school = testing::school(1);
        let mut pen = Pen::create(folder.path(), school, 9).unwrap();
        for row in &rows[..3] {
            pen.put(row).unwrap();
        }
        pen.write().unwrap();
        let mut file = OpenOptions::new().append(true).open(path_of(folder.path(), 9)).unwrap();
        file.write_all(&FRAME).unwrap();
        let before = load(folder.path(), school, 9).unwrap();
        let mut pen = Pen::resume(folder.path(), school, 9, &before).unwrap();
        for row in &rows[3..] {
            pen.put(row).unwrap();
        }
        pen.write().unwrap();
        let after = load(folder.path(), school, 9).unwrap();
        assert!(after.entries.iter().map(|entry| &entry.row).eq(&rows));
        assert_eq!(after.damaged, 0);
    }

    #[test]
    fn a_write_that_failed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let rows = rows(4);
        let school = testing::school(1);
        let mut pen = Pen::create(folder.path(), school, 9).unwrap();
        pen.put(&rows[0]).unwrap();
        pen.write().unwrap();
        let writable = std::mem::replace(&mut pen.file, File::open(path_of(folder.path(), 9)).unwrap());
        pen.put(&rows[1]).unwrap();
        pen.put(&rows[2]).unwrap();
        assert!(pen.write().is_err());
        // Worse: some of it came through, and could not be cut off.
        pen.file = writable;
        pen.file.write_all(&pen.buffer[..pen.buffer.len() - 5]).unwrap();
        pen.write().unwrap();
        pen.put(&rows[3]).unwrap();
        pen.write().unwrap();
        let read = load(folder.path(), school, 9).unwrap();
        assert!(read.entries.iter().map(|entry| &entry.row).eq(&rows), "each row once");
    }
}

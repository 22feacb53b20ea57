//! The log of one school: its folder, and what of it is in memory.
//!
//! In memory are the rows that no day file has yet, the list of day files, and the newest rows for the live
//! view. `state` is held only to look or to put something in its place, never while a file is touched. A row
//! is in memory or in a day file, and `state` says which; a file that is being made is in neither list.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use datafusion::arrow::record_batch::RecordBatch;
use jiff::civil::Date;
use kernel::SchoolId;
use tokio::sync::broadcast;

use crate::{
    columns::{self, ColumnsError, NO_NUMBER},
    copying,
    dayfile::{self, DayFile},
    days::day_of,
    frame::{Read, Segment},
    journal::{self, Pen},
    log::{Entry, LogError, Loss, Newest, Status},
};

/// How many rows the live view can show.
pub(crate) const RING: usize = 500;
/// How many rows are laid out as columns at a time: so few that nobody who waits for a page notices.
const FREEZE: usize = 256;

/// The rows of a segment, in memory.
#[derive(Default)]
pub(crate) struct Held {
    batches: Vec<RecordBatch>,
    tail: Vec<Arc<Entry>>,
    days: BTreeMap<Date, u64>,
}

impl Held {
    pub(crate) fn put(&mut self, entry: Arc<Entry>) {
        *self.days.entry(day_of(entry.row.at)).or_default() += 1;
        self.tail.push(entry);
        if self.tail.len() >= FREEZE
            && let Ok(batch) = columns::to_batch(&self.tail)
        {
            self.batches.push(batch);
            self.tail.clear();
        }
    }

    fn rows(&self) -> u64 {
        self.days.values().sum()
    }

    /// All rows as columns, in the order that they came.
    fn batches(&self) -> Result<Vec<RecordBatch>, ColumnsError> {
        let tail = (!self.tail.is_empty()).then(|| columns::to_batch(&self.tail)).transpose()?;
        Ok(self.batches.iter().cloned().chain(tail).collect())
    }
}

/// What is known of a school's log at a moment.
#[derive(Default)]
pub(crate) struct State {
    /// The segment that is written to.
    pub(crate) live: Segment,
    /// Rows of segments that no day file has.
    pub(crate) held: BTreeMap<Segment, Held>,
    /// Segments that are on disk alone, because day files cannot be written.
    pub(crate) unseen: BTreeSet<Segment>,
    /// The day files.
    pub(crate) days: BTreeMap<Date, Vec<DayFile>>,
    newest: VecDeque<Arc<Entry>>,
    refused: VecDeque<Arc<Entry>>,
    /// Rows taken since the start.
    pub(crate) taken: u64,
    /// Damaged bytes of journals.
    pub(crate) damaged: BTreeMap<Segment, u64>,
    /// The rows that damage took, of journals that are still there.
    missing: BTreeMap<Segment, Loss>,
    unreadable: Vec<PathBuf>,
    losses: VecDeque<Loss>,
    lost: u64,
    /// What keeps the journal from being written.
    pub(crate) journal_trouble: Option<String>,
    /// What keeps day files from being written.
    pub(crate) upkeep_trouble: Option<String>,
}

/// What a question looks at: a moment of the log, of some days.
pub(crate) struct View {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) tail: Vec<Arc<Entry>>,
    pub(crate) files: Vec<PathBuf>,
}

/// The log of one school.
pub(crate) struct Book {
    pub(crate) school: SchoolId,
    folder: PathBuf,
    state: Mutex<State>,
    /// New rows, for those who watch.
    pub(crate) watchers: broadcast::Sender<Arc<Entry>>,
    /// Held for reading by whoever reads day files, for writing by whoever removes some.
    pub(crate) files: tokio::sync::RwLock<()>,
    /// Held by whoever makes or removes day files; see [`Book::upkeep`].
    upkeep: Mutex<()>,
    /// How many rows of finished segments may be in memory; others wait on disk.
    most_held: u64,
}

impl Book {
    /// Opens the log of a school and brings into order what a crash has left.
    pub(crate) fn open(
        root: &Path,
        school: SchoolId,
        watchers: broadcast::Sender<Arc<Entry>>,
        most_held: u64,
    ) -> Result<(Self, Pen), LogError> {
        let folder = root.join(school.to_string());
        for folder in [folder.join("journal"), folder.join("days")] {
            std::fs::create_dir_all(&folder).map_err(|cause| LogError::File { what: "create", path: folder, cause })?;
        }
        journal::sync_folder(&folder)?;
        journal::sync_folder(root)?;
        let upkeep = Mutex::new(());
        let files = tokio::sync::RwLock::new(());
        let book = Self { school, folder, state: Mutex::new(State::default()), watchers, files, upkeep, most_held };
        let pen = {
            let _nobody_copies = copying::alone(&book.days())?;
            book.recover()?
        };
        Ok((book, pen))
    }

    /// Keeps other threads from making or removing day files. Who does so himself holds [`copying::alone`] too, for
    /// the sake of another process that copies the log.
    pub(crate) fn upkeep(&self) -> MutexGuard<'_, ()> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    pub(crate) fn days(&self) -> PathBuf {
        self.folder.join("days")
    }

    pub(crate) fn losses_file(&self) -> PathBuf {
        self.folder.join(copying::LOSSES)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recover(&self) -> Result<Pen, LogError> {
        let mut state = State::default();
        let mut segments = journal::segments(&self.journal())?;
        let found = dayfile::find(&self.days())?;
        found.unfinished.iter().try_for_each(|path| remove(path))?;
        let mut highest = segments.last().copied().unwrap_or_default();
        for (day, file) in &found.files {
            highest = highest.max(file.to);
            // A file of one segment whose journal is still there was not made whole with its sisters of other
            // days: it is made again. A file that a merge has left over is removed.
            let again = file.from == file.to && segments.contains(&file.from);
            let merged = found.files.iter().any(|(other_day, other)| other_day == day && other.supersedes(file));
            if again || merged {
                remove(&file.path)?;
                continue;
            }
            match dayfile::measure(file.clone()) {
                Ok(file) => state.days.entry(*day).or_default().push(file),
                Err(error) => {
                    tracing::error!(school.id = %self.school, error = &error as &dyn std::error::Error,
                        "a day file of the activity log cannot be read");
                    state.unreadable.push(file.path.clone());
                }
            }
        }
        // A journal that a merge has taken in was settled; its removal was lost.
        let merged = |segment: Segment| found.files.iter().any(|(_, file)| file.from < file.to && file.holds(segment));
        for segment in segments.iter().filter(|segment| merged(**segment)) {
            remove(&journal::path_of(&self.journal(), *segment))?;
        }
        segments.retain(|segment| !merged(*segment));

        let live = segments.pop();
        for segment in segments {
            state.hold(segment, self.load(segment)?);
            state.release(self.most_held);
        }
        let pen = match live {
            Some(live) => {
                let (read, missing) = self.load(live)?;
                let pen = Pen::resume(&self.journal(), self.school, live, &read)?;
                state.hold(live, (read, missing));
                pen
            }
            None => Pen::create(&self.journal(), self.school, highest + 1)?,
        };
        state.live = pen.segment();
        state.held.entry(pen.segment()).or_default();
        self.read_losses(&mut state)?;
        *self.state() = state;
        Ok(pen)
    }

    fn read_losses(&self, state: &mut State) -> Result<(), LogError> {
        let path = self.losses_file();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(LogError::File { what: "read", path, cause }),
        };
        // A torn last line is of a loss whose record was cut off by a crash.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|loss| state.lose(loss));
        // The machine stopped between the record and the removal of the journal.
        let State { missing, losses, .. } = state;
        missing.retain(|_, loss| !losses.contains(loss));
        Ok(())
    }

    /// Reads a segment from disk, with the rows that damage took of it.
    pub(crate) fn load(&self, segment: Segment) -> Result<(Read, Option<Loss>), LogError> {
        let read = journal::load(&self.journal(), self.school, segment)?;
        let missing = read.missing(journal::written(&self.journal(), segment));
        Ok((read, missing))
    }

    /// Records that rows were lost.
    pub(crate) fn record_loss(&self, loss: Loss) -> Result<(), LogError> {
        self.state().lose(loss.clone());
        self.write_loss(&loss)
    }

    /// Records what damage took of a segment, before its journal goes: nothing else shows it then.
    pub(crate) fn record_missing(&self, segment: Segment, found: Option<Loss>) -> Result<(), LogError> {
        let (loss, known) = {
            let state = self.state();
            let Some(loss) = found.or_else(|| state.missing.get(&segment).cloned()) else { return Ok(()) };
            // The machine stopped before the journal was gone.
            let known = state.losses.contains(&loss);
            (loss, known)
        };
        if !known {
            self.write_loss(&loss)?;
        }
        let mut state = self.state();
        state.missing.remove(&segment);
        if !known {
            state.lose(loss);
        }
        Ok(())
    }

    fn write_loss(&self, loss: &Loss) -> Result<(), LogError> {
        tracing::error!(school.id = %self.school, rows = loss.rows, "the activity log lost {} rows", loss.rows);
        let path = self.losses_file();
        let mut line = serde_json::to_vec(loss).unwrap_or_default();
        line.push(b'\n');
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(&line).and_then(|()| file.sync_data()));
        written.map_err(|cause| LogError::File { what: "write", path, cause })
    }

    /// Takes rows that are in the journal.
    pub(crate) fn publish(&self, segment: Segment, entries: Vec<Arc<Entry>>) {
        let mut state = self.state();
        state.journal_trouble = None;
        for entry in &entries {
            state.taken += 1;
            state.held.entry(segment).or_default().put(entry.clone());
            state.ring(entry.clone());
        }
        drop(state);
        for entry in entries.into_iter().filter(|entry| entry.id != NO_NUMBER) {
            // It fails where nobody watches.
            let _ = self.watchers.send(entry);
        }
    }

    /// Notes that another segment is written to now.
    pub(crate) fn turn_to(&self, segment: Segment) {
        let mut state = self.state();
        state.live = segment;
        state.release(self.most_held);
        state.held.insert(segment, Held::default());
    }

    /// The segments that are no longer written to, oldest first.
    pub(crate) fn finished_segments(&self) -> Vec<Segment> {
        let state = self.state();
        let live = state.live;
        let mut segments: Vec<_> = state.unseen.iter().chain(state.held.keys()).copied().collect();
        segments.retain(|segment| *segment != live);
        segments.sort_unstable();
        segments
    }

    /// The rows of a segment that are in memory, as columns; none where it waits on disk alone.
    pub(crate) fn held(&self, segment: Segment) -> Result<Option<Vec<RecordBatch>>, ColumnsError> {
        self.state().held.get(&segment).map(Held::batches).transpose()
    }

    /// Whether the segment that is written to has rows of a day before `day`.
    pub(crate) fn live_has_before(&self, day: Date) -> bool {
        let state = self.state();
        state.held.get(&state.live).is_some_and(|held| held.days.range(..day).next().is_some())
    }

    /// The days with rows from one to another, newest first.
    pub(crate) fn days_between(&self, from: Date, to: Date) -> Vec<Date> {
        let state = self.state();
        let mut days: BTreeSet<Date> = state.days.keys().copied().collect();
        days.extend(state.held.values().flat_map(|held| held.days.keys().copied()));
        days.into_iter().rev().filter(|day| from <= *day && *day <= to).collect()
    }

    /// What there is to see of the days from one to another, and of one segment alone where that is given.
    pub(crate) fn view(&self, from: Date, to: Date, only: Option<Segment>) -> View {
        let state = self.state();
        let mut view = View { batches: Vec::new(), tail: Vec::new(), files: Vec::new() };
        if from > to {
            return view;
        }
        let wanted = |segment: &Segment| only.is_none_or(|only| only == *segment);
        for (_, held) in state.held.iter().filter(|(segment, _)| wanted(segment)) {
            if held.days.range(from..=to).next().is_some() {
                view.batches.extend(held.batches.iter().cloned());
                view.tail.extend(held.tail.iter().cloned());
            }
        }
        let files = state.days.range(from..=to).flat_map(|(_, files)| files);
        view.files = files.filter(|file| only.is_none_or(|only| file.holds(only))).map(|it| it.path.clone()).collect();
        view
    }

    /// Whether a question can see every row.
    pub(crate) fn is_complete(&self) -> bool {
        let state = self.state();
        state.unseen.is_empty() && state.unreadable.is_empty() && state.damaged.is_empty()
    }

    /// The days with their rows and files.
    pub(crate) fn day_infos(&self) -> Vec<crate::log::DayInfo> {
        let state = self.state();
        let mut infos = BTreeMap::new();
        let empty = |day| crate::log::DayInfo { day, rows: 0, bytes: 0, files: 0 };
        for (day, files) in &state.days {
            let info = infos.entry(*day).or_insert_with(|| empty(*day));
            info.files = files.len();
            info.rows = files.iter().map(|file| file.rows).sum();
            info.bytes = files.iter().map(|file| file.bytes).sum();
        }
        for (day, rows) in state.held.values().flat_map(|held| &held.days) {
            infos.entry(*day).or_insert_with(|| empty(*day)).rows += rows;
        }
        infos.into_values().collect()
    }

    /// The newest rows, newest first.
    pub(crate) fn newest(&self, which: Newest, limit: usize) -> Vec<Arc<Entry>> {
        let state = self.state();
        let ring = match which {
            Newest::All => &state.newest,
            Newest::JustRefused => &state.refused,
        };
        ring.iter().rev().take(limit).cloned().collect()
    }

    pub(crate) fn status(&self) -> Status {
        let state = self.state();
        let troubles: Vec<_> = [&state.journal_trouble, &state.upkeep_trouble].into_iter().flatten().cloned().collect();
        Status {
            taken: state.taken,
            lost: state.lost + state.missing.values().map(|loss| loss.rows).sum::<u64>(),
            losses: state.losses.iter().chain(state.missing.values()).cloned().collect(),
            in_journal: state.held.values().map(Held::rows).sum(),
            unseen_journals: state.unseen.len(),
            damaged_bytes: state.damaged.values().sum(),
            unreadable: state.unreadable.clone(),
            trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
        }
    }
}

impl State {
    fn hold(&mut self, segment: Segment, (read, missing): (Read, Option<Loss>)) {
        self.damage(segment, read.damaged);
        self.missing.extend(missing.map(|loss| (segment, loss)));
        for entry in read.entries {
            let entry = Arc::new(entry);
            self.ring(entry.clone());
            self.held.entry(segment).or_default().put(entry);
        }
    }

    pub(crate) fn damage(&mut self, segment: Segment, bytes: u64) {
        if bytes > 0 {
            self.damaged.insert(segment, bytes);
        }
    }

    /// Lets go of the oldest finished segments where memory has too many rows.
    fn release(&mut self, most_held: u64) {
        while self.held.values().map(Held::rows).sum::<u64>() > most_held
            && let Some((oldest, _)) = self.held.pop_first()
        {
            self.unseen.insert(oldest);
        }
    }

    fn lose(&mut self, loss: Loss) {
        self.lost += loss.rows;
        self.losses.push_back(loss);
        if self.losses.len() > 100 {
            self.losses.pop_front();
        }
    }

    fn ring(&mut self, entry: Arc<Entry>) {
        for (which, ring) in [(Newest::All, &mut self.newest), (Newest::JustRefused, &mut self.refused)] {
            if which.shows(entry.row.outcome) {
                ring.push_back(entry.clone());
                if ring.len() > RING {
                    ring.pop_front();
                }
            }
        }
    }

    /// Forgets what memory has of days before `day`, apart from rows that the journal has.
    pub(crate) fn forget_before(&mut self, day: Date) {
        self.newest.retain(|entry| day_of(entry.row.at) >= day);
        self.refused.retain(|entry| day_of(entry.row.at) >= day);
        let is_kept = |path: &PathBuf| {
            let name = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
            name.and_then(|name| name.parse::<Date>().ok()).is_none_or(|of| of >= day)
        };
        self.unreadable.retain(is_kept);
    }
}

/// Removes a file; that it is gone already is no error.
pub(crate) fn remove(path: &Path) -> Result<(), LogError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(LogError::File { what: "remove", path: path.to_owned(), cause }),
    }
}

//! The writer: one thread that takes rows from the queue, writes them to the journals of their schools, and
//! only then shows them to anybody.
//!
//! Rows are written a few milliseconds after they come, those of that time together: one call and one wake-up for many
//! rows (so they outlive the process). They are synced together four times a second (so they outlive a loss of power).
//! Where the disk refuses, the writer tries again and the queue fills; what
//! finds it full is lost, counted and recorded.

use std::{
    collections::{HashMap, hash_map},
    sync::{
        Arc, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use kernel::SchoolId;
use tokio::sync::oneshot;

use crate::{
    book::Book,
    journal::Pen,
    local::Shared,
    log::{Entry, LogError, Loss},
    row::Row,
};

/// How many rows are written at a time.
const BATCH: usize = 1_024;
/// How long rows may gather before they are written.
const GATHER: Duration = Duration::from_millis(5);
/// How long to wait before a disk that refused is asked again.
const AGAIN: Duration = Duration::from_millis(200);
/// How often a closing log asks again.
const LAST_TRIES: u32 = 5;

/// What the queue carries.
pub(crate) enum Message {
    /// A row.
    Row(Box<Row>),
    /// Answer when everything before is on disk.
    Flush(oneshot::Sender<Result<(), LogError>>),
    /// Begin a new journal file for a school, and answer.
    Turn(SchoolId, oneshot::Sender<Result<(), LogError>>),
    /// End.
    Stop,
}

struct Desk {
    book: Arc<Book>,
    pen: Pen,
    /// When the first row of the segment came.
    since: Option<Instant>,
    /// Rows in the pen's buffer.
    waiting: Vec<Arc<Entry>>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    wake_upkeep: Sender<()>,
    desks: HashMap<SchoolId, Desk>,
    last_sync: Instant,
    last_losses: Instant,
    stopping: bool,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        queue: Receiver<Message>,
        wake_upkeep: Sender<()>,
        opened: Vec<(Arc<Book>, Pen)>,
    ) -> Self {
        let now = Instant::now();
        let desk = |(book, pen): (Arc<Book>, Pen)| {
            let since = (pen.rows() > 0).then_some(now);
            (book.school, Desk { book, pen, since, waiting: Vec::new() })
        };
        let desks = opened.into_iter().map(desk).collect();
        Self { shared, queue, wake_upkeep, desks, last_sync: now, last_losses: now, stopping: false }
    }

    /// Writes until it is told to stop, or nobody can tell it any more.
    pub(crate) fn run(mut self) {
        let mut messages = Vec::with_capacity(BATCH);
        // Whether more is waiting than was taken.
        let mut more = false;
        while !self.stopping {
            match self.queue.recv_timeout(self.patience()) {
                Ok(first) => {
                    // Whoever waits for an answer does not wait for rows.
                    if !more && matches!(first, Message::Row(_)) {
                        std::thread::sleep(GATHER);
                    }
                    messages.push(first);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.stopping = true,
            }
            messages.extend(self.queue.try_iter().take(BATCH));
            more = messages.len() > BATCH;
            for message in messages.drain(..) {
                self.take(message);
            }
            self.write();
            if self.last_sync.elapsed() >= self.shared.options.sync_every {
                // What fails is shown by the status.
                let _ = self.sync();
            }
            self.turn_old();
            self.record_losses(Duration::from_secs(1));
        }
        let rest: Vec<_> = self.queue.try_iter().collect();
        rest.into_iter().for_each(|message| self.take(message));
        self.write();
        let _ = self.sync();
        self.record_losses(Duration::ZERO);
    }

    /// How long to wait for the next row.
    fn patience(&self) -> Duration {
        let unsynced = self.desks.values().any(|desk| desk.pen.is_unsynced());
        if unsynced { self.shared.options.sync_every.saturating_sub(self.last_sync.elapsed()) } else { AGAIN * 2 }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Row(row) => self.put(*row),
            Message::Flush(done) => {
                self.write();
                let _ = done.send(self.sync());
            }
            Message::Turn(school, done) => {
                self.write();
                let turned = self.desks.get_mut(&school).map_or(Ok(()), |desk| desk.turn(&self.wake_upkeep));
                let _ = done.send(turned);
            }
            Message::Stop => self.stopping = true,
        }
    }

    fn put(&mut self, row: Row) {
        let (school, at) = (row.school, row.at);
        let desk = match self.desks.entry(school) {
            hash_map::Entry::Occupied(desk) => desk.into_mut(),
            hash_map::Entry::Vacant(place) => match self.shared.open(school) {
                Ok((book, pen)) => place.insert(Desk { book, pen, since: None, waiting: Vec::new() }),
                Err(error) => {
                    tracing::error!(school.id = %school, error = &error as &dyn std::error::Error,
                        "the activity log of a school cannot be opened");
                    self.shared.lose(school, at);
                    return;
                }
            },
        };
        match desk.pen.put(&row) {
            Ok(id) => {
                desk.since.get_or_insert_with(Instant::now);
                desk.waiting.push(Arc::new(Entry { id, row }));
            }
            Err(_) => self.shared.lose(school, at),
        }
    }

    fn write(&mut self) {
        for desk in self.desks.values_mut().filter(|desk| !desk.waiting.is_empty()) {
            let mut tries = 0;
            while let Err(error) = desk.pen.write() {
                desk.trouble(&error);
                tries += 1;
                if self.stopping && tries >= LAST_TRIES {
                    desk.waiting.drain(..).for_each(|entry| self.shared.lose(entry.row.school, entry.row.at));
                    break;
                }
                std::thread::sleep(AGAIN);
                // Whoever closes the log behind a disk that refuses must not wait for ever.
                self.stopping |= self.shared.is_closing();
            }
            if !desk.waiting.is_empty() {
                desk.book.publish(desk.pen.segment(), std::mem::take(&mut desk.waiting));
            }
            let options = &self.shared.options;
            if desk.pen.rows() >= options.segment_rows || desk.pen.length() >= options.segment_bytes {
                // Where it fails, the status tells, and the segment grows until it can be ended.
                let _ = desk.turn(&self.wake_upkeep);
            }
        }
    }

    /// Syncs all journals; one that cannot be synced does not keep the others from it.
    fn sync(&mut self) -> Result<(), LogError> {
        let mut done = Ok(());
        for desk in self.desks.values_mut() {
            if let Err(error) = desk.pen.sync() {
                desk.trouble(&error);
                done = Err(error);
            }
        }
        self.last_sync = Instant::now();
        done
    }

    /// Ends the segments that have waited long enough for their day file.
    fn turn_old(&mut self) {
        let age = self.shared.options.segment_age;
        for desk in self.desks.values_mut().filter(|desk| desk.since.is_some_and(|since| since.elapsed() >= age)) {
            let _ = desk.turn(&self.wake_upkeep);
        }
    }

    fn record_losses(&mut self, every: Duration) {
        if self.last_losses.elapsed() < every {
            return;
        }
        self.last_losses = Instant::now();
        let lost: HashMap<SchoolId, Loss> =
            std::mem::take(&mut *self.shared.lost.lock().unwrap_or_else(PoisonError::into_inner));
        for (school, loss) in lost {
            // A school whose log never opened has no place to record a loss; it was logged when it happened.
            let Some(book) = self.shared.book(school) else { continue };
            if let Err(error) = book.record_loss(loss) {
                tracing::error!(school.id = %school, error = &error as &dyn std::error::Error,
                    "a loss of rows cannot be recorded");
            }
        }
    }
}

impl Desk {
    /// Begins a new segment; the one before is left to upkeep.
    fn turn(&mut self, wake_upkeep: &Sender<()>) -> Result<(), LogError> {
        if self.pen.rows() == 0 {
            return Ok(());
        }
        // What is in a finished segment is on disk for good before it is called finished.
        let next =
            self.pen.sync().and_then(|()| Pen::create(&self.book.journal(), self.book.school, self.pen.segment() + 1));
        self.pen = next.inspect_err(|error| self.trouble(error))?;
        self.since = None;
        self.book.turn_to(self.pen.segment());
        let _ = wake_upkeep.send(());
        Ok(())
    }

    fn trouble(&self, error: &LogError) {
        let words = crate::local::in_words(error);
        // It is tried again five times a second: a full disk would be filled with the news that it is full.
        if self.book.state().journal_trouble.replace(words.clone()).as_ref() != Some(&words) {
            tracing::error!(school.id = %self.book.school, error = error as &dyn std::error::Error,
                "the journal of the activity log cannot be written");
        }
    }
}

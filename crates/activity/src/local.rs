//! The activity log of one machine: a folder with one folder for each school.
//!
//! ```text
//! ROOT/lock                                       held while the log is open
//! ROOT/SCHOOL/journal/000000000042.journal        rows as they came
//! ROOT/SCHOOL/days/2026-11-24/…-….parquet         rows of a day
//! ROOT/SCHOOL/losses.jsonl                        what was lost, and when
//! ```

use std::{
    collections::HashMap,
    fs::File,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread::JoinHandle,
    time::Duration,
};

use jiff::{Timestamp, civil::Date};
use kernel::{Clock, SchoolId};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::{broadcast, oneshot};

use crate::{
    alike::Alike,
    book::{Book, RING},
    compact, copying,
    journal::Pen,
    log::{
        ActivityLog, By, Counts, DayInfo, Dropped, Entry, Filter, LogError, Loss, Newest, Page, Query, RowId, Rows,
        Status,
    },
    query::Engine,
    retention,
    row::Row,
    writer::{Message, Writer},
};

/// How a log works. The default suits a school; tests use smaller numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many rows may wait to be written; what finds the queue full is lost and counted.
    pub queue: usize,
    /// After so many rows a journal file is finished.
    pub segment_rows: u32,
    /// After so many bytes a journal file is finished.
    pub segment_bytes: u64,
    /// After so long a journal file is finished.
    pub segment_age: Duration,
    /// How many rows of finished journal files may be in memory while they wait for their day files. Those
    /// beyond wait on disk, and are not found by questions until then.
    pub held_rows: u64,
    /// How often the journal is synced.
    pub sync_every: Duration,
    /// How often day files are looked after, apart from when a journal file is finished.
    pub upkeep_every: Duration,
    /// How many bytes all questions together may use.
    pub query_memory: usize,
    /// How long a question may take.
    pub query_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 32_768,
            segment_rows: 16_384,
            segment_bytes: 48 << 20,
            segment_age: Duration::from_secs(15 * 60),
            held_rows: 65_536,
            sync_every: Duration::from_millis(250),
            upkeep_every: Duration::from_secs(60),
            query_memory: 256 << 20,
            query_time: Duration::from_secs(30),
        }
    }
}

/// What the threads of a log share.
pub(crate) struct Shared {
    root: PathBuf,
    pub(crate) options: Options,
    books: RwLock<HashMap<SchoolId, Arc<Book>>>,
    watchers: Mutex<HashMap<SchoolId, broadcast::Sender<Arc<Entry>>>>,
    /// Losses that are not recorded yet.
    pub(crate) lost: Mutex<HashMap<SchoolId, Loss>>,
    closing: AtomicBool,
}

impl Shared {
    pub(crate) fn book(&self, school: SchoolId) -> Option<Arc<Book>> {
        self.books.read().unwrap_or_else(PoisonError::into_inner).get(&school).cloned()
    }

    fn books(&self) -> Vec<Arc<Book>> {
        self.books.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Opens the log of a school that is not open.
    pub(crate) fn open(&self, school: SchoolId) -> Result<(Arc<Book>, Pen), LogError> {
        let (book, pen) = Book::open(&self.root, school, self.watchers(school), self.options.held_rows)?;
        let book = Arc::new(book);
        self.books.write().unwrap_or_else(PoisonError::into_inner).insert(school, book.clone());
        Ok((book, pen))
    }

    fn watchers(&self, school: SchoolId) -> broadcast::Sender<Arc<Entry>> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.entry(school).or_insert_with(|| broadcast::Sender::new(1_024)).clone()
    }

    /// Counts a row as lost.
    pub(crate) fn lose(&self, school: SchoolId, at: Timestamp) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let loss = lost.entry(school).or_insert(Loss { from: at, to: at, rows: 0 });
        loss.from = loss.from.min(at);
        loss.to = loss.to.max(at);
        loss.rows += 1;
    }
}

/// The activity log of one machine.
pub struct LocalLog {
    pub(crate) shared: Arc<Shared>,
    queue: SyncSender<Message>,
    engine: Engine,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// None once the log is closed.
    lock: Mutex<Option<File>>,
}

impl LocalLog {
    /// Opens the log in `root`, and brings into order what a crash has left. One process at a time: another
    /// is refused.
    pub fn open(root: &Path, clock: Arc<dyn Clock>, options: Options) -> Result<Self, LogError> {
        let failed = |what, cause| LogError::File { what, path: root.to_owned(), cause };
        // What a person looked at is for the owner of the process alone.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(|cause| failed("create", cause))?;
        let root = root.canonicalize().map_err(|cause| failed("read", cause))?;
        let lock = lock(&root.join("lock"))?;
        let engine = Engine::new(&root, options.query_memory, options.query_time)?;
        let (queue, messages) = mpsc::sync_channel(options.queue.max(1));
        let shared = Arc::new(Shared {
            root: root.clone(),
            options,
            books: RwLock::default(),
            watchers: Mutex::default(),
            lost: Mutex::default(),
            closing: AtomicBool::new(false),
        });
        let mut opened = Vec::new();
        for entry in std::fs::read_dir(&root).map_err(|cause| failed("read", cause))? {
            let name = entry.map_err(|cause| failed("read", cause))?.file_name();
            if let Some(school) = name.to_str().and_then(|name| SchoolId::parse(name).ok()) {
                opened.push(shared.open(school)?);
            }
        }
        let (wake, woken) = mpsc::channel();
        let writer = Writer::new(shared.clone(), messages, wake, opened);
        let keeper = shared.clone();
        let threads = vec![
            thread(&root, "activity-write", move || writer.run())?,
            thread(&root, "activity-upkeep", move || keep_up(&keeper, &woken, &*clock))?,
        ];
        Ok(Self { shared, queue, engine, threads: Mutex::new(threads), lock: Mutex::new(Some(lock)) })
    }

    /// Copies the log to `to`, a folder that is made, while the log works: every row that was appended before is
    /// in the copy. The copy opens like the log itself.
    pub async fn copy_to(&self, to: &Path) -> Result<(), LogError> {
        self.flush().await?;
        let (books, to) = (self.shared.books(), to.to_owned());
        let copied = tokio::task::spawn_blocking(move || {
            make_private(&to)?;
            books.iter().try_for_each(|book| {
                let _upkeep_stands_still = book.upkeep();
                copying::copy(book.folder(), &to.join(book.school.to_string()))
            })
        });
        copied.await.unwrap_or_else(|ended| Err(LogError::Query(ended.into())))
    }

    /// Sends a message that waits for its turn, and waits for what it asks.
    async fn send<T>(&self, message: Message, answer: oneshot::Receiver<T>) -> Result<T, LogError> {
        let queue = self.queue.clone();
        let sent = tokio::task::spawn_blocking(move || queue.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return Err(LogError::Closed);
        }
        answer.await.map_err(|_| LogError::Closed)
    }

    fn threads(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Rows for LocalLog {
    fn append(&self, row: Row) {
        let (school, at) = (row.school, row.at);
        if self.shared.is_closing() {
            return self.shared.lose(school, at);
        }
        match self.queue.try_send(Message::Row(Box::new(row))) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.shared.lose(school, at),
        }
    }
}

#[async_trait::async_trait]
impl ActivityLog for LocalLog {
    async fn flush(&self) -> Result<(), LogError> {
        let (done, answer) = oneshot::channel();
        self.send(Message::Flush(done), answer).await?
    }

    async fn query(&self, school: SchoolId, query: Query) -> Result<Page, LogError> {
        match self.shared.book(school) {
            Some(book) => self.engine.page(&book, query).await,
            None => Ok(Page { entries: Vec::new(), next: None, complete: true }),
        }
    }

    async fn counts(&self, school: SchoolId, filter: Filter, by: By, limit: usize) -> Result<Counts, LogError> {
        match self.shared.book(school) {
            Some(book) => self.engine.counts(&book, filter, by, limit).await,
            None => Ok(Counts { counts: Vec::new(), complete: true }),
        }
    }

    async fn alike(&self, school: SchoolId, day: Date) -> Result<Vec<Alike>, LogError> {
        match self.shared.book(school) {
            Some(book) => self.engine.alike(&book, day).await,
            None => Ok(Vec::new()),
        }
    }

    async fn get(&self, school: SchoolId, id: RowId) -> Result<Option<Entry>, LogError> {
        match self.shared.book(school) {
            Some(book) => self.engine.get(&book, id).await,
            None => Ok(None),
        }
    }

    fn newest(&self, school: SchoolId, which: Newest, limit: usize) -> Vec<Arc<Entry>> {
        self.shared.book(school).map_or_else(Vec::new, |book| book.newest(which, limit.min(RING)))
    }

    fn subscribe(&self, school: SchoolId) -> broadcast::Receiver<Arc<Entry>> {
        self.shared.watchers(school).subscribe()
    }

    async fn days(&self, school: SchoolId) -> Result<Vec<DayInfo>, LogError> {
        Ok(self.shared.book(school).map_or_else(Vec::new, |book| book.day_infos()))
    }

    async fn drop_before(&self, school: SchoolId, day: Date) -> Result<Dropped, LogError> {
        let Some(book) = self.shared.book(school) else { return Ok(Dropped::default()) };
        if book.live_has_before(day) {
            let (done, answer) = oneshot::channel();
            self.send(Message::Turn(school, done), answer).await??;
        }
        let dropped = tokio::task::spawn_blocking(move || retention::drop_before(&book, day)).await;
        dropped.unwrap_or_else(|ended| Err(LogError::Query(ended.into())))
    }

    fn status(&self, school: SchoolId) -> Status {
        let mut status = self.shared.book(school).map_or_else(Status::default, |book| book.status());
        let lost = self.shared.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loss) = lost.get(&school) {
            status.lost += loss.rows;
            status.losses.push(loss.clone());
        }
        drop(lost);
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.shared.is_closing() && threads.iter().any(JoinHandle::is_finished) {
            status.trouble = Some("a thread of the activity log has ended; restart the gateway".to_owned());
        }
        status
    }

    async fn close(&self) -> Result<(), LogError> {
        self.shared.closing.store(true, Ordering::Release);
        let (queue, threads) = (self.queue.clone(), self.threads());
        let ended = tokio::task::spawn_blocking(move || {
            // Where the writer has ended already there is nobody to stop.
            let _ = queue.send(Message::Stop);
            threads.into_iter().all(|thread| thread.join().is_ok())
        });
        if !ended.await.unwrap_or(false) {
            return Err(LogError::Closed);
        }
        // Nothing is written any more, so another may open the log, whoever still holds this value.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(())
    }
}

impl Drop for LocalLog {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        let _ = self.queue.send(Message::Stop);
        for thread in self.threads() {
            let _ = thread.join();
        }
    }
}

/// Looks after day files until the writer has ended.
fn keep_up(shared: &Shared, woken: &Receiver<()>, clock: &dyn Clock) {
    give_way();
    loop {
        for book in shared.books() {
            let done = compact::run(&book, clock.school_time().date(), &mut |_| {
                if shared.is_closing() { Err(LogError::Closed) } else { Ok(()) }
            });
            let trouble = match done {
                Ok(()) | Err(LogError::Closed) => None,
                Err(error) => {
                    tracing::error!(school.id = %book.school, error = &error as &dyn std::error::Error,
                        "day files of the activity log cannot be written");
                    Some(in_words(&error))
                }
            };
            book.state().upkeep_trouble = trouble;
        }
        match woken.recv_timeout(shared.options.upkeep_every) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while woken.try_recv().is_ok() {}
    }
}

/// Has this thread run only where nothing else would: day files can wait a moment, people who wait for a page cannot. A
/// lower priority alone is not enough, for Linux lets whoever runs go on to its next tick, 4 milliseconds away.
fn give_way() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
        tracing::debug!(?error, "the upkeep of the activity log does not give way");
    }
}

fn thread(root: &Path, name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LogError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|cause| LogError::File {
        what: "start a thread for",
        path: root.to_owned(),
        cause,
    })
}

/// Copies the log in `root` to `to`, a folder that is made, while another process holds it open: every row that this
/// process has written before is in the copy, synced or not, and it writes each within a moment. The copy opens like
/// the log itself.
///
/// # Errors
/// A file that cannot be read or written.
pub fn copy_beside(root: &Path, to: &Path) -> Result<(), LogError> {
    let failed = |cause| LogError::File { what: "read", path: root.to_owned(), cause };
    make_private(to)?;
    for entry in std::fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name.to_str().is_some_and(|name| SchoolId::parse(name).is_ok()) {
            copying::copy(&root.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Makes a folder. What a person looked at is for the owner of the process alone.
fn make_private(folder: &Path) -> Result<(), LogError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|cause| LogError::File { what: "create", path: folder.to_owned(), cause })
}

fn lock(path: &Path) -> Result<File, LogError> {
    let failed = |what, cause| LogError::File { what, path: path.to_owned(), cause };
    let file = File::create(path).map_err(|cause| failed("create", cause))?;
    file.try_lock().map_err(|error| failed("lock", error.into()))?;
    Ok(file)
}

/// An error with its causes, for the network manager.
pub(crate) fn in_words(error: &LogError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

//! Questions: a filter becomes an expression over the rows in memory and in day files.
//!
//! No text of a user ever becomes part of a query's text: there is no query text, only expressions with values.
//! Questions run on threads of their own, so many at a time, with so much memory and time: the gateway beside
//! them does not feel them. A page looks at the newest days first and at more days at a time as it goes back,
//! so that "the newest 50" opens one day and a rare host does not ask a year day by day.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use datafusion::{
    arrow::{
        array::{Array as _, Int64Array, StringArray},
        datatypes::DataType,
        record_batch::RecordBatch,
    },
    catalog::MemTable,
    common::ScalarValue,
    datasource::{
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    error::DataFusionError,
    execution::{
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        object_store::ObjectStoreUrl,
        runtime_env::RuntimeEnvBuilder,
    },
    functions::string::expr_fn::{contains, ends_with},
    functions_aggregate::{count::count_all, min_max::min},
    object_store::local::LocalFileSystem,
    prelude::{DataFrame, Expr, SessionConfig, SessionContext, cast, col, lit},
};
use jiff::{Timestamp, civil::Date};
use tokio::{runtime::Runtime, sync::Semaphore};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    alike::{ALIKE_MINUTES, Alike},
    book::{Book, View},
    columns,
    days::{day_of, end_of, start_of},
    frame,
    log::{By, Count, CountKey, Counts, Entry, Filter, HostIs, LogError, Page, Query, RowId},
    words::Outcome,
};

const HOUR: i64 = 3_600_000;
/// The most days that one step of a page looks at.
const MOST_DAYS: usize = 64;
/// The most counts of an answer.
const MOST_COUNTS: usize = 10_000;

/// What answers questions.
pub(crate) struct Engine {
    context: SessionContext,
    root: PathBuf,
    runtime: Option<Runtime>,
    slots: Semaphore,
    time: Duration,
}

impl Engine {
    /// An engine for the logs in `root`.
    pub(crate) fn new(root: &Path, memory: usize, time: Duration) -> Result<Self, LogError> {
        let failed = |cause| LogError::File { what: "read", path: root.to_owned(), cause };
        // What does not fit into memory is refused: rows of persons do not go to temporary files.
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(query_error)?;
        let store = LocalFileSystem::new_with_prefix(root).map_err(|error| failed(std::io::Error::other(error)))?;
        let place = ObjectStoreUrl::parse(PLACE).map_err(query_error)?;
        environment.register_object_store(place.as_ref(), Arc::new(store));
        let mut config = SessionConfig::new().with_target_partitions(2);
        config.options_mut().execution.parquet.pushdown_filters = true;
        config.options_mut().execution.parquet.schema_force_view_types = false;
        let context = SessionContext::new_with_config_rt(config, environment);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("activity-query")
            .enable_all()
            .build()
            .map_err(failed)?;
        let root = root.to_owned();
        Ok(Self { context, root, runtime: Some(runtime), slots: Semaphore::new(4), time })
    }

    /// A page of rows.
    pub(crate) async fn page(&self, book: &Arc<Book>, query: Query) -> Result<Page, LogError> {
        let limit = query.limit.clamp(1, Query::MOST);
        let complete = book.is_complete();
        let (from, to) = days_of(&query.filter);
        let to = query.after.map_or(to, |cursor| to.min(day_of(cursor.at)));
        let days = book.days_between(from, to);
        let mut wanted = predicate(&query.filter).and(col("outcome").not_eq(lit(Outcome::Help.id())));
        if let Some(cursor) = query.after {
            let (at, id) = (moment(cursor.at), lit(cursor.id.0));
            let same_time = col("at").eq(at.clone()).and(col("id").lt(id));
            wanted = wanted.and(col("at").lt(at).or(same_time));
        }
        let mut entries: Vec<Entry> = Vec::new();
        let (mut rest, mut step) = (days.as_slice(), 1);
        while entries.len() <= limit
            && let (some, older) = rest.split_at(step.min(rest.len()))
            && let (Some(last), Some(first)) = (some.first().copied(), some.last().copied())
        {
            let within = col("at").gt_eq(moment(start_of(first))).and(col("at").lt(moment(end_of(last))));
            let missing = limit + 1 - entries.len();
            let wanted = wanted.clone().and(within);
            let rows = move |rows: DataFrame| {
                let newest_first = vec![col("at").sort(false, false), col("id").sort(false, false)];
                rows.filter(wanted)?.sort(newest_first)?.limit(0, Some(missing))
            };
            for batch in self.ask(book, (first, last), None, rows).await? {
                entries.extend(self.entries(book, &batch)?);
            }
            rest = older;
            step = (step * 2).min(MOST_DAYS);
        }
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|last| crate::log::Cursor { at: last.row.at, id: last.id });
        Ok(Page { entries, next, complete })
    }

    /// Counts of rows.
    pub(crate) async fn counts(
        &self,
        book: &Arc<Book>,
        filter: Filter,
        by: By,
        limit: usize,
    ) -> Result<Counts, LogError> {
        let complete = book.is_complete();
        let limit = limit.clamp(1, MOST_COUNTS);
        let wanted = predicate(&filter);
        let key = match by {
            By::Outcome => col("outcome"),
            By::Category => col("category"),
            By::Host => col("host"),
            By::Clause => col("clause"),
            By::Reason => col("reason"),
            By::Place => col("place"),
            // Hours of the school and of UTC begin together, so days of the school are made of them.
            By::Hour | By::Day => cast(col("at"), DataType::Int64) / lit(HOUR),
        };
        let in_time = matches!(by, By::Hour | By::Day);
        let question = move |rows: DataFrame| {
            let counted = rows.filter(wanted)?.aggregate(vec![key.alias("key")], vec![count_all().alias("rows")])?;
            if in_time {
                return counted.sort(vec![col("key").sort(true, true)]);
            }
            let largest_first = vec![col("rows").sort(false, false), col("key").sort(true, true)];
            counted.sort(largest_first)?.limit(0, Some(limit))
        };
        let mut counts: Vec<Count> = Vec::new();
        for batch in self.ask(book, days_of(&filter), None, question).await? {
            let (key, rows) = (batch.column_by_name("key"), batch.column_by_name("rows"));
            let rows = rows.and_then(|rows| rows.as_any().downcast_ref::<Int64Array>());
            let (Some(key), Some(rows)) = (key, rows) else { return Err(strange_answer()) };
            for (nth, rows) in rows.values().iter().enumerate() {
                let key = if key.is_null(nth) {
                    CountKey::None
                } else if let Some(words) = key.as_any().downcast_ref::<StringArray>() {
                    CountKey::Word(words.value(nth).to_owned())
                } else if let Some(hours) = key.as_any().downcast_ref::<Int64Array>() {
                    let hour = Timestamp::from_millisecond(hours.value(nth).saturating_mul(HOUR));
                    let hour = hour.map_err(|_| strange_answer())?;
                    if by == By::Day { CountKey::Day(day_of(hour)) } else { CountKey::Hour(hour) }
                } else {
                    return Err(strange_answer());
                };
                let rows = u64::try_from(*rows).map_err(|_| strange_answer())?;
                match counts.last_mut().filter(|last| last.key == key) {
                    Some(same_day) => same_day.rows += rows,
                    None => counts.push(Count { key, rows }),
                }
            }
        }
        counts.truncate(limit);
        Ok(Counts { counts, complete })
    }

    /// The requests of a day, those that are alike counted together.
    pub(crate) async fn alike(&self, book: &Arc<Book>, day: Date) -> Result<Vec<Alike>, LogError> {
        let slot = cast(col("at"), DataType::Int64) / lit(ALIKE_MINUTES * 60_000);
        let question = move |rows: DataFrame| {
            let within = col("at").gt_eq(moment(start_of(day))).and(col("at").lt(moment(end_of(day))));
            let mut keys: Vec<Expr> = columns::ALIKE.into_iter().map(col).collect();
            keys.push(slot.alias("slot"));
            rows.filter(within.and(col("outcome").not_eq(lit(Outcome::Help.id()))))?
                .aggregate(keys, vec![min(col("at")).alias("at"), count_all().alias("rows")])
        };
        let mut all = Vec::new();
        for batch in self.ask(book, (day, day), None, question).await? {
            all.extend(columns::alike_from_batch(&batch).map_err(|error| LogError::Query(error.into()))?);
        }
        Ok(all)
    }

    /// One row.
    pub(crate) async fn get(&self, book: &Arc<Book>, id: RowId) -> Result<Option<Entry>, LogError> {
        let question = move |rows: DataFrame| rows.filter(col("id").eq(lit(id.0)))?.limit(0, Some(1));
        let segment = Some(frame::segment_of(id));
        for batch in self.ask(book, (Date::MIN, Date::MAX), segment, question).await? {
            if let Some(entry) = self.entries(book, &batch)?.into_iter().next() {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Ends the threads without waiting for questions.
    pub(crate) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    fn entries(&self, book: &Book, batch: &RecordBatch) -> Result<Vec<Entry>, LogError> {
        columns::from_batch(batch, book.school).map_err(|error| LogError::Query(error.into()))
    }

    /// Puts a question to the rows of some days.
    async fn ask(
        &self,
        book: &Arc<Book>,
        (from, to): (Date, Date),
        only: Option<frame::Segment>,
        question: impl FnOnce(DataFrame) -> Result<DataFrame, DataFusionError> + Send + 'static,
    ) -> Result<Vec<RecordBatch>, LogError> {
        let _slot = self.slots.acquire().await.map_err(|_| LogError::Closed)?;
        let Some(runtime) = &self.runtime else { return Err(LogError::Closed) };
        let (book, context, root) = (book.clone(), self.context.clone(), self.root.clone());
        let task = runtime.spawn(async move {
            // Until the answer is there, no file of the view is removed.
            let _files_stay = book.files.read().await;
            let rows = table(&context, &root, book.view(from, to, only))?;
            question(rows)?.collect().await
        });
        // Whoever no longer waits for the answer ends the question.
        match tokio::time::timeout(self.time, AbortOnDropHandle::new(task)).await {
            Ok(Ok(answer)) => answer.map_err(query_error),
            Ok(Err(ended)) => Err(LogError::Query(ended.into())),
            Err(_) => Err(LogError::TooSlow { seconds: self.time.as_secs() }),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The name under which the engine knows the folder. Paths below it have plain characters only, whatever the
/// folder is called.
const PLACE: &str = "activity://log";

/// The rows of a view as one table.
fn table(context: &SessionContext, root: &Path, view: View) -> Result<DataFrame, DataFusionError> {
    let View { mut batches, tail, files } = view;
    if !tail.is_empty() {
        let batch = columns::to_batch(&tail).map_err(|error| DataFusionError::External(error.into()))?;
        batches.push(batch);
    }
    let memory = MemTable::try_new(columns::schema(), vec![batches])?;
    let memory = context.read_table(Arc::new(memory))?;
    if files.is_empty() {
        return Ok(memory);
    }
    let mut places = Vec::with_capacity(files.len());
    for file in &files {
        let below = file.strip_prefix(root).map_err(|error| DataFusionError::External(error.into()))?;
        places.push(ListingTableUrl::parse(format!("{PLACE}/{}", below.display()))?);
    }
    let options = ListingOptions::new(Arc::new(ParquetFormat::default().with_force_view_types(false)))
        .with_file_extension(".parquet");
    let config =
        ListingTableConfig::new_with_multi_paths(places).with_listing_options(options).with_schema(columns::schema());
    let files = context.read_table(Arc::new(ListingTable::try_new(config)?))?;
    memory.union(files)
}

/// What a filter means, as an expression of values.
fn predicate(filter: &Filter) -> Expr {
    let Filter { from, to, person, host, category, outcomes, clause, year, class, inspected } = filter;
    let mut all = Vec::new();
    all.extend(from.map(|from| col("at").gt_eq(moment(from))));
    all.extend(to.map(|to| col("at").lt(moment(to))));
    all.extend(person.map(|person| {
        let key = ScalarValue::FixedSizeBinary(16, Some(person.0.to_vec()));
        col("person").eq(Expr::Literal(key, None))
    }));
    all.extend(host.as_ref().map(|host| match host {
        HostIs::Exactly(name) => col("host").eq(lit(name.to_lowercase())),
        HostIs::Within(name) => {
            let name = name.to_lowercase();
            let below = ends_with(col("host"), lit(format!(".{name}")));
            col("host").eq(lit(name)).or(below)
        }
        HostIs::Containing(text) => contains(col("host"), lit(text.to_lowercase())),
    }));
    all.extend(category.as_ref().map(|category| col("category").eq(lit(category.clone()))));
    if !outcomes.is_empty() {
        all.push(col("outcome").in_list(outcomes.iter().map(|outcome| lit(outcome.id())).collect(), false));
    }
    all.extend(clause.as_ref().map(|clause| col("clause").eq(lit(clause.clone()))));
    all.extend(inspected.map(|inspected| col("inspected").eq(lit(inspected))));
    all.extend(year.map(|year| col("year").eq(lit(year.to_string()))));
    all.extend(class.as_ref().map(|class| {
        let class: String = class.chars().filter(|it| !it.is_control()).collect();
        let separator = columns::SEPARATOR;
        contains(col("classes"), lit(format!("{separator}{class}{separator}")))
    }));
    all.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true))
}

fn moment(at: Timestamp) -> Expr {
    Expr::Literal(ScalarValue::TimestampMillisecond(Some(at.as_millisecond()), Some("UTC".into())), None)
}

/// The days that a filter can mean.
fn days_of(filter: &Filter) -> (Date, Date) {
    (filter.from.map_or(Date::MIN, day_of), filter.to.map_or(Date::MAX, day_of))
}

fn query_error(error: DataFusionError) -> LogError {
    LogError::Query(error.into())
}

fn strange_answer() -> LogError {
    LogError::Query("the answer has other columns than the question asked for".into())
}

//! Adding lists: fetched, counted, kept as the last good copy, compiled. A list that cannot be fetched keeps its copy,
//! and says what went wrong.

use std::collections::BTreeSet;

use filter::{
    Category,
    index::IndexBuilder,
    list::{ListFormat, read_list},
};
use jiff::Timestamp;
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::filter_list,
    query::{ColumnTrait as _, Set},
    time::{millis, timestamp},
};

use super::{
    copies::{CopyError, Folder},
    index::{self, IndexError},
    sealed,
    smaller::{self, Smaller},
    source::{self, Fetched, Part, Source, SourceError},
};

pub use super::update::{update, update_these};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A domain a line; folders and archives as UT1 makes them.
    Domains,
    /// A hosts file.
    Hosts,
}

impl Format {
    /// The word in commands and tables.
    pub fn id(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Hosts => "hosts",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Domains, Self::Hosts].into_iter().find(|format| format.id() == text)
    }

    pub(super) fn of_filter(self) -> ListFormat {
        match self {
            Self::Domains => ListFormat::Domains,
            Self::Hosts => ListFormat::Hosts,
        }
    }
}

/// A list to be added.
#[derive(Debug, Clone)]
pub struct NewList {
    /// A short lasting name: lower-case letters, digits, hyphens.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// How it is written.
    pub format: Format,
    /// The category of all its entries; where none is given, the names of its folders or files say it.
    pub category: Option<Category>,
    /// Under which licence it may be used.
    pub licence: Option<String>,
}

/// A list, as pages and judgements see it.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: String,
    /// Under which licence.
    pub licence: Option<String>,
    /// The categories of its entries.
    pub categories: BTreeSet<String>,
    /// How many entries it has.
    pub entries: u64,
    /// How many lines were refused.
    pub refused: u64,
    /// When it was last fetched without fault.
    pub fetched: Option<Timestamp>,
    /// Whether it is sealed.
    pub sealed: bool,
    /// What went wrong last time.
    pub fault: Option<String>,
    /// What came back much smaller, and waits for somebody to accept it.
    pub held: Option<Smaller>,
}

/// What became of a list that was to be brought up to date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// Its name.
    pub name: String,
    /// Whether its content is another now.
    pub changed: bool,
    /// How many entries it has.
    pub entries: u64,
    /// How many lines were refused.
    pub refused: u64,
    /// How many of its entries are names that many owners share.
    pub shared: u64,
    /// What went wrong, with all causes.
    pub fault: Option<String>,
}

/// Why lists cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The name cannot be one.
    #[error("`{0}` cannot name a list: use lower-case letters, digits and hyphens")]
    Name(String),
    /// There is one of that name.
    #[error("there is a list `{0}` already; bring it up to date with `gatehouse lists update {0}`")]
    Twice(String),
    /// There is none of that name.
    #[error("there is no list `{0}`")]
    Unknown(String),
    /// It has no entry.
    #[error("{0} has no entry that could be read; is it of another format?")]
    NoEntries(String),
    /// It cannot be fetched.
    #[error("the list cannot be fetched")]
    Source(#[from] SourceError),
    /// Its copy cannot be kept or read.
    #[error("the copy of the list cannot be kept")]
    Copy(#[from] CopyError),
    /// The index cannot be compiled.
    #[error("the index cannot be made")]
    Index(#[from] IndexError),
    /// A feed is refused.
    #[error("the feed is refused")]
    Feed(#[from] super::FeedError),
    /// The database refuses.
    #[error("the list cannot be written down")]
    Store(#[from] StoreError),
}

/// Every list of a school, by name.
///
/// # Errors
/// Where the database refuses.
pub async fn all(school: &School) -> Result<Vec<ListRow>, StoreError> {
    let rows = school.read().find::<filter_list::Entity>().ascending(filter_list::Column::Name).all().await?;
    Ok(rows.iter().map(list_row).collect())
}

fn list_row(row: &filter_list::Model) -> ListRow {
    ListRow {
        name: row.name.clone(),
        source: row.source.clone(),
        licence: row.licence.clone(),
        categories: serde_json::from_str(&row.categories).unwrap_or_default(),
        entries: u64::try_from(row.entries).unwrap_or_default(),
        refused: u64::try_from(row.refused).unwrap_or_default(),
        fetched: row.fetched_at.map(timestamp),
        sealed: row.sealed,
        fault: row.error.clone(),
        held: Smaller::read(row.held.as_deref()),
    }
}

/// Adds a list: fetches it, keeps its copy, compiles the index, writes it down as an act of `by`.
///
/// # Errors
/// Anything that keeps it from being usable; nothing is added then.
pub async fn add(
    school: &School,
    folder: &Folder,
    list: NewList,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    if !kernel::place::is_word(&list.name) {
        return Err(ListError::Name(list.name));
    }
    if find(school, &list.name).await?.is_some() {
        return Err(ListError::Twice(list.name));
    }
    let (parts, etag) = match source::fetch(&list.source, None).await? {
        Fetched::Parts { parts, etag } => (parts, etag),
        Fetched::Unchanged => (Vec::new(), None),
    };
    let counted = count(&list.name, list.format, list.category, &parts)?;
    if counted.entries == 0 {
        return Err(ListError::NoEntries(list.source.to_string()));
    }
    let _lock = folder.lock().await?;
    let digest = folder.keep(&list.name, &parts)?;
    let row = filter_list::ActiveModel {
        id: Set(store::ids::new_id(now)?),
        name: Set(list.name.clone()),
        category: Set(list.category.map(|category| category.name().to_owned())),
        categories: Set(categories(&parts, list.category)),
        source: Set(list.source.to_string()),
        format: Set(list.format.id().to_owned()),
        licence: Set(list.licence),
        fetched_at: Set(Some(millis(now))),
        changed_at: Set(Some(millis(now))),
        etag: Set(etag),
        digest: Set(Some(digest.to_string())),
        entries: Set(signed(counted.entries)),
        refused: Set(signed(counted.refused)),
        state: Set("in-use".to_owned()),
        error: Set(None),
        sealed: Set(false),
        created_at: Set(millis(now)),
        ..Default::default()
    };
    // The index first: should the act fail, the next compilation leaves the list out again.
    compile_with(school, folder, Some((&list.name, list.format, list.category))).await?;
    let act = Act::new("filter.list-add", by).with(json!({ "list": list.name, "entries": counted.entries }));
    school.act(act, now, async move |tx| tx.insert(row).await).await?;
    let index::Counted { entries, refused, shared } = counted;
    Ok(Updated { name: list.name, changed: true, entries, refused, shared, fault: None })
}

/// Adds or replaces the sealed list of illegal material: only keyed digests of its entries are kept, and neither its
/// source nor a line of it stands anywhere.
///
/// # Errors
/// Anything that keeps it from being usable; the one before stays in use then.
pub async fn add_sealed(
    school: &School,
    folder: &Folder,
    name: &str,
    source: &Source,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    if !kernel::place::is_word(name) {
        return Err(ListError::Name(name.to_owned()));
    }
    let fetched = source::fetch(source, None).await;
    let _lock = folder.lock().await?;
    let known = find(school, name).await?;
    let feeds = super::feeds::all(school).await?;
    if known.as_ref().is_some_and(|row| !row.sealed) || feeds.iter().any(|feed| feed.list == name) {
        return Err(ListError::Twice(name.to_owned()));
    }
    let parts = match fetched? {
        Fetched::Parts { parts, .. } => parts,
        Fetched::Unchanged => Vec::new(),
    };
    let (image, counted) = sealed::compile(&parts, &school.secret(sealed::PURPOSE));
    if counted.entries == 0 {
        return Err(ListError::NoEntries("the sealed list".to_owned()));
    }
    let digest = kernel::Digest(*blake3::hash(&image).as_bytes());
    if let Some(row) = &known
        && let came = (digest.to_string(), counted.entries, counted.refused)
        && let Some(held) = super::feeds::less(row, sealed::stayed(school, folder, name, &image), came, now)
    {
        folder.replace(&folder.sealed_held(name), &image)?;
        let held = smaller::hold(school, row, held, by, now).await?;
        let entries = u64::try_from(row.entries).unwrap_or_default();
        return Ok(Updated {
            name: name.to_owned(),
            changed: false,
            entries,
            refused: counted.refused,
            fault: Some(held.fault()),
            ..Updated::default()
        });
    }
    sealed::install(school, folder, name, &image).await?;
    folder.drop_sealed_held(name)?;
    let id = match &known {
        Some(row) => row.id,
        None => store::ids::new_id(now)?,
    };
    let row = filter_list::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        category: Set(None),
        categories: Set("[]".to_owned()),
        source: Set(String::new()),
        format: Set(Format::Domains.id().to_owned()),
        licence: Set(None),
        fetched_at: Set(Some(millis(now))),
        changed_at: Set(Some(millis(now))),
        etag: Set(None),
        digest: Set(Some(digest.to_string())),
        entries: Set(signed(counted.entries)),
        refused: Set(signed(counted.refused)),
        state: Set("in-use".to_owned()),
        error: Set(None),
        held: Set(None),
        sealed: Set(true),
        created_at: Set(known.as_ref().map_or_else(|| millis(now), |row| row.created_at)),
        ..Default::default()
    };
    let act = Act::new("filter.list-seal", by)
        .with(json!({ "list": name, "digest": digest.to_string(), "entries": counted.entries }));
    let fresh = known.is_none();
    school.act(act, now, async move |tx| if fresh { tx.insert(row).await } else { tx.update(row).await }).await?;
    Ok(Updated {
        name: name.to_owned(),
        changed: true,
        entries: counted.entries,
        refused: counted.refused,
        ..Updated::default()
    })
}

/// Whether any list is entered whose entries can be read, and whether any that is sealed.
///
/// # Errors
/// Where the database refuses.
pub async fn entered(school: &School) -> Result<(bool, bool), StoreError> {
    let rows = school.read().find::<filter_list::Entity>().all().await?;
    Ok((rows.iter().any(|row| !row.sealed), rows.iter().any(|row| row.sealed)))
}

/// Compiles the index from the last good copies of all lists, and puts it in place: where it is damaged or gone, or older
/// than a copy.
///
/// # Errors
/// Where the database refuses, a copy is gone or cannot be read, or the index cannot be written.
pub async fn compile(school: &School, folder: &Folder) -> Result<(), ListError> {
    let _lock = folder.lock().await?;
    compile_with(school, folder, None).await
}

/// Compiles the index from the copies of all lists, and puts it in place, under the lock of the folder. `more` is a list
/// whose row is not written yet. A copy that is gone or cannot be read leaves the index as it is: without it the list
/// would be compiled as if it had nothing.
pub(super) async fn compile_with(
    school: &School,
    folder: &Folder,
    more: Option<(&str, Format, Option<Category>)>,
) -> Result<(), ListError> {
    let rows = school.read().find::<filter_list::Entity>().ascending(filter_list::Column::Name).all().await?;
    let mut lists: Vec<(String, Format, Option<Category>)> = rows
        .iter()
        .filter(|row| !row.sealed && row.entries > 0)
        .map(|row| {
            let category = row.category.as_deref().and_then(|name| Category::parse(name).ok());
            (row.name.clone(), Format::parse(&row.format).unwrap_or(Format::Domains), category)
        })
        .collect();
    lists.extend(more.map(|(name, format, category)| (name.to_owned(), format, category)));
    let folder = folder.clone();
    blocking(move || {
        let mut builder = IndexBuilder::new();
        for (name, format, category) in &lists {
            let parts = folder.read(name)?;
            if parts.is_empty() {
                return Err(ListError::NoEntries(format!("the copy of {name}")));
            }
            index::add(&mut builder, name, format.of_filter(), *category, &parts)?;
        }
        let image = builder.build().map_err(IndexError::from)?;
        Ok(folder.put_index(&image)?)
    })
    .await
}

/// Does what takes long aside: the program has requests to answer meanwhile.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ListError> + Send + 'static,
) -> Result<T, ListError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| CopyError {
        what: "work on",
        path: std::path::PathBuf::from("the lists"),
        cause: std::io::Error::other(error),
    })?
}

/// Gives each name of the lists to `each`, from the last good copies: those of whole sites, not of parts of one. What is
/// sealed is not among them.
///
/// # Errors
/// Where the database refuses, or a copy cannot be read.
pub async fn names(school: &School, folder: &Folder, mut each: impl FnMut(&str)) -> Result<(), ListError> {
    let rows = school.read().find::<filter_list::Entity>().ascending(filter_list::Column::Name).all().await?;
    for row in rows.into_iter().filter(|row| !row.sealed) {
        let format = Format::parse(&row.format).unwrap_or(Format::Domains).of_filter();
        for part in folder.read(&row.name)?.iter().filter(|part| !part.addresses) {
            read_list(format, &part.bytes, |line| {
                if let Ok(entry) = line
                    && entry.path.is_none()
                {
                    each(&entry.host);
                }
            });
        }
    }
    Ok(())
}

/// The lists that could not be brought up to date the last time, by name; what waits to be accepted is not among them.
///
/// # Errors
/// Where the database refuses.
pub async fn failed(school: &School) -> Result<Vec<String>, StoreError> {
    use filter_list::Column;
    let read = school.read();
    let rows = read.find::<filter_list::Entity>().filter(Column::Error.is_not_null()).filter(Column::Held.is_null());
    Ok(rows.ascending(Column::Name).all().await?.into_iter().map(|row| row.name).collect())
}

pub(super) async fn find(school: &School, name: &str) -> Result<Option<filter_list::Model>, StoreError> {
    school.read().find::<filter_list::Entity>().filter(filter_list::Column::Name.eq(name)).one().await
}

pub(super) fn count(
    name: &str,
    format: Format,
    category: Option<Category>,
    parts: &[Part],
) -> Result<index::Counted, IndexError> {
    let mut builder = IndexBuilder::new();
    index::add(&mut builder, name, format.of_filter(), category, parts)
}

pub(super) fn categories(parts: &[Part], whole: Option<Category>) -> String {
    let names: BTreeSet<&str> =
        parts.iter().filter_map(|part| index::category_of(part, whole)).map(Category::name).collect();
    json!(names).to_string()
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An error with its causes, in one sentence.
pub(super) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

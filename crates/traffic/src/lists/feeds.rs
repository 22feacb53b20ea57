//! Taking in sealed feeds. A feed that is damaged, older than the one in use or of another key is refused, and the one
//! in use stays. Its key, where it comes from and its test entries are kept sealed.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{
    Act, Actor, School,
    entity::{filter_feed, filter_list},
    query::{ColumnTrait as _, Set},
    time::{millis, timestamp},
};

use super::{
    copies::Folder,
    feed::{Feed, FeedError, FeedKey, asked, open_feed},
    sealed::{self, install},
    service::{self, Format, ListError, Updated},
    smaller::{self, AcceptError, Fewer, Smaller},
    source::{self, Part, Source, SourceError},
};

/// The purpose under which the secrets of feeds are sealed.
const SECRET: &str = "filter-feed";

/// The clocks of two houses differ by so much at most.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// What is kept sealed: how to get the next one.
#[derive(PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Secret {
    key: String,
    source: String,
}

impl Secret {
    fn open(school: &School, sealed: &[u8]) -> Result<Self, ListError> {
        Ok(serde_json::from_slice(&school.unseal(SECRET, sealed)?).map_err(|_| FeedError::Closed)?)
    }
}

/// A feed in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The name of its list.
    pub list: String,
    /// Who makes it.
    pub issuer: String,
    /// Under which licence.
    pub licence: String,
    /// The moment that its content is of.
    pub dated: Timestamp,
    /// Until when it is fresh.
    pub fresh_until: Timestamp,
    /// When it was taken in.
    pub loaded: Timestamp,
    /// When it was last asked for.
    pub tried: Option<Timestamp>,
    /// Why the last one was refused.
    pub fault: Option<String>,
}

impl FeedRow {
    /// Whether it is fresh.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now <= self.fresh_until
    }
}

/// The feeds of a school, by name.
///
/// # Errors
/// Where the database refuses.
pub async fn all(school: &School) -> Result<Vec<FeedRow>, store::StoreError> {
    let rows = school.read().find::<filter_feed::Entity>().ascending(filter_feed::Column::List).all().await?;
    Ok(rows
        .into_iter()
        .map(|row| FeedRow {
            list: row.list,
            issuer: row.issuer,
            licence: row.licence,
            dated: timestamp(row.dated_at),
            fresh_until: timestamp(row.fresh_until_at),
            loaded: timestamp(row.loaded_at),
            tried: row.tried_at.map(timestamp),
            fault: row.fault,
        })
        .collect())
}

/// The addresses by which each feed is tried, by the name of its list. Only the filter's checks ask for them.
///
/// # Errors
/// Where they cannot be read.
pub async fn tests(school: &School) -> Result<Vec<(String, Vec<String>)>, ListError> {
    let rows = school.read().find::<filter_feed::Entity>().ascending(filter_feed::Column::List).all().await?;
    rows.into_iter()
        .map(|row| {
            let plain = school.unseal(SECRET, &row.tests)?;
            let tests: Vec<String> = serde_json::from_slice(&plain).map_err(|_| FeedError::Closed)?;
            Ok((row.list, tests.iter().map(|test| asked(test)).collect()))
        })
        .collect()
}

/// Takes a feed in: opens it with its key, seals its entries with the school's own, and puts them in force beside those
/// of other sealed lists. That one was refused is an act as well.
///
/// # Errors
/// Anything that keeps it from being usable; the one before stays in use then.
pub async fn add(
    school: &School,
    folder: &Folder,
    name: &str,
    source: &Source,
    key: &FeedKey,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    if !kernel::place::is_word(name) {
        return Err(ListError::Name(name.to_owned()));
    }
    bring(school, folder, Asking { name, source, key, again: None, by, now }).await
}

/// Asks again for the feed of a list, where it came from. Another that waits, of another source or key, goes on waiting.
///
/// # Errors
/// Anything that keeps the new one from being usable; the one before stays in use then.
pub async fn refresh(
    school: &School,
    folder: &Folder,
    name: &str,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    let row = find(school, name).await?.ok_or_else(|| ListError::Unknown(name.to_owned()))?;
    let secret = Secret::open(school, &row.secret)?;
    let (source, key) = (Source::parse(&secret.source), FeedKey::parse(&secret.key)?);
    bring(school, folder, Asking { name, source: &source, key: &key, again: Some(&row.secret), by, now }).await
}

/// A feed that is asked for.
#[derive(Clone, Copy)]
struct Asking<'a> {
    name: &'a str,
    source: &'a Source,
    key: &'a FeedKey,
    /// The sealed secret that said where it comes from; none where somebody said it.
    again: Option<&'a [u8]>,
    by: Actor,
    now: Timestamp,
}

impl Asking<'_> {
    fn secret(&self) -> Secret {
        Secret { key: self.key.to_text(), source: self.source.to_string() }
    }

    /// What becomes of a feed that waits, where this one is taken: what the same makers have no more is over, and what is
    /// of others is not for this one to say.
    fn waiting(&self, school: &School, list: Option<&filter_list::Model>) -> Result<Waiting, ListError> {
        let held = list.and_then(|row| Smaller::read(row.held.as_deref())).and_then(|held| held.secret);
        match held.filter(|_| self.again.is_some()) {
            Some(held) if Secret::open(school, &held)? != self.secret() => Ok(Waiting::Stays),
            Some(_) | None => Ok(Waiting::Over),
        }
    }
}

/// What becomes of what waits to be accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Over,
    Stays,
}

/// The rows of a sealed list and of its feed.
type Rows = (Option<filter_list::Model>, Option<filter_feed::Model>);

async fn bring(school: &School, folder: &Folder, asking: Asking<'_>) -> Result<Updated, ListError> {
    let Asking { name, source, key, again, now, .. } = asking;
    let bytes = source::fetch_bytes(source).await;
    let _lock = folder.lock().await?;
    let list = service::find(school, name).await?;
    if list.as_ref().is_some_and(|row| !row.sealed) {
        return Err(ListError::Twice(name.to_owned()));
    }
    let known = find(school, name).await?;
    if again.is_some_and(|asked| known.as_ref().is_none_or(|row| row.secret != asked)) {
        // Another was taken in meanwhile.
        return Ok(Updated { name: name.to_owned(), ..Updated::default() });
    }
    match bytes.map_err(ListError::from).and_then(|bytes| read(bytes, key, known.as_ref(), now)) {
        Ok(fetched) => take(school, folder, asking, fetched, (list, known)).await,
        Err(error) => {
            refuse(school, asking, known, &error).await?;
            Err(error)
        }
    }
}

/// Puts a feed in force that can be used, or keeps it beside the one in use where it is much smaller.
async fn take(
    school: &School,
    folder: &Folder,
    asking: Asking<'_>,
    fetched: Fetched,
    (list, known): Rows,
) -> Result<Updated, ListError> {
    let Asking { name, by, now, .. } = asking;
    let digest = fetched.digest.to_string();
    let news = known.as_ref().is_none_or(|row| row.digest != digest);
    let (secret, entries) = (seal(school, &asking.secret())?, fetched.feed.entries());
    let waiting = asking.waiting(school, list.as_ref())?;
    if let Some(row) = list.as_ref().filter(|_| news)
        && let Some(mut held) = less(row, None, (digest.clone(), entries, 0), now)
    {
        held.secret = Some(secret);
        return hold(school, folder, asking, (row, known), (held, waiting), &fetched.bytes).await;
    }
    let act = Act::new("filter.list-seal", by).with(json!({
        "list": name,
        "digest": digest,
        "entries": entries,
        "dated": fetched.feed.head.dated.to_string(),
        "issuer": fetched.feed.head.issuer,
    }));
    put(school, folder, (name, secret, act), fetched, (list, known), waiting, now).await
}

async fn find(school: &School, name: &str) -> Result<Option<filter_feed::Model>, store::StoreError> {
    school.read().find::<filter_feed::Entity>().filter(filter_feed::Column::List.eq(name)).one().await
}

/// What was read, with the digest of the file.
struct Fetched {
    feed: Feed,
    digest: kernel::Digest,
    bytes: Vec<u8>,
}

fn read(
    bytes: Vec<u8>,
    key: &FeedKey,
    known: Option<&filter_feed::Model>,
    now: Timestamp,
) -> Result<Fetched, ListError> {
    let feed = open_feed(&bytes, key)?;
    if feed.head.dated > now + APART {
        return Err(FeedError::Early.into());
    }
    // An old feed that somebody puts in the place of a new one would lift what the new one holds.
    if known.is_some_and(|row| millis(feed.head.dated) < row.dated_at) {
        return Err(FeedError::Older.into());
    }
    let digest = kernel::Digest(*blake3::hash(&bytes).as_bytes());
    Ok(Fetched { feed, digest, bytes })
}

/// What gets the next feed, sealed.
fn seal(school: &School, secret: &Secret) -> Result<Vec<u8>, ListError> {
    Ok(school.seal(SECRET, &serde_json::to_vec(secret).map_err(|_| FeedError::NotFeed)?)?)
}

/// What came for a sealed list, where it is much less than what is in use. `stayed` is how many were there, how many came
/// and how many stayed, where that is asked: a feed proves who made it and of when it is, and its makers exchange most of
/// its entries in a few weeks.
pub(super) fn less(
    row: &filter_list::Model,
    stayed: Option<(u64, u64, u64)>,
    (digest, entries, refused): (String, u64, u64),
    now: Timestamp,
) -> Option<Smaller> {
    let whole = match stayed {
        Some((was, came, stayed)) => Fewer::whole(was, came, Some(stayed)),
        None => Fewer::whole(u64::try_from(row.entries).unwrap_or_default(), entries, None),
    };
    let (fewer, asked, secret) = (vec![whole.clone()], None, None);
    whole.is_less().then_some(Smaller {
        digest,
        since: now,
        entries,
        refused,
        fewer,
        whole: Some(whole),
        asked,
        secret,
    })
}

/// Keeps a feed that came back much smaller, as it came: encrypted by its makers. One of others that waits is left there.
async fn hold(
    school: &School,
    folder: &Folder,
    Asking { by, now, .. }: Asking<'_>,
    (row, known): (&filter_list::Model, Option<filter_feed::Model>),
    (held, waiting): (Smaller, Waiting),
    bytes: &[u8],
) -> Result<Updated, ListError> {
    let held = match waiting {
        Waiting::Stays => held,
        Waiting::Over => {
            folder.replace(&folder.sealed_held(&row.name), bytes)?;
            smaller::hold(school, row, held, by, now).await?
        }
    };
    let fault = (waiting == Waiting::Stays).then(|| held.fault());
    if let Some(known) = known {
        let tried = tried(known.id, fault, now);
        school.bookkeep(now, async move |tx| tx.update(tried).await).await?;
    }
    Ok(Updated {
        name: row.name.clone(),
        entries: u64::try_from(row.entries).unwrap_or_default(),
        fault: Some(held.fault()),
        ..Updated::default()
    })
}

/// That a feed was asked for, and why what came was not taken.
fn tried(id: uuid::Uuid, fault: Option<String>, now: Timestamp) -> filter_feed::ActiveModel {
    filter_feed::ActiveModel { id: Set(id), tried_at: Set(Some(millis(now))), fault: Set(fault), ..Default::default() }
}

/// Puts the smaller feed, or the smaller plain list, in force that somebody accepted, under the lock of the folder.
pub(super) async fn accept(
    school: &School,
    folder: &Folder,
    row: &filter_list::Model,
    held: &Smaller,
    act: Act,
    now: Timestamp,
) -> Result<(), AcceptError> {
    let bytes = folder.read_bytes(&folder.sealed_held(&row.name)).map_err(ListError::from)?;
    held.is_as_seen(&blake3::hash(&bytes).to_string())?;
    let known = find(school, &row.name).await?;
    if let Some(secret) = &held.secret {
        let opened = Secret::open(school, secret)?;
        let fetched = read(bytes, &FeedKey::parse(&opened.key).map_err(ListError::from)?, known.as_ref(), now)?;
        let rows = (Some(row.clone()), known);
        put(school, folder, (&row.name, secret.clone(), act), fetched, rows, Waiting::Over, now).await?;
        return Ok(());
    }
    install(school, folder, &row.name, &bytes).await?;
    folder.drop_sealed_held(&row.name).map_err(ListError::from)?;
    let mut change = filter_list::ActiveModel {
        id: Set(row.id),
        changed_at: Set(Some(millis(now))),
        digest: Set(Some(held.digest.clone())),
        entries: Set(i64::try_from(held.entries).unwrap_or(i64::MAX)),
        refused: Set(i64::try_from(held.refused).unwrap_or(i64::MAX)),
        ..Default::default()
    };
    smaller::settled(&mut change, now);
    Ok(school.act(act, now, async move |tx| tx.update(change).await.map(|_| ())).await?)
}

async fn put(
    school: &School,
    folder: &Folder,
    (name, secret, act): (&str, Vec<u8>, Act),
    fetched: Fetched,
    (list, known): Rows,
    waiting: Waiting,
    now: Timestamp,
) -> Result<Updated, ListError> {
    let Fetched { feed: Feed { head, lines, tests }, digest, .. } = fetched;
    let part = Part { category: None, addresses: true, bytes: lines.into_bytes() };
    let (image, counted) = sealed::compile(&[part], &school.secret(sealed::PURPOSE));
    let changed = known.as_ref().is_none_or(|row| row.digest != digest.to_string());
    if let (Some(row), Some(list), false, true) = (&known, &list, changed, folder.sealed_of(name).exists()) {
        let (row, entries) = (tried(row.id, None, now), u64::try_from(list.entries).unwrap_or_default());
        let settled = (waiting == Waiting::Over).then(|| {
            let mut settled = filter_list::ActiveModel { id: Set(list.id), ..Default::default() };
            smaller::settled(&mut settled, now);
            settled
        });
        if settled.is_some() {
            // What waited is not what the makers have now.
            folder.drop_sealed_held(name)?;
        }
        school
            .bookkeep(now, async move |tx| {
                if let Some(settled) = settled {
                    tx.update(settled).await?;
                }
                tx.update(row).await
            })
            .await?;
        return Ok(Updated { name: name.to_owned(), changed, entries, ..Updated::default() });
    }
    let tests = serde_json::to_vec(&tests).map_err(|_| FeedError::NotFeed)?;
    install(school, folder, name, &image).await?;
    let feed_row = filter_feed::ActiveModel {
        id: Set(known.as_ref().map_or_else(|| store::ids::new_id(now), |row| Ok(row.id))?),
        list: Set(name.to_owned()),
        issuer: Set(head.issuer.clone()),
        licence: Set(head.licence.clone()),
        dated_at: Set(millis(head.dated)),
        fresh_until_at: Set(millis(head.fresh_until())),
        loaded_at: Set(millis(now)),
        digest: Set(digest.to_string()),
        secret: Set(secret),
        tests: Set(school.seal(SECRET, &tests)?),
        tried_at: Set(Some(millis(now))),
        fault: Set(None),
        ..Default::default()
    };
    let entries = i64::try_from(counted.entries).unwrap_or(i64::MAX);
    let mut list_row = filter_list::ActiveModel {
        id: Set(list.as_ref().map_or_else(|| store::ids::new_id(now), |row| Ok(row.id))?),
        name: Set(name.to_owned()),
        category: Set(None),
        categories: Set("[]".to_owned()),
        source: Set(String::new()),
        format: Set(Format::Domains.id().to_owned()),
        licence: Set(Some(head.licence)),
        fetched_at: Set(Some(millis(now))),
        changed_at: Set(Some(millis(now))),
        etag: Set(None),
        digest: Set(Some(digest.to_string())),
        entries: Set(entries),
        refused: Set(0),
        sealed: Set(true),
        created_at: Set(list.as_ref().map_or_else(|| millis(now), |row| row.created_at)),
        ..Default::default()
    };
    if waiting == Waiting::Over {
        folder.drop_sealed_held(name)?;
        smaller::settled(&mut list_row, now);
    }
    school
        .act(act, now, async move |tx| {
            if list.is_none() {
                tx.insert(list_row).await?
            } else {
                tx.update(list_row).await?
            };
            if known.is_none() {
                tx.insert(feed_row).await?
            } else {
                tx.update(feed_row).await?
            };
            Ok::<_, store::StoreError>(())
        })
        .await?;
    Ok(Updated { name: name.to_owned(), changed, entries: counted.entries, ..Updated::default() })
}

/// Writes down that a feed was refused.
async fn refuse(
    school: &School,
    Asking { name, again, by, now, .. }: Asking<'_>,
    known: Option<filter_feed::Model>,
    error: &ListError,
) -> Result<(), ListError> {
    let why = why(error);
    let act = Act::new("filter.feed-refuse", by).with(json!({ "list": name, "why": why }));
    let same = known.as_ref().is_some_and(|row| row.fault.as_ref() == Some(&why));
    let row = known.map(|row| tried(row.id, Some(why), now));
    if let Some(row) = row.clone().filter(|_| same && again.is_some() && by == Actor::Gatehouse) {
        // By itself only what is new is worth a line.
        return Ok(school.bookkeep(now, async move |tx| tx.update(row).await.map(|_| ())).await?);
    }
    school
        .act(act, now, async move |tx| {
            if let Some(row) = row {
                tx.update(row).await?;
            }
            Ok::<_, store::StoreError>(())
        })
        .await?;
    Ok(())
}

/// Why, without the address that it was asked for: it may hold the school's name and password there.
fn why(error: &ListError) -> String {
    match error {
        ListError::Feed(error) => error.to_string(),
        ListError::Source(SourceError::Refused { status, .. }) => format!("its server answered {status}"),
        ListError::Source(_) => "it cannot be fetched".to_owned(),
        ListError::Name(_)
        | ListError::Twice(_)
        | ListError::Unknown(_)
        | ListError::NoEntries(_)
        | ListError::Copy(_)
        | ListError::Index(_)
        | ListError::Store(_) => "it cannot be kept".to_owned(),
    }
}

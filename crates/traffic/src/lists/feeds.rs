//! Taking in sealed feeds. A feed that is damaged, older than the one in use or of another key is refused, and the one
//! in use stays. Its key, where it comes from and its test entries are kept sealed.

use std::path::PathBuf;

use filter::{Image, SealedList, merge_sealed};
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
    index::IndexError,
    sealed,
    service::{self, Format, ListError, Updated},
    smaller::{self, Fewer, Smaller},
    source::{self, Part, Source, SourceError},
};

/// The purpose under which the secrets of feeds are sealed.
const SECRET: &str = "filter-feed";

/// The clocks of two houses differ by so much at most.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// What is kept sealed: how to get the next one.
#[derive(serde::Serialize, serde::Deserialize)]
struct Secret {
    key: String,
    source: String,
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
    let list = service::find(school, name).await?;
    if list.as_ref().is_some_and(|row| !row.sealed) {
        return Err(ListError::Twice(name.to_owned()));
    }
    let known = find(school, name).await?;
    match fetch(source, key, known.as_ref(), now).await {
        Ok(fetched) => {
            let digest = fetched.digest.to_string();
            let news = known.as_ref().is_none_or(|row| row.digest != digest);
            let (secret, entries) = (seal(school, key, source)?, fetched.feed.entries());
            if let Some(row) = list.as_ref().filter(|_| news)
                && let Some(mut held) = less(row, None, (digest.clone(), entries, 0), now)
            {
                held.secret = Some(secret);
                return hold(school, folder, (row, known), held, &fetched.bytes, by, now).await;
            }
            let act = Act::new("filter.list-seal", by).with(json!({
                "list": name,
                "digest": digest,
                "entries": entries,
                "dated": fetched.feed.head.dated.to_string(),
                "issuer": fetched.feed.head.issuer,
            }));
            put(school, folder, (name, secret, act), fetched, (list, known), now).await
        }
        Err(error) => {
            refuse(school, name, known, &error, by, now).await?;
            Err(error)
        }
    }
}

/// Asks again for the feed of a list, where it came from.
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
    let secret: Secret = serde_json::from_slice(&school.unseal(SECRET, &row.secret)?).map_err(|_| FeedError::Closed)?;
    add(school, folder, name, &Source::parse(&secret.source), &FeedKey::parse(&secret.key)?, by, now).await
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

async fn fetch(
    source: &Source,
    key: &FeedKey,
    known: Option<&filter_feed::Model>,
    now: Timestamp,
) -> Result<Fetched, ListError> {
    read(source::fetch_bytes(source).await?, key, known, now)
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
fn seal(school: &School, key: &FeedKey, source: &Source) -> Result<Vec<u8>, ListError> {
    let secret = serde_json::to_vec(&Secret { key: key.to_text(), source: source.to_string() });
    Ok(school.seal(SECRET, &secret.map_err(|_| FeedError::NotFeed)?)?)
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

/// How many entries a plain list has that is in use, how many came, and how many of those in use stayed; none where what
/// is in use cannot be read.
pub(super) fn stayed(school: &School, folder: &Folder, name: &str, image: &[u8]) -> Option<(u64, u64, u64)> {
    let key = school.secret(sealed::PURPOSE);
    let opened = |bytes: Vec<u8>| SealedList::open(Image::new(bytes), &key).ok();
    let before = opened(folder.read_bytes(&folder.sealed_of(name)).ok()?)?;
    let came = opened(image.to_vec())?;
    Some((before.entries() as u64, came.entries() as u64, before.in_common(&came)))
}

/// Keeps a feed that came back much smaller, as it came: encrypted by its makers.
async fn hold(
    school: &School,
    folder: &Folder,
    (row, known): (&filter_list::Model, Option<filter_feed::Model>),
    held: Smaller,
    bytes: &[u8],
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    folder.replace(&folder.sealed_held(&row.name), bytes)?;
    let held = smaller::hold(school, row, held, by, now).await?;
    if let Some(known) = known {
        let tried = filter_feed::ActiveModel {
            id: Set(known.id),
            tried_at: Set(Some(millis(now))),
            fault: Set(None),
            ..Default::default()
        };
        school.bookkeep(now, async move |tx| tx.update(tried).await).await?;
    }
    Ok(Updated {
        name: row.name.clone(),
        entries: u64::try_from(row.entries).unwrap_or_default(),
        fault: Some(held.fault()),
        ..Updated::default()
    })
}

/// Puts the smaller feed, or the smaller plain list, in force that somebody accepted.
pub(super) async fn accept(
    school: &School,
    folder: &Folder,
    row: &filter_list::Model,
    held: &Smaller,
    act: Act,
    now: Timestamp,
) -> Result<(), ListError> {
    let bytes = folder.read_bytes(&folder.sealed_held(&row.name))?;
    let known = find(school, &row.name).await?;
    if let Some(secret) = &held.secret {
        let opened: Secret = serde_json::from_slice(&school.unseal(SECRET, secret)?).map_err(|_| FeedError::Closed)?;
        let fetched = read(bytes, &FeedKey::parse(&opened.key)?, known.as_ref(), now)?;
        let (name, list) = (row.name.clone(), Some(row.clone()));
        put(school, folder, (&name, secret.clone(), act), fetched, (list, known), now).await?;
        return Ok(());
    }
    install(school, folder, &row.name, &bytes).await?;
    folder.drop_sealed_held(&row.name)?;
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
    (list, known): (Option<filter_list::Model>, Option<filter_feed::Model>),
    now: Timestamp,
) -> Result<Updated, ListError> {
    let Fetched { feed: Feed { head, lines, tests }, digest, .. } = fetched;
    let part = Part { category: None, addresses: true, bytes: lines.into_bytes() };
    let (image, counted) = sealed::compile(&[part], &school.secret(sealed::PURPOSE));
    let changed = known.as_ref().is_none_or(|row| row.digest != digest.to_string());
    if let (Some(row), Some(list), false, true) = (&known, &list, changed, folder.sealed_of(name).exists()) {
        let (id, entries) = (row.id, u64::try_from(list.entries).unwrap_or_default());
        let row = filter_feed::ActiveModel {
            id: Set(id),
            tried_at: Set(Some(millis(now))),
            fault: Set(None),
            ..Default::default()
        };
        // What waited is not what the makers have now.
        let mut settled = filter_list::ActiveModel { id: Set(list.id), ..Default::default() };
        smaller::settled(&mut settled, now);
        folder.drop_sealed_held(name)?;
        school
            .bookkeep(now, async move |tx| {
                tx.update(settled).await?;
                tx.update(row).await
            })
            .await?;
        return Ok(Updated { name: name.to_owned(), changed, entries, ..Updated::default() });
    }
    let tests = serde_json::to_vec(&tests).map_err(|_| FeedError::NotFeed)?;
    install(school, folder, name, &image).await?;
    folder.drop_sealed_held(name)?;
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
    let list_row = filter_list::ActiveModel {
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
        state: Set("in-use".to_owned()),
        error: Set(None),
        held: Set(None),
        sealed: Set(true),
        created_at: Set(list.as_ref().map_or_else(|| millis(now), |row| row.created_at)),
        ..Default::default()
    };
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
    name: &str,
    known: Option<filter_feed::Model>,
    error: &ListError,
    by: Actor,
    now: Timestamp,
) -> Result<(), ListError> {
    let why = why(error);
    let act = Act::new("filter.feed-refuse", by).with(json!({ "list": name, "why": why }));
    school
        .act(act, now, async move |tx| {
            if let Some(row) = known {
                tx.update(filter_feed::ActiveModel {
                    id: Set(row.id),
                    tried_at: Set(Some(millis(now))),
                    fault: Set(Some(why)),
                    ..Default::default()
                })
                .await?;
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

/// Puts the image of one sealed list beside those of the others, and all together in force.
pub(super) async fn install(school: &School, folder: &Folder, name: &str, image: &[u8]) -> Result<(), ListError> {
    let rows = school.read().find::<filter_list::Entity>().filter(filter_list::Column::Sealed.eq(true)).all().await?;
    let key = school.secret(sealed::PURPOSE);
    let opened = |path: PathBuf, bytes: Vec<u8>| {
        SealedList::open(Image::new(bytes), &key).map_err(|cause| IndexError::Sealed { path, cause })
    };
    let mut lists = vec![opened(folder.sealed_of(name), image.to_vec())?];
    for row in rows.iter().filter(|row| row.name != name) {
        // A list that cannot be read must not fall out of what is in force.
        let path = folder.sealed_of(&row.name);
        lists.push(opened(path.clone(), folder.read_bytes(&path)?)?);
    }
    folder.replace(&folder.sealed_of(name), image)?;
    folder.replace(&folder.sealed(), &merge_sealed(&lists, &key))?;
    Ok(())
}

//! Bringing lists up to date: fetched again, taken, or laid beside where most of what there was did not come back.

use filter::Category;
use jiff::Timestamp;
use serde_json::json;
use store::{Act, Actor, School, StoreError, entity::filter_list, query::Set, time::millis};

use super::{
    copies::{Folder, digest_of},
    feeds, index,
    service::{Format, ListError, Updated, blocking, categories, compile_with, count, find, in_full, signed},
    smaller::{self, AcceptError, Smaller, Tally, compared, fewer, settled},
    source::{self, Fetched, Part, Source},
};

/// Brings lists up to date: one, or all. A list that cannot be fetched or kept stays as it is.
///
/// # Errors
/// An unknown name, or where index or database refuse.
pub async fn update(
    school: &School,
    folder: &Folder,
    name: Option<&str>,
    by: Actor,
    now: Timestamp,
) -> Result<Vec<Updated>, ListError> {
    let mut rows = school.read().find::<filter_list::Entity>().ascending(filter_list::Column::Name).all().await?;
    if let Some(name) = name {
        rows.retain(|row| row.name == name);
        if rows.is_empty() {
            return Err(ListError::Unknown(name.to_owned()));
        }
    }
    let names: Vec<_> = rows.into_iter().filter(|row| !row.sealed).map(|row| row.name).collect();
    let mut done = update_these(school, folder, &names, by, now).await?;
    for feed in feeds::all(school).await?.iter().filter(|feed| name.is_none_or(|name| feed.list == name)) {
        done.push(match feeds::refresh(school, folder, &feed.list, by, now).await {
            Ok(updated) => updated,
            Err(error @ (ListError::Feed(_) | ListError::Source(_))) => {
                let fault = Some(in_full(&error));
                Updated { name: feed.list.clone(), fault, ..Updated::default() }
            }
            Err(error) => return Err(error),
        });
    }
    Ok(done)
}

/// Brings lists of these names up to date, those that are sealed left out, and compiles the index once.
///
/// # Errors
/// Where index or database refuse.
pub async fn update_these(
    school: &School,
    folder: &Folder,
    names: &[String],
    by: Actor,
    now: Timestamp,
) -> Result<Vec<Updated>, ListError> {
    let mut done = Vec::new();
    for name in names {
        if let Some(row) = find(school, name).await?.filter(|row| !row.sealed) {
            done.push(update_one(school, folder, row, by, now).await?);
        }
    }
    if done.iter().any(|updated| updated.changed) || folder.is_stale() || !folder.index().exists() {
        let _lock = folder.lock().await?;
        compile_with(school, folder, None).await?;
        let changed = done.iter().filter(|updated| updated.changed).count();
        let act = Act::new("filter.index", by).with(json!({ "changed": changed }));
        school.act(act, now, async move |_| Ok::<_, StoreError>(())).await?;
    }
    Ok(done)
}

/// What became of what came.
enum Taken {
    /// It has no entry.
    Nothing,
    /// It lies beside the copy in use.
    Held(Smaller),
    /// It is the copy in use now.
    InPlace { counted: index::Counted, digest: String, categories: String },
}

async fn update_one(
    school: &School,
    folder: &Folder,
    row: filter_list::Model,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    let (copy, name) = (folder.clone(), row.name.clone());
    // A server that says "as it was" does not bring back a copy that is lost here.
    let whole = blocking(move || Ok(copy.is_whole(&name))).await?;
    let fetched = source::fetch(&Source::parse(&row.source), row.etag.as_deref().filter(|_| whole)).await;
    let _lock = folder.lock().await?;
    // Another process may have done the same meanwhile.
    let row = find(school, &row.name).await?.ok_or_else(|| ListError::Unknown(row.name.clone()))?;
    let mut updated = Updated {
        name: row.name.clone(),
        entries: u64::try_from(row.entries).unwrap_or_default(),
        refused: u64::try_from(row.refused).unwrap_or_default(),
        ..Updated::default()
    };
    let mut change = filter_list::ActiveModel { id: Set(row.id), ..Default::default() };
    match fetched {
        Ok(Fetched::Unchanged) => {
            folder.drop_held(&row.name)?;
            settled(&mut change, now);
        }
        Ok(Fetched::Parts { parts, etag }) => {
            let (copies, known) = (folder.clone(), row.clone());
            match blocking(move || take(&copies, &known, &parts, now)).await {
                Ok(Taken::Nothing) => {
                    updated.fault = Some("it has no entry that could be read any more".to_owned());
                }
                Ok(Taken::Held(held)) => {
                    let held = smaller::hold(school, &row, held, by, now).await?;
                    return Ok(Updated { fault: Some(held.fault()), ..updated });
                }
                Ok(Taken::InPlace { counted, digest, categories }) => {
                    updated.changed = row.digest.as_deref() != Some(digest.as_str());
                    updated.entries = counted.entries;
                    updated.refused = counted.refused;
                    updated.shared = counted.shared;
                    if updated.changed {
                        change.changed_at = Set(Some(millis(now)));
                    }
                    change.etag = Set(etag);
                    change.digest = Set(Some(digest));
                    change.entries = Set(signed(counted.entries));
                    change.refused = Set(signed(counted.refused));
                    change.categories = Set(categories);
                    settled(&mut change, now);
                }
                // The disk is full, perhaps: the copy in use is as it was.
                Err(error) => updated.fault = Some(in_full(&error)),
            }
        }
        Err(error) => updated.fault = Some(in_full(&error)),
    }
    if let Some(fault) = &updated.fault {
        change.error = Set(Some(fault.clone()));
        change.state = Set("last-good-copy".to_owned());
    }
    // Who asks for it does something, whatever comes of it; by itself only what is new is worth a line.
    if by == Actor::Gatehouse && !updated.changed && updated.fault == row.error {
        school.bookkeep(now, async move |tx| tx.update(change).await).await?;
        return Ok(updated);
    }
    let act = Act::new("filter.list-update", by)
        .about(row.id)
        .with(json!({ "list": row.name, "entries": updated.entries, "fault": updated.fault.is_some() }));
    school.act(act, now, async move |tx| tx.update(change).await).await?;
    Ok(updated)
}

/// Puts what came in the place of the copy in use, or beside it where too little of that one is left.
fn take(folder: &Folder, row: &filter_list::Model, parts: &[Part], now: Timestamp) -> Result<Taken, ListError> {
    let format = Format::parse(&row.format).unwrap_or(Format::Domains);
    let category = row.category.as_deref().and_then(|name| Category::parse(name).ok());
    let counted = count(&row.name, format, category, parts)?;
    if counted.entries == 0 {
        return Ok(Taken::Nothing);
    }
    let digest = folder.lay_beside(&row.name, parts)?.to_string();
    if row.digest.as_deref() != Some(digest.as_str()) {
        let of = |parts: &[Part]| Tally::of(format.of_filter(), category, parts);
        let before = match folder.read(&row.name) {
            Ok(parts) if !parts.is_empty() => of(&parts),
            // The copy is lost or damaged, and the number of its entries is known.
            Ok(_) | Err(_) => Tally::whole(u64::try_from(row.entries).unwrap_or_default()),
        };
        let compared = compared(&before, &of(parts));
        let fewer = fewer(&compared);
        if !fewer.is_empty() {
            folder.hold(&row.name)?;
            let (entries, refused, whole) = (counted.entries, counted.refused, Some(compared.0));
            let (asked, secret) = (None, None);
            return Ok(Taken::Held(Smaller { digest, since: now, entries, refused, fewer, whole, asked, secret }));
        }
    }
    folder.put_in_place(&row.name)?;
    Ok(Taken::InPlace { counted, digest, categories: categories(parts, category) })
}

/// Puts the smaller copy of a list in force that somebody accepted, under the lock of the folder.
pub(super) async fn accept(
    school: &School,
    folder: &Folder,
    row: &filter_list::Model,
    held: &Smaller,
    act: Act,
    now: Timestamp,
) -> Result<(), AcceptError> {
    let category = row.category.as_deref().and_then(|name| Category::parse(name).ok());
    let (copies, name) = (folder.clone(), row.name.clone());
    let (parts, digest) = blocking(move || {
        let parts = copies.read_held(&name)?;
        let digest = digest_of(&parts).to_string();
        Ok((parts, digest))
    })
    .await?;
    held.is_as_seen(&digest)?;
    let mut change = filter_list::ActiveModel {
        id: Set(row.id),
        changed_at: Set(Some(millis(now))),
        // What it was fetched by is not kept: the next time it is fetched whole.
        etag: Set(None),
        digest: Set(Some(held.digest.clone())),
        entries: Set(signed(held.entries)),
        refused: Set(signed(held.refused)),
        categories: Set(categories(&parts, category)),
        ..Default::default()
    };
    settled(&mut change, now);
    folder.accept(&row.name).map_err(ListError::from)?;
    compile_with(school, folder, None).await?;
    Ok(school.act(act, now, async move |tx| tx.update(change).await.map(|_| ())).await?)
}

//! Bringing lists up to date: fetched again, taken or laid beside where they came back much smaller.

use filter::Category;
use jiff::Timestamp;
use serde_json::json;
use store::{Act, Actor, School, StoreError, entity::filter_list, query::Set, time::millis};

use super::{
    copies::Folder,
    feeds, index,
    service::{Format, ListError, Updated, categories, compile_with, count, in_full, signed},
    smaller::{self, Smaller, Tally, fewer, settled},
    source::{self, Fetched, Part, Source},
};

/// Brings lists up to date: one, or all. A list that cannot be fetched keeps its last good copy.
///
/// # Errors
/// An unknown name, or where copies, index or database refuse.
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
    let mut done = Vec::new();
    for row in rows.iter().filter(|row| !row.sealed) {
        done.push(update_one(school, folder, row, by, now).await?);
    }
    let indexed = done.len();
    for feed in feeds::all(school).await?.iter().filter(|feed| name.is_none_or(|name| feed.list == name)) {
        done.push(match feeds::refresh(school, folder, &feed.list, by, now).await {
            Ok(updated) => updated,
            Err(error @ (ListError::Feed(_) | ListError::Source(_))) => {
                let fault = Some(in_full(&error));
                Updated { name: feed.list.clone(), changed: false, entries: 0, refused: 0, fault }
            }
            Err(error) => return Err(error),
        });
    }
    let of_index = done.get(..indexed).unwrap_or_default();
    if of_index.iter().any(|updated| updated.changed) || !folder.index().exists() {
        compile_with(school, folder, None).await?;
        let changed = of_index.iter().filter(|updated| updated.changed).count();
        school
            .act(Act::new("filter.index", by).with(json!({ "changed": changed })), now, async move |_| {
                Ok::<_, StoreError>(())
            })
            .await?;
    }
    Ok(done)
}

async fn update_one(
    school: &School,
    folder: &Folder,
    row: &filter_list::Model,
    by: Actor,
    now: Timestamp,
) -> Result<Updated, ListError> {
    let format = Format::parse(&row.format).unwrap_or(Format::Domains);
    let category = row.category.as_deref().and_then(|name| Category::parse(name).ok());
    let mut updated = Updated {
        name: row.name.clone(),
        changed: false,
        entries: u64::try_from(row.entries).unwrap_or_default(),
        refused: u64::try_from(row.refused).unwrap_or_default(),
        fault: None,
    };
    let mut change = filter_list::ActiveModel { id: Set(row.id), ..Default::default() };
    match source::fetch(&Source::parse(&row.source), row.etag.as_deref()).await {
        Ok(Fetched::Unchanged) => {
            folder.drop_held(&row.name)?;
            settled(&mut change, now);
        }
        Ok(Fetched::Parts { parts, etag }) => {
            let counted = count(&row.name, format, category, &parts)?;
            if counted.entries == 0 {
                updated.fault = Some("it has no entry that could be read any more".to_owned());
            } else {
                let digest = folder.lay_beside(&row.name, &parts)?.to_string();
                updated.changed = row.digest.as_deref() != Some(digest.as_str());
                if updated.changed
                    && let Some(held) = less(folder, row, (format, category), &parts, &digest, counted, now)?
                {
                    folder.hold(&row.name)?;
                    let held = smaller::hold(school, row, held, by, now).await?;
                    return Ok(Updated { changed: false, fault: Some(held.fault()), ..updated });
                }
                folder.put_in_place(&row.name)?;
                updated.entries = counted.entries;
                updated.refused = counted.refused;
                if updated.changed {
                    change.changed_at = Set(Some(millis(now)));
                }
                change.etag = Set(etag);
                change.digest = Set(Some(digest));
                change.entries = Set(signed(counted.entries));
                change.refused = Set(signed(counted.refused));
                change.categories = Set(categories(&parts, category));
                settled(&mut change, now);
            }
        }
        Err(error) => updated.fault = Some(in_full(&error)),
    }
    if let Some(fault) = &updated.fault {
        change.error = Set(Some(fault.clone()));
        change.state = Set("last-good-copy".to_owned());
    }
    let act = Act::new("filter.list-update", by)
        .with(json!({ "list": row.name, "entries": updated.entries, "fault": updated.fault.is_some() }));
    school.act(act, now, async move |tx| tx.update(change).await).await?;
    Ok(updated)
}

/// What came, where it is much less than the copy in use.
fn less(
    folder: &Folder,
    row: &filter_list::Model,
    (format, category): (Format, Option<Category>),
    parts: &[Part],
    digest: &str,
    counted: index::Counted,
    now: Timestamp,
) -> Result<Option<Smaller>, ListError> {
    let of = |parts: &[Part]| Tally::of(format.of_filter(), category, parts);
    let before = match folder.read(&row.name)? {
        // The copy is lost, and the number of its entries is known.
        parts if parts.is_empty() => Tally::whole(u64::try_from(row.entries).unwrap_or_default()),
        parts => of(&parts),
    };
    let fewer = fewer(&before, &of(parts));
    let (entries, refused) = (counted.entries, counted.refused);
    let (digest, asked, secret) = (digest.to_owned(), None, None);
    Ok((!fewer.is_empty()).then_some(Smaller { digest, since: now, entries, refused, fewer, asked, secret }))
}

/// Puts the smaller copy of a list in force that somebody accepted.
pub(super) async fn accept(
    school: &School,
    folder: &Folder,
    row: &filter_list::Model,
    held: &Smaller,
    act: Act,
    now: Timestamp,
) -> Result<(), ListError> {
    let category = row.category.as_deref().and_then(|name| Category::parse(name).ok());
    let parts = folder.read_held(&row.name)?;
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
    folder.accept(&row.name)?;
    compile_with(school, folder, None).await?;
    Ok(school.act(act, now, async move |tx| tx.update(change).await.map(|_| ())).await?)
}

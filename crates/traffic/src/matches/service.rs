//! Keeping what was refused, opening an address, and knowing who asks about such addresses.

use jiff::{SignedDuration, Timestamp};
use kernel::{DeviceId, Digest, PersonId};
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::filter_match,
    query::{ColumnTrait as _, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MayOpenSealed};

use crate::ActError;

/// The purpose under which addresses are sealed.
const PURPOSE: &str = "filter-match";

/// The act of asking how the gateway decides about an address that a sealed list holds.
pub const ASKED: &str = "filter.sealed-ask";

/// So many askings are an alarm, within so many hours.
pub const MANY: usize = 5;
const LATELY: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Something that was refused.
pub struct New {
    /// When.
    pub at: Timestamp,
    /// The keyed digest of the entry.
    pub digest: Digest,
    /// The device or session.
    pub device: Option<DeviceId>,
    /// The label of the clause.
    pub clause: Option<String>,
    /// What was asked for.
    pub address: String,
}

/// Keeps what was refused.
///
/// # Errors
/// Where the store refuses.
pub async fn keep(school: &School, new: New, now: Timestamp) -> Result<(), StoreError> {
    let row = filter_match::ActiveModel {
        id: Set(store::ids::new_id(now)?),
        at: Set(millis(new.at)),
        digest: Set(new.digest.to_string()),
        device_id: Set(new.device.map(|device| device.0)),
        clause: Set(new.clause),
        address: Set(school.seal(PURPOSE, new.address.as_bytes())?),
        opened_at: Set(None),
        opened_by: Set(None),
        ..Default::default()
    };
    school.bookkeep(now, async move |tx| tx.insert(row).await).await?;
    Ok(())
}

/// The latest, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn latest(school: &School, limit: u64) -> Result<Vec<filter_match::Model>, StoreError> {
    school.read().find::<filter_match::Entity>().descending(filter_match::Column::At).limit(limit).all().await
}

/// Opens the address of a match, with a reason.
///
/// # Errors
/// [`ActError::NotFound`], or where the store refuses.
pub async fn open(
    school: &School,
    may: MayOpenSealed,
    id: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<String, ActError> {
    let act = Act::new("filter.sealed-open", may.by()).about(id).with(json!({ "reason": reason }));
    let sealed = school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_match::Entity>(id).await?.ok_or(ActError::NotFound)?;
            tx.update(filter_match::ActiveModel {
                id: Set(id),
                opened_at: Set(Some(millis(now))),
                opened_by: Set(Some(may.by().0)),
                ..Default::default()
            })
            .await?;
            Ok::<_, ActError>(row.address)
        })
        .await?;
    Ok(String::from_utf8_lossy(&school.unseal(PURPOSE, &sealed)?).into_owned())
}

/// Writes down that somebody asked how the gateway decides about addresses that a sealed list holds, one or, where past
/// requests were decided again, many: it counts as one question. The addresses do not stand there.
///
/// # Errors
/// Where the store refuses.
pub async fn asked(
    school: &School,
    digests: impl IntoIterator<Item = Digest>,
    by: Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let digests: Vec<_> = digests.into_iter().map(|digest| digest.to_string()).collect();
    if digests.is_empty() {
        return Ok(());
    }
    let act = Act::new(ASKED, by).with(json!({ "digests": digests }));
    school.act(act, now, async |_| Ok::<_, StoreError>(())).await
}

/// Deletes what was refused before `first`, and says in the ledger how many that were.
///
/// # Errors
/// Where the store refuses.
pub async fn drop_before(school: &School, first: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let old = || filter_match::Column::At.lt(millis(first));
    let number = school.read().find::<filter_match::Entity>().filter(old()).count().await?;
    if number == 0 {
        return Ok(());
    }
    let act = Act::new("filter.sealed-drop", Actor::Gatehouse).with(json!({ "matches": number }));
    school
        .act(act, now, async move |tx| {
            tx.delete::<filter_match::Entity>().filter(old()).run().await?;
            Ok::<_, StoreError>(())
        })
        .await
}

/// Who asked lately, and when, newest first; none for whoever sat at the computer of Gatehouse itself.
///
/// # Errors
/// Where the store refuses.
pub async fn asked_lately(school: &School, now: Timestamp) -> Result<Vec<(Option<PersonId>, i64)>, StoreError> {
    let which = store::ledger::Which {
        act: Some(ASKED.to_owned()),
        since: Some(now - LATELY),
        limit: Some(1_000),
        ..Default::default()
    };
    let mut all: Vec<_> =
        school.ledger().entries(&which).await?.into_iter().map(|entry| (entry.actor, entry.at)).collect();
    all.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    Ok(all)
}

/// How many matches there were lately.
///
/// # Errors
/// Where the store refuses.
pub async fn lately(school: &School, now: Timestamp) -> Result<u64, StoreError> {
    let read = school.read();
    let rows = read.find::<filter_match::Entity>();
    rows.filter(filter_match::Column::At.gte(millis(now - LATELY))).count().await
}

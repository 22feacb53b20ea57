//! Suspending, and ending a suspension before its time.

use jiff::Timestamp;
use kernel::PersonId;
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_suspension,
    query::{NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MaySuspendAccess};

use crate::{act_error::ActError, provides::Provides};

/// For what the reasons are sealed.
const PURPOSE: &str = "filter.suspension";

/// A suspension that somebody decides.
#[derive(Clone)]
pub struct New {
    /// Whose access.
    pub person: PersonId,
    /// Why. Kept encrypted; neither ledger nor log has it.
    pub reason: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Suspends somebody's access.
///
/// # Errors
/// Where the policy does not provide for it, the end is not after the beginning, or the store refuses.
pub async fn suspend(
    school: &School,
    provides: &Provides,
    may: MaySuspendAccess,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let clause = provides.suspension.as_ref().ok_or(ActError::NotProvided)?;
    if new.until <= new.from || new.until <= now {
        return Err(ActError::NoTime);
    }
    let id = store::ids::new_id(now)?;
    let row = filter_suspension::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        person_id: Set(new.person.0),
        reason: Set(school.seal(PURPOSE, new.reason.as_bytes())?),
        clause: Set(Some(clause.label.clone())),
        suspended_at: Set(millis(now)),
        suspended_by: Set(Some(may.by().0)),
        from_at: Set(millis(new.from)),
        until_at: Set(millis(new.until)),
        ended_at: Set(None),
        ended_by: Set(None),
    };
    let act = Act::new("filter.suspend", may.by())
        .about_person(new.person)
        .under(clause.label.clone())
        .with(json!({ "suspension": id, "from": new.from.to_string(), "until": new.until.to_string() }));
    school.act(act, now, async move |tx| tx.insert(row).await).await?;
    Ok(id)
}

/// Ends a suspension before its time.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it has ended.
pub async fn end(school: &School, may: MaySuspendAccess, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let row = school.read().get::<filter_suspension::Entity>(id).await?.ok_or(ActError::NotFound)?;
    let act = Act::new("filter.suspend-end", may.by()).about(row.person_id).with(json!({ "suspension": id }));
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_suspension::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if !is_open(&row, now) {
                return Err(ActError::Over);
            }
            tx.update(filter_suspension::ActiveModel {
                id: Set(id),
                ended_at: Set(Some(millis(now))),
                ended_by: Set(Some(may.by().0)),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await
}

/// Whether a suspension holds, or will.
pub fn is_open(row: &filter_suspension::Model, now: Timestamp) -> bool {
    row.ended_at.is_none() && row.until_at > millis(now)
}

/// The latest suspensions, those that have ended too.
///
/// # Errors
/// Where the store refuses.
pub async fn latest(school: &School) -> Result<Vec<filter_suspension::Model>, StoreError> {
    school
        .read()
        .find::<filter_suspension::Entity>()
        .descending(filter_suspension::Column::SuspendedAt)
        .limit(200)
        .all()
        .await
}

/// Why, in the words of who decided it.
///
/// # Errors
/// Where the words cannot be opened.
pub fn reason(school: &School, row: &filter_suspension::Model) -> Result<String, StoreError> {
    let words = school.unseal(PURPOSE, &row.reason)?;
    String::from_utf8(words).map_err(|_| StoreError::Damaged { what: "the reason of a suspension" })
}

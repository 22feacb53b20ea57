//! Giving a permit, and taking it back.

use jiff::Timestamp;
use kernel::{Audience, PersonId, SiteItem};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_permit,
    query::{NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MayGrantPermits};

use crate::{act_error::ActError, forms::store_audience, provides::Provides};

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One person.
    Person(PersonId),
    /// All of these.
    Audience(Audience),
}

/// A permit that somebody gives.
#[derive(Debug, Clone)]
pub struct New {
    /// To whom.
    pub holder: Holder,
    /// The sites and categories.
    pub sites: Vec<SiteItem>,
    /// What for.
    pub reason: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// Gives a permit.
///
/// # Errors
/// Where the policy does not provide for it, the end is not after the beginning, or the store refuses.
pub async fn grant(
    school: &School,
    provides: &Provides,
    may: MayGrantPermits,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let clause = provides.permits.as_ref().ok_or(ActError::NotProvided)?;
    if new.until.is_some_and(|until| until <= new.from || until <= now) {
        return Err(ActError::NoTime);
    }
    let id = store::ids::new_id(now)?;
    let sites: Vec<String> = new.sites.iter().map(ToString::to_string).collect();
    let (person, who) = match &new.holder {
        Holder::Person(person) => (Some(person.0), None),
        Holder::Audience(who) => (None, Some(store_audience(who))),
    };
    let details = json!({
        "sites": sites,
        "who": who,
        "reason": new.reason,
        "until": new.until.map(|until| until.to_string()),
    });
    let row = filter_permit::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        person_id: Set(person),
        who: Set(who),
        sites: Set(json!(sites).to_string()),
        reason: Set(new.reason),
        clause: Set(Some(clause.label.clone())),
        granted_at: Set(millis(now)),
        granted_by: Set(Some(may.by().0)),
        from_at: Set(millis(new.from)),
        until_at: Set(new.until.map(millis)),
        ended_at: Set(None),
        ended_by: Set(None),
    };
    let act = Act::new("filter.permit", may.by()).about(person.unwrap_or(id)).under(clause.label.clone()).with(details);
    school.act(act, now, async move |tx| tx.insert(row).await).await?;
    Ok(id)
}

/// Takes a permit back.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it has ended.
pub async fn end(school: &School, may: MayGrantPermits, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let row = school.read().get::<filter_permit::Entity>(id).await?.ok_or(ActError::NotFound)?;
    let act = Act::new("filter.permit-end", may.by()).about(row.person_id.unwrap_or(id));
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_permit::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if !is_open(&row, now) {
                return Err(ActError::Over);
            }
            tx.update(filter_permit::ActiveModel {
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

/// Whether a permit holds, or will.
pub fn is_open(row: &filter_permit::Model, now: Timestamp) -> bool {
    row.ended_at.is_none() && row.until_at.is_none_or(|until| until > millis(now))
}

/// The latest permits, those that have ended too.
///
/// # Errors
/// Where the store refuses.
pub async fn latest(school: &School) -> Result<Vec<filter_permit::Model>, StoreError> {
    school.read().find::<filter_permit::Entity>().descending(filter_permit::Column::GrantedAt).limit(200).all().await
}

//! Adding a site to the approved ones, looking at it, taking it off.

use filter::{Category, Kind, Reason, Verdict};
use jiff::Timestamp;
use kernel::{Audience, SiteItem, Subject};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_approved,
    query::{ColumnTrait as _, Condition, NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MayApproveSites};

use crate::{
    act_error::ActError,
    forms::{self, store_audience},
    provides::Provides,
    unblocks::Known,
};

/// A site that somebody finds good.
#[derive(Debug, Clone)]
pub struct New {
    /// The site.
    pub site: SiteItem,
    /// Where the link leads.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// What it is good for.
    pub about: String,
    /// The subject.
    pub subject: String,
    /// For whom the link stands on the page.
    pub who: Audience,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Whether whoever adds it has looked at it.
    pub previewed: bool,
}

/// Why a site is not one to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// A list has it as one that harms people or computers, or leads round the filter; or nobody may be told.
    Listed,
    /// A rule closes it, and two people open what a rule closes.
    Closed,
}

/// Whether anybody who works here may approve a site by themselves: what a list has as harmful is for those who change
/// filtering, and where that takes two people (`second`), so is what a rule closes.
///
/// # Errors
/// Why it may not.
pub fn fit(known: &Known, second: bool) -> Result<(), Unfit> {
    let harms = |category: &Category| match category.kind() {
        Kind::Harm | Kind::Danger | Kind::Bypass => true,
        Kind::Leisure | Kind::Neutral | Kind::Help => false,
    };
    match known.decided.as_ref().map(|it| it.decision.verdict) {
        _ if known.categories.iter().any(harms) => Err(Unfit::Listed),
        Some(Verdict::Block(Reason::Sealed | Reason::Unreadable)) => Err(Unfit::Listed),
        Some(Verdict::Block(Reason::Rule)) if second => Err(Unfit::Closed),
        Some(Verdict::Block(_) | Verdict::Allow(_)) | None => Ok(()),
    }
}

/// Adds a site to the list of approved sites.
///
/// # Errors
/// Where the policy keeps no such list, or the store refuses.
pub async fn add(
    school: &School,
    provides: &Provides,
    may: MayApproveSites,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let approving = provides.approved.as_ref().ok_or(ActError::NotProvided)?;
    let list = approving.lists.first().ok_or(ActError::NotProvided)?;
    let id = store::ids::new_id(now)?;
    let seen = new.previewed.then(|| millis(now));
    let details = json!({ "site": new.site, "list": list, "subject": new.subject, "previewed": new.previewed });
    let row = filter_approved::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        list: Set(list.clone()),
        site: Set(new.site.to_string()),
        address: Set(new.address),
        title: Set(new.title),
        about: Set(new.about),
        subject: Set(new.subject),
        who: Set(store_audience(&new.who)),
        added_at: Set(millis(now)),
        added_by: Set(Some(may.by().0)),
        previewed_at: Set(seen),
        previewed_by: Set(seen.map(|_| may.by().0)),
        until_at: Set(new.until.map(millis)),
        removed_at: Set(None),
        removed_by: Set(None),
    };
    let act = Act::new("filter.approve", may.by()).about(id).under(approving.clause.label.clone()).with(details);
    school.act(act, now, async move |tx| tx.insert(row).await).await?;
    Ok(id)
}

async fn change(
    school: &School,
    may: MayApproveSites,
    id: Uuid,
    name: &'static str,
    now: Timestamp,
    to: filter_approved::ActiveModel,
) -> Result<(), ActError> {
    school
        .act(Act::new(name, may.by()).about(id), now, async move |tx| {
            let row = tx.get::<filter_approved::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if row.removed_at.is_some() {
                return Err(ActError::Over);
            }
            tx.update(to).await?;
            Ok(())
        })
        .await
}

/// Says that somebody has looked at a site.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it was taken off.
pub async fn preview(school: &School, may: MayApproveSites, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let to = filter_approved::ActiveModel {
        id: Set(id),
        previewed_at: Set(Some(millis(now))),
        previewed_by: Set(Some(may.by().0)),
        ..Default::default()
    };
    change(school, may, id, "filter.approve-preview", now, to).await
}

/// Takes a site off the list.
///
/// # Errors
/// As [`preview`].
pub async fn remove(school: &School, may: MayApproveSites, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let to = filter_approved::ActiveModel {
        id: Set(id),
        removed_at: Set(Some(millis(now))),
        removed_by: Set(Some(may.by().0)),
        ..Default::default()
    };
    change(school, may, id, "filter.approve-remove", now, to).await
}

/// What stands on the lists now.
///
/// # Errors
/// Where the store refuses.
pub async fn on_lists(school: &School, now: Timestamp) -> Result<Vec<filter_approved::Model>, StoreError> {
    use filter_approved::Column;
    school
        .read()
        .find::<filter_approved::Entity>()
        .filter(Column::RemovedAt.is_null())
        .filter(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now))))
        .ascending(Column::Subject)
        .ascending(Column::Title)
        .all()
        .await
}

/// Whether a site is approved for somebody, and shown to them.
///
/// # Errors
/// Where the database refuses.
pub async fn any_for(
    school: &School,
    provides: &Provides,
    subject: &Subject,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if provides.approved.is_none() {
        return Ok(false);
    }
    let rows = on_lists(school, now).await?;
    let mut shown = rows.iter().filter(|row| provides.counts(row.previewed_at));
    Ok(shown.any(|row| forms::audience(&row.who).is_ok_and(|who| who.contains(subject))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_harms_is_not_for_one_to_approve() {
        let known = |categories: &[&str]| Known {
            categories: categories.iter().map(|name| Category::parse(name).unwrap()).collect(),
            decided: None,
        };
        assert_eq!(fit(&known(&["education"]), true), Ok(()));
        assert_eq!(fit(&known(&["games"]), false), Ok(()));
        for harmful in ["gambling", "adult", "hate", "vpn", "malware"] {
            assert_eq!(fit(&known(&["education", harmful]), false), Err(Unfit::Listed), "{harmful}");
        }
    }
}

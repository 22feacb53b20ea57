//! Asking for a change, agreeing to it, declining, undoing. Each is one transaction of rows and ledger; what it opens
//! or closes is compiled by [`crate::effective`].

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use kernel::{Audience, PersonId, SiteItem};
use serde_json::json;
use store::{
    Act, School, StoreError, Tx,
    entity::{filter_change, filter_change_site},
    query::{ColumnTrait as _, Condition, NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{
    Permit as _,
    permit::{MayChangeFilter, MaySeeChanges},
};

use super::status;
use crate::{act_error::ActError, forms::store_audience, provides::Provides, requests::service::Answer};

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// Closes sites.
    Block,
    /// Opens sites.
    Open,
    /// Adds sites to a list that the policy names; what the policy says of the list then holds for them.
    List(String),
    /// Leaves encrypted connections of a site unopened: its program trusts no certificate but its maker's.
    Splice,
}

impl Sort {
    /// The word in the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Open => "open",
            Self::List(_) => "list",
            Self::Splice => "splice",
        }
    }
}

/// A change that somebody asks for.
#[derive(Debug, Clone)]
pub struct New {
    /// What it does.
    pub sort: Sort,
    /// The sites, each with what a file said of it.
    pub sites: Vec<(SiteItem, String)>,
    /// For whom.
    pub who: Audience,
    /// Why.
    pub reason: String,
    /// Until when, where it has an end.
    pub until: Option<Timestamp>,
    /// The file that it came from.
    pub file: Option<String>,
    /// The answer to a request that it is.
    pub answers: Option<Answer>,
}

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It holds from now.
    Active(Uuid),
    /// A second person has to agree first.
    Waiting(Uuid),
}

impl Asked {
    /// The change.
    pub fn id(self) -> Uuid {
        match self {
            Self::Active(id) | Self::Waiting(id) => id,
        }
    }
}

/// How long what a file would change is kept until somebody sends it off.
const DRAFTS: SignedDuration = SignedDuration::from_hours(24);

/// Refuses where the policy does not let anybody, or not this person, change filtering.
async fn let_through(school: &School, provides: &Provides, by: PersonId) -> Result<String, ActError> {
    let clause = provides.change.as_ref().ok_or(ActError::NotProvided)?;
    if status::holds(school, provides, by).await? { Ok(clause.label.clone()) } else { Err(ActError::NoStatus) }
}

/// Asks for a change. Where the policy wants no second person it holds at once.
///
/// # Errors
/// Where the policy does not provide for it, the person lacks the status, or the store refuses.
pub async fn ask(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    new: New,
    now: Timestamp,
) -> Result<Asked, ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    if new.until.is_some_and(|until| until <= now) {
        return Err(ActError::NoTime);
    }
    if new.sort == Sort::Open {
        let closed = closed_for(school, &new.who, now).await?;
        if new.sites.iter().any(|(site, _)| closed.contains_key(&site.to_string())) {
            return Err(ActError::Closed);
        }
    }
    let second = provides.second.is_some();
    let state = if second { "waiting" } else { "active" };
    let id = insert(school, may.by(), clause, state, second, new, now).await?;
    Ok(if second { Asked::Waiting(id) } else { Asked::Active(id) })
}

/// The sites that standing changes close for exactly these people, each with the change: opening one of them would
/// open nothing, since of two changes the one that closes decides.
///
/// # Errors
/// Where the store refuses.
pub(crate) async fn closed_for(
    school: &School,
    who: &Audience,
    now: Timestamp,
) -> Result<HashMap<String, Uuid>, StoreError> {
    use filter_change::Column;
    let rows = school
        .read()
        .find::<filter_change::Entity>()
        .filter(Column::State.eq("active"))
        .filter(Column::Action.eq("block"))
        .filter(Column::Who.eq(store_audience(who)))
        .filter(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now))))
        .all()
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    Ok(sites_of(school, &ids).await?.into_iter().map(|row| (row.site, row.change_id)).collect())
}

/// Keeps what a file would change, without changing anything: somebody looks at it first, then [`take_draft`].
///
/// # Errors
/// As [`ask`].
pub async fn draft(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    insert(school, may.by(), clause, "draft", provides.second.is_some(), new, now).await
}

async fn insert(
    school: &School,
    by: PersonId,
    clause: String,
    state: &'static str,
    second: bool,
    new: New,
    now: Timestamp,
) -> Result<Uuid, ActError> {
    let id = store::ids::new_id(now)?;
    let list = match &new.sort {
        Sort::List(name) => Some(name.clone()),
        Sort::Block | Sort::Open | Sort::Splice => None,
    };
    let mut sites = Vec::with_capacity(new.sites.len());
    for (site, note) in &new.sites {
        sites.push(filter_change_site::ActiveModel {
            id: Set(store::ids::new_id(now)?),
            school_id: NotSet,
            change_id: Set(id),
            site: Set(site.to_string()),
            note: Set(note.clone()),
        });
    }
    let details = json!({
        "action": new.sort.word(),
        "list": list,
        "who": new.who,
        "sites": new.sites.iter().take(20).map(|(site, _)| site.to_string()).collect::<Vec<_>>(),
        "count": new.sites.len(),
        "reason": new.reason,
        "until": new.until.map(|until| until.to_string()),
        "state": state,
    });
    let row = filter_change::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        action: Set(new.sort.word().to_owned()),
        list: Set(list),
        name: Set(new.file),
        who: Set(store_audience(&new.who)),
        reason: Set(new.reason),
        clause: Set(Some(clause.clone())),
        state: Set(state.to_owned()),
        asked_at: Set(millis(now)),
        asked_by: Set(Some(by.0)),
        second: Set(second),
        agreed_at: Set(None),
        agreed_by: Set(None),
        until_at: Set(new.until.map(millis)),
        end_asked_at: Set(None),
        end_asked_by: Set(None),
        ended_at: Set(None),
        ended_by: Set(None),
        answer: Set(None),
        request_id: Set(new.answers.as_ref().map(|answer| answer.request)),
    };
    let name = if state == "draft" { "filter.change-draft" } else { "filter.change-ask" };
    let act = Act::new(name, by).about(id).under(clause).with(details);
    let answers = new.answers;
    school
        .act(act, now, async move |tx| {
            // What was looked at and never sent off is forgotten.
            let old = tx.delete::<filter_change::Entity>().filter(filter_change::Column::State.eq("draft"));
            old.filter(filter_change::Column::AskedAt.lt(millis(now - DRAFTS))).run().await?;
            if let Some(answer) = answers {
                answer.give(&tx, by, now).await?;
            }
            tx.insert(row).await?;
            Ok::<_, ActError>(tx.insert_many(sites).await?)
        })
        .await?;
    Ok(id)
}

/// The change with this id, as it is within the transaction.
async fn find(tx: &Tx, id: Uuid) -> Result<filter_change::Model, ActError> {
    tx.get::<filter_change::Entity>(id).await?.ok_or(ActError::NotFound)
}

/// Sends off what a file would change, after somebody has looked at it.
///
/// # Errors
/// As [`ask`]; [`ActError::Over`] where it was sent off before.
pub async fn take_draft(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    id: Uuid,
    now: Timestamp,
) -> Result<Asked, ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    let second = provides.second.is_some();
    let state = if second { "waiting" } else { "active" };
    let by = may.by();
    let act = Act::new("filter.change-ask", by).about(id).under(clause).with(json!({ "state": state, "file": true }));
    school
        .act(act, now, async move |tx| {
            let row = find(&tx, id).await?;
            if row.state != "draft" || row.asked_by != Some(by.0) {
                return Err(ActError::Over);
            }
            tx.update(filter_change::ActiveModel {
                id: Set(id),
                state: Set(state.to_owned()),
                second: Set(second),
                asked_at: Set(millis(now)),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await?;
    Ok(if second { Asked::Waiting(id) } else { Asked::Active(id) })
}

/// Agrees as the second person: to a change that waits, or to undoing one.
///
/// # Errors
/// [`ActError::SamePerson`] where whoever asked also agrees; [`ActError::Over`] where nothing waits.
pub async fn agree(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    id: Uuid,
    now: Timestamp,
) -> Result<(), ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    let by = may.by().0;
    let act = Act::new("filter.change-agree", may.by()).about(id).under(clause);
    school
        .act(act, now, async move |tx| {
            let row = find(&tx, id).await?;
            let mut change = filter_change::ActiveModel { id: Set(id), ..Default::default() };
            match (row.state.as_str(), row.end_asked_at) {
                ("waiting", _) => {
                    if row.asked_by.is_none_or(|asked| asked == by) {
                        return Err(ActError::SamePerson);
                    }
                    if row.until_at.is_some_and(|until| until <= millis(now)) {
                        return Err(ActError::Over);
                    }
                    tx.detail("what", "begin");
                    change.state = Set("active".to_owned());
                    change.agreed_at = Set(Some(millis(now)));
                    change.agreed_by = Set(Some(by));
                }
                ("active", Some(_)) => {
                    if row.end_asked_by.is_none_or(|asked| asked == by) {
                        return Err(ActError::SamePerson);
                    }
                    tx.detail("what", "undo");
                    change.state = Set("undone".to_owned());
                    change.ended_at = Set(Some(millis(now)));
                    change.ended_by = Set(Some(by));
                }
                _ => return Err(ActError::Over),
            }
            tx.update(change).await?;
            Ok(())
        })
        .await
}

/// Disagrees, or takes back what one asked for oneself: of a change that waits, or of undoing one.
///
/// # Errors
/// [`ActError::Over`] where nothing waits.
pub async fn disagree(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    id: Uuid,
    answer: String,
    now: Timestamp,
) -> Result<(), ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    let by = may.by().0;
    let act = Act::new("filter.change-decline", may.by()).about(id).under(clause).with(json!({ "answer": answer }));
    school
        .act(act, now, async move |tx| {
            let row = find(&tx, id).await?;
            let mut change = filter_change::ActiveModel { id: Set(id), ..Default::default() };
            match (row.state.as_str(), row.end_asked_at) {
                ("waiting" | "draft", _) => {
                    let own = row.asked_by == Some(by);
                    change.state = Set(if own { "withdrawn" } else { "declined" }.to_owned());
                    change.ended_at = Set(Some(millis(now)));
                    change.ended_by = Set(Some(by));
                    change.answer = Set(Some(answer).filter(|it| !it.is_empty()));
                }
                ("active", Some(_)) => {
                    change.end_asked_at = Set(None);
                    change.end_asked_by = Set(None);
                }
                _ => return Err(ActError::Over),
            }
            tx.update(change).await?;
            Ok(())
        })
        .await
}

/// What became of undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It holds no longer.
    Now,
    /// A second person has to agree: undoing a block opens a site.
    Waiting,
}

/// Undoes a change. Where the policy wants a second person, closing again what was opened, or looking again into
/// what was left unopened, needs none, and opening again what was closed does.
///
/// # Errors
/// [`ActError::Over`] where it does not hold.
pub async fn undo(
    school: &School,
    provides: &Provides,
    may: MayChangeFilter,
    id: Uuid,
    now: Timestamp,
) -> Result<Undone, ActError> {
    let clause = let_through(school, provides, may.by()).await?;
    let dual = provides.second.is_some();
    let by = may.by().0;
    let act = Act::new("filter.change-undo", may.by()).about(id).under(clause);
    school
        .act(act, now, async move |tx| {
            let row = find(&tx, id).await?;
            if row.state != "active" || row.end_asked_at.is_some() {
                return Err(ActError::Over);
            }
            let waits = dual && !matches!(row.action.as_str(), "open" | "splice");
            let mut change = filter_change::ActiveModel { id: Set(id), ..Default::default() };
            if waits {
                change.end_asked_at = Set(Some(millis(now)));
                change.end_asked_by = Set(Some(by));
            } else {
                change.state = Set("undone".to_owned());
                change.ended_at = Set(Some(millis(now)));
                change.ended_by = Set(Some(by));
            }
            tx.detail("waits", waits);
            tx.update(change).await?;
            Ok(if waits { Undone::Waiting } else { Undone::Now })
        })
        .await
}

/// The act of looking the log of changes over.
pub const LOOK: &str = "filter.change-look";

/// Says that somebody has looked the log of changes over.
///
/// # Errors
/// Where the store refuses.
pub async fn look_over(
    school: &School,
    provides: &Provides,
    may: MaySeeChanges,
    now: Timestamp,
) -> Result<(), ActError> {
    let mut act = Act::new(LOOK, may.by());
    act.clause = provides.change.as_ref().map(|clause| clause.label.clone());
    Ok(school.act(act, now, async |_| Ok::<_, StoreError>(())).await?)
}

/// The sites of changes.
///
/// # Errors
/// Where the store refuses.
pub async fn sites_of(school: &School, changes: &[Uuid]) -> Result<Vec<filter_change_site::Model>, StoreError> {
    let mut all = Vec::new();
    for some in changes.chunks(500) {
        let found = school
            .read()
            .find::<filter_change_site::Entity>()
            .filter(filter_change_site::Column::ChangeId.is_in(some.iter().copied()))
            .ascending(filter_change_site::Column::Site)
            .all()
            .await?;
        all.extend(found);
    }
    Ok(all)
}

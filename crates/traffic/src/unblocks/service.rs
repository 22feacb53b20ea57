//! What may be opened for a class, opening it, and closing it before its time.

use filter::{Category, Host, Reason, Verdict};
use jiff::{SignedDuration, Timestamp};
use kernel::{PersonId, SiteItem};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_unblock,
    query::{ColumnTrait as _, NotSet, Set},
    time::millis,
};
use uuid::Uuid;

use crate::{
    act_error::ActError,
    provides::{Provides, Unblocking},
    requests::service::Answer,
    state::Explained,
};

/// What the gateway knows of a site.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The categories that lists have it in.
    pub categories: Vec<Category>,
    /// How it is decided at present for one of the class; none where there are no rules to decide by.
    pub decided: Option<Explained>,
}

/// On whose word something is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A teacher's, who opens it alone.
    Teacher,
    /// That of somebody who answers a request.
    Answer,
}

/// The host of a site, where nothing that stands above every policy closes it.
fn reachable(item: &SiteItem, known: &Known) -> Option<Host> {
    let (SiteItem::Domain(host) | SiteItem::Address { domain: host, .. }) = item else { return None };
    let verdict = known.decided.as_ref().map(|it| it.decision.verdict);
    let sealed = matches!(verdict, Some(Verdict::Block(Reason::Sealed | Reason::Unreadable)));
    Host::parse(host).ok().filter(|_| !sealed)
}

/// Whether the policy lets a teacher open this alone: a category that the clause opens to it, or a site all of whose
/// categories it opens. A site that the clause names itself it may open; one that another clause closes by its name,
/// or that a sealed list holds, it may not.
pub fn may_open(unblocking: &Unblocking, item: &SiteItem, known: &Known) -> bool {
    if let SiteItem::Category(name) = item {
        return Category::parse(name).is_ok_and(|category| unblocking.opens(category));
    }
    let Some(host) = reachable(item, known) else { return false };
    if unblocking.names(&host) {
        return true;
    }
    !known.categories.is_empty() && known.categories.iter().all(|category| unblocking.opens(*category))
}

/// Whether somebody who answers a request may open this for a lesson.
pub fn may_grant(item: &SiteItem, known: &Known) -> bool {
    reachable(item, known).is_some() && known.categories.iter().all(|category| Unblocking::grants(*category))
}

/// What somebody opens.
#[derive(Debug, Clone)]
pub struct NewUnblock {
    /// For which class.
    pub class: String,
    /// The site or category.
    pub site: SiteItem,
    /// What for.
    pub reason: String,
    /// The answer to a request that it is.
    pub answers: Option<Answer>,
}

/// Opens a site for a class until the lesson ends. What is open already stays open until the later end.
///
/// # Errors
/// Where the policy does not provide for it or does not open this site, or the store refuses.
pub async fn open(
    school: &School,
    provides: &Provides,
    (by, word): (PersonId, Word),
    new: NewUnblock,
    known: &Known,
    now: Timestamp,
) -> Result<Timestamp, ActError> {
    let unblocking = provides.unblock.as_ref().ok_or(ActError::NotProvided)?;
    let may = match word {
        Word::Teacher => may_open(unblocking, &new.site, known),
        Word::Answer => may_grant(&new.site, known),
    };
    if !may {
        return Err(ActError::NotOpened);
    }
    let until = provides.lesson_ends(now);
    let id = store::ids::new_id(now)?;
    let clause = unblocking.clause.label.clone();
    let details = json!({ "class": new.class, "site": new.site, "reason": new.reason, "until": until.to_string() });
    let row = filter_unblock::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        class: Set(new.class),
        site: Set(new.site.to_string()),
        reason: Set(new.reason),
        clause: Set(clause.clone()),
        opened_at: Set(millis(now)),
        opened_by: Set(Some(by.0)),
        until_at: Set(millis(until)),
        closed_at: Set(None),
        closed_by: Set(None),
        request_id: Set(new.answers.as_ref().map(|answer| answer.request)),
    };
    let act = Act::new("filter.unblock", by).about(id).under(clause).with(details);
    let answers = new.answers;
    school
        .act(act, now, async move |tx| {
            if let Some(answer) = answers {
                answer.give(&tx, by, now).await?;
            }
            Ok::<_, ActError>(tx.insert(row).await?)
        })
        .await?;
    Ok(until)
}

/// Closes before its time. Anybody who may open may also close: closing is always safe.
///
/// # Errors
/// [`ActError::NotFound`], or [`ActError::Over`] where it is closed.
pub async fn close(school: &School, by: PersonId, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let act = Act::new("filter.unblock-close", by).about(id);
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_unblock::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if row.closed_at.is_some() || row.until_at <= millis(now) {
                return Err(ActError::Over);
            }
            tx.update(filter_unblock::ActiveModel {
                id: Set(id),
                closed_at: Set(Some(millis(now))),
                closed_by: Set(Some(by.0)),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await
}

/// Whether a row still opens something.
pub fn is_open(row: &filter_unblock::Model, now: Timestamp) -> bool {
    row.closed_at.is_none() && row.until_at > millis(now)
}

/// What was opened since `from`, the latest first.
///
/// # Errors
/// Where the store refuses.
pub async fn since(school: &School, from: Timestamp) -> Result<Vec<filter_unblock::Model>, StoreError> {
    school
        .read()
        .find::<filter_unblock::Entity>()
        .filter(filter_unblock::Column::OpenedAt.gte(millis(from)))
        .descending(filter_unblock::Column::OpenedAt)
        .limit(500)
        .all()
        .await
}

/// How far back the page shows what was opened.
pub const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 7);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use filter::Decision;
    use kernel::Sites;

    use super::*;

    fn unblocking(sites: &[&str]) -> Unblocking {
        let sites = sites.iter().map(|site| SiteItem::parse(site).unwrap()).collect();
        Unblocking { clause: Arc::default(), sites: Sites(sites), minutes: 60, purposes: Vec::new() }
    }

    fn known(categories: &[&str], verdict: Verdict) -> Known {
        let categories: Vec<_> = categories.iter().map(|name| Category::parse(name).unwrap()).collect();
        let decision = Decision { verdict, category: categories.first().copied(), ..Decision::unreadable() };
        Known { categories, decided: Some(Explained { decision, steps: Vec::new(), policy: String::new() }) }
    }

    #[track_caller]
    fn check(sites: &[&str], site: &str, known: &Known, may: bool) {
        assert_eq!(may_open(&unblocking(sites), &SiteItem::parse(site).unwrap(), known), may, "{sites:?} {site}");
    }

    #[test]
    fn a_teacher_opens_what_the_policy_opens_and_nothing_else() {
        let rule = Verdict::Block(Reason::Rule);
        check(&["social-networks"], "clips.example", &known(&["social-networks"], rule), true);
        check(&["social-networks"], "clips.example", &known(&["social-networks", "adult"], rule), false);
        check(&["social-networks"], "play.example", &known(&["games"], rule), false);
        check(&["social-networks"], "games", &Known::default(), false);
        check(&["games"], "games", &Known::default(), true);
        check(&[], "games", &Known::default(), false);
        check(&["games"], "all", &Known::default(), false);
        // Closed by its own name: somebody meant this very site.
        check(&["games"], "this.example", &known(&[], rule), false);
        check(&["this.example"], "www.this.example", &known(&[], rule), true);
        check(&["this.example"], "this.example", &known(&[], Verdict::Block(Reason::Sealed)), false);
    }

    #[test]
    fn an_answer_opens_what_is_neither_dangerous_nor_illegal() {
        let rule = Verdict::Block(Reason::Rule);
        let site = SiteItem::parse("this.example").unwrap();
        assert!(may_grant(&site, &known(&["drugs"], rule)) && may_grant(&site, &known(&[], rule)));
        assert!(!may_grant(&site, &known(&["drugs", "malware"], rule)));
        assert!(!may_grant(&site, &known(&[], Verdict::Block(Reason::Sealed))));
        assert!(!may_grant(&SiteItem::All, &Known::default()));
    }
}

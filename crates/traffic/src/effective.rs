//! What people have changed beyond the policy, as the engine takes it: rules, unblocks, sets and suspensions, each with
//! its act, clause and end. Nothing holds that the policy in force no longer provides for.

use std::{collections::HashMap, sync::Arc};

use filter::{Action, ByName, ClauseRef, Measure, Origin, Rule, RuleSet, SetItem, SetName, Sets, TreatmentRule};
use jiff::Timestamp;
use kernel::{Audience, AudienceAtom, PersonId, SchoolTime, SiteItem, Sites};
use store::{
    School, StoreError,
    entity::{filter_approved, filter_change, filter_permit, filter_suspension, filter_unblock},
    query::{ColumnTrait as _, Condition},
    time::{millis, timestamp},
};
use uuid::Uuid;

use crate::{changes::service::sites_of, forms::audience, provides::Provides};

/// What holds beyond the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    /// Rules of changes and permits.
    pub rules: Vec<Rule>,
    /// Sites whose encrypted connections are not opened.
    pub spliced: Vec<TreatmentRule>,
    /// What is open to a class for a lesson.
    pub unblocks: Vec<Rule>,
    /// What the desk has added to lists.
    pub sets: Sets,
    /// Whose access is suspended, and when.
    pub suspended: Suspended,
}

/// Whose access is suspended, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspended(HashMap<PersonId, Vec<(Timestamp, Timestamp)>>);

impl Suspended {
    /// Whether the access of `person` is suspended at `at`.
    pub fn holds(&self, person: PersonId, at: Timestamp) -> bool {
        self.0.get(&person).is_some_and(|all| all.iter().any(|(from, until)| *from <= at && at < *until))
    }

    /// How many people's access is suspended, now or later.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody's is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Effective {
    /// Adds rules, unblocks and sets to those of the policy.
    pub fn add_to(&self, set: &mut RuleSet) {
        set.rules.extend(self.rules.iter().cloned());
        set.treatments.extend(self.spliced.iter().cloned());
        set.unblocks.extend(self.unblocks.iter().cloned());
        for (name, items) in &self.sets {
            set.sets.entry(name.clone()).or_default().extend(items.iter().cloned());
        }
    }
}

/// Reads what holds beyond the policy now and later.
#[derive(Debug, Clone, Copy)]
pub struct Changes;

impl Changes {
    /// What holds beyond the policy at `now` and later, as far as the policy provides for it.
    ///
    /// # Errors
    /// Where the store refuses, or a row is damaged.
    pub async fn rules(school: &School, provides: &Provides, now: Timestamp) -> Result<Effective, StoreError> {
        Self::supposing(school, provides, None, now).await
    }

    /// The same, as if a second person had agreed to the change of this id: to it, or to undoing it.
    ///
    /// # Errors
    /// As [`Changes::rules`].
    pub async fn supposing(
        school: &School,
        provides: &Provides,
        agreed: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Effective, StoreError> {
        let mut all = Effective::default();
        if let Some(clause) = &provides.change {
            changes(school, provides, clause, (agreed, now), &mut all).await?;
        }
        if let Some(unblocking) = &provides.unblock {
            unblocks(school, &unblocking.clause, now, &mut all).await?;
        }
        if let Some(clause) = &provides.permits {
            permits(school, clause, now, &mut all).await?;
        }
        approved(school, provides, now, &mut all).await?;
        suspensions(school, now, &mut all).await?;
        Ok(all)
    }
}

fn site(text: &str) -> Result<SiteItem, StoreError> {
    SiteItem::parse(text).map_err(|_| StoreError::Damaged { what: "a site" })
}

fn rule(sort: &str, id: Uuid, action: Action, sites: Vec<SiteItem>, clause: &Arc<ClauseRef>) -> Rule {
    let name = format!("{sort}:{id}");
    let mut rule = Rule::new(name.clone(), action, Sites(sites), Arc::clone(clause));
    rule.origin = Origin::Act { act: name };
    rule
}

async fn changes(
    school: &School,
    provides: &Provides,
    clause: &Arc<ClauseRef>,
    (agreed, now): (Option<Uuid>, Timestamp),
    all: &mut Effective,
) -> Result<(), StoreError> {
    use filter_change::Column;
    let supposed = Condition::all().add(Column::State.eq("waiting")).add(Column::Id.is_in(agreed));
    let rows = school
        .read()
        .find::<filter_change::Entity>()
        .filter(Condition::any().add(Column::State.eq("active")).add(supposed))
        .filter(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now))))
        .ascending(Column::AskedAt)
        .all()
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut sites: HashMap<Uuid, Vec<SiteItem>> = HashMap::new();
    for row in sites_of(school, &ids).await? {
        sites.entry(row.change_id).or_default().push(site(&row.site)?);
    }
    // What the clause says is how changes are kept; whoever meets one asks why the site is closed.
    let said = |clause: &ClauseRef, word: &str, row: &filter_change::Model| {
        let day = SchoolTime::new(timestamp(row.agreed_at.unwrap_or(row.asked_at))).day_in_words();
        let did = if word == "open" { "opened" } else { "closed" };
        Arc::new(ClauseRef { text: format!("The school {did} this site on {day}."), ..clause.clone() })
    };
    for row in rows {
        // Whatever the state says: nobody alone changes what takes two.
        let alone = row.second && row.agreed_by.is_none_or(|by| Some(by) == row.asked_by);
        // What is supposed to be agreed to begins, or is undone.
        let left_out = if agreed == Some(row.id) { row.state == "active" } else { alone };
        if left_out {
            continue;
        }
        let sites = sites.remove(&row.id).unwrap_or_default();
        let until = row.until_at.map(timestamp);
        match (row.action.as_str(), row.list.clone()) {
            ("list", Some(name)) => {
                if provides.lists.contains(&name) {
                    let act = Some(format!("change:{}", row.id));
                    let items = sites.into_iter().map(|site| SetItem { site, act: act.clone(), until });
                    all.sets.entry(SetName::List(name)).or_default().extend(items);
                }
            }
            (word @ ("open" | "block"), _) => {
                let action = if word == "open" { Action::Permit } else { Action::Block };
                let mut rule = rule("change", row.id, action, sites, &said(clause, word, &row));
                rule.who = audience(&row.who)?;
                rule.until = until;
                all.rules.push(rule);
            }
            ("splice", _) => {
                let mut rule = rule("change", row.id, Action::Permit, sites, clause);
                rule.who = audience(&row.who)?;
                rule.until = until;
                all.spliced.push(TreatmentRule { rule, measure: Measure::Splice(ByName::Pinned) });
            }
            (_, _) => return Err(StoreError::Damaged { what: "a change to filtering" }),
        }
    }
    Ok(())
}

async fn unblocks(
    school: &School,
    clause: &Arc<ClauseRef>,
    now: Timestamp,
    all: &mut Effective,
) -> Result<(), StoreError> {
    use filter_unblock::Column;
    let rows = school
        .read()
        .find::<filter_unblock::Entity>()
        .filter(Column::UntilAt.gt(millis(now)))
        .filter(Column::ClosedAt.is_null())
        .all()
        .await?;
    for row in rows {
        let mut rule = rule("unblock", row.id, Action::Permit, vec![site(&row.site)?], clause);
        rule.who = Audience::of(AudienceAtom::Class(row.class));
        rule.from = Some(timestamp(row.opened_at));
        rule.until = Some(timestamp(row.until_at));
        all.unblocks.push(rule);
    }
    Ok(())
}

async fn permits(
    school: &School,
    clause: &Arc<ClauseRef>,
    now: Timestamp,
    all: &mut Effective,
) -> Result<(), StoreError> {
    use filter_permit::Column;
    let rows = school
        .read()
        .find::<filter_permit::Entity>()
        .filter(Column::EndedAt.is_null())
        .filter(Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now))))
        .all()
        .await?;
    for row in rows {
        let texts: Vec<String> =
            serde_json::from_str(&row.sites).map_err(|_| StoreError::Damaged { what: "the sites of a permit" })?;
        let sites = texts.iter().map(|text| site(text)).collect::<Result<Vec<_>, _>>()?;
        let mut rule = rule("permit", row.id, Action::Permit, sites, clause);
        rule.person = row.person_id.map(PersonId);
        match (&rule.person, &row.who) {
            (Some(_), _) => {}
            (None, Some(who)) => rule.who = audience(who)?,
            (None, None) => return Err(StoreError::Damaged { what: "a permit for nobody" }),
        }
        rule.from = Some(timestamp(row.from_at));
        rule.until = row.until_at.map(timestamp);
        all.rules.push(rule);
    }
    Ok(())
}

async fn approved(school: &School, provides: &Provides, now: Timestamp, all: &mut Effective) -> Result<(), StoreError> {
    let Some(approving) = &provides.approved else { return Ok(()) };
    for row in crate::approved::service::on_lists(school, now).await? {
        let filter_approved::Model { id, list, site: text, previewed_at, until_at, .. } = row;
        if !approving.lists.contains(&list) || (approving.preview && previewed_at.is_none()) {
            continue;
        }
        let item = SetItem { site: site(&text)?, act: Some(format!("approved:{id}")), until: until_at.map(timestamp) };
        all.sets.entry(SetName::List(list)).or_default().push(item);
    }
    Ok(())
}

async fn suspensions(school: &School, now: Timestamp, all: &mut Effective) -> Result<(), StoreError> {
    use filter_suspension::Column;
    let rows = school
        .read()
        .find::<filter_suspension::Entity>()
        .filter(Column::UntilAt.gt(millis(now)))
        .filter(Column::EndedAt.is_null())
        .all()
        .await?;
    for row in rows {
        let times = (timestamp(row.from_at), timestamp(row.until_at));
        all.suspended.0.entry(PersonId(row.person_id)).or_default().push(times);
    }
    Ok(())
}

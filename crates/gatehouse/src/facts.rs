//! Gathers what is known of the school, from which the standings of its clauses are judged.

pub(crate) mod beyond;
mod filtering;

use std::{collections::BTreeMap, sync::Arc};

use activity::{ActivityLog, By, CountKey, Filter, Outcome};
use anyhow::Context as _;
use async_trait::async_trait;
use governance::{FactsSource, InForce, agreements::service::signed_state};
use jiff::{SignedDuration, Timestamp};
use kernel::{PersonId, SchoolTime};
use people::people::standing;
use rules::facts::{
    ActivityFacts, DeskFacts, Facts, GatewayFacts, Known, ListFacts, PersonFacts, PolicyFacts, SmallerFacts,
};
use store::{School, ledger::Which};
use webkit::PageError;

use crate::live::Live;

/// How far back blocks and requests are counted.
const DAYS: i64 = 28;

/// The most looks that are counted.
const LOOKS: u64 = 100_000;

/// Gathers facts from the records, the activity log and the running gateway.
pub(crate) struct Gather {
    live: Live,
    log: Arc<dyn ActivityLog>,
}

impl Gather {
    /// From these.
    pub(crate) fn new(live: Live, log: Arc<dyn ActivityLog>) -> Self {
        Self { live, log }
    }

    async fn people(&self, school: &School, in_force: &InForce, now: Timestamp) -> anyhow::Result<Vec<PersonFacts>> {
        let today = SchoolTime::new(now).date();
        let mut people = standing::people(&school.read(), today).await?;
        let subjects = people.iter().map(|person| (person.id, person.subject.clone())).collect::<Vec<_>>();
        let states =
            signed_state(school, &in_force.policy, subjects.iter().map(|(id, subject)| (*id, subject))).await?;
        let agreement_of = |id: PersonId| states.get(&id).filter(|state| state.is_signed())?.agreement.clone();
        for person in &mut people {
            person.signed.extend(agreement_of(person.id));
        }
        Ok(people)
    }

    async fn gateway(&self, school: &School, in_force: &InForce, now: Timestamp) -> anyhow::Result<GatewayFacts> {
        let counts = self.log.counts(school.id(), recent(now, vec![Outcome::Blocked]), By::Clause, 10_000).await?;
        let blocked: BTreeMap<String, u64> = counts
            .counts
            .into_iter()
            .filter_map(|count| match count.key {
                CountKey::Word(label) => Some((label, count.rows)),
                CountKey::None | CountKey::Hour(_) | CountKey::Day(_) => None,
            })
            .collect();
        Ok(GatewayFacts {
            running: self.live.inner().gateway.get().is_some(),
            follows_policy: self.live.gateway_policy() == in_force.digest(),
            blocked,
            help_sites: crate::snapshot::help_sites(Some(&in_force.policy)).len(),
        })
    }

    async fn activity(&self, school: &School, now: Timestamp) -> anyhow::Result<ActivityFacts> {
        let counts = self.log.counts(school.id(), recent(now, Vec::new()), By::Outcome, 10).await?;
        let status = self.log.status(school.id());
        let days = self.log.days(school.id()).await?;
        let since = now - SignedDuration::from_hours(24 * DAYS);
        let help = CountKey::Word(Outcome::Help.id().to_owned());
        let rows: u64 = counts.counts.iter().filter(|count| count.key != help).map(|count| count.rows).sum();
        Ok(ActivityFacts {
            writing: status.trouble.is_none(),
            rows,
            lost: status.losses.iter().filter(|loss| loss.to >= since).map(|loss| loss.rows).sum(),
            oldest: days.first().map(|day| day.day),
        })
    }

    async fn lists(&self, school: &School) -> anyhow::Result<Vec<ListFacts>> {
        let rows = traffic::lists::service::all(school).await?;
        let mut lists: Vec<ListFacts> = rows
            .into_iter()
            .map(|row| ListFacts {
                name: row.name,
                categories: row.categories,
                entries: row.entries,
                fetched: row.fetched,
                sealed: row.sealed,
                fault: row.fault,
                smaller: row.held.map(|held| SmallerFacts {
                    how: held.how(),
                    since: held.since,
                    fewer: held.in_words(),
                }),
            })
            .collect();
        // A list that carries several categories is counted for each with the entries of that category alone.
        let index = self.live.rules().load_full();
        let of_index: BTreeMap<String, ListFacts> =
            lists.iter().filter(|list| !list.sealed).map(|list| (list.name.clone(), list.clone())).collect();
        // A sealed list counts only where the gateway holds it: its row alone shows nothing.
        let held = self.live.inner().sealed.load().is_some();
        lists.retain(|list| list.sealed && held);
        for tag in index.lists().map_or(&[][..], filter::index::ListIndex::tags) {
            let Some(category) = tag.category else { continue };
            let name = tag.list.to_string();
            let row = of_index.get(&name);
            lists.push(ListFacts {
                fetched: row.and_then(|row| row.fetched),
                smaller: row.and_then(|row| row.smaller.clone()),
                name,
                categories: [category.name().to_owned()].into(),
                entries: tag.entries,
                fault: row.and_then(|row| row.fault.clone()),
                sealed: false,
            });
        }
        Ok(lists)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a page that is no fault of ours has a status")]
    async fn engines(&self, school: &School, now: Timestamp) -> anyhow::Result<BTreeMap<String, rules::Judgement>> {
        let engines = self.live.engines().context("the engines do not run")?;
        engines::standings::judge(engines, school, now).await.map_err(|error| match error {
            PageError::Internal(cause) => anyhow::Error::from_boxed(cause),
            other => anyhow::anyhow!("answered with {}", other.status()),
        })
    }

    async fn looks(&self, school: &School, now: Timestamp) -> anyhow::Result<u64> {
        let year_ago = now - SignedDuration::from_hours(24 * 365);
        let which = Which {
            act: Some("monitor.look".to_owned()),
            since: Some(year_ago),
            limit: Some(LOOKS),
            ..Which::default()
        };
        Ok(u64::try_from(school.ledger().entries(&which).await?.len()).unwrap_or(u64::MAX))
    }

    async fn idle_ends(&self, school: &School, now: Timestamp) -> anyhow::Result<u64> {
        let since = now - SignedDuration::from_hours(24 * DAYS);
        let which = Which {
            act: Some("access.idle-end".to_owned()),
            since: Some(since),
            limit: Some(LOOKS),
            ..Which::default()
        };
        Ok(u64::try_from(school.ledger().entries(&which).await?.len()).unwrap_or(u64::MAX))
    }
}

/// Takes what is known of the log for what it is only where all of it can be read.
fn readable(facts: ActivityFacts, unreadable: usize) -> Known<ActivityFacts> {
    match unreadable {
        // What is not kept already is said as it is.
        _ if !facts.writing || facts.lost > 0 => Ok(facts),
        0 => Ok(facts),
        1 => Err("1 file of the activity log cannot be read: what it held is neither shown nor counted.".to_owned()),
        files => Err(format!(
            "{files} files of the activity log cannot be read: what they held is neither shown nor counted."
        )),
    }
}

fn recent(now: Timestamp, outcomes: Vec<Outcome>) -> Filter {
    Filter { from: Some(now - SignedDuration::from_hours(24 * DAYS)), outcomes, ..Filter::default() }
}

/// Says as a sentence that something could not be found out; the cause goes to the program's log.
fn known<T>(what: &str, found: anyhow::Result<T>) -> Known<T> {
    found.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "{what} could not be read for the standings");
        format!("Gatehouse could not read {what} just now.")
    })
}

#[async_trait]
impl FactsSource for Gather {
    async fn facts(&self, school: &School, in_force: &Arc<InForce>, now: Timestamp) -> Facts {
        let rows = school.read();
        let versions = self.live.installation().policies.versions(school).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the versions of the policy could not be read");
            Vec::new()
        });
        let activity = self.activity(school, now).await;
        Facts {
            now: SchoolTime::new(now),
            policy: PolicyFacts {
                since: Some(in_force.version.from),
                enacted: versions.iter().filter(|it| it.ever()).map(|it| SchoolTime::new(it.from).date()).collect(),
                approvals: known(
                    "who has approved the policy",
                    governance::drafts::approvals::facts(school, in_force).await.map_err(Into::into),
                ),
                published: known(
                    "where the policy is published",
                    governance::policy_pages::publish::facts(school, in_force).await.map_err(Into::into),
                ),
                amended: known(
                    "who has read what changed",
                    governance::policy_pages::amendments::facts(
                        &self.live.installation().policies,
                        school,
                        in_force,
                        now,
                    )
                    .await
                    .map_err(Into::into),
                ),
            },
            people: known("the roll", self.people(school, in_force, now).await),
            imported: known("the roll", standing::last_import(school).await.map_err(Into::into)),
            holders: known("who holds which role", standing::holders(&rows).await.map_err(Into::into)),
            lists: known("the lists", self.lists(school).await),
            gateway: known("what the gateway has done", self.gateway(school, in_force, now).await),
            filtering: filtering::gather(&self.live, &self.log, school, now).await,
            activity: known("the activity log", activity)
                .and_then(|facts| readable(facts, self.log.status(school.id()).unreadable.len())),
            looks: known("the ledger", self.looks(school, now).await),
            engines: known("what people enter and confirm", self.engines(school, now).await),
            desk: DeskFacts { idle_ends: known("the ledger", self.idle_ends(school, now).await).unwrap_or_default() },
        }
    }
}

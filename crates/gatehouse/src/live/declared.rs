//! What the engines ask of the running installation: the policy in force with its declarations, and the roll.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use declare::Declaration;
use engines::{Person, Ports};
use governance::Policies;
use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, Role, SchoolTime};
use people::{access::subjects, people::standing};
use policy::{Binding, Clause, Policy, Registry};
use store::{School, StoreError};
use webkit::{PortError, Session};

use super::Live;

/// The policy in force as the engines see it.
pub(crate) struct Declared {
    in_force: Arc<governance::InForce>,
    /// The first day on which each clause was judged, by its label.
    since: HashMap<String, Date>,
    /// The first day of what a binding asks or tells, by its key, where a version before this one did not have it.
    newer: HashMap<String, Date>,
    today: Date,
}

impl Declared {
    /// Of a policy that is in force: reads since when each of its clauses is.
    ///
    /// # Errors
    /// Where the store refuses.
    pub(crate) async fn read(
        school: &School,
        policies: &Policies,
        in_force: Arc<governance::InForce>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let since = governance::policy_pages::standings::first_days(school).await?;
        let newer = newer(school, policies, &in_force, now).await;
        Ok(Self { in_force, since, newer, today: SchoolTime::new(now).date() })
    }
}

/// Since when each binding stands in the policy, where it came with a later version than the first. A version that can
/// no longer be read ends the looking back: what it may have had is as old as its clause.
async fn newer(
    school: &School,
    policies: &Policies,
    in_force: &Arc<governance::InForce>,
    now: Timestamp,
) -> HashMap<String, Date> {
    let mut newer = HashMap::new();
    let mut open: Vec<(&Clause, &Binding)> = in_force.policy.all_bindings().collect();
    let mut version = Arc::clone(in_force);
    while !open.is_empty() {
        let before = match policies.before(school, &version.version, now).await {
            Ok(Some(before)) => before,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "an earlier version of the policy cannot be read");
                break;
            }
        };
        let from = SchoolTime::new(version.version.from).date();
        let had: HashSet<_> = before.policy.all_bindings().map(|(clause, binding)| asks(clause, binding)).collect();
        open.retain(|(clause, binding)| {
            let there = had.contains(&asks(clause, binding));
            if !there {
                newer.insert(binding.key.clone(), from);
            }
            there
        });
        version = before;
    }
    newer
}

/// What a binding asks or tells, without its period and its wording: its clause and control, and whether it confirms,
/// tells, or is about other systems.
fn asks(clause: &Clause, binding: &Binding) -> (String, String, bool, bool, Vec<String>) {
    let common = &binding.common;
    let control = binding.control.to_string();
    (clause.key().to_owned(), control, common.attest.is_some(), common.inform.is_some(), common.systems.clone())
}

impl engines::InForce for Declared {
    fn policy(&self) -> &Policy {
        &self.in_force.policy
    }

    fn registry(&self) -> &Registry {
        self.in_force.registry()
    }

    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        self.in_force.controls.declarations.iter().collect()
    }

    fn declaration(&self, control: &str) -> Option<&Arc<Declaration>> {
        self.in_force.controls.declarations.get(control)
    }

    fn since(&self, label: &str) -> Date {
        self.since.get(label).copied().unwrap_or(self.today)
    }

    fn binding_since(&self, clause: &Clause, binding: &Binding) -> Date {
        let since = engines::InForce::since(self, clause.key());
        self.newer.get(&binding.key).copied().map_or(since, |newer| newer.max(since))
    }
}

#[async_trait]
impl Ports for Live {
    async fn in_force(&self, _: &School, _: Timestamp) -> Result<Option<Arc<dyn engines::InForce>>, PortError> {
        let declared = self.inner().declared.load_full();
        Ok(declared.map(|declared| -> Arc<dyn engines::InForce> { declared }))
    }

    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<Person>, PortError> {
        let failed = |error: StoreError| PortError::new("read the roll", error);
        let rows = school.read();
        let members = subjects::all(&rows, SchoolTime::new(now).date()).await.map_err(failed)?;
        let mut deputises: BTreeMap<PersonId, BTreeSet<Role>> = BTreeMap::new();
        for (role, held) in standing::holders(&rows).await.map_err(failed)? {
            for deputy in held.deputies.difference(&held.holders) {
                deputises.entry(*deputy).or_default().insert(role);
            }
        }
        let mut people: Vec<_> = members
            .into_values()
            .map(|member| Person {
                id: member.id,
                name: member.full_name(),
                deputises: deputises.remove(&member.id).unwrap_or_default(),
                subject: member.subject,
            })
            .collect();
        people.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(people)
    }

    async fn unsigned(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PortError> {
        people::access::Ports::unsigned(self, session, now).await
    }
}

//! What the handlers of this area share.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use kernel::SchoolId;
use rules::Controls;
use store::{School, Store, StoreError};
use webkit::PageError;

use crate::{
    agreements::coverage::Roll,
    policy_pages::{
        service::{InForce, Policies, PolicyError},
        standings::{self, Changed, FactsSource, Standings},
    },
};

/// The area's state. Cheap to clone.
#[derive(Clone)]
pub struct Governance(Arc<Parts>);

struct Parts {
    store: Store,
    policies: Arc<Policies>,
    standings: Standings,
    roll: Arc<dyn Roll>,
    schema: OnceLock<Arc<serde_json::Value>>,
}

impl Governance {
    /// Puts together the records, the policies and the roll.
    pub fn new(store: Store, policies: Arc<Policies>, roll: Arc<dyn Roll>) -> Self {
        Self(Arc::new(Parts { store, policies, standings: Standings::default(), roll, schema: OnceLock::new() }))
    }

    /// The policies.
    pub fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// What the standing job has stored.
    pub fn standings(&self) -> &Standings {
        &self.0.standings
    }

    /// The standing job for one school: looks at what is so by the policy in force, and stores where each
    /// binding stands. Says what changed; nothing, where no policy is in force.
    ///
    /// # Errors
    /// Where the store refuses, or the policy in force cannot be read.
    pub async fn judge(
        &self,
        school: &School,
        source: &dyn FactsSource,
        now: Timestamp,
    ) -> Result<Vec<Changed>, PolicyError> {
        let Some(in_force) = self.0.policies.in_force(school, now).await? else { return Ok(Vec::new()) };
        let facts = source.facts(school, &in_force, now).await;
        let changed = standings::run(school, &in_force, &facts, now).await?;
        // Reads the days before today where the day has begun, so that no page has to wait for it.
        self.0.standings.load(school, now).await?;
        Ok(changed)
    }

    /// The roll.
    pub fn roll(&self) -> &dyn Roll {
        &*self.0.roll
    }

    /// The schema of all terms; of ours it is made once.
    pub(crate) fn schema(&self, controls: &Controls) -> Arc<serde_json::Value> {
        if controls.own {
            return Arc::new(policy::schema(&controls.registry));
        }
        Arc::clone(self.0.schema.get_or_init(|| Arc::new(policy::schema(&controls.registry))))
    }

    /// The school of a session.
    pub(crate) async fn school(&self, id: SchoolId) -> Result<School, PageError> {
        self.0.store.school_by_id(id).await.map_err(PageError::internal)
    }

    /// The policy in force, if there is one.
    pub(crate) async fn in_force(&self, school: &School, now: Timestamp) -> Result<Option<Arc<InForce>>, PageError> {
        Ok(self.0.policies.in_force(school, now).await?)
    }
}

impl std::fmt::Debug for Governance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Governance").finish_non_exhaustive()
    }
}

impl From<PolicyError> for PageError {
    fn from(error: PolicyError) -> Self {
        Self::internal(error)
    }
}

/// A fault of the store as an answer.
pub(crate) fn stored<T>(result: Result<T, StoreError>) -> Result<T, PageError> {
    result.map_err(PageError::internal)
}

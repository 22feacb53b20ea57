//! A version of the policy, and the policy that was read from it.

use jiff::{Timestamp, civil::Date};
use kernel::{Digest, PersonId, PolicyId};
use policy::{Policy, Registry, Source};
use rules::Controls;

/// An approval of a version.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Approval {
    /// Who approved, as the policy writes it: `role:slt`, `governors`.
    pub by: String,
    /// On which day that was said.
    pub on: Date,
    /// Who spoke for them at the desk; none where whoever enacted it vouched for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// A version that was enacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The identifier.
    pub id: PolicyId,
    /// The digest of its source.
    pub digest: Digest,
    /// The version as its front matter says.
    pub version: String,
    /// The title as its front matter says.
    pub title: String,
    /// When it was enacted.
    pub enacted_at: Timestamp,
    /// Who enacted it; none where the installation did.
    pub enacted_by: Option<PersonId>,
    /// From when it is in force.
    pub from: Timestamp,
    /// When another took, or takes, its place.
    pub superseded: Option<Timestamp>,
    /// Who approved it.
    pub approvals: Vec<Approval>,
}

impl Version {
    /// Whether it is in force at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from <= now && self.superseded.is_none_or(|at| at > now)
    }

    /// Whether it was, is or will be in force at any time: one that was replaced before its day never is.
    pub fn ever(&self) -> bool {
        self.superseded.is_none_or(|at| at > self.from)
    }
}

/// A version with its policy, read again from what is stored.
#[derive(Debug)]
pub struct InForce {
    /// The version.
    pub version: Version,
    /// The policy.
    pub policy: Policy,
    /// The files as enacted.
    pub source: Source,
    /// The controls that it may name, with the declarations behind them.
    pub controls: Controls,
}

impl InForce {
    /// The digest of its source.
    pub fn digest(&self) -> Digest {
        self.version.digest
    }

    /// The controls that it may name.
    pub fn registry(&self) -> &Registry {
        &self.controls.registry
    }
}

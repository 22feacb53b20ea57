//! Versions of the policy: enacting one, and reading the one in force.
//!
//! What is in force is kept whole under its digest. Editing a folder changes nothing; a version that
//! does not check, or that lacks an approval it names, is refused and the old one stays. What cannot be
//! read back exactly as it was enacted is an error and never a policy.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date};
use kernel::{AudienceAtom, Digest, PersonId, PolicyId, Role, SchoolId, SchoolTime};
use policy::{Diagnostic, Policy, Source};
use rules::policy::approve::{self, Body};
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::{policy_draft, policy_version},
    query::{ColumnTrait, Condition, FromQueryResult, QuerySelect},
    time::{millis, timestamp},
};
use webkit::{Permit, permit::MayEnactPolicy};

use crate::drafts::{
    approvals,
    service::{Draft, State},
};

pub use super::{
    errors::{EnactError, PolicyError},
    version::{Approval, InForce, Version},
};

/// What the act that puts a policy in force is called in the ledger.
pub const ENACT: &str = "policy.enact";
/// The event that tells of it.
pub const ENACTED: &str = "policy.enacted";

/// Who puts a policy in force.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// A person who may.
    Person(MayEnactPolicy),
    /// The installation, at its first start: only where no policy was ever enacted.
    Installation,
}

/// What is to be enacted.
#[derive(Debug, Clone)]
pub struct Enactment {
    /// The files of the policy.
    pub source: Source,
    /// From which day; today where none is given.
    pub from: Option<Date>,
    /// Those who have approved it, as `--approved-by` gives them: `slt`, `governors`, `role:headteacher`.
    pub approved_by: Vec<String>,
}

/// What enacting gives.
#[derive(Debug)]
pub struct Enacted {
    /// What was enacted; in force from its day.
    pub now: Arc<InForce>,
    /// The version that it takes the place of.
    pub before: Option<Arc<InForce>>,
    /// Warnings; errors refuse.
    pub warnings: Vec<Diagnostic>,
}

/// A policy that was checked and approved.
struct Ready {
    policy: Policy,
    from: Date,
    approvals: Vec<Approval>,
    /// The draft that it was, and the count of its changes.
    draft: Option<(uuid::Uuid, i64)>,
}

/// What is stored of a version beside its columns.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    files: Vec<policy::SourceFile>,
    #[serde(default)]
    approvals: Vec<Approval>,
}

/// Reads and enacts policies. Remembers what it has parsed, by digest; asks the store each time which
/// version is in force.
#[derive(Default)]
pub struct Policies {
    parsed: Mutex<HashMap<(SchoolId, PolicyId), Arc<InForce>>>,
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policies").finish_non_exhaustive()
    }
}

impl Policies {
    /// The policy in force at `now`. None where the school has none yet.
    ///
    /// # Errors
    /// Where the store refuses, or what is stored is not what was enacted or can no longer be read.
    pub async fn in_force(&self, school: &School, now: Timestamp) -> Result<Option<Arc<InForce>>, PolicyError> {
        let versions = heads(school).await?;
        let head = versions.into_iter().filter(|head| head.is_in_force(millis(now))).max_by_key(Head::order);
        match head {
            None => Ok(None),
            Some(head) => self.load(school, PolicyId(head.id), now).await.map(Some),
        }
    }

    /// The version with this digest, or one that begins with it; the newest, where several do.
    ///
    /// # Errors
    /// As [`Policies::in_force`].
    pub async fn version(
        &self,
        school: &School,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<InForce>>, PolicyError> {
        if digest.len() < 8 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let found =
            heads(school).await?.into_iter().filter(|head| head.digest.starts_with(digest)).max_by_key(Head::order);
        match found {
            None => Ok(None),
            Some(head) => self.load(school, PolicyId(head.id), now).await.map(Some),
        }
    }

    /// When the next version comes into force that is enacted already, if one waits. Whoever acts on the
    /// policy in force looks again then: no event tells of it.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn next_change(&self, school: &School, now: Timestamp) -> Result<Option<Timestamp>, PolicyError> {
        let waiting =
            heads(school).await?.into_iter().filter(|head| head.ever() && head.in_force_from_at > millis(now));
        Ok(waiting.map(|head| head.in_force_from_at).min().map(timestamp))
    }

    /// Every version, newest first.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn versions(&self, school: &School) -> Result<Vec<Version>, PolicyError> {
        let rows = school.read().find::<policy_version::Entity>().all().await?;
        let mut versions = rows
            .iter()
            .map(|row| Ok(version_of(row, stored(row)?.approvals)))
            .collect::<Result<Vec<_>, PolicyError>>()?;
        versions.sort_by_key(|version| std::cmp::Reverse((version.from, version.enacted_at, version.id)));
        Ok(versions)
    }

    /// The version that was in force before `version` came.
    ///
    /// # Errors
    /// As [`Policies::in_force`].
    pub async fn before(
        &self,
        school: &School,
        version: &Version,
        now: Timestamp,
    ) -> Result<Option<Arc<InForce>>, PolicyError> {
        let before = heads(school)
            .await?
            .into_iter()
            .filter(|head| {
                head.ever() && head.order() < (millis(version.from), millis(version.enacted_at), version.id.0)
            })
            .max_by_key(Head::order);
        match before {
            None => Ok(None),
            Some(head) => self.load(school, PolicyId(head.id), now).await.map(Some),
        }
    }

    async fn load(&self, school: &School, id: PolicyId, now: Timestamp) -> Result<Arc<InForce>, PolicyError> {
        let Some(row) = school.read().get::<policy_version::Entity>(id.0).await? else {
            return Err(StoreError::NotFound("policy_version").into());
        };
        let key = (school.id(), id);
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known
            && known.version.superseded == row.superseded_at.map(timestamp)
            && known.version.digest.to_string() == row.digest
        {
            return Ok(known);
        }
        let loaded = Arc::new(self.read(&row, now)?);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.len() > 64 {
            parsed.clear();
        }
        parsed.insert(key, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Reads a stored version and holds it to its digest.
    fn read(&self, row: &policy_version::Model, now: Timestamp) -> Result<InForce, PolicyError> {
        let stored = stored(row)?;
        let source = Source { files: stored.files };
        let version = version_of(row, stored.approvals);
        if digest_of(&source).to_string() != row.digest {
            return Err(PolicyError::Damaged { digest: row.digest.clone() });
        }
        let controls = rules::controls_of(&source);
        let checked = policy::check(&source, &controls.registry, SchoolTime::new(now).date());
        match checked.policy {
            Some(policy) => Ok(InForce { version, policy, source, controls }),
            None => Err(PolicyError::Unreadable { digest: row.digest.clone(), diagnostics: checked.diagnostics }),
        }
    }

    /// Puts a policy in force from a day: checks it, asks for the approvals that it names, stores it whole,
    /// with its act in the ledger and the event [`ENACTED`] in one transaction.
    ///
    /// # Errors
    /// Why not; then the policy before stays in force.
    pub async fn enact(
        &self,
        school: &School,
        by: By,
        enactment: Enactment,
        now: Timestamp,
    ) -> Result<Enacted, EnactError> {
        if matches!(by, By::Person(may) if may.school() != school.id()) {
            return Err(EnactError::OtherSchool);
        }
        let today = SchoolTime::new(now).date();
        let checked = rules::check(&enactment.source, today);
        let Some(policy) = checked.policy else {
            return Err(EnactError::Check { diagnostics: checked.diagnostics });
        };
        let from = enactment.from.unwrap_or(today);
        if from < today {
            return Err(EnactError::Past { from });
        }
        let approvals = approvals(&policy, &enactment.approved_by, today)?;
        self.put(school, by, Ready { policy, from, approvals, draft: None }, checked.diagnostics, now).await
    }

    /// Puts a draft in force that everybody has approved whom the policies name: its own approvals are kept with it.
    ///
    /// # Errors
    /// Why not; then the policy before stays in force.
    pub async fn enact_draft(
        &self,
        school: &School,
        may: MayEnactPolicy,
        draft: &Draft,
        from: Option<Date>,
        now: Timestamp,
    ) -> Result<Enacted, EnactError> {
        if may.school() != school.id() {
            return Err(EnactError::OtherSchool);
        }
        let today = SchoolTime::new(now).date();
        let checked = rules::check(&draft.source, today);
        let Some(policy) = checked.policy else {
            return Err(EnactError::Check { diagnostics: checked.diagnostics });
        };
        let from = from.unwrap_or(today);
        if from < today {
            return Err(EnactError::Past { from });
        }
        let digest = digest_of(&policy::show(&policy)).to_string();
        let answers = approvals::answers(school, &digest).await?;
        let bodies = approvals::bodies(self.in_force(school, now).await?.as_deref(), &policy);
        let missing: Vec<_> =
            approvals::missing(&bodies, &answers).into_iter().map(|body| body.title.clone()).collect();
        if !missing.is_empty() {
            return Err(EnactError::Approval { missing });
        }
        let checked_in =
            Ready { policy, from, approvals: approvals::kept(&answers), draft: Some((draft.id, draft.version)) };
        self.put(school, By::Person(may), checked_in, checked.diagnostics, now).await
    }

    /// Stores a policy that was checked and approved, with its act and event, in one transaction.
    async fn put(
        &self,
        school: &School,
        by: By,
        ready: Ready,
        warnings: Vec<Diagnostic>,
        now: Timestamp,
    ) -> Result<Enacted, EnactError> {
        let Ready { policy, from, approvals, draft } = ready;
        let today = SchoolTime::new(now).date();
        // The canonical form is stored, so that its bytes are what the digest is of.
        let source = policy::show(&policy);
        let digest = digest_of(&source);
        let before = self.in_force(school, now).await?;
        if let Some(before) = &before
            && before.digest() == digest
            && before.version.superseded.is_none()
        {
            return Err(EnactError::Same { version: before.version.version.clone() });
        }
        let from_at = if from == today { now } else { begin_of(from).unwrap_or(now) };
        let row = policy_version::Model {
            id: store::ids::new_id(now)?,
            school_id: school.id().0,
            digest: digest.to_string(),
            version: policy.front.version.clone(),
            title: policy.front.title.clone(),
            source: json!({ "files": source.files, "approvals": approvals }).to_string(),
            enacted_at: millis(now),
            enacted_by: person(by).map(|person| person.0),
            in_force_from_at: millis(from_at),
            superseded_at: None,
        };
        let id = row.id;
        let label = policy.bindings("policy", "document").find_map(|(clause, _)| clause.label.clone());
        let mut act = Act::new(ENACT, person(by).map_or(Actor::Gatehouse, Actor::Person)).about(id).with(json!({
            "digest": digest.to_string(),
            "version": policy.front.version,
            "from": from.to_string(),
            "approvals": approvals,
            "before": before.as_ref().map(|before| before.digest().to_string()),
        }));
        if let Some(label) = label {
            act = act.under(label);
        }
        let first_only = matches!(by, By::Installation);
        school
            .act(act, now, async move |tx| {
                if first_only && tx.find::<policy_version::Entity>().any().await? {
                    return Err(EnactError::NotFirst);
                }
                use policy_version::Column;
                tx.change::<policy_version::Entity>()
                    .set(Column::SupersededAt, row.in_force_from_at)
                    .filter(
                        Condition::any()
                            .add(Column::SupersededAt.is_null())
                            .add(Column::SupersededAt.gt(row.in_force_from_at)),
                    )
                    .run()
                    .await?;
                if let Some((draft, version)) = draft {
                    use policy_draft::Column;
                    let own = Condition::all().add(Column::Id.eq(draft)).add(Column::Version.eq(version));
                    let change = tx.change::<policy_draft::Entity>().set(Column::State, State::Enacted.id());
                    if change.filter(own.add(Column::State.eq(State::Submitted.id()))).run().await? != 1 {
                        return Err(EnactError::Changed);
                    }
                }
                tx.emit(ENACTED, json!({ "id": id, "digest": row.digest, "from": row.in_force_from_at }));
                tx.insert::<policy_version::Entity, policy_version::ActiveModel>(row).await?;
                Ok(())
            })
            .await?;
        let stored = self.load(school, PolicyId(id), now).await?;
        Ok(Enacted { now: stored, before, warnings })
    }
}

/// The digest of a source: its paths and texts, each with its length before it. For a canonical source it
/// is [`Policy::digest`]; it is made from the bytes alone, so that a later program verifies it all the same.
pub fn digest_of(source: &Source) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for file in &source.files {
        for part in [&file.path, &file.text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    Digest(*hasher.finalize().as_bytes())
}

fn person(by: By) -> Option<PersonId> {
    match by {
        By::Person(may) => Some(may.by()),
        By::Installation => None,
    }
}

/// The first moment of a day in the school's zone.
fn begin_of(day: Date) -> Option<Timestamp> {
    SchoolTime::parse(&format!("{day} 00:00")).ok().map(|at| at.timestamp())
}

/// Reads who has approved: `slt` is the role, `governors` the audience.
fn approver(text: &str) -> Option<AudienceAtom> {
    let text = text.trim();
    AudienceAtom::parse(text).or_else(|_| Role::parse(text).map(AudienceAtom::Role)).ok()
}

/// Holds what was given against those whom the policy names, in its front matter and in its clauses.
fn approvals(policy: &Policy, given: &[String], today: Date) -> Result<Vec<Approval>, EnactError> {
    let bodies = approve::bodies(policy);
    let mut approved: BTreeMap<String, Approval> = BTreeMap::new();
    for text in given {
        let named = approver(text).map_or_else(|| format!("other:{}", text.trim()), |atom| approve::body_id(&atom));
        match bodies.iter().find(|body| body.id == named) {
            Some(body) => {
                approved.insert(body.id.clone(), Approval { by: body.id.clone(), on: today, person: None });
            }
            None => {
                let asked: Vec<_> = bodies.iter().map(Body::in_words).collect();
                let asked = if asked.is_empty() { "nobody is named".to_owned() } else { asked.join(", ") };
                return Err(EnactError::NotAsked { given: text.clone(), asked });
            }
        }
    }
    let missing: Vec<_> = bodies
        .iter()
        .filter(|body| body.who.is_some() && !approved.contains_key(&body.id))
        .map(Body::in_words)
        .collect();
    if missing.is_empty() { Ok(approved.into_values().collect()) } else { Err(EnactError::Approval { missing }) }
}

/// What says which version is in force, without its source.
#[derive(Debug, FromQueryResult)]
struct Head {
    id: uuid::Uuid,
    digest: String,
    enacted_at: i64,
    in_force_from_at: i64,
    superseded_at: Option<i64>,
}

impl Head {
    fn is_in_force(&self, now: i64) -> bool {
        self.in_force_from_at <= now && self.superseded_at.is_none_or(|at| at > now)
    }

    fn ever(&self) -> bool {
        self.superseded_at.is_none_or(|at| at > self.in_force_from_at)
    }

    fn order(&self) -> (i64, i64, uuid::Uuid) {
        (self.in_force_from_at, self.enacted_at, self.id)
    }
}

async fn heads(school: &School) -> Result<Vec<Head>, StoreError> {
    use policy_version::Column;
    school
        .read()
        .find::<policy_version::Entity>()
        .with(|select| {
            select.select_only().columns([
                Column::Id,
                Column::Digest,
                Column::EnactedAt,
                Column::InForceFromAt,
                Column::SupersededAt,
            ])
        })
        .all_as()
        .await
}

fn stored(row: &policy_version::Model) -> Result<Stored, PolicyError> {
    serde_json::from_str(&row.source).map_err(|_| PolicyError::Damaged { digest: row.digest.clone() })
}

fn version_of(row: &policy_version::Model, approvals: Vec<Approval>) -> Version {
    Version {
        id: PolicyId(row.id),
        digest: Digest::parse(&row.digest).unwrap_or(Digest([0; 32])),
        version: row.version.clone(),
        title: row.title.clone(),
        enacted_at: timestamp(row.enacted_at),
        enacted_by: row.enacted_by.map(PersonId),
        from: timestamp(row.in_force_from_at),
        superseded: row.superseded_at.map(timestamp),
        approvals,
    }
}

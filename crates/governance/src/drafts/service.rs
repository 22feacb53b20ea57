//! The drafts of a school: begun, changed, submitted, dropped.
//!
//! A draft is files and a count of its changes. Whoever changes it says which count was read; where another has
//! changed it meanwhile, nothing is stored and the person is told.

use jiff::Timestamp;
use kernel::{Digest, PersonId, SchoolTime};
use policy::{Policy, Source};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::policy_draft,
    query::{ColumnTrait, Condition},
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit, permit::MayDraftPolicy};

use crate::policy_pages::service::digest_of;

/// What the act of writing is called in the ledger.
pub const DRAFT: &str = "policy.draft";
/// What the act of submitting is called.
pub const SUBMIT: &str = "policy.submit";

/// The most bytes of a draft.
pub const MOST_BYTES: usize = 2_000_000;
/// The most drafts that are written at a time.
const MOST_DRAFTS: u64 = 40;

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Open,
    /// It waits for approval.
    Submitted,
    /// It was put in force.
    Enacted,
    /// Nobody writes it any more.
    Dropped,
}

impl State {
    /// As it is stored.
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Enacted => "enacted",
            Self::Dropped => "dropped",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "submitted" => Self::Submitted,
            "enacted" => Self::Enacted,
            "dropped" => Self::Dropped,
            _ => Self::Open,
        }
    }

    /// Whether it may still be changed.
    pub fn is_live(self) -> bool {
        match self {
            Self::Open | Self::Submitted => true,
            Self::Enacted | Self::Dropped => false,
        }
    }
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The identifier.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
    /// The policy that it was begun from.
    pub base: Option<Digest>,
    /// Its files.
    pub source: Source,
    /// Where it stands.
    pub state: State,
    /// Counts its changes.
    pub version: i64,
    /// Who changed it last.
    pub changed_by: Option<PersonId>,
    /// When.
    pub changed_at: Timestamp,
}

impl Draft {
    /// Its page.
    pub fn href(&self) -> String {
        format!("/policy/drafts/{}", self.id)
    }

    /// What is approved: the digest of its canonical form. None while it has errors.
    pub fn digest(&self, now: Timestamp) -> Option<(Digest, Policy)> {
        let policy = rules::check(&self.source, SchoolTime::new(now).date()).policy?;
        Some((digest_of(&policy::show(&policy)), policy))
    }
}

/// Why a draft was not stored.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// There is none.
    #[error("there is no such draft")]
    Unknown,
    /// Somebody else has changed it meanwhile.
    #[error("somebody else has changed the draft meanwhile")]
    Changed,
    /// It is in force or was dropped.
    #[error("this draft is closed")]
    Closed,
    /// Too large.
    #[error("a draft has at most 2 megabytes")]
    TooLarge,
    /// Too many.
    #[error("there are {MOST_DRAFTS} drafts already; drop one that nobody writes any more")]
    TooMany,
    /// The permit is of another school.
    #[error("the permission was given in another school")]
    OtherSchool,
    /// What is stored cannot be read.
    #[error("the stored draft {0} cannot be read")]
    Damaged(Uuid),
    /// The store refused.
    #[error("cannot store the draft")]
    Store(#[from] StoreError),
}

/// Every draft, the last changed first; closed ones too.
///
/// # Errors
/// Where the store refuses, or a row cannot be read.
pub async fn all(school: &School) -> Result<Vec<Draft>, DraftError> {
    let rows = school
        .read()
        .find::<policy_draft::Entity>()
        .descending(policy_draft::Column::ChangedAt)
        .limit(200)
        .all()
        .await?;
    rows.into_iter().map(draft).collect()
}

/// One draft.
///
/// # Errors
/// Where there is none, or it cannot be read.
pub async fn one(school: &School, id: Uuid) -> Result<Draft, DraftError> {
    let row = school.read().get::<policy_draft::Entity>(id).await?;
    row.map_or(Err(DraftError::Unknown), draft)
}

fn draft(row: policy_draft::Model) -> Result<Draft, DraftError> {
    let source = serde_json::from_str(&row.source_json).map_err(|_| DraftError::Damaged(row.id))?;
    Ok(Draft {
        id: row.id,
        title: row.title,
        base: row.base_digest.as_deref().and_then(|digest| Digest::parse(digest).ok()),
        source,
        state: State::read(&row.state),
        version: row.version,
        changed_by: row.changed_by.map(PersonId),
        changed_at: timestamp(row.changed_at),
    })
}

fn size(source: &Source) -> usize {
    source.files.iter().map(|file| file.path.len() + file.text.len()).sum()
}

fn json_of(source: &Source) -> Result<String, StoreError> {
    serde_json::to_string(source).map_err(|_| StoreError::NotFound("policy_draft"))
}

/// Begins a draft from files. Clauses without a label get one, so that each can be named.
///
/// # Errors
/// Why not.
pub async fn begin(
    school: &School,
    may: MayDraftPolicy,
    title: &str,
    base: Option<Digest>,
    source: Source,
    now: Timestamp,
) -> Result<Uuid, DraftError> {
    if may.school() != school.id() {
        return Err(DraftError::OtherSchool);
    }
    let source = policy::label(&source).source;
    if size(&source) > MOST_BYTES {
        return Err(DraftError::TooLarge);
    }
    let live = policy_draft::Column::State.is_in([State::Open.id(), State::Submitted.id()]);
    if school.read().find::<policy_draft::Entity>().filter(live).count().await? >= MOST_DRAFTS {
        return Err(DraftError::TooMany);
    }
    let id = store::ids::new_id(now)?;
    let row = policy_draft::Model {
        id,
        school_id: school.id().0,
        base_digest: base.map(|digest| digest.to_string()),
        title: title.trim().chars().take(120).collect(),
        source_json: json_of(&source)?,
        state: State::Open.id().to_owned(),
        version: 1,
        made_by: Some(may.by().0),
        made_at: millis(now),
        changed_by: Some(may.by().0),
        changed_at: millis(now),
    };
    let act = Act::new(DRAFT, may.by()).about(id).with(json!({
        "begun": true,
        "base": row.base_digest,
        "digest": digest_of(&source).to_string(),
    }));
    school
        .act(act, now, async move |tx| tx.insert::<policy_draft::Entity, policy_draft::ActiveModel>(row).await)
        .await?;
    Ok(id)
}

/// What is changed of a draft.
#[derive(Debug, Clone)]
pub enum Step {
    /// Its files; what changed, and which clause.
    Write {
        /// The files as they are now.
        source: Source,
        /// What was done, in a few words.
        what: String,
        /// The clause that was changed.
        clause: Option<String>,
    },
    /// It waits for approval now.
    Submit {
        /// What is to be approved.
        digest: Digest,
    },
    /// It is taken back, for writing.
    Reopen,
    /// Nobody writes it any more.
    Drop,
}

/// Takes a step with a draft whose count of changes was `version` when it was read.
///
/// # Errors
/// Why not; a [`DraftError::Changed`] where somebody else was quicker.
pub async fn step(
    school: &School,
    may: MayDraftPolicy,
    id: Uuid,
    version: i64,
    step: Step,
    now: Timestamp,
) -> Result<(), DraftError> {
    use policy_draft::Column;
    if may.school() != school.id() {
        return Err(DraftError::OtherSchool);
    }
    let mut act = Act::new(DRAFT, may.by()).about(id);
    let mut source_json = None;
    let state = match step {
        Step::Write { source, what, clause } => {
            if size(&source) > MOST_BYTES {
                return Err(DraftError::TooLarge);
            }
            act = act.with(json!({
                "what": what,
                "clause": clause,
                "version": version + 1,
                "digest": digest_of(&source).to_string(),
            }));
            source_json = Some(json_of(&source)?);
            State::Open
        }
        Step::Submit { digest } => {
            act = Act::new(SUBMIT, may.by()).about(id).with(json!({ "digest": digest.to_string() }));
            State::Submitted
        }
        Step::Reopen => {
            act = act.with(json!({ "reopened": true }));
            State::Open
        }
        Step::Drop => {
            act = act.with(json!({ "dropped": true }));
            State::Dropped
        }
    };
    school
        .act(act, now, async move |tx| {
            let Some(row) = tx.get::<policy_draft::Entity>(id).await? else { return Err(DraftError::Unknown) };
            if !State::read(&row.state).is_live() {
                return Err(DraftError::Closed);
            }
            let mut change = tx.change::<policy_draft::Entity>();
            if let Some(source) = source_json {
                change = change.set(Column::SourceJson, source);
            }
            let done = change
                .set(Column::State, state.id())
                .set(Column::Version, version + 1)
                .set(Column::ChangedBy, may.by().0)
                .set(Column::ChangedAt, millis(now))
                .filter(Condition::all().add(Column::Id.eq(id)).add(Column::Version.eq(version)))
                .run()
                .await?;
            if done == 1 { Ok(()) } else { Err(DraftError::Changed) }
        })
        .await
}

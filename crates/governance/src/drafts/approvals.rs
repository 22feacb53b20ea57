//! Who approves a draft, who has, and who has not yet.
//!
//! What is approved is the digest of the text: whoever changes a word afterwards needs every approval again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{PersonId, SchoolTime};
use policy::Policy;
use rules::policy::approve::{self, Body};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::policy_approval,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{
    Permit, Session,
    permit::{MayEnactPolicy, Named, Rights},
};

use crate::policy_pages::service::{Approval, InForce};

/// What the act of approving is called in the ledger.
pub const APPROVE: &str = "policy.approve";

/// The longest words with an answer.
pub const MOST_WORDS: usize = 2_000;

/// The last answer of a body about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it approves.
    pub approved: bool,
    /// What was said with it.
    pub words: String,
    /// Who spoke for it.
    pub person: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// No such body is asked.
    #[error("this policy does not ask for the approval of `{0}`")]
    NotAsked(String),
    /// The person does not speak for it.
    #[error("others speak for the {0}")]
    NotYours(String),
    /// Another body comes first.
    #[error("{0} approve first")]
    TooEarly(String),
    /// "Not yet" without a reason.
    #[error("say what is missing")]
    NoReason,
    /// More words than there is room for.
    #[error("write at most {MOST_WORDS} characters")]
    TooLong,
    /// The store refused.
    #[error("cannot store the answer")]
    Store(#[from] StoreError),
}

/// Every body that the policy in force or the new one names, each once: a draft cannot strike out who must approve it.
pub fn bodies(in_force: Option<&InForce>, new: &Policy) -> Vec<Body> {
    let mut bodies = approve::bodies(new);
    for body in in_force.map(|it| approve::bodies(&it.policy)).unwrap_or_default() {
        match bodies.iter_mut().find(|it| it.id == body.id) {
            Some(own) => {
                own.after.extend(body.after.into_iter().filter(|id| !own.after.contains(id)).collect::<Vec<_>>());
            }
            None => bodies.push(body),
        }
    }
    bodies
}

/// The last answer of each body about a text, by the body's word.
///
/// # Errors
/// Where the store refuses.
pub async fn answers(school: &School, digest: &str) -> Result<BTreeMap<String, Answer>, StoreError> {
    use policy_approval::Column;
    let rows = school
        .read()
        .find::<policy_approval::Entity>()
        .filter(Column::Digest.eq(digest))
        .ascending(Column::GivenAt)
        .ascending(Column::Id)
        .all()
        .await?;
    let answer = |row: policy_approval::Model| {
        let answer = Answer {
            approved: row.approved,
            words: row.words,
            person: row.person_id.map(PersonId),
            at: timestamp(row.given_at),
        };
        (row.body, answer)
    };
    Ok(rows.into_iter().map(answer).collect())
}

/// The bodies that must approve before a text is in force and have not: all but those for which nobody can speak.
pub fn missing<'b>(bodies: &'b [Body], answers: &BTreeMap<String, Answer>) -> Vec<&'b Body> {
    bodies
        .iter()
        .filter(|body| body.who.is_some() && !answers.get(&body.id).is_some_and(|answer| answer.approved))
        .collect()
}

/// The approvals of a text as a version keeps them.
pub fn kept(answers: &BTreeMap<String, Answer>) -> Vec<Approval> {
    answers
        .iter()
        .filter(|(_, answer)| answer.approved)
        .map(|(body, answer)| Approval {
            by: body.clone(),
            on: SchoolTime::new(answer.at).date(),
            person: answer.person,
        })
        .collect()
}

/// Who speaks for a body.
#[derive(Debug, Clone, Copy)]
pub struct Speaks(PersonId);

impl Speaks {
    /// Asks whether the person of `session` speaks for `body`: one who holds a role of it; where no role of the school
    /// stands for it, whoever may put a policy in force.
    pub fn ask(session: &Session, rights: &Rights, body: &Body) -> Option<Self> {
        match &body.who {
            Some(who) => Named::ask(session, who).map(|named| Self(named.by())),
            None => MayEnactPolicy::ask(session, rights).ok().map(|may| Self(may.by())),
        }
    }
}

/// An answer as the form gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The digest of the text that was shown.
    pub digest: String,
    /// Whether it is approved.
    pub approved: bool,
    /// What is said with it; why not, where it is not approved.
    pub words: String,
}

/// Stores the answer of a body about a text, with its act.
///
/// # Errors
/// Why not.
pub async fn answer(
    school: &School,
    speaks: Speaks,
    body: &Body,
    bodies: &[Body],
    subject: Uuid,
    given: Given,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let words = given.words.trim().to_owned();
    if words.chars().count() > MOST_WORDS {
        return Err(ApprovalError::TooLong);
    }
    if !given.approved && words.is_empty() {
        return Err(ApprovalError::NoReason);
    }
    let answers = answers(school, &given.digest).await?;
    let earlier = bodies.iter().filter(|it| body.after.contains(&it.id) && it.who.is_some());
    let waits: Vec<_> = earlier
        .filter(|it| !answers.get(&it.id).is_some_and(|answer| answer.approved))
        .map(|it| it.title.clone())
        .collect();
    if given.approved && !waits.is_empty() {
        return Err(ApprovalError::TooEarly(waits.join(" and ")));
    }
    let row = policy_approval::Model {
        id: store::ids::new_id(now)?,
        school_id: school.id().0,
        digest: given.digest,
        body: body.id.clone(),
        person_id: Some(speaks.0.0),
        approved: given.approved,
        words,
        given_at: millis(now),
    };
    let mut act = Act::new(APPROVE, speaks.0).about(subject).with(json!({
        "digest": row.digest,
        "body": row.body,
        "approved": row.approved,
        "words": row.words,
    }));
    if let Some(label) = body.clauses.first() {
        act = act.under(label.clone());
    }
    school
        .act(act, now, async move |tx| {
            tx.emit("policy.approved", json!({ "body": row.body, "approved": row.approved }));
            tx.insert::<policy_approval::Entity, policy_approval::ActiveModel>(row).await
        })
        .await?;
    Ok(())
}

/// Who has approved the version in force, before it was or since: what its clauses on approval are judged by.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(school: &School, in_force: &InForce) -> Result<Vec<rules::facts::ApprovalFacts>, StoreError> {
    let own = in_force.version.approvals.iter().map(|approval| {
        let body = kernel::AudienceAtom::parse(&approval.by)
            .map_or_else(|_| approval.by.clone(), |atom| approve::body_id(&atom));
        rules::facts::ApprovalFacts { body, on: approval.on }
    });
    let later = kept(&answers(school, &in_force.digest().to_string()).await?);
    Ok(own
        .chain(later.into_iter().map(|approval| rules::facts::ApprovalFacts { body: approval.by, on: approval.on }))
        .collect())
}

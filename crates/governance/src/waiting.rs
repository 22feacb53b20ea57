//! What of the policy waits for somebody: the first week, an approval, what changed. For the list of their home.

use jiff::{SignedDuration, Timestamp};
use kernel::{SchoolTime, time::date_in_words};
use store::School;
use webkit::{Action, Rights, Session, kit::Urgency};

use crate::{
    drafts::{
        approvals::{self, Speaks},
        service::{self, DraftError, State},
    },
    policy_pages::{
        amendments,
        service::{InForce, Policies, PolicyError},
    },
};

/// How long a school is new.
const NEW_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What to do.
    pub what: String,
    /// Why.
    pub why: String,
    /// Where.
    pub href: String,
    /// By when.
    pub when: String,
    /// How urgent it is.
    pub urgency: Urgency,
}

/// Why it is not known what waits.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// The versions cannot be read.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The drafts cannot be read.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

/// What waits for the person of `session`.
///
/// # Errors
/// Where the store refuses, or what is stored cannot be read.
pub async fn waiting(
    policies: &Policies,
    school: &School,
    in_force: Option<&InForce>,
    session: &Session,
    rights: &Rights,
    now: Timestamp,
) -> Result<Vec<Waiting>, WaitingError> {
    let mut all = Vec::new();
    let item = |what: &str, why: String, href: &str, when: &str, urgency: Urgency| Waiting {
        what: what.to_owned(),
        why,
        href: href.to_owned(),
        when: when.to_owned(),
        urgency,
    };
    let drafts = rights.allow(session.roles(), Action::DraftPolicy);
    if drafts && in_force.is_none() {
        let why = "Until a policy is in force the gateway opens nothing but the desk and help for children";
        let begun = service::all(school).await?.iter().any(|draft| draft.state.is_live());
        all.push(item(
            if begun { "Bring your policy into force" } else { "Begin with a policy" },
            why.to_owned(),
            "/start",
            "Now",
            Urgency::Late,
        ));
    }
    if let Some(in_force) = in_force.filter(|_| drafts) {
        let versions = policies.versions(school).await?;
        let first = versions.iter().filter(|it| it.ever()).map(|it| it.from).min().unwrap_or(in_force.version.from);
        if now.duration_since(first) < NEW_FOR {
            let why = "Each step says how many clauses it turns".to_owned();
            all.push(item("Go on with the first week", why, "/start", "This week", Urgency::Later));
        }
    }
    for draft in service::all(school).await?.into_iter().filter(|draft| draft.state == State::Submitted) {
        let Some((digest, policy)) = draft.digest(now) else { continue };
        let answers = approvals::answers(school, &digest.to_string()).await.map_err(PolicyError::from)?;
        let bodies = approvals::bodies(in_force, &policy);
        let asked = bodies
            .iter()
            .filter(|body| body.who.is_some() && !answers.get(&body.id).is_some_and(|it| it.approved))
            .any(|body| Speaks::ask(session, rights, body).is_some());
        if asked {
            let why = format!("Version {} waits for your answer", policy.front.version);
            all.push(item(
                "Approve the policy",
                why,
                &format!("/policy/approvals/{digest}"),
                "This week",
                Urgency::Later,
            ));
        }
    }
    if let Some(in_force) = in_force
        && amendments::waits(policies, school, in_force, session, now).await?
    {
        let day = date_in_words(SchoolTime::new(in_force.version.from).date());
        let why = format!("Version {} is in force since {day}", in_force.version.version);
        all.push(item("Read what changed in the policy", why, "/policy/changes", "This week", Urgency::Later));
    }
    Ok(all)
}

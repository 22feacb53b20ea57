//! What changed with the version in force, for whom it concerns: read and acknowledged.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use kernel::{Audience, PersonId, SchoolTime, Subject};
use rules::{
    facts::AmendedFacts,
    policy::amendment_notice::{AmendmentNotice, audience, concerning},
};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::{notice_view, people_person},
    query::ColumnTrait,
    time::{millis, parse_day},
};
use webkit::{Page, PageError, PageResult, Routes, Session, Visit, Who, html};

use super::{
    diff,
    service::{InForce, Policies, PolicyError},
    version_page,
    views::{ChangeView, NoPolicyPage},
};
use crate::state::{Governance, stored};

/// What the act of reading is called in the ledger, and the name under which its rows stand.
pub const READ: &str = "policy.amendment-notice";

/// The routes of changes.
pub fn routes() -> Routes<Governance> {
    Routes::new().get("/policy/changes", Who::SignedIn, page).post("/policy/changes", Who::SignedIn, read)
}

/// Who has read what changed with the version in force. None where it is the first.
///
/// # Errors
/// Where the store refuses or a version cannot be read.
pub async fn facts(
    policies: &Policies,
    school: &School,
    in_force: &InForce,
    now: Timestamp,
) -> Result<Option<AmendedFacts>, PolicyError> {
    if policies.before(school, &in_force.version, now).await?.is_none() {
        return Ok(None);
    }
    let read = readers(school, in_force).await?;
    Ok(Some(AmendedFacts { on: SchoolTime::new(in_force.version.from).date(), read }))
}

async fn readers(school: &School, in_force: &InForce) -> Result<BTreeSet<PersonId>, StoreError> {
    use notice_view::Column;
    let rows = school
        .read()
        .find::<notice_view::Entity>()
        .filter(Column::Notice.eq(READ))
        .filter(Column::Digest.eq(in_force.digest().to_string()))
        .all()
        .await?;
    Ok(rows.into_iter().filter(|row| row.read_at.is_some()).map(|row| PersonId(row.person_id)).collect())
}

/// Whom the clauses show what changed, where the person is among them; and what the person says who has read it.
fn asked(in_force: &InForce, subject: &Subject) -> Option<(Audience, String, Option<String>)> {
    in_force.policy.bindings("policy", "amendment-notice").find_map(|(clause, binding)| {
        let who = audience(binding);
        let terms = binding.terms::<AmendmentNotice>().unwrap_or_default();
        who.contains(subject).then(|| (who, terms.statement(), clause.label.clone()))
    })
}

/// Whether somebody still has to read what changed: for the list of what is due.
///
/// # Errors
/// Where the store refuses or a version cannot be read.
pub async fn waits(
    policies: &Policies,
    school: &School,
    in_force: &InForce,
    session: &Session,
    now: Timestamp,
) -> Result<bool, PolicyError> {
    if asked(in_force, session.subject()).is_none() {
        return Ok(false);
    }
    let Some(facts) = facts(policies, school, in_force, now).await? else { return Ok(false) };
    Ok(!facts.read.contains(&session.person()))
}

/// What changed, for one reader.
#[derive(Debug, Template)]
#[template(path = "policy/changes.html")]
struct ChangesPage {
    page: Page,
    title: String,
    changes: Vec<ChangeView>,
    /// Whether there was a version before.
    first: bool,
    /// Whether changes of earlier versions stand among them.
    between: bool,
    /// What the reader says who has read it; none where nobody asks.
    statement: Option<String>,
    /// Whether the reader has said so.
    done: bool,
}

/// The version whose changes somebody knows: the last before that in force which the person has read or came with, else
/// the first. Beside it, whether there are others between the two: what came with them is shown once more, since nobody
/// who missed a version would hear of it otherwise.
async fn known(
    policies: &Policies,
    school: &School,
    in_force: &InForce,
    person: PersonId,
    now: Timestamp,
) -> Result<(Option<Arc<InForce>>, bool), PolicyError> {
    let row = school.read().get::<people_person::Entity>(person.0).await?;
    let joined = row.and_then(|row| row.joined_on.as_deref().and_then(parse_day));
    let Some(mut version) = policies.before(school, &in_force.version, now).await? else { return Ok((None, false)) };
    let mut between = false;
    while !readers(school, &version).await?.contains(&person)
        && joined.is_none_or(|joined| joined < SchoolTime::new(version.version.from).date())
        && let Some(earlier) = policies.before(school, &version.version, now).await?
    {
        (version, between) = (earlier, true);
    }
    Ok((Some(version), between))
}

async fn page(State(state): State<Governance>, visit: Visit, session: Session) -> PageResult {
    let school = state.school(session.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else {
        return html(&NoPolicyPage { page: visit.page("No policy is in force yet") });
    };
    let (before, between) = known(state.policies(), &school, &in_force, session.person(), visit.now()).await?;
    let asked = asked(&in_force, session.subject());
    let who = asked.as_ref().map_or_else(|| own(session.subject()), |it| it.0.clone());
    let today = visit.school_time().date();
    let changes = before.as_ref().map(|before| {
        let found = concerning(&before.policy, &in_force.policy, &who, today);
        diff::views(found, &before.policy, &in_force.policy, false)
    });
    let done = stored(readers(&school, &in_force).await)?.contains(&session.person());
    html(&ChangesPage {
        page: visit.page("What changed in the policy").back("Our policy", "/policy"),
        title: format!("What changed with {}", version_page::name(&in_force.version).replace('V', "v")),
        first: before.is_none(),
        changes: changes.unwrap_or_default(),
        between,
        statement: asked.filter(|_| before.is_some()).map(|it| it.1),
        done,
    })
}

/// The roles of a person as an audience.
fn own(subject: &Subject) -> Audience {
    let roles = subject.roles.iter().map(|role| kernel::AudienceAtom::Role(*role)).collect();
    Audience::any(roles).unwrap_or_else(Audience::everyone)
}

async fn read(State(state): State<Governance>, visit: Visit, session: Session) -> PageResult {
    let school = state.school(session.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let (_, statement, clause) = asked(&in_force, session.subject()).ok_or(PageError::NotFound)?;
    stored(keep(&school, &in_force, session.person(), &statement, clause, visit.now()).await)?;
    Ok(visit.see_other_saying("/policy/changes", "It is kept that you have read it."))
}

async fn keep(
    school: &School,
    in_force: &InForce,
    person: PersonId,
    statement: &str,
    clause: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if readers(school, in_force).await?.contains(&person) {
        return Ok(());
    }
    let row = notice_view::Model {
        id: store::ids::new_id(now)?,
        school_id: school.id().0,
        notice: READ.to_owned(),
        digest: in_force.digest().to_string(),
        person_id: person.0,
        moment: "sign-in".to_owned(),
        shown_at: millis(now),
        read_at: Some(millis(now)),
    };
    let details = json!({ "digest": row.digest, "statement": statement });
    let mut act = Act::new("policy.read-changes", person).about_person(person).with(details);
    if let Some(label) = clause {
        act = act.under(label);
    }
    school.act(act, now, async move |tx| tx.insert::<notice_view::Entity, notice_view::ActiveModel>(row).await).await
}

//! The pages of the policy. A handler is a sentence: permit, load, build, answer.

use axum::{
    Json,
    extract::{Path, Query as FromQuery, State},
    response::{IntoResponse, Response},
};
use webkit::{
    Action, PageError, PageResult, Permit, Routes, Visit, Who, html,
    permit::{MayReadPolicy, MaySeePolicy},
};

use super::{
    api,
    build::{Ground, Query},
    clause_page, published, version_page,
    views::{ClausePage, NoPolicyPage, PolicyPage, PrintPage, VersionPage, VersionsPage},
};
use crate::{
    start::asking::Asking,
    state::{Governance, stored},
};

/// The routes of the policy.
pub fn routes() -> Routes<Governance> {
    let read = Who::May(Action::ReadPolicy);
    let see = Who::May(Action::SeePolicy);
    Routes::new()
        .get("/policy", read, page)
        .get("/policy/print", read, print)
        .get("/policy/clauses/{label}", see, clause)
        .get("/policy/versions", see, versions)
        .get("/policy/versions/{digest}", see, version)
        .get("/api/policy", see, json)
        .section("Policy", "/policy", read, 50)
}

/// The policy with its standing, for those who may see that; as it is published for all others.
async fn page(
    State(state): State<Governance>,
    visit: Visit,
    may: MayReadPolicy,
    FromQuery(query): FromQuery<Query>,
) -> PageResult {
    if !visit.may(Action::SeePolicy) {
        return published_page(&state, &visit, may).await;
    }
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let states = stored(state.standings().load(&school, visit.now()).await)?;
    let ground = Ground::new(&in_force.policy, in_force.registry(), &states, visit.now());
    let mut body = ground.body(&query);
    if let Some(session) = visit.session() {
        let people = state.roll().people(&school, visit.now()).await.map_err(PageError::internal)?;
        body.ask(&Asking::of(&in_force, &people, session.person()));
    }
    html(&PolicyPage {
        page: visit.page(in_force.policy.front.title.clone()),
        caption: version_page::caption(&in_force, true),
        title: in_force.policy.front.title.clone(),
        has_before: body.counts.iter().any(|row| row.before.is_some()),
        lead: body.lead,
        total: body.total,
        bar: body.bar,
        bar_label: body.bar_label,
        counts: body.counts,
        next: body.next,
        turns: body.turns,
        drafts: visit.may(Action::DraftPolicy),
        filter: body.filter,
        sections: body.sections,
    })
}

async fn print(State(state): State<Governance>, visit: Visit, may: MayReadPolicy) -> PageResult {
    published_page(&state, &visit, may).await
}

async fn published_page(state: &Governance, visit: &Visit, may: MayReadPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(visit) };
    html(&PrintPage {
        page: visit.page(in_force.policy.front.title.clone()),
        caption: version_page::caption(&in_force, true),
        title: in_force.policy.front.title.clone(),
        blocks: published::blocks(&in_force.policy),
        digest: in_force.digest().to_string(),
        standing: visit.may(Action::SeePolicy),
    })
}

async fn clause(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySeePolicy,
    Path(label): Path<String>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let states = stored(state.standings().load(&school, visit.now()).await)?;
    let ground = Ground::new(&in_force.policy, in_force.registry(), &states, visit.now());
    let clause = clause_page::find(&in_force.policy, &label).ok_or(PageError::NotFound)?;
    let acts = if visit.may(Action::SeeLedger) { clause_page::acts(&school, clause).await? } else { Vec::new() };
    let page = visit
        .page(format!("Clause {}", clause.number))
        .back("Our policy", format!("/policy#{}", super::wording::anchor(clause)));
    let page: ClausePage = clause_page::build(page, &ground, clause, &|href| may_open(&state, &visit, href), acts);
    html(&page)
}

async fn versions(State(state): State<Governance>, visit: Visit, may: MaySeePolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let versions = state.policies().versions(&school).await?;
    let rows = versions.iter().map(|version| version_page::row(version, visit.now())).collect();
    html(&VersionsPage { page: visit.page("Versions of the policy"), rows })
}

async fn version(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySeePolicy,
    Path(digest): Path<String>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let policies = state.policies();
    let found = policies.version(&school, &digest, visit.now()).await?.ok_or(PageError::NotFound)?;
    let before = policies.before(&school, &found.version, visit.now()).await?;
    let whole = visit.may(Action::DraftPolicy) || visit.may(Action::EnactPolicy);
    let page: VersionPage = version_page::build(
        visit.page(version_page::name(&found.version)).back("Versions", "/policy/versions"),
        &found,
        before.as_deref(),
        whole,
        visit.now(),
    );
    html(&page)
}

async fn json(State(state): State<Governance>, visit: Visit, may: MaySeePolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let states = stored(state.standings().load(&school, visit.now()).await)?;
    let ground = Ground::new(&in_force.policy, in_force.registry(), &states, visit.now());
    Ok(Json(api::answer(&in_force, &ground, &|href| may_open(&state, &visit, href))).into_response())
}

fn none(visit: &Visit) -> Result<Response, PageError> {
    html(&NoPolicyPage { page: visit.page("No policy is in force yet") })
}

/// Whether the reader may open a page that evidence points to. What is not known here is not shown.
fn may_open(state: &Governance, visit: &Visit, href: &str) -> bool {
    const PAGES: [(&str, Action); 12] = [
        ("/accounts", Action::ManageAccounts),
        ("/agreements/coverage", Action::SeeCoverage),
        ("/agreements", Action::SignAgreement),
        ("/filter/lists", Action::SeeLists),
        ("/filter/requests", Action::AnswerRequests),
        ("/filter/why", Action::Explain),
        ("/ledger", Action::SeeLedger),
        ("/monitor/activity", Action::SeeActivity),
        ("/people/roles", Action::SeePolicy),
        ("/people", Action::SeePeople),
        ("/policy/print", Action::ReadPolicy),
        ("/policy", Action::SeePolicy),
    ];
    let within =
        |page: &str| href.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    PAGES.iter().find(|(page, _)| within(page)).is_some_and(|(_, action)| visit.may(*action))
        || visit.session().is_some_and(|session| state.roll().opens(session, href, visit.now()))
}

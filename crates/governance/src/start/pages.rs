//! The page of the first week.

use std::collections::HashMap;

use axum::{Form, extract::State};
use jiff::Timestamp;
use policy::Severity;
use store::School;
use webkit::{
    Action, PageError, PageResult, Permit, Routes, Session, Visit, Who, html, kit::Next, permit::MayDraftPolicy,
};

use super::{
    asking::Asking,
    begin,
    starters::Starter,
    steps::{self, Part, Step},
    views::{PartView, StartPage, StarterView, StepView},
};
use crate::{
    drafts::{
        approvals,
        service::{self, Draft},
    },
    policy_pages::{service::InForce, states::States},
    state::{Governance, stored},
};

/// The routes of the first week.
pub fn routes() -> Routes<Governance> {
    let draft = Who::May(Action::DraftPolicy);
    Routes::new().get("/start", draft, page).post("/start", draft, choose)
}

async fn page(State(state): State<Governance>, visit: Visit, session: Session, may: MayDraftPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else {
        let drafts = service::all(&school).await?;
        // The one that is furthest, of those the one that was changed last.
        let draft = drafts
            .iter()
            .filter(|draft| draft.state.is_live())
            .max_by_key(|draft| (draft.state == service::State::Submitted, draft.changed_at));
        let mut page = without_policy(&visit, draft.is_some());
        if let Some((draft, policy)) = draft.and_then(|draft| Some((draft, draft.digest(visit.now())?.1))) {
            let people = state.roll().people(&school, visit.now()).await.map_err(PageError::internal)?;
            let approval = approval(&school, draft, visit.now()).await?;
            page.steps = begin::steps(draft, &policy, &people, approval.as_ref());
            page.next = page.steps.iter().find(|step| step.next).map(next);
            page.lead = "A policy is chosen. The steps below bring it into force, and turn its clauses.".to_owned();
        }
        return html(&page);
    };
    let states = stored(state.standings().load(&school, visit.now()).await)?;
    let people = state.roll().people(&school, visit.now()).await.map_err(PageError::internal)?;
    html(&first_week(&visit, &in_force, &states, &Asking::of(&in_force, &people, session.person())))
}

/// How far a draft has come that waits for approval.
async fn approval(school: &School, draft: &Draft, now: Timestamp) -> Result<Option<begin::Approval>, PageError> {
    let waits = (draft.state == service::State::Submitted).then(|| draft.digest(now)).flatten();
    let Some((digest, policy)) = waits else { return Ok(None) };
    let answers = approvals::answers(school, &digest.to_string()).await.map_err(PageError::internal)?;
    let bodies = approvals::bodies(None, &policy);
    Ok(Some(begin::Approval {
        href: format!("/policy/approvals/{digest}"),
        missing: approvals::missing(&bodies, &answers).iter().map(|body| body.in_words()).collect(),
    }))
}

/// A school without a policy: it chooses one.
fn without_policy(visit: &Visit, drafts: bool) -> StartPage {
    let today = visit.school_time().date();
    let starter = |starter: Starter| {
        let checked = rules::check(&starter.source(), today);
        let clauses = checked
            .policy
            .as_ref()
            .map_or(0, |policy| policy.clauses.iter().filter(|clause| !clause.bindings.is_empty()).count());
        let agreements = checked.policy.as_ref().map_or(0, |policy| policy.agreements.len());
        let sound = !checked.diagnostics.iter().any(|it| it.severity == Severity::Error);
        StarterView {
            id: starter.id(),
            title: starter.title(),
            says: if sound {
                format!("{clauses} clauses that ask for something, and {agreements} agreements to sign.")
            } else {
                "It has to be put right before it can be in force.".to_owned()
            },
        }
    };
    StartPage {
        page: visit.page("Begin"),
        title: "Begin with a policy".to_owned(),
        lead: "Choose one that fits your school. You change what you need, those whom it names approve it, and you put it in force.".to_owned(),
        next: drafts.then(|| {
            Next::new("A draft is under way", "Read it, change what you need, and ask for approval.")
                .button("Go to the drafts", "/policy/drafts")
        }),
        starters: Starter::ALL.into_iter().map(starter).collect(),
        drafts,
        steps: Vec::new(),
    }
}

/// The next best step, with what it turns: of several things to do, that which turns most.
fn next(view: &StepView) -> Next {
    let best = view.parts.first();
    let says = if let Some(part) = best.filter(|part| part.turns > 0) {
        let all = if view.turns > part.turns { format!(" of the {} of this step", view.turns) } else { String::new() };
        let ask = if part.ask.is_empty() { String::new() } else { format!(" {}", part.ask) };
        format!("{}. This turns {}{all}.{ask}", part.title.trim_end_matches('.'), clauses(part.turns))
    } else if view.turns > 0 {
        format!("{} This turns {}.", view.says, clauses(view.turns))
    } else if view.waits > 0 {
        let waits = if view.waits == 1 { "1 clause waits".to_owned() } else { format!("{} clauses wait", view.waits) };
        format!("{} {waits} for it, and for more.", view.says)
    } else {
        view.says.clone()
    };
    let href = best.map_or(view.href.clone(), |part| part.href.clone());
    Next::new(view.title.clone(), says).eyebrow("Next step").button("Go there", href)
}

/// "1 clause", "3 clauses".
fn clauses(count: usize) -> String {
    if count == 1 { "1 clause".to_owned() } else { format!("{count} clauses") }
}

fn first_week(visit: &Visit, in_force: &InForce, states: &States, asking: &Asking<'_>) -> StartPage {
    let policy = &in_force.policy;
    let now = visit.now();
    let asks = |clause: &&policy::Clause| !clause.bindings.is_empty();
    let judged =
        |clause: &policy::Clause| clause.bindings.iter().any(|binding| states.bindings.contains_key(&binding.key));
    if policy.clauses.iter().any(|clause| asks(&clause)) && !policy.clauses.iter().any(judged) {
        return StartPage {
            page: visit.page("The first week"),
            title: "Your policy is in force".to_owned(),
            lead: "Gatehouse looks at each clause for the first time. That takes a few seconds.".to_owned(),
            next: Some(
                Next::new("See what is kept already", "And what turns most of the rest.")
                    .eyebrow("Next step")
                    .button("Look again", "/start"),
            ),
            starters: Vec::new(),
            drafts: false,
            steps: Vec::new(),
        };
    }
    let all = steps::steps(policy, states, now);
    let parts = [
        (
            Part::People,
            "Bring in your people",
            "Pupils, staff, governors, parents and classes, from the file of your records system.",
            "/people/import",
        ),
        (
            Part::Roles,
            "Say who answers for what",
            "Each responsibility with a holder, and a deputy where there is one.",
            "/people/roles",
        ),
        (
            Part::Registers,
            "Enter what exists",
            "What your school has in spreadsheets today goes in by import.",
            "/registers",
        ),
        (Part::Other, "Everything else", "Each of these stands by itself.", "/policy?standing=not-kept"),
    ];
    let mut views: Vec<StepView> = vec![StepView {
        title: "Put your policy in force".to_owned(),
        says: crate::policy_pages::version_page::caption(in_force, false),
        href: "/policy".to_owned(),
        done: true,
        next: false,
        turns: 0,
        waits: 0,
        parts: Vec::new(),
    }];
    for (part, title, says, href) in parts {
        let own: Vec<&Step> = all.iter().filter(|step| step.part == part).collect();
        let waits = own.iter().map(|step| step.waits).sum::<usize>();
        views.push(StepView {
            title: title.to_owned(),
            says: if waits == 0 { "No clause waits for it.".to_owned() } else { says.to_owned() },
            href: href.to_owned(),
            done: waits == 0,
            next: false,
            turns: steps::turned_by(policy, states, now, part),
            waits,
            parts: own
                .iter()
                .take(12)
                .map(|step| PartView {
                    title: step.mend.clone(),
                    href: step.href.clone(),
                    turns: step.turns,
                    ask: asking.whom(&step.href),
                })
                .collect(),
        });
    }
    let best = views
        .iter()
        .enumerate()
        .filter(|(_, view)| view.waits > 0)
        .max_by_key(|(at, view)| (view.turns, std::cmp::Reverse(*at)));
    let best = best.map(|(at, _)| at);
    if let Some(view) = best.and_then(|at| views.get_mut(at)) {
        view.next = true;
    }
    let kept = policy
        .clauses
        .iter()
        .filter_map(|clause| states.of_clause(clause, now))
        .filter(|state| state.standing == kernel::Standing::Kept)
        .count();
    let total = policy.clauses.iter().filter(|clause| !clause.bindings.is_empty()).count();
    let not_kept: usize = policy
        .clauses
        .iter()
        .filter_map(|clause| states.of_clause(clause, now))
        .filter(|state| matches!(state.standing, kernel::Standing::NotKept { .. }))
        .count();
    StartPage {
        page: visit.page("The first week"),
        title: format!(
            "A good start: {} kept",
            if kept == 1 { "1 clause is".to_owned() } else { format!("{kept} clauses are") }
        ),
        lead: format!(
            "Your policy is in force, so Gatehouse says what is so and what is not yet. Of {total} clauses that ask for something, {not_kept} are not kept today. The steps below turn them, in any order."
        ),
        next: best.and_then(|at| views.get(at)).map(next),
        starters: Vec::new(),
        drafts: false,
        steps: views,
    }
}

/// Begins a draft from a policy to begin with.
async fn choose(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let asked = fields.get("starter").map_or("", String::as_str);
    let starter =
        Starter::ALL.into_iter().find(|it| it.id() == asked).ok_or_else(|| PageError::bad("Choose a policy"))?;
    let today = visit.school_time().date();
    let mut source = starter.source();
    // The days are those of the school that begins.
    let next_year = today.checked_add(jiff::Span::new().years(1)).unwrap_or(today);
    for (key, day) in [(policy::edit::FrontKey::Issued, today), (policy::edit::FrontKey::Review, next_year)] {
        if let Ok(changed) = policy::edit::set_front(&source, key, &day.to_string()) {
            source = changed;
        }
    }
    let base = state.in_force(&school, visit.now()).await?.map(|it| it.digest());
    let id = service::begin(&school, may, starter.title(), base, source, visit.now()).await?;
    Ok(visit.see_other_saying(
        &format!("/policy/drafts/{id}"),
        "The draft is begun. Read it, change what you need, then ask for approval.",
    ))
}

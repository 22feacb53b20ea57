//! What waits for approval, and the page on which it is read and answered.

use std::collections::{BTreeMap, HashMap};

use axum::{
    Form,
    extract::{Path, State},
};
use kernel::PersonId;
use policy::Policy;
use rules::policy::approve::Body;
use store::School;
use uuid::Uuid;
use webkit::{
    Action, PageError, PageResult, Routes, Session, Visit, Who,
    error::refused,
    html,
    kit::{Choice, Choices, Field, Mistakes, TextArea},
    permit::MayEnactPolicy,
};

use super::{
    approvals::{self, Answer, ApprovalError, Given, Speaks},
    pages::{by_and_on, names, service_digest},
    service::{self, Draft, State as Stands},
    text,
    views::{ApprovalPage, ApprovalsPage, BodyRow, WaitingRow},
};
use crate::{
    policy_pages::{
        diff,
        service::{EnactError, InForce},
        version_page,
    },
    state::Governance,
};

/// The routes of approvals.
pub fn routes() -> Routes<Governance> {
    Routes::new()
        .get("/policy/approvals", Who::Named, list)
        .get("/policy/approvals/{digest}", Who::Named, page)
        .post("/policy/approvals/{digest}", Who::Named, answer)
        .post("/policy/approvals/{digest}/enact", Who::May(Action::EnactPolicy), enact)
}

/// A text that may be approved.
struct Text {
    digest: String,
    title: String,
    policy: Policy,
    /// The draft that it is; none where it is in force.
    draft: Option<Draft>,
    /// What the act is about.
    subject: Uuid,
}

/// Whether somebody may read what waits: they speak for a body, or draft or enact policies.
fn may_read(visit: &Visit, session: &Session, bodies: &[Body]) -> bool {
    visit.may(Action::DraftPolicy)
        || visit.may(Action::EnactPolicy)
        || bodies.iter().any(|body| Speaks::ask(session, visit.rights(), body).is_some())
}

/// What waits: drafts that were submitted, and the version in force where it lacks an approval.
async fn waiting(school: &School, visit: &Visit, in_force: Option<&InForce>) -> Result<Vec<Text>, PageError> {
    let mut texts = Vec::new();
    for draft in service::all(school).await?.into_iter().filter(|draft| draft.state == Stands::Submitted) {
        let Some((digest, policy)) = draft.digest(visit.now()) else { continue };
        texts.push(Text {
            digest: digest.to_string(),
            title: draft.title.clone(),
            policy,
            subject: draft.id,
            draft: Some(draft),
        });
    }
    if let Some(in_force) = in_force {
        texts.push(Text {
            digest: in_force.digest().to_string(),
            title: format!("{}, in force", version_page::name(&in_force.version)),
            policy: in_force.policy.clone(),
            subject: in_force.version.id.0,
            draft: None,
        });
    }
    Ok(texts)
}

/// The answers about a text; about the one in force also those that it was enacted with.
async fn answers(
    school: &School,
    text: &Text,
    in_force: Option<&InForce>,
) -> Result<BTreeMap<String, Answer>, PageError> {
    let mut answers = approvals::answers(school, &text.digest).await.map_err(PageError::internal)?;
    if let (None, Some(in_force)) = (&text.draft, in_force) {
        for approval in &in_force.version.approvals {
            let body = kernel::AudienceAtom::parse(&approval.by)
                .map_or_else(|_| approval.by.clone(), |atom| rules::policy::approve::body_id(&atom));
            let at = in_force.version.enacted_at;
            answers.entry(body).or_insert(Answer { approved: true, words: String::new(), person: approval.person, at });
        }
    }
    Ok(answers)
}

async fn list(State(state): State<Governance>, visit: Visit, session: Session) -> PageResult {
    let school = state.school(session.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?;
    let mut rows = Vec::new();
    let mut allowed = visit.may(Action::DraftPolicy) || visit.may(Action::EnactPolicy);
    for text in waiting(&school, &visit, in_force.as_deref()).await? {
        let bodies = approvals::bodies(in_force.as_deref().filter(|_| text.draft.is_some()), &text.policy);
        let answers = answers(&school, &text, in_force.as_deref()).await?;
        let open: Vec<_> = bodies.iter().filter(|body| !answers.get(&body.id).is_some_and(|it| it.approved)).collect();
        allowed |= may_read(&visit, &session, &bodies);
        if text.draft.is_none() && open.is_empty() || !may_read(&visit, &session, &bodies) {
            continue;
        }
        rows.push(WaitingRow {
            title: text.title.clone(),
            href: format!("/policy/approvals/{}", text.digest),
            says: match open.as_slice() {
                [] => "Everybody who is asked has approved it. It can be put in force.".to_owned(),
                open => format!("Waits for {}.", listed(&open.iter().map(|body| body.in_words()).collect::<Vec<_>>())),
            },
            mine: open.iter().any(|body| Speaks::ask(&session, visit.rights(), body).is_some()),
        });
    }
    if !allowed {
        return Err(PageError::Forbidden("approve the policy".to_owned()));
    }
    let mine = rows.iter().filter(|row| row.mine).count();
    html(&ApprovalsPage {
        page: visit.page("Approval of the policy").back("Our policy", "/policy"),
        lead: match (rows.len(), mine) {
            (0, _) => "Nothing waits for approval.".to_owned(),
            (_, 0) => "Nothing waits for you.".to_owned(),
            (_, 1) => "1 text waits for your answer.".to_owned(),
            (_, many) => format!("{many} texts wait for your answer."),
        },
        rows,
    })
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The text of an address, with all that its page needs.
struct Opened {
    school: School,
    in_force: Option<std::sync::Arc<InForce>>,
    text: Text,
    bodies: Vec<Body>,
}

async fn open(state: &Governance, visit: &Visit, session: &Session, digest: &str) -> Result<Opened, PageError> {
    let school = state.school(session.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?;
    let texts = waiting(&school, visit, in_force.as_deref()).await?;
    let Some(text) = texts.into_iter().find(|text| text.digest == digest) else {
        return Err(PageError::Conflict(
            "This text does not wait for approval any more: it was changed, taken back or put in force".to_owned(),
        ));
    };
    let bodies = approvals::bodies(in_force.as_deref().filter(|_| text.draft.is_some()), &text.policy);
    if !may_read(visit, session, &bodies) {
        return Err(PageError::Forbidden("approve the policy".to_owned()));
    }
    Ok(Opened { school, in_force, text, bodies })
}

async fn page(
    State(state): State<Governance>,
    visit: Visit,
    session: Session,
    Path(digest): Path<String>,
) -> PageResult {
    let opened = open(&state, &visit, &session, &digest).await?;
    html(&approval_page(&state, &visit, &session, &opened, &HashMap::new(), &Mistakes::new()).await?)
}

async fn approval_page(
    state: &Governance,
    visit: &Visit,
    session: &Session,
    opened: &Opened,
    typed: &HashMap<String, String>,
    mistakes: &Mistakes,
) -> Result<ApprovalPage, PageError> {
    let Opened { school, in_force, text, bodies } = opened;
    let registry = &rules::controls_of(&text.policy.source).registry;
    let today = visit.school_time().date();
    let names = names(state, school, visit).await?;
    let answers = answers(school, text, in_force.as_deref()).await?;
    let rows: Vec<_> = bodies.iter().map(|body| row(body, &answers, &names, visit, session)).collect();
    let missing = approvals::missing(bodies, &answers);
    let base = in_force.as_deref().filter(|_| text.draft.is_some());
    let mine: Vec<BodyRow> = rows.iter().filter(|row| row.mine).cloned().collect();
    let asked = !mine.is_empty();
    let enact = text.draft.is_some() && missing.is_empty() && visit.may(Action::EnactPolicy);
    let page = visit.page("Approve the policy").back("Approvals", "/policy/approvals");
    let value = |name: &str| typed.get(name).cloned().unwrap_or_default();
    Ok(ApprovalPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        caption: text.title.clone(),
        title: format!("{}, version {}", text.policy.front.title, text.policy.front.version),
        lead: match (asked, missing.as_slice()) {
            (true, _) => {
                "Read what changes and what the system would do about it. Then answer for those whom you speak for."
                    .to_owned()
            }
            (false, []) => "Everybody who is asked has approved it.".to_owned(),
            (false, missing) => {
                format!("It waits for {}.", listed(&missing.iter().map(|body| body.in_words()).collect::<Vec<_>>()))
            }
        },
        href: format!("/policy/approvals/{}", text.digest),
        digest: text.digest.clone(),
        only: match mine.as_slice() {
            [one] => Some(one.id.clone()),
            _ => None,
        },
        speaks: Choices::radios(
            "body",
            "For whom do you answer?",
            mine.iter().map(|row| Choice::new(row.id.clone(), row.title.clone())).collect(),
        )
        .chosen(value("body"))
        .check(mistakes),
        bodies: rows,
        asked,
        because: TextArea::new("because", "Not yet, because")
            .hint("Say what is missing. Those who write the draft read it.")
            .value(value("because"))
            .check(mistakes),
        changes: base.map(|it| diff::changes(&it.policy, &text.policy, today, true)).unwrap_or_default(),
        compared: base.is_some(),
        blocks: text::blocks(&text.policy, registry, today, None, &[]),
        enact,
        from: Field::text("from", "In force from")
            .hint("As 2026-09-01; today, where you leave it empty")
            .value(value("from"))
            .as_typed()
            .width("10")
            .check(mistakes),
        draft: text.draft.as_ref().map(|draft| (draft.href(), draft.version)),
    })
}

fn row(
    body: &Body,
    answers: &BTreeMap<String, Answer>,
    names: &HashMap<PersonId, String>,
    visit: &Visit,
    session: &Session,
) -> BodyRow {
    let answer = answers.get(&body.id);
    let mut title = body.title.clone();
    if let Some(head) = title.get_mut(..1) {
        head.make_ascii_uppercase();
    }
    let approved = answer.is_some_and(|it| it.approved);
    BodyRow {
        id: body.id.clone(),
        title,
        says: match answer {
            None => "Has not answered yet".to_owned(),
            Some(it) => {
                let word = if it.approved { "Approved" } else { "Not yet" };
                match it.person {
                    Some(_) => format!("{word}, said {}", by_and_on(names, it.person, it.at)),
                    None => format!("{word}, as whoever put it in force said"),
                }
            }
        },
        words: answer.map(|it| it.words.clone()).unwrap_or_default(),
        approved,
        mine: !approved && Speaks::ask(session, visit.rights(), body).is_some(),
    }
}

async fn answer(
    State(state): State<Governance>,
    visit: Visit,
    session: Session,
    Path(digest): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let opened = open(&state, &visit, &session, &digest).await?;
    let asked = fields.get("body").map_or("", String::as_str);
    let body = opened.bodies.iter().find(|body| body.id == asked).cloned();
    let Some(body) = body else {
        let mut mistakes = Mistakes::new();
        mistakes.add("body", "Choose for whom you answer");
        return refused(&approval_page(&state, &visit, &session, &opened, &fields, &mistakes).await?);
    };
    let body = &body;
    let speaks = Speaks::ask(&session, visit.rights(), body)
        .ok_or_else(|| PageError::Forbidden(format!("answer for {}", body.in_words())))?;
    let approved = fields.get("answer").map(String::as_str) == Some("approve");
    let words = if approved { String::new() } else { fields.get("because").cloned().unwrap_or_default() };
    let given = Given { digest: digest.clone(), approved, words };
    let done =
        approvals::answer(&opened.school, speaks, body, &opened.bodies, opened.text.subject, given, visit.now()).await;
    let mut mistakes = Mistakes::new();
    match done {
        Ok(()) => {
            let says = if approved {
                "Your approval is kept with its date."
            } else {
                "Your answer is kept. Those who write the draft read it."
            };
            return Ok(visit.see_other_saying(&format!("/policy/approvals/{digest}"), says));
        }
        Err(ApprovalError::NoReason) => mistakes.add("because", "Say what is missing"),
        Err(ApprovalError::TooLong) => mistakes.add("because", "Write at most 2,000 characters"),
        Err(ApprovalError::TooEarly(others)) => {
            return Err(PageError::Conflict(format!("The policy asks {others} first")));
        }
        Err(error @ (ApprovalError::NotAsked(_) | ApprovalError::NotYours(_) | ApprovalError::Store(_))) => {
            return Err(PageError::internal(error));
        }
    }
    refused(&approval_page(&state, &visit, &session, &opened, &fields, &mistakes).await?)
}

async fn enact(
    State(state): State<Governance>,
    visit: Visit,
    session: Session,
    may: MayEnactPolicy,
    Path(digest): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let opened = open(&state, &visit, &session, &digest).await?;
    let draft =
        opened.text.draft.as_ref().ok_or_else(|| PageError::Conflict("This version is in force already".to_owned()))?;
    let mut mistakes = Mistakes::new();
    let from = match fields.get("from").map_or("", |text| text.trim()) {
        "" => None,
        day => match day.parse() {
            Ok(day) => Some(day),
            Err(_) => {
                mistakes.add("from", "Enter a day, such as 2026-09-01");
                return refused(&approval_page(&state, &visit, &session, &opened, &fields, &mistakes).await?);
            }
        },
    };
    debug_assert_eq!(service_digest(&opened.text.policy).to_string(), digest);
    match state.policies().enact_draft(&opened.school, may, draft, from, visit.now()).await {
        Ok(enacted) => {
            let version = version_page::name(&enacted.now.version);
            let day = kernel::time::date_in_words(kernel::SchoolTime::new(enacted.now.version.from).date());
            Ok(visit.see_other_saying("/policy", &format!("{version} is in force from {day}.")))
        }
        Err(EnactError::Past { .. }) => {
            mistakes.add("from", "Enter today or a later day");
            refused(&approval_page(&state, &visit, &session, &opened, &fields, &mistakes).await?)
        }
        Err(
            error @ (EnactError::Approval { .. }
            | EnactError::Changed
            | EnactError::Same { .. }
            | EnactError::Check { .. }),
        ) => {
            let text = error.to_string();
            let mut letters = text.chars();
            let text =
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or(text.clone());
            Err(PageError::Conflict(text))
        }
        Err(
            error @ (EnactError::NotAsked { .. }
            | EnactError::NotFirst
            | EnactError::OtherSchool
            | EnactError::Policy(_)
            | EnactError::Store(_)),
        ) => Err(PageError::internal(error)),
    }
}

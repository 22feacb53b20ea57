//! Asking for a site, and answering. An answer opens nothing by itself: what is open stands in the policy.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
};
use kernel::SchoolTime;
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::{filter_request, people_person},
    query::{ColumnTrait as _, NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Field, Mistakes},
    permit::{MayAnswerRequests, MayAskForSite},
};

use crate::Traffic;

#[derive(Template)]
#[template(path = "filter/ask.html")]
struct AskPage {
    page: Page,
    summary: Option<ErrorSummary>,
    site: Field,
    reason: Field,
    mine: Vec<RequestRow>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AskForm {
    #[serde(default)]
    site: String,
    #[serde(default)]
    reason: String,
}

fn ask_page(visit: &Visit, form: &AskForm, mistakes: &Mistakes, mine: Vec<RequestRow>) -> AskPage {
    let page = visit.page("Ask for a site");
    AskPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        site: Field::text("site", "Which site?").as_typed().value(form.site.clone()).check(mistakes),
        reason: Field::text("reason", "What do you need it for?").value(form.reason.clone()).check(mistakes),
        mine,
    }
}

/// What somebody has asked for, newest first: an answer is promised, and stands here.
async fn mine(school: &School, may: MayAskForSite) -> Result<Vec<RequestRow>, PageError> {
    let found = school
        .read()
        .find::<filter_request::Entity>()
        .filter(filter_request::Column::PersonId.eq(may.by().0))
        .descending(filter_request::Column::AskedAt)
        .limit(20)
        .all()
        .await
        .map_err(PageError::internal)?;
    Ok(found.into_iter().map(|row| RequestRow::new(row, String::new())).collect())
}

pub(crate) async fn ask(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayAskForSite,
    Query(form): Query<AskForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&ask_page(&visit, &form, &Mistakes::new(), mine(&school, may).await?))
}

pub(crate) async fn asked(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayAskForSite,
    Form(form): Form<AskForm>,
) -> PageResult {
    let mut mistakes = Mistakes::new();
    let typed = form.site.trim();
    let host = filter::Host::parse(typed.split("://").last().unwrap_or(typed).split('/').next().unwrap_or(typed));
    if host.is_err() {
        mistakes.add("site", "Write the name of the site, such as www.example.org");
    }
    match form.reason.trim().chars().count() {
        0 => mistakes.add("reason", "Write what you need it for"),
        1..=500 => {}
        _ => mistakes.add("reason", "Write it in 500 letters or fewer"),
    }
    let school = state.school(may.school()).await?;
    let Some(host) = host.ok().filter(|_| mistakes.is_empty()) else {
        return refused(&ask_page(&visit, &form, &mistakes, mine(&school, may).await?));
    };
    let now = visit.now();
    let id = store::ids::new_id(now).map_err(PageError::internal)?;
    let row = filter_request::ActiveModel {
        id: Set(id),
        school_id: NotSet,
        person_id: Set(Some(may.by().0)),
        site: Set(host.as_str().to_owned()),
        reason: Set(form.reason.trim().to_owned()),
        asked_at: Set(millis(now)),
        state: Set("open".to_owned()),
        answered_at: Set(None),
        answered_by: Set(None),
        answer: Set(None),
    };
    school
        .act(Act::new("filter.ask", may.by()).about(id), now, async move |tx| tx.insert(row).await)
        .await
        .map_err(PageError::internal)?;
    Ok(visit.see_other_saying("/filter/ask", "Thank you. Somebody will look at the site. Their answer stands here."))
}

#[derive(Template)]
#[template(path = "filter/requests.html")]
struct RequestsPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    open: Vec<RequestRow>,
    answered: Vec<RequestRow>,
}

struct RequestRow {
    id: Uuid,
    site: String,
    reason: String,
    who: String,
    asked: String,
    answer: Option<String>,
    typed: String,
    mistake: Option<String>,
}

impl RequestRow {
    fn new(row: filter_request::Model, who: String) -> Self {
        Self {
            id: row.id,
            site: row.site,
            reason: row.reason,
            who,
            asked: jiff::Timestamp::from_millisecond(row.asked_at)
                .map(|at| SchoolTime::new(at).day_in_words())
                .unwrap_or_default(),
            answer: row.answer,
            typed: String::new(),
            mistake: None,
        }
    }
}

/// The newest requests; with an answer that was not taken, what is missing in it.
async fn requests_page(
    visit: &Visit,
    school: &School,
    wrong: Option<(Uuid, String, &str)>,
) -> Result<RequestsPage, PageError> {
    let rows = school.read();
    let found = rows
        .find::<filter_request::Entity>()
        .descending(filter_request::Column::AskedAt)
        .limit(100)
        .all()
        .await
        .map_err(PageError::internal)?;
    let mut mistakes = Mistakes::new();
    let (mut open, mut answered) = (Vec::new(), Vec::new());
    for row in found {
        let who = match row.person_id {
            Some(id) => rows.get::<people_person::Entity>(id).await.map_err(PageError::internal)?,
            None => None,
        };
        let who = who.map(|person| format!("{} {}", person.given_name, person.family_name));
        let mut row = RequestRow::new(row, who.unwrap_or_else(|| "Somebody".to_owned()));
        if let Some((_, typed, text)) = wrong.as_ref().filter(|(id, ..)| *id == row.id) {
            mistakes.add(&format!("answer-{}", row.id), *text);
            row.typed.clone_from(typed);
            row.mistake = Some((*text).to_owned());
        }
        if row.answer.is_none() { open.push(row) } else { answered.push(row) }
    }
    let page = visit.page("Requests for sites").back("Filter", "/filter/why");
    Ok(RequestsPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        lead: match open.len() {
            0 => "Nobody waits for an answer.".to_owned(),
            1 => "1 person waits for an answer.".to_owned(),
            more => format!("{more} requests wait for an answer."),
        },
        open,
        answered,
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayAnswerRequests) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&requests_page(&visit, &school, None).await?)
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AnswerForm {
    #[serde(default)]
    answer: String,
}

pub(crate) async fn answer(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayAnswerRequests,
    Path(id): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> PageResult {
    let answer = form.answer.trim().to_owned();
    let school = state.school(may.school()).await?;
    let mistake = match answer.chars().count() {
        0 => Some("Write an answer"),
        1..=500 => None,
        _ => Some("Write the answer in 500 letters or fewer"),
    };
    if let Some(text) = mistake {
        return refused(&requests_page(&visit, &school, Some((id, form.answer, text))).await?);
    }
    let now = visit.now();
    let act = Act::new("filter.answer", may.by()).about(id).with(json!({ "letters": answer.chars().count() }));
    school
        .act(act, now, async move |tx| {
            let row = tx.find::<filter_request::Entity>().filter(filter_request::Column::Id.eq(id)).one().await?;
            if row.is_none() {
                return Err(StoreError::NotFound("filter_request"));
            }
            tx.update(filter_request::ActiveModel {
                id: Set(id),
                state: Set("answered".to_owned()),
                answered_at: Set(Some(millis(now))),
                answered_by: Set(Some(may.by().0)),
                answer: Set(Some(answer)),
                ..Default::default()
            })
            .await
        })
        .await
        .map_err(|error| {
            if matches!(error, StoreError::NotFound(_)) { PageError::NotFound } else { PageError::internal(error) }
        })?;
    Ok(visit.see_other_saying("/filter/requests", "Your answer is kept."))
}

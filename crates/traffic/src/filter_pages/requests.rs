//! Asking for a site, and answering. An answer opens nothing by itself: what is open stands in the policy.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
};
use kernel::SchoolTime;
use serde_json::json;
use store::{
    Act, StoreError,
    entity::filter_request,
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
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AskForm {
    #[serde(default)]
    site: String,
    #[serde(default)]
    reason: String,
}

fn ask_page(visit: &Visit, form: &AskForm, mistakes: &Mistakes) -> AskPage {
    let page = visit.page("Ask for a site");
    AskPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        site: Field::text("site", "Which site?").as_typed().value(form.site.clone()).check(mistakes),
        reason: Field::text("reason", "What do you need it for?").value(form.reason.clone()).check(mistakes),
    }
}

pub(crate) async fn ask(visit: Visit, _: MayAskForSite, Query(form): Query<AskForm>) -> PageResult {
    html(&ask_page(&visit, &form, &Mistakes::new()))
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
    let Some(host) = host.ok().filter(|_| mistakes.is_empty()) else {
        return refused(&ask_page(&visit, &form, &mistakes));
    };
    let school = state.school(may.school()).await?;
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
    Ok(visit.see_other_saying("/", "Thank you. Somebody will look at the site and answer you."))
}

#[derive(Template)]
#[template(path = "filter/requests.html")]
struct RequestsPage {
    page: Page,
    rows: Vec<RequestRow>,
}

struct RequestRow {
    id: Uuid,
    site: String,
    reason: String,
    asked: String,
    answer: Option<String>,
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayAnswerRequests) -> PageResult {
    let school = state.school(may.school()).await?;
    let found = school
        .read()
        .find::<filter_request::Entity>()
        .descending(filter_request::Column::AskedAt)
        .limit(100)
        .all()
        .await
        .map_err(PageError::internal)?;
    let rows = found
        .into_iter()
        .map(|row| RequestRow {
            id: row.id,
            site: row.site,
            reason: row.reason,
            asked: jiff::Timestamp::from_millisecond(row.asked_at)
                .map(|at| SchoolTime::new(at).day_in_words())
                .unwrap_or_default(),
            answer: row.answer,
        })
        .collect();
    html(&RequestsPage { page: visit.page("Requests for sites"), rows })
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
    if answer.is_empty() || answer.chars().count() > 500 {
        return Err(PageError::bad("Write an answer of 1 to 500 letters"));
    }
    let school = state.school(may.school()).await?;
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

//! `/filter/suspensions`: whose use of the internet is stopped, until when, and stopping it.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use store::School;
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Field, Mistakes, TextArea},
    permit::MaySuspendAccess,
};

use super::service::{self, New, is_open};
use crate::{Traffic, changes::cite, forms};

#[derive(Template)]
#[template(path = "suspensions/all.html")]
struct SuspensionsPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    open: Vec<Row>,
    before: Vec<Row>,
    who: Field,
    reason: TextArea,
    until: Field,
}

struct Row {
    id: Uuid,
    name: String,
    reason: String,
    decided: String,
    until: String,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct SuspendForm {
    #[serde(default)]
    who: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    until: String,
}

async fn page(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    form: &SuspendForm,
    mistakes: &Mistakes,
) -> Result<SuspensionsPage, PageError> {
    let (provides, now) = (state.gate().provides(school.id()), visit.now());
    let rows = service::latest(school).await.map_err(PageError::internal)?;
    let people = rows.iter().flat_map(|row| [Some(row.person_id), row.suspended_by]).collect::<Vec<_>>();
    let names = forms::names(school, people).await.map_err(PageError::internal)?;
    let (mut open, mut before) = (Vec::new(), Vec::new());
    for row in rows {
        let holds = is_open(&row, now);
        let line = Row {
            id: row.id,
            name: forms::name(&names, Some(row.person_id)),
            reason: service::reason(school, &row).map_err(PageError::internal)?,
            decided: format!("{}, {}", forms::name(&names, row.suspended_by), forms::when(row.suspended_at, now)),
            until: match row.ended_at {
                Some(ended) => format!("Ended {}", forms::when(ended, now)),
                None if holds => forms::capital(&forms::until_words(row.until_at, now)),
                None => format!("Ended {}", forms::when(row.until_at - 1, now)),
            },
        };
        if holds { open.push(line) } else { before.push(line) }
    }
    let page = visit.page("Suspensions").back("Changes to filtering", "/filter/changes");
    Ok(SuspensionsPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        lead: match (&provides.suspension, open.len()) {
            (None, 0) => "The policy in force lets nobody stop somebody's use of the internet.".to_owned(),
            (_, 0) => "Nobody's use of the internet is stopped.".to_owned(),
            (_, 1) => "1 person's use of the internet is stopped.".to_owned(),
            (_, more) => format!("The use of the internet is stopped for {more} people."),
        },
        clause: cite(provides.suspension.as_ref()),
        open,
        before: before.into_iter().take(50).collect(),
        who: Field::text("who", "Whose?").hint("A username").as_typed().value(form.who.clone()).check(mistakes),
        reason: TextArea::new("reason", "Why?")
            .hint("Kept encrypted; read on this page and nowhere else")
            .value(form.reason.clone())
            .check(mistakes),
        until: Field::text("until", "Last day")
            .hint("Such as 18/12/2026. It ends by itself")
            .width("10")
            .value(form.until.clone())
            .check(mistakes),
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MaySuspendAccess) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&state, &school, &visit, &SuspendForm::default(), &Mistakes::new()).await?)
}

pub(crate) async fn suspend(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySuspendAccess,
    Form(form): Form<SuspendForm>,
) -> PageResult {
    let (school, now) = (state.school(may.school()).await?, visit.now());
    let mut mistakes = Mistakes::new();
    let person = forms::person("who", &form.who, &school, &mut mistakes).await?;
    let reason = forms::words("reason", &form.reason, "Write why", &mut mistakes);
    let until = forms::until("until", &form.until, now, &mut mistakes);
    if form.until.trim().is_empty() {
        mistakes.add("until", "Write the last day: it has to end");
    }
    let (Some(person), Some(until), true) = (person, until, mistakes.is_empty()) else {
        return refused(&page(&state, &school, &visit, &form, &mistakes).await?);
    };
    let new = New { person, reason, from: now, until };
    service::suspend(&school, &state.gate().provides(may.school()), may, new, now).await?;
    Ok(visit.see_other_saying("/filter/suspensions", "It holds now. The person sees it on the page of a closed site."))
}

pub(crate) async fn end(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySuspendAccess,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::end(&school, may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/suspensions", "It has ended."))
}

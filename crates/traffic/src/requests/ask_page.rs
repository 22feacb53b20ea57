//! `/filter/ask`: asking for a site, and what became of it.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
};
use filter::Address;
use kernel::Place;
use store::{School, entity::filter_request, query::ColumnTrait as _};
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Field, Mistakes},
    permit::MayAskForSite,
};

use super::service;
use crate::{Traffic, forms, matches::SealedNames, state::Asker};

#[derive(Template)]
#[template(path = "filter/ask.html")]
struct AskPage {
    page: Page,
    summary: Option<ErrorSummary>,
    site: Field,
    reason: Field,
    mine: Vec<Mine>,
}

/// A request of whoever reads the page.
struct Mine {
    site: String,
    reason: String,
    asked: String,
    answer: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AskForm {
    #[serde(default)]
    site: String,
    #[serde(default)]
    reason: String,
}

fn ask_page(visit: &Visit, form: &AskForm, mistakes: &Mistakes, mine: Vec<Mine>) -> AskPage {
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
async fn mine(visit: &Visit, school: &School, may: MayAskForSite) -> Result<Vec<Mine>, PageError> {
    let found = school
        .read()
        .find::<filter_request::Entity>()
        .filter(filter_request::Column::PersonId.eq(may.by().0))
        .descending(filter_request::Column::AskedAt)
        .limit(20)
        .all()
        .await
        .map_err(PageError::internal)?;
    Ok(found
        .into_iter()
        .map(|row| Mine {
            site: row.site,
            reason: row.reason,
            asked: forms::when(row.asked_at, visit.now()),
            answer: row.answer,
        })
        .collect())
}

pub(crate) async fn ask(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayAskForSite,
    Query(form): Query<AskForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&ask_page(&visit, &form, &Mistakes::new(), mine(&visit, &school, may).await?))
}

/// The part of a site that a rule closes to whoever asks, where the rest of the site is not meant.
fn closed_part(state: &Traffic, may: MayAskForSite, visit: &Visit, typed: &str) -> Option<String> {
    let (_, rest) = typed.split_once("://").unwrap_or(("", typed));
    let address = Address::parse(&format!("https://{rest}")).ok()?;
    let who = Asker::Person(may.by());
    let explained = state.gate().explain(may.school(), who, &Place::School, &visit.school_time(), &address)?;
    explained.decision.part().filter(|_| explained.decision.refuses()).map(str::to_owned)
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
    let reason = forms::words("reason", &form.reason, "Write what you need it for", &mut mistakes);
    let school = state.school(may.school()).await?;
    let Some(host) = host.ok().filter(|_| mistakes.is_empty()) else {
        return refused(&ask_page(&visit, &form, &mistakes, mine(&visit, &school, may).await?));
    };
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    // Whoever asks for what nobody may see is thanked like anybody else. The name is not kept.
    let withheld = sealed.hold_typed(typed);
    let reason = sealed.strip(&reason);
    sealed.write_down(&school, may.by(), visit.now()).await?;
    if !withheld {
        let site = closed_part(&state, may, &visit, typed).unwrap_or_else(|| host.to_string());
        service::ask(&school, may.by(), site, reason, visit.now()).await.map_err(PageError::internal)?;
    }
    Ok(visit.see_other_saying("/filter/ask", "Thank you. Somebody will look at the site. Their answer stands here."))
}

//! `/filter/status`: who holds the status that the policy asks for to change filtering.

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
    kit::{ErrorSummary, Field, Mistakes},
    permit::MayManageRoles,
};

use super::{list_page::cite, status};
use crate::{Traffic, forms, provides::Provides};

#[derive(Template)]
#[template(path = "changes/status.html")]
struct StatusPage {
    page: Page,
    summary: Option<ErrorSummary>,
    clause: Option<(String, String)>,
    status: Option<String>,
    holders: Vec<Holder>,
    who: Field,
}

struct Holder {
    id: Uuid,
    name: String,
    since: String,
}

async fn page(
    visit: &Visit,
    school: &School,
    provides: &Provides,
    typed: &str,
    mistakes: &Mistakes,
) -> Result<StatusPage, PageError> {
    let rows = status::holders(school).await.map_err(PageError::internal)?;
    let people = rows.iter().flat_map(|row| [Some(row.person_id), row.granted_by]).collect::<Vec<_>>();
    let names = forms::names(school, people).await.map_err(PageError::internal)?;
    let holders = rows
        .into_iter()
        .map(|row| Holder {
            id: row.id,
            name: forms::name(&names, Some(row.person_id)),
            since: format!(
                "From {}, {}",
                forms::name(&names, row.granted_by),
                forms::when(row.granted_at, visit.now())
            ),
        })
        .collect();
    let page = visit.page("Who may change filtering").back("Changes to filtering", "/filter/changes");
    Ok(StatusPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        clause: cite(provides.change.as_ref()),
        status: provides.status.clone(),
        holders,
        who: Field::text("who", "Whom do you give it to?").hint("A username").as_typed().value(typed).check(mistakes),
    })
}

pub(crate) async fn holders(State(state): State<Traffic>, visit: Visit, may: MayManageRoles) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&visit, &school, &state.gate().provides(may.school()), "", &Mistakes::new()).await?)
}

/// Whom somebody names.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    who: String,
}

pub(crate) async fn give(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayManageRoles,
    Form(form): Form<Named>,
) -> PageResult {
    let (school, provides) = (state.school(may.school()).await?, state.gate().provides(may.school()));
    let mut mistakes = Mistakes::new();
    let Some(person) = forms::person("who", &form.who, &school, &mut mistakes).await? else {
        return refused(&page(&visit, &school, &provides, &form.who, &mistakes).await?);
    };
    status::give(&school, &provides, may, person, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/status", "The status is given. It is kept who gave it."))
}

pub(crate) async fn end(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayManageRoles,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    status::end(&school, may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/status", "The status is taken back."))
}

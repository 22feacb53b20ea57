//! `/filter/sealed`: what was refused because a sealed list holds it, for the safeguarding lead alone.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use store::{
    School,
    entity::{access_device, filter_match},
    query::ColumnTrait as _,
};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Mistakes, TextArea},
    permit::MayOpenSealed,
};

use super::service;
use crate::{Traffic, forms};

#[derive(Template)]
#[template(path = "matches/all.html")]
struct SealedPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    rows: Vec<Row>,
    opened: Option<Opened>,
    /// Who asked the desk or a command about such an address, and when.
    asked: Vec<(String, String)>,
}

struct Row {
    id: Uuid,
    when: String,
    device: String,
    digest: String,
    clause: Option<String>,
    seen: Option<String>,
    reason: TextArea,
}

struct Opened {
    when: String,
    address: String,
}

/// Why somebody opens an address.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct OpenForm {
    #[serde(default)]
    reason: String,
}

async fn devices(school: &School, rows: &[filter_match::Model]) -> Result<HashMap<Uuid, String>, PageError> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.device_id).collect();
    let found = school.read().find::<access_device::Entity>().filter(access_device::Column::Id.is_in(ids)).all().await;
    Ok(found.map_err(PageError::internal)?.into_iter().map(|device| (device.id, device.label)).collect())
}

async fn page(
    visit: &Visit,
    school: &School,
    wrong: Option<(Uuid, &OpenForm, &Mistakes)>,
    opened: Option<(Uuid, String)>,
) -> Result<SealedPage, PageError> {
    let rows = service::latest(school, 200).await.map_err(PageError::internal)?;
    let asked = service::asked_lately(school, visit.now()).await.map_err(PageError::internal)?;
    let people = rows.iter().map(|row| row.opened_by).chain(asked.iter().map(|(who, _)| who.map(|who| who.0)));
    let names = forms::names(school, people.collect::<Vec<_>>()).await.map_err(PageError::internal)?;
    let devices = devices(school, &rows).await?;
    let now = visit.now();
    let opened = opened.and_then(|(id, address)| {
        let row = rows.iter().find(|row| row.id == id)?;
        Some(Opened { when: forms::when(row.at, now), address })
    });
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|row| {
            let field = TextArea::new(&format!("reason-{}", row.id), "Why do you open it?")
                .hint("For example the number that the police gave you. It stands in the ledger");
            let reason = match wrong {
                Some((id, form, mistakes)) if id == row.id => field.value(form.reason.clone()).check(mistakes),
                Some(_) | None => field,
            };
            Row {
                id: row.id,
                when: forms::capital(&forms::when(row.at, now)),
                device: match row.device_id {
                    Some(id) => devices.get(&id).cloned().unwrap_or_else(|| "A sign-in at the desk".to_owned()),
                    None => "A device that is not known".to_owned(),
                },
                digest: row.digest.chars().take(12).collect(),
                clause: row.clause,
                seen: row.opened_at.map(|at| {
                    format!("{} opened the address {}", forms::name(&names, row.opened_by), forms::when(at, now))
                }),
                reason: reason.called("reason"),
            }
        })
        .collect();
    let page = visit.page("Illegal material that was refused").back("Filter", "/filter/why");
    Ok(SealedPage {
        page: if wrong.is_some() { page.mistaken() } else { page },
        summary: wrong.and_then(|(_, _, mistakes)| mistakes.summary()),
        lead: match rows.len() {
            0 => "Nothing that a sealed list holds was asked for.".to_owned(),
            1 => "1 request was refused because a sealed list holds what it asked for.".to_owned(),
            more => format!("{more} requests were refused because a sealed list holds what they asked for."),
        },
        asked: asked
            .into_iter()
            .map(|(who, at)| {
                let who = who
                    .map_or("Somebody at the computer of Gatehouse".to_owned(), |who| forms::name(&names, Some(who.0)));
                (who, forms::capital(&forms::when(at, now)))
            })
            .collect(),
        rows,
        opened,
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayOpenSealed) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&visit, &school, None, None).await?)
}

pub(crate) async fn open(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayOpenSealed,
    Path(id): Path<Uuid>,
    Form(form): Form<OpenForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let field = format!("reason-{id}");
    let reason = forms::words(&field, &form.reason, "Write why you open it", &mut mistakes);
    if !mistakes.is_empty() {
        return refused(&page(&visit, &school, Some((id, &form, &mistakes)), None).await?);
    }
    let address = service::open(&school, may, id, &reason, visit.now()).await?;
    html(&page(&visit, &school, None, Some((id, address))).await?)
}

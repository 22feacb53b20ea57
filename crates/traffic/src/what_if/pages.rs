//! `/filter/what-if`: what is tried out, over how many days, and what would have been otherwise; and as a file.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse as _, Response},
};
use filter::what_if::Turn;
use jiff::Timestamp;
use kernel::SchoolTime;
use store::School;
use uuid::Uuid;
use webkit::{
    CsvFile, Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Choice, Choices},
    permit::MayReplay,
};

use super::{
    Foreseen, NotForeseen, Tried,
    views::{Found, found},
};
use crate::{Traffic, changes, matches::service as matches};

/// Over how many days, to choose from; the first is usual.
const DAYS: [u16; 3] = [28, 7, 90];

#[derive(Template)]
#[template(path = "what_if/page.html")]
struct WhatIfPage {
    page: Page,
    heading: String,
    title: Option<String>,
    form: Option<(Choices, Choices)>,
    found: Option<Found>,
    may_draft: bool,
    may_explain: bool,
}

/// What somebody tries out.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    what: String,
    #[serde(default)]
    days: String,
}

impl Asked {
    fn days(&self) -> u16 {
        let chosen = self.days.parse().ok().filter(|days| DAYS.contains(days));
        chosen.unwrap_or(DAYS[0])
    }

    /// What is tried out; none where nothing was chosen.
    fn tried(&self) -> Result<Option<Tried>, PageError> {
        let id = |text: &str| text.parse::<Uuid>().map_err(|_| PageError::NotFound);
        match self.what.split_once(':') {
            None if self.what.is_empty() => Ok(None),
            Some(("draft", text)) => Ok(Some(Tried::Draft(id(text)?))),
            Some(("change", text)) => Ok(Some(Tried::Change(id(text)?))),
            Some(_) | None => Err(PageError::NotFound),
        }
    }
}

impl From<NotForeseen> for PageError {
    fn from(error: NotForeseen) -> Self {
        match error {
            NotForeseen::Unknown => Self::NotFound,
            NotForeseen::Faulty => {
                Self::Conflict("The draft has errors. Put them right first; its page lists them".to_owned())
            }
            NotForeseen::Busy => {
                Self::Conflict("Something else is being tried out at this moment. Try again in a minute".to_owned())
            }
            NotForeseen::Failed(error) => Self::internal(error),
        }
    }
}

/// What can be tried out: each with the value of the form.
async fn choices(state: &Traffic, school: &School, now: Timestamp) -> Result<Vec<(String, String)>, PageError> {
    let drafts = state.foresight().drafts(school.id(), now).await?;
    let mut all: Vec<_> = drafts.into_iter().map(|it| (format!("draft:{}", it.id), it.title)).collect();
    let waiting = changes::waiting_titles(school, now).await.map_err(PageError::internal)?;
    all.extend(waiting.into_iter().map(|(id, title)| (format!("change:{id}"), title)));
    Ok(all)
}

pub(crate) async fn page(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayReplay,
    Query(asked): Query<Asked>,
) -> PageResult {
    let (school, now, days) = (state.school(may.school()).await?, visit.now(), asked.days());
    let all = choices(&state, &school, now).await?;
    let tried = asked.tried()?;
    let title = all.iter().find(|(value, _)| *value == asked.what).map(|(_, title)| title.clone());
    let found = match tried {
        Some(tried) => {
            let foreseen = state.foresight().foresee(school.id(), tried, days, now).await?;
            let sealed = foreseen.outlook.sealed.iter().copied();
            matches::asked(&school, sealed, may.by().into(), now).await.map_err(PageError::internal)?;
            let export = format!("/filter/what-if.csv?what={}&days={days}", asked.what);
            Some(found(&foreseen, tried, export))
        }
        None => None,
    };
    let heading = match tried {
        None => "What if?",
        Some(Tried::Draft(_)) => "What if this draft had been in force?",
        Some(Tried::Change(_)) => "What if this change had held?",
    };
    let form = (!all.is_empty()).then(|| {
        let what = all.into_iter().map(|(value, title)| Choice::new(value, title)).collect();
        let spans = DAYS.iter().map(|days| Choice::new(days.to_string(), format!("The last {days} days"))).collect();
        (
            Choices::select("what", "What do you try out?", what).chosen(asked.what.clone()),
            Choices::select("days", "Over which days?", spans).chosen(days.to_string()),
        )
    });
    html(&WhatIfPage {
        page: visit.page("What if?").back("Changes to filtering", "/filter/changes"),
        heading: heading.to_owned(),
        title,
        form,
        found,
        may_draft: visit.may(webkit::Action::DraftPolicy),
        may_explain: visit.may(webkit::Action::Explain),
    })
}

pub(crate) async fn export(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayReplay,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let tried = asked.tried()?.ok_or(PageError::NotFound)?;
    let Foreseen { outlook, .. } = state.foresight().foresee(may.school(), tried, asked.days(), visit.now()).await?;
    let school = state.school(may.school()).await?;
    let sealed = outlook.sealed.iter().copied();
    matches::asked(&school, sealed, may.by().into(), visit.now()).await.map_err(PageError::internal)?;
    let mut file = CsvFile::new("what-if", ["Site", "Would be", "Audience", "Category", "Clause", "Requests", "First"]);
    for change in outlook.changes {
        let would = match change.turn {
            Turn::Closes => "blocked",
            Turn::Opens => "open",
        };
        file.push([
            change.site,
            would.to_owned(),
            change.audience,
            change.category.unwrap_or_default(),
            change.clause.map(|clause| clause.number).unwrap_or_default(),
            change.requests.to_string(),
            SchoolTime::new(change.first).in_tables(),
        ]);
    }
    Ok(file.into_response())
}

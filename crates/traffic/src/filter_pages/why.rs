//! `/filter/why`: how the gateway decides about an address, for whom, when, step by step.

use activity::RowId;
use askama::Template;
use axum::extract::{Query, State};
use filter::{Address, Step, Verdict};
use kernel::{PersonId, SchoolTime};
use store::{School, entity::access_account, query::ColumnTrait as _};
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{ErrorSummary, Field, Mistakes},
    permit::MayExplain,
};

use crate::{
    Traffic,
    state::{Asker, Explained},
};

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    address: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    row: String,
}

#[derive(Template)]
#[template(path = "filter/why.html")]
struct WhyPage {
    page: Page,
    summary: Option<ErrorSummary>,
    address: Field,
    who: Field,
    at: Field,
    answer: Option<Answer>,
    recorded: Option<String>,
}

struct Answer {
    lead: String,
    clause: Option<(String, String, String)>,
    steps: Vec<(String, bool)>,
    policy: String,
}

pub(crate) async fn why(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayExplain,
    Query(mut asked): Query<Asked>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let recorded = from_row(&state, may, &mut asked).await?;
    let answer = if asked.address.trim().is_empty() {
        None
    } else {
        answer(&state, &school, &visit, &asked, &mut mistakes).await?
    };
    let page = visit.page("Why is it open or closed?");
    html(&WhyPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        address: Field::text("address", "Address")
            .hint("Such as https://www.example.org/")
            .as_typed()
            .value(asked.address)
            .check(&mistakes),
        who: Field::text("who", "For whom")
            .hint("A username; empty for somebody who is not known")
            .as_typed()
            .value(asked.who)
            .check(&mistakes),
        at: Field::text("at", "When").hint("Such as 2026-11-24 10:15; empty for now").value(asked.at).check(&mistakes),
        answer,
        recorded,
    })
}

/// Fills in the question from a row of the activity log, and says what was recorded then.
async fn from_row(state: &Traffic, may: MayExplain, asked: &mut Asked) -> Result<Option<String>, PageError> {
    let Ok(id) = asked.row.parse::<RowId>() else { return Ok(None) };
    let Some(entry) = state.log().get(may.school(), id).await.map_err(PageError::internal)? else { return Ok(None) };
    let row = &entry.row;
    let at = SchoolTime::new(row.at);
    asked.address = format!("{}://{}{}", row.scheme.id(), row.host, row.path.as_deref().unwrap_or("/"));
    asked.at = at.in_tables();
    let clause = row.clause.as_ref().map(|clause| format!(" under clause {}", clause.number)).unwrap_or_default();
    Ok(Some(format!(
        "Recorded on {} at {}: {}{clause}. Below it is decided again as the policy and lists stand today, for somebody who is not known; name the person to decide it for them.",
        at.day_in_words(),
        at.clock_in_words(),
        row.outcome.id(),
    )))
}

async fn answer(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    asked: &Asked,
    mistakes: &mut Mistakes,
) -> Result<Option<Answer>, PageError> {
    let typed = asked.address.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let address = match Address::parse(&whole) {
        Ok(address) => Some(address),
        Err(error) => {
            mistakes.add("address", format!("Write an address such as https://www.example.org/: {error}"));
            None
        }
    };
    let at = match asked.at.trim() {
        "" => Some(visit.school_time()),
        text => SchoolTime::parse(text).ok(),
    };
    if at.is_none() {
        mistakes.add("at", "Write the time as 2026-11-24 10:15");
    }
    let who = match asked.who.trim() {
        "" => Some(Asker::Nobody),
        username => person(school, username).await?.map(Asker::Person),
    };
    if who.is_none() {
        mistakes.add("who", "Nobody has this username. Look it up among the people");
    }
    let (Some(address), Some(at), Some(who)) = (address, at, who) else { return Ok(None) };
    match state.gate().explain(school.id(), who, &at, &address) {
        Some(explained) => Ok(Some(answer_of(explained))),
        None => Err(PageError::Conflict("No policy is in force, so the gateway has nothing to decide by".to_owned())),
    }
}

async fn person(school: &School, username: &str) -> Result<Option<PersonId>, PageError> {
    let found = school
        .read()
        .find::<access_account::Entity>()
        .filter(access_account::Column::Username.eq(username.to_lowercase()))
        .one()
        .await
        .map_err(PageError::internal)?;
    Ok(found.map(|account| PersonId(account.person_id)))
}

fn answer_of(explained: Explained) -> Answer {
    let Explained { decision, steps, policy } = explained;
    let lead = match (decision.verdict, decision.observed) {
        (Verdict::Allow(_), _) => "It is open.",
        (Verdict::Block(_), true) => "It would be closed, but the clause is on trial, so it is open.",
        (Verdict::Block(_), false) => "It is closed.",
    };
    let last = steps.len().saturating_sub(1);
    Answer {
        lead: lead.to_owned(),
        clause: decision.clause.as_ref().map(|it| (it.label.clone(), it.number.clone(), it.text.clone())),
        steps: steps.iter().enumerate().map(|(nth, Step { says, .. })| (says.clone(), nth == last)).collect(),
        policy,
    }
}

//! A look at one person's activity: asked for with a reason, written into the ledger, open for half an hour.

use activity::{Cursor, Filter, PersonKey, Query};
use askama::Template;
use axum::{
    Form,
    extract::{Path, Query as UrlQuery, State},
};
use kernel::PersonId;
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::{access_account, people_person},
    query::{ColumnTrait as _, Condition},
};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Session, Visit,
    error::{may_not, refused},
    html,
    kit::{ErrorSummary, Field, Mistakes, Table},
    permit::MaySeeActivity,
    see_other,
};

use super::rows;
use crate::{Traffic, state::Look};

/// The purpose of the school's secret that makes pseudonyms of the activity log.
pub const PSEUDONYM: &str = "activity";

/// The pseudonym of a person in the activity log of a school.
pub fn pseudonym(school: &School, person: PersonId) -> PersonKey {
    PersonKey::derive(&school.secret(PSEUDONYM), person)
}

#[derive(Template)]
#[template(path = "monitor/look.html")]
struct LookPage {
    page: Page,
    summary: Option<ErrorSummary>,
    username: Field,
    reason: Field,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct LookForm {
    #[serde(default)]
    username: String,
    #[serde(default)]
    reason: String,
}

fn look_page(visit: &Visit, form: &LookForm, mistakes: &Mistakes) -> LookPage {
    let page = visit.page("Look at a person's activity").back("Activity", "/monitor/activity");
    LookPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        username: Field::text("username", "Username")
            .hint("As they sign in, such as maya.jones")
            .as_typed()
            .value(form.username.clone())
            .check(mistakes),
        reason: Field::text("reason", "Why you look")
            .hint("It stands in the ledger, with your name and the time")
            .value(form.reason.clone())
            .check(mistakes),
    }
}

/// The policy says who may look at a person; the permit alone is not enough.
fn ask_policy(state: &Traffic, may: MaySeeActivity, session: &Session) -> Result<(), PageError> {
    if state.gate().may_look(may.school(), session.subject()) { Ok(()) } else { Err(may_not(MaySeeActivity::ACTION)) }
}

pub(crate) async fn ask(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeActivity,
    session: Session,
) -> PageResult {
    ask_policy(&state, may, &session)?;
    html(&look_page(&visit, &LookForm::default(), &Mistakes::new()))
}

pub(crate) async fn open(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeActivity,
    session: Session,
    Form(form): Form<LookForm>,
) -> PageResult {
    ask_policy(&state, may, &session)?;
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let reason = form.reason.trim().to_owned();
    if reason.chars().count() < 5 {
        mistakes.add("reason", "Write in a few words why you look");
    } else if reason.chars().count() > 500 {
        mistakes.add("reason", "Write it in 500 letters or fewer");
    }
    let person = person_of(&school, form.username.trim()).await.map_err(PageError::internal)?;
    if person.is_none() {
        mistakes.add("username", "Nobody has this username. Look it up among the people");
    }
    let Some(person) = person.filter(|_| mistakes.is_empty()) else {
        return refused(&look_page(&visit, &form, &mistakes));
    };
    let now = visit.now();
    let act = Act::new("monitor.look", may.by()).about_person(person).with(json!({ "reason": reason }));
    let id = school.act(act, now, async move |_| store::ids::new_id(now)).await.map_err(PageError::internal)?;
    state.open_look(id, Look { by: may.by(), about: person, at: now });
    Ok(see_other(&format!("/monitor/look/{id}")))
}

async fn person_of(school: &School, username: &str) -> Result<Option<PersonId>, StoreError> {
    let found = school
        .read()
        .find::<access_account::Entity>()
        .filter(Condition::all().add(access_account::Column::Username.eq(username.to_lowercase())))
        .one()
        .await?;
    Ok(found.map(|account| PersonId(account.person_id)))
}

#[derive(Template)]
#[template(path = "monitor/person.html")]
struct PersonPage {
    page: Page,
    name: String,
    table: Table,
    empty: bool,
    next: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: String,
}

pub(crate) async fn show(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeActivity,
    session: Session,
    Path(id): Path<Uuid>,
    UrlQuery(after): UrlQuery<After>,
) -> PageResult {
    ask_policy(&state, may, &session)?;
    let Some(look) = state.look(id, may.by(), visit.now()) else { return Ok(see_other("/monitor/look")) };
    let school = state.school(may.school()).await?;
    let person = school.read().get::<people_person::Entity>(look.about.0).await.map_err(PageError::internal)?;
    let person = person.ok_or(PageError::NotFound)?;
    let filter = Filter { person: Some(pseudonym(&school, look.about)), ..Filter::default() };
    let query = Query { after: after.after.parse::<Cursor>().ok(), ..Query::newest(filter) };
    let found = state.log().query(may.school(), query).await.map_err(PageError::internal)?;
    html(&PersonPage {
        page: visit.page("One person's activity").back("Activity", "/monitor/activity"),
        name: format!("{} {}", person.given_name, person.family_name),
        table: rows::table("Requests of this person, newest first", &found.entries),
        empty: found.entries.is_empty(),
        next: found.next.map(|next| format!("/monitor/look/{id}?after={next}")),
    })
}

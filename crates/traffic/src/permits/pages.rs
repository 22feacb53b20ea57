//! `/filter/permits`: who has a permit for sites that are closed to others, and giving one.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use filter::Category;
use kernel::{Audience, SiteItem};
use store::School;
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes, TextArea},
    permit::MayGrantPermits,
};

use super::service::{self, Holder, New, is_open};
use crate::{
    Traffic,
    changes::cite,
    forms,
    matches::{CLOSED_TO_ALL, SealedNames},
};

#[derive(Template)]
#[template(path = "permits/all.html")]
struct PermitsPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    open: Vec<Row>,
    before: Vec<Row>,
    person: Field,
    who: Choices,
    sites: TextArea,
    reason: TextArea,
    until: Field,
}

struct Row {
    id: Uuid,
    holder: String,
    sites: String,
    given: String,
    reason: String,
    until: String,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct GrantForm {
    #[serde(default)]
    person: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    sites: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    until: String,
}

async fn page(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    form: &GrantForm,
    mistakes: &Mistakes,
) -> Result<PermitsPage, PageError> {
    let (provides, now) = (state.gate().provides(school.id()), visit.now());
    let rows = service::latest(school).await.map_err(PageError::internal)?;
    let people = rows.iter().flat_map(|row| [row.person_id, row.granted_by]).collect::<Vec<_>>();
    let names = forms::names(school, people).await.map_err(PageError::internal)?;
    let (open, before): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| is_open(row, now));
    let line = |row: store::entity::filter_permit::Model| Row {
        id: row.id,
        holder: match &row.who {
            Some(who) => forms::capital(&forms::audience_words(who)),
            None => forms::name(&names, row.person_id),
        },
        sites: serde_json::from_str::<Vec<String>>(&row.sites).unwrap_or_default().join(", "),
        given: format!("{}, {}", forms::name(&names, row.granted_by), forms::when(row.granted_at, now)),
        until: match (row.ended_at, row.until_at) {
            (Some(ended), _) => format!("Taken back {}", forms::when(ended, now)),
            (None, Some(until)) => forms::capital(&forms::until_words(until, now)),
            (None, None) => "No end".to_owned(),
        },
        reason: row.reason,
    };
    let page = visit.page("Permits").back("Changes to filtering", "/filter/changes");
    let mut audiences = vec![Choice::new("", "Only the person above")];
    audiences.extend(forms::audiences(school).await.map_err(PageError::internal)?);
    Ok(PermitsPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        lead: match (&provides.permits, open.len()) {
            (None, _) => "The policy in force provides for no permits.".to_owned(),
            (Some(_), 0) => "Nobody has a permit.".to_owned(),
            (Some(_), 1) => "1 permit holds.".to_owned(),
            (Some(_), more) => format!("{more} permits hold."),
        },
        clause: cite(provides.permits.as_ref()),
        open: open.into_iter().map(line).collect(),
        before: before.into_iter().take(50).map(line).collect(),
        person: Field::text("person", "To whom?")
            .hint("A username; leave it empty to give it to a group below")
            .as_typed()
            .value(form.person.clone())
            .check(mistakes),
        who: Choices::select("who", "Or to a group", audiences).chosen(form.who.clone()).check(mistakes),
        sites: TextArea::new("sites", "Which sites or categories?")
            .hint("One a line, such as www.example.org or social-networks")
            .value(form.sites.clone())
            .check(mistakes),
        reason: TextArea::new("reason", "What for?").value(form.reason.clone()).check(mistakes),
        until: Field::text("until", "Last day, where it has an end")
            .hint("Such as 18/12/2026")
            .width("10")
            .value(form.until.clone())
            .check(mistakes),
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayGrantPermits) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&state, &school, &visit, &GrantForm::default(), &Mistakes::new()).await?)
}

/// The sites of a form, one a line.
fn sites(typed: &str, mistakes: &mut Mistakes) -> Vec<SiteItem> {
    let mut all = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match Category::parse(line) {
            Ok(category) => all.push(SiteItem::Category(category.name().to_owned())),
            Err(_) => match forms::site(line) {
                Ok(site) => all.push(site),
                Err(_) => mistakes.add("sites", format!("‘{line}’ is neither a site nor a category")),
            },
        }
    }
    if all.is_empty() && mistakes.of("sites").is_none() {
        mistakes.add("sites", "Write at least one site or category");
    }
    all
}

pub(crate) async fn grant(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayGrantPermits,
    Form(mut form): Form<GrantForm>,
) -> PageResult {
    let (school, now) = (state.school(may.school()).await?, visit.now());
    let mut mistakes = Mistakes::new();
    let holder = match (form.person.trim(), form.who.as_str()) {
        ("", "") => {
            mistakes.add("person", "Say to whom");
            None
        }
        ("", who) => Audience::parse(who).map_err(|_| mistakes.add("who", "Choose a group")).ok().map(Holder::Audience),
        (person, _) => forms::person("person", person, &school, &mut mistakes).await?.map(Holder::Person),
    };
    let mut sealed = SealedNames::new(&state, &school, now);
    let typed = form.sites.lines().count();
    form.sites = form
        .sites
        .lines()
        .filter(|line| !forms::site(line).is_ok_and(|site| sealed.hold(&site)))
        .collect::<Vec<_>>()
        .join("\n");
    if form.sites.lines().count() < typed {
        mistakes.add("sites", CLOSED_TO_ALL);
    }
    form.reason = sealed.strip(&form.reason);
    sealed.write_down(&school, may.by(), now).await?;
    let sites = sites(&form.sites, &mut mistakes);
    let reason = forms::words("reason", &form.reason, "Write what it is for", &mut mistakes);
    let until = forms::until("until", &form.until, now, &mut mistakes);
    let (Some(holder), true) = (holder, mistakes.is_empty()) else {
        return refused(&page(&state, &school, &visit, &form, &mistakes).await?);
    };
    let new = New { holder, sites, reason, from: now, until };
    service::grant(&school, &state.gate().provides(may.school()), may, new, now).await?;
    Ok(visit.see_other_saying("/filter/permits", "The permit holds now."))
}

pub(crate) async fn end(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayGrantPermits,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::end(&school, may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/permits", "The permit is taken back."))
}

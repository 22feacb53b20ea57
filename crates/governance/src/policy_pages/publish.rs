//! Where the policy is published: a page that anybody can read, and places where somebody says that it is found.
//!
//! The rows stand with what else is printed, sent and hung up (`notice_issue`), under the name of the control; the
//! newest of a place counts.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::{Form, extract::State};
use jiff::Timestamp;
use kernel::{PersonId, SchoolTime, time::date_in_words};
use rules::{
    facts::{PublishedFacts, Shown},
    policy::publish::{places, same_place},
};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::notice_issue,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use webkit::{
    Action, Page, PageError, PageResult, Permit, Routes, Visit, Who, html,
    kit::{Choice, Choices, Field},
    permit::MayDraftPolicy,
};

use super::{
    published,
    service::InForce,
    version_page,
    views::{NoPolicyPage, PrintPage},
};
use crate::state::{Governance, stored};

/// What the act of publishing is called in the ledger, and the name under which its rows stand.
pub const PUBLISH: &str = "policy.publish";

/// The place that is the public page itself.
const PAGE: &str = "";

/// The most places that are asked for.
const MOST_PLACES: usize = 30;

/// The routes of publishing.
pub fn routes() -> Routes<Governance> {
    let draft = Who::May(Action::DraftPolicy);
    Routes::new().get("/policy/publish", draft, page).post("/policy/publish", draft, save).get(
        "/policy/published",
        Who::Public,
        public,
    )
}

/// What was said last of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    place: String,
    /// `open`, `closed`, `link`, `copy` or `none`.
    how: String,
    digest: String,
    at: Timestamp,
}

/// What was said last of each place.
async fn said(school: &School) -> Result<Vec<Said>, StoreError> {
    use notice_issue::Column;
    let rows = school
        .read()
        .find::<notice_issue::Entity>()
        .filter(Column::Notice.eq(PUBLISH))
        .ascending(Column::IssuedAt)
        .ascending(Column::Id)
        .all()
        .await?;
    let mut all: Vec<Said> = Vec::new();
    for row in rows {
        let new = Said { place: row.place, how: row.moment, digest: row.digest, at: timestamp(row.issued_at) };
        match all.iter_mut().find(|it| it.place == new.place) {
            Some(old) => *old = new,
            None => all.push(new),
        }
    }
    Ok(all)
}

fn is_open(said: &[Said]) -> bool {
    said.iter().any(|it| it.place == PAGE && it.how == "open")
}

/// Where the version in force is to be read: what its clauses on publishing are judged by.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(school: &School, in_force: &InForce) -> Result<PublishedFacts, StoreError> {
    let said = said(school).await?;
    let digest = in_force.digest().to_string();
    let shown = |it: &Said| match it.how.as_str() {
        "link" => Some(Shown::Link),
        "copy" if it.digest == digest => Some(Shown::Copy),
        "copy" => Some(Shown::OldCopy),
        _ => None,
    };
    Ok(PublishedFacts {
        open: is_open(&said),
        places: said
            .iter()
            .filter(|it| it.place != PAGE)
            .filter_map(|it| Some((it.place.clone(), shown(it)?)))
            .collect(),
    })
}

/// The page of publishing.
#[derive(Debug, Template)]
#[template(path = "policy/publish.html")]
struct PublishPage {
    page: Page,
    version: String,
    open: bool,
    address: String,
    places: Vec<PlaceRow>,
    more: Field,
}

#[derive(Debug)]
struct PlaceRow {
    name: String,
    number: usize,
    choice: Choices,
}

/// The places that the policy names, then those of which something was said.
fn all_places(in_force: &InForce, said: &[Said]) -> Vec<String> {
    let mut all = places(&in_force.policy);
    for it in said.iter().filter(|it| it.place != PAGE) {
        if !all.iter().any(|place| same_place(place, &it.place)) {
            all.push(it.place.clone());
        }
    }
    all.truncate(MOST_PLACES);
    all
}

async fn page(State(state): State<Governance>, visit: Visit, may: MayDraftPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else {
        return html(&NoPolicyPage { page: visit.page("No policy is in force yet") });
    };
    let said = stored(said(&school).await)?;
    let digest = in_force.digest().to_string();
    let version = version_page::name(&in_force.version);
    let row = |(at, place): (usize, String)| {
        let now = said.iter().find(|it| same_place(&it.place, &place));
        let how = now.map_or("none", |it| it.how.as_str());
        let old = now.is_some_and(|it| it.how == "copy" && it.digest != digest);
        let says = now.filter(|it| it.how != "none").map(|it| {
            let day = date_in_words(SchoolTime::new(it.at).date());
            let what = if old { "An older copy; said" } else { "Said" };
            format!("{what} on {day}")
        });
        let choices = vec![
            Choice::new("none", "It is not there yet"),
            Choice::new("link", "There is a link to the public page"),
            Choice::new("copy", format!("There is a copy of {}", version.replace('V', "v"))),
        ];
        let choice = Choices::select(&format!("how-{at}"), &place, choices).chosen(if old { "none" } else { how });
        PlaceRow { name: place, number: at, choice: says.into_iter().fold(choice, Choices::hint) }
    };
    html(&PublishPage {
        page: visit.page("Publish the policy").back("Our policy", "/policy"),
        open: is_open(&said),
        address: visit.absolute("/policy/published"),
        places: all_places(&in_force, &said).into_iter().enumerate().map(row).collect(),
        more: Field::text("more", "Another place")
            .hint("Such as the induction pack. It is in the list when you have saved.")
            .width("20"),
        version,
    })
}

async fn save(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let said = stored(said(&school).await)?;
    let digest = in_force.digest().to_string();
    let mut new: BTreeMap<String, &'static str> = BTreeMap::new();
    let open = fields.get("open").map(String::as_str) == Some("yes");
    if open != is_open(&said) {
        new.insert(PAGE.to_owned(), if open { "open" } else { "closed" });
    }
    for at in 0..MOST_PLACES {
        let (Some(place), Some(how)) = (fields.get(&format!("place-{at}")), fields.get(&format!("how-{at}"))) else {
            break;
        };
        let how = match how.as_str() {
            "link" => "link",
            "copy" => "copy",
            _ => "none",
        };
        let now = said.iter().find(|it| same_place(&it.place, place));
        let same = now.map_or(how == "none", |it| it.how == how && (how != "copy" || it.digest == digest));
        if !same {
            new.insert(now.map_or_else(|| name(place), |it| it.place.clone()), how);
        }
    }
    let more = fields.get("more").map(|text| name(text)).unwrap_or_default();
    if !more.is_empty() && !said.iter().any(|it| same_place(&it.place, &more)) {
        new.entry(more).or_insert("none");
    }
    if !new.is_empty() {
        stored(store(&school, may.by(), &in_force, new, visit.now()).await)?;
    }
    Ok(visit.see_other_saying("/policy/publish", "Saved."))
}

/// A name of a place as it is kept.
fn name(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|char| !char.is_control()).take(60).collect()
}

async fn store(
    school: &School,
    by: PersonId,
    in_force: &InForce,
    new: BTreeMap<String, &'static str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let digest = in_force.digest().to_string();
    let mut act = Act::new(PUBLISH, by).about(in_force.version.id.0).with(json!({ "digest": digest, "places": new }));
    if let Some(label) = in_force.policy.bindings("policy", "publish").find_map(|(clause, _)| clause.label.clone()) {
        act = act.under(label);
    }
    let mut rows = Vec::new();
    for (place, how) in new {
        rows.push(notice_issue::Model {
            id: store::ids::new_id(now)?,
            school_id: school.id().0,
            notice: PUBLISH.to_owned(),
            digest: digest.clone(),
            moment: how.to_owned(),
            place,
            copies: 1,
            issued_by: Some(by.0),
            issued_at: millis(now),
        });
    }
    school
        .act(act, now, async move |tx| tx.insert_many::<notice_issue::Entity, notice_issue::ActiveModel, _>(rows).await)
        .await
}

/// The policy in force for anybody, where the school has said so.
async fn public(State(state): State<Governance>, visit: Visit) -> PageResult {
    let school = state.school(visit.need_school()?).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    if !is_open(&stored(said(&school).await)?) {
        return Err(PageError::NotFound);
    }
    html(&PrintPage {
        page: visit.page(in_force.policy.front.title.clone()),
        caption: version_page::caption(&in_force, true),
        title: in_force.policy.front.title.clone(),
        blocks: published::blocks(&in_force.policy),
        digest: in_force.digest().to_string(),
        standing: false,
    })
}

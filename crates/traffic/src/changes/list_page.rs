//! `/filter/changes`: what waits for a second person, what holds, what was; and as a file.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use jiff::Timestamp;
use kernel::SchoolTime;
use store::{
    School, StoreError,
    entity::{filter_change, filter_change_site},
    query::{ColumnTrait as _, Condition},
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit,
    csv_file::CsvFile,
    html,
    kit::{Choice, Filters, PageNumber, Pager},
    permit::{MayChangeFilter, MaySeeChanges},
};

use super::{
    lines::{self, Line, lines, waits},
    service::{self, Undone, sites_of},
};
use crate::{Traffic, forms, provides::Provides};

const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "changes/list.html")]
struct ListPage {
    page: Page,
    lead: String,
    clause: Option<(String, String)>,
    second: Option<(String, String)>,
    mine: Vec<Line>,
    others: Vec<Line>,
    lately: Vec<Line>,
    filters: Filters,
    pager: Pager,
    export: String,
    may_change: bool,
    may_replay: bool,
    total: String,
    links: Vec<(&'static str, &'static str)>,
}

/// What the reader looks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    site: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: PageNumber,
}

/// In which states a change can be found.
const STATES: [(&str, &str); 5] = [
    ("", "All"),
    ("now", "Holds now"),
    ("over", "Has ended by itself"),
    ("undone", "Undone"),
    ("declined", "Not agreed to"),
];

/// The most changes that a search by site looks through.
const MOST_FOUND: u64 = 5_000;

async fn condition(school: &School, asked: &Asked, now: Timestamp) -> Result<Condition, StoreError> {
    use filter_change::Column;
    let holds = || Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now)));
    let mut all = Condition::all().add(Column::State.ne("draft"));
    all = match asked.state.as_str() {
        "now" => all.add(Column::State.eq("active")).add(holds()),
        "over" => all.add(Column::State.eq("active")).add(Column::UntilAt.lte(millis(now))),
        "undone" => all.add(Column::State.eq("undone")),
        "declined" => all.add(Column::State.is_in(["declined", "withdrawn"])),
        _ => all,
    };
    let site = asked.site.trim().to_lowercase();
    if site.is_empty() {
        return Ok(all);
    }
    let found = school
        .read()
        .find::<filter_change_site::Entity>()
        .filter(filter_change_site::Column::Site.contains(site))
        .limit(MOST_FOUND)
        .all()
        .await?;
    let ids: std::collections::BTreeSet<Uuid> = found.into_iter().map(|row| row.change_id).collect();
    Ok(all.add(Column::Id.is_in(ids)))
}

/// A clause as a link: its label and its number.
pub(crate) fn cite(clause: Option<&std::sync::Arc<filter::ClauseRef>>) -> Option<(String, String)> {
    clause.map(|clause| (clause.label.clone(), clause.number.clone()))
}

fn lead(provides: &Provides, mine: usize, others: usize) -> String {
    if provides.change.is_none() {
        return "The policy in force lets nobody change what is open and closed beyond it.".to_owned();
    }
    let needs = match mine {
        0 => "Nothing waits for your word".to_owned(),
        1 => "1 change needs your word".to_owned(),
        more => format!("{} changes need your word", forms::grouped(more)),
    };
    match others {
        0 => format!("{needs}."),
        1 => format!("{needs}, 1 waits for somebody else."),
        more => format!("{needs}, {} wait for somebody else.", forms::grouped(more)),
    }
}

fn filters(asked: &Asked) -> Filters {
    let choices = STATES.iter().map(|(value, label)| Choice::new(*value, *label)).collect();
    Filters::new("/filter/changes", "Look for a change").search("site", "Site", &asked.site).select(
        "state",
        "State",
        &asked.state,
        choices,
    )
}

/// Where else filtering is changed, for those who may.
fn links(visit: &Visit) -> Vec<(&'static str, &'static str)> {
    let all = [
        (Action::AnswerRequests, "Requests for sites", "/filter/requests"),
        (Action::OpenForClass, "Open a site for a class", "/filter/open"),
        (Action::HandleFailures, "Failures of the filter", "/filter/failures"),
        (Action::SeeChanges, "Checks of the filter", "/filter/checks"),
        (Action::ApproveSites, "Approved sites", "/filter/approved"),
        (Action::GrantPermits, "Permits", "/filter/permits"),
        (Action::SuspendAccess, "Suspensions", "/filter/suspensions"),
        (Action::ManageRoles, "Who may change filtering", "/filter/status"),
        (Action::SeeLists, "Lists of sites", "/filter/lists"),
        (Action::Replay, "What if?", "/filter/what-if"),
    ];
    all.into_iter().filter(|(action, ..)| visit.may(*action)).map(|(_, label, href)| (label, href)).collect()
}

pub(crate) async fn all(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeChanges,
    Query(asked): Query<Asked>,
) -> PageResult {
    use filter_change::Column;
    let (school, now) = (state.school(may.school()).await?, visit.now());
    let provides = state.gate().provides(may.school());
    let may_change = visit.may(Action::ChangeFilter) && provides.change.is_some();
    let read = school.read();
    let waiting = Condition::any()
        .add(Column::State.eq("waiting"))
        .add(Condition::all().add(Column::State.eq("active")).add(Column::EndAskedAt.is_not_null()));
    let waiting = read.find::<filter_change::Entity>().filter(waiting).ascending(Column::AskedAt).all();
    let waiting: Vec<_> =
        waiting.await.map_err(PageError::internal)?.into_iter().filter(|row| waits(row, now)).collect();
    let (others, mine): (Vec<_>, Vec<_>) = lines(&school, state.gate(), waiting, may.by(), may_change, now)
        .await
        .map_err(PageError::internal)?
        .into_iter()
        .partition(|line| line.own || !may_change);
    let which = condition(&school, &asked, now).await.map_err(PageError::internal)?;
    let found = || read.find::<filter_change::Entity>().filter(which.clone());
    let total = found().count().await.map_err(PageError::internal)?;
    let rows = found().descending(Column::AskedAt).offset(asked.page.offset(SIZE)).limit(SIZE).all();
    let rows = rows.await.map_err(PageError::internal)?;
    let filters = filters(&asked);
    html(&ListPage {
        page: visit.page("Changes to filtering"),
        lead: lead(&provides, mine.len(), others.len()),
        clause: cite(provides.change.as_ref()),
        second: cite(provides.second.as_ref()),
        mine,
        others,
        lately: lines(&school, state.gate(), rows, may.by(), may_change, now).await.map_err(PageError::internal)?,
        pager: Pager::new("/filter/changes", &filters.query(), asked.page, SIZE, total),
        export: format!("/filter/changes.csv?{}", filters.query()),
        filters,
        may_change,
        may_replay: visit.may(Action::Replay),
        total: match total {
            1 => "1 change".to_owned(),
            more => format!("{} changes", forms::grouped(more)),
        },
        links: links(&visit),
    })
}

/// The most changes of one export.
const MOST_ROWS: u64 = 20_000;

pub(crate) async fn export(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeChanges,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let (school, now) = (state.school(may.school()).await?, visit.now());
    let which = condition(&school, &asked, now).await.map_err(PageError::internal)?;
    let rows = school
        .read()
        .find::<filter_change::Entity>()
        .filter(which)
        .descending(filter_change::Column::AskedAt)
        .limit(MOST_ROWS)
        .all()
        .await
        .map_err(PageError::internal)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let people = rows.iter().flat_map(|row| [row.asked_by, row.agreed_by, row.ended_by]).collect::<Vec<_>>();
    let names = forms::names(&school, people).await.map_err(PageError::internal)?;
    let by_id: HashMap<Uuid, filter_change::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut sites = sites_of(&school, &ids).await.map_err(PageError::internal)?;
    sites.sort_by_key(|site| std::cmp::Reverse(by_id.get(&site.change_id).map(|row| row.asked_at)));
    let mut file = CsvFile::new(
        "changes-to-filtering",
        [
            "Site",
            "Action",
            "List",
            "For",
            "Reason",
            "State",
            "Asked",
            "Asked by",
            "Agreed",
            "Agreed by",
            "Until",
            "Ended",
            "Ended by",
            "Clause",
        ],
    );
    let at = |at: Option<i64>| at.map(|at| SchoolTime::new(timestamp(at)).in_tables()).unwrap_or_default();
    let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    for site in sites {
        let Some(row) = by_id.get(&site.change_id) else { continue };
        file.push([
            site.site,
            row.action.clone(),
            row.list.clone().unwrap_or_default(),
            forms::audience_words(&row.who),
            row.reason.clone(),
            lines::state(row, now).to_owned(),
            at(Some(row.asked_at)),
            name(row.asked_by),
            at(row.agreed_at),
            name(row.agreed_by),
            at(row.until_at),
            at(row.ended_at),
            name(row.ended_by),
            row.clause.clone().unwrap_or_default(),
        ]);
    }
    Ok(file.into_response())
}

/// Somebody has looked the log over.
pub(crate) async fn look_over(State(state): State<Traffic>, visit: Visit, may: MaySeeChanges) -> PageResult {
    let school = state.school(may.school()).await?;
    service::look_over(&school, &state.gate().provides(may.school()), may, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/changes", "It is kept that you have looked the changes over."))
}

pub(crate) async fn agree(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::agree(&school, &state.gate().provides(may.school()), may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/changes", "You agreed. It holds now."))
}

/// Why somebody disagrees.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Disagreed {
    #[serde(default)]
    answer: String,
}

pub(crate) async fn disagree(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Path(id): Path<Uuid>,
    Form(form): Form<Disagreed>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let answer = form.answer.trim().chars().take(forms::MOST_LETTERS).collect();
    service::disagree(&school, &state.gate().provides(may.school()), may, id, answer, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/changes", "Nothing was changed. It is kept who asked and who did not agree."))
}

pub(crate) async fn undo(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let undone = service::undo(&school, &state.gate().provides(may.school()), may, id, visit.now()).await?;
    let says = match undone {
        Undone::Now => "It is undone. What the policy says holds again.",
        Undone::Waiting => "Opening this again takes a second person. It stays closed until they agree.",
    };
    Ok(visit.see_other_saying("/filter/changes", says))
}

//! `/filter/checks`: what was tried, day by day, what failed first; one run; what was done about a failure; a run now.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use jiff::Timestamp;
use kernel::SchoolTime;
use store::{
    School,
    entity::{filter_check, filter_check_run},
    time::timestamp,
};
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Cell, ErrorSummary, Mistakes, State as Mark, Table, TextArea},
    permit::{MayHandleFailures, MaySeeChanges},
};

use super::service::{self, Outcome, SCHOOL};
use crate::{Traffic, changes::cite, forms};

#[derive(Template)]
#[template(path = "checks/all.html")]
struct ChecksPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    running: bool,
    may_handle: bool,
    open: Vec<Open>,
    days: Vec<Day>,
}

struct Open {
    id: Uuid,
    what: String,
    where_: String,
    found: String,
    times: String,
    field: TextArea,
}

struct Day {
    day: String,
    runs: Vec<RunRow>,
}

struct RunRow {
    id: Uuid,
    what: String,
    when: String,
    counts: String,
    mark: Mark,
    failed: bool,
}

/// What somebody did about a failure.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct ActForm {
    #[serde(default)]
    action: String,
}

/// Where a check was done, in words.
fn place(who: &str, network: &str, device: Option<&str>) -> String {
    let network = if network == SCHOOL { String::new() } else { format!(", on the network {network}") };
    let device = device.map(|device| format!(", from {device}")).unwrap_or_default();
    format!("{who}{network}{device}")
}

fn counts(run: &filter_check_run::Model) -> String {
    let mut parts = Vec::new();
    if run.failed > 0 {
        parts.push(format!("{} not as it should be", run.failed));
    }
    if run.unknown > 0 {
        parts.push(format!("{} could not be tried", run.unknown));
    }
    parts.push(format!("{} as it should be", run.passed));
    parts.join(", ")
}

fn mark(failed: bool, unknown: bool) -> Mark {
    match (failed, unknown) {
        (true, _) => Mark::bad(Outcome::Failed.says()),
        (false, true) => Mark::due("In part"),
        (false, false) => Mark::good(Outcome::Passed.says()),
    }
}

fn sort_says(sort: &str) -> &'static str {
    match sort {
        "schedule" => "By itself",
        "desk" => "Somebody asked for it",
        _ => "By hand",
    }
}

async fn checks_page(
    state: &Traffic,
    visit: &Visit,
    school: &School,
    wrong: Option<(Uuid, &ActForm, &Mistakes)>,
) -> Result<ChecksPage, PageError> {
    let now = visit.now();
    let runs = service::runs(school, 120).await.map_err(PageError::internal)?;
    let names = forms::names(school, runs.iter().map(|run| run.started_by)).await.map_err(PageError::internal)?;
    let open = open_rows(service::open(school).await.map_err(PageError::internal)?, now, wrong);
    let checks = state.gate().provides(school.id());
    let page = visit.page("Checks of the filter").back("Changes to filtering", "/filter/changes");
    let last = runs.iter().find(|run| run.sort != "hand");
    let lead = match (last, open.len()) {
        (None, _) => "The filter has not tried itself out yet.".to_owned(),
        (Some(run), 0) => {
            format!("The filter last tried itself out {}. Nothing waits.", forms::when(run.ended_at, now))
        }
        (Some(_), 1) => "1 thing was not as it should be, and nobody has acted.".to_owned(),
        (Some(_), more) => format!("{more} things were not as they should be, and nobody has acted."),
    };
    Ok(ChecksPage {
        page: if wrong.is_some() { page.mistaken() } else { page },
        summary: wrong.and_then(|(_, _, mistakes)| mistakes.summary()),
        lead,
        clause: cite(checks.checks.as_ref().map(|it| &it.clause)),
        running: state.gate().checking(),
        may_handle: visit.may(Action::HandleFailures),
        open,
        days: days(runs, &names),
    })
}

/// What failed and is open; what is alike once.
fn open_rows(rows: Vec<filter_check::Model>, now: Timestamp, wrong: Option<(Uuid, &ActForm, &Mistakes)>) -> Vec<Open> {
    let mut groups: Vec<(filter_check::Model, usize)> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|(first, _)| first.sort == row.sort && first.what == row.what) {
            Some((_, times)) => *times += 1,
            None => groups.push((row, 1)),
        }
    }
    groups
        .into_iter()
        .map(|(row, times)| {
            let id = format!("action-{}", row.id);
            let field = TextArea::new(&id, "What was done about it?").called("action");
            let field = match wrong {
                Some((wrong, form, mistakes)) if wrong == row.id => field.value(form.action.clone()).check(mistakes),
                Some(_) | None => field,
            };
            let last = forms::when(row.at, now);
            Open {
                id: row.id,
                where_: place(&row.who, &row.network, row.device.as_deref()),
                what: row.what,
                found: row.found,
                times: if times == 1 { forms::capital(&last) } else { format!("{times} times, the last {last}") },
                field,
            }
        })
        .collect()
}

/// The runs of each day, newest day first; of a day those with failures first.
fn days(runs: Vec<filter_check_run::Model>, names: &HashMap<Uuid, String>) -> Vec<Day> {
    let mut days: Vec<(jiff::civil::Date, Day)> = Vec::new();
    for run in runs {
        let at = SchoolTime::new(timestamp(run.started_at));
        let who = run.started_by.map(|_| format!(", {}", forms::name(names, run.started_by))).unwrap_or_default();
        let row = RunRow {
            id: run.id,
            what: format!("{}{who}", sort_says(&run.sort)),
            when: at.clock_in_words(),
            counts: counts(&run),
            mark: mark(run.failed > 0, run.unknown > 0),
            failed: run.failed > 0,
        };
        match days.last_mut() {
            Some((day, rows)) if *day == at.date() => rows.runs.push(row),
            Some(_) | None => days.push((at.date(), Day { day: at.day_in_words(), runs: vec![row] })),
        }
    }
    days.into_iter()
        .map(|(_, mut day)| {
            day.runs.sort_by_key(|row| !row.failed);
            day
        })
        .collect()
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MaySeeChanges) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&checks_page(&state, &visit, &school, None).await?)
}

/// Asks the gateway to try itself out now.
pub(crate) async fn begin(State(state): State<Traffic>, visit: Visit, may: MayHandleFailures) -> PageResult {
    if !state.gate().begin_checks(may.by()) {
        return Err(PageError::Conflict("No gateway runs here, or it tries itself out just now".to_owned()));
    }
    Ok(visit.see_other_saying("/filter/checks", "The filter tries itself out now. Open this page again in a minute."))
}

pub(crate) async fn act(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayHandleFailures,
    Path(id): Path<Uuid>,
    Form(form): Form<ActForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let action = forms::words(&format!("action-{id}"), &form.action, "Write what was done about it", &mut mistakes);
    if !mistakes.is_empty() {
        return refused(&checks_page(&state, &visit, &school, Some((id, &form, &mistakes))).await?);
    }
    service::act(&school, may, id, action, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/checks", "It is written down."))
}

/// Checks of the same thing that came to the same, once, with everybody as whom it was tried.
fn alike<'a>(checks: impl Iterator<Item = &'a filter_check::Model>) -> Vec<(&'a filter_check::Model, Vec<String>)> {
    let same = |one: &filter_check::Model, other: &filter_check::Model| {
        one.what == other.what
            && one.means == other.means
            && one.found == other.found
            && one.clause == other.clause
            && one.action == other.action
    };
    let mut groups: Vec<(&filter_check::Model, Vec<String>)> = Vec::new();
    for check in checks {
        let place = place(&check.who, &check.network, check.device.as_deref());
        match groups.iter_mut().find(|(first, _)| same(first, check)) {
            Some((_, places)) => places.push(place),
            None => groups.push((check, vec![place])),
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "checks/one.html")]
struct RunPage {
    page: Page,
    lead: String,
    about: String,
    parts: Vec<(&'static str, Table)>,
}

pub(crate) async fn one(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeChanges,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some((run, checks)) = service::run(&school, id).await.map_err(PageError::internal)? else {
        return Err(PageError::NotFound);
    };
    let people = checks.iter().map(|check| check.acted_by).chain([run.started_by]).collect::<Vec<_>>();
    let names = forms::names(&school, people).await.map_err(PageError::internal)?;
    let at = SchoolTime::new(timestamp(run.started_at));
    let who = run.started_by.map(|_| format!(", {}", forms::name(&names, run.started_by))).unwrap_or_default();
    let mut parts = Vec::new();
    for outcome in [Outcome::Failed, Outcome::Unknown, Outcome::Passed] {
        let mut table = Table::new(outcome.says(), ["What was tried", "As whom", "What was found"]);
        for (check, places) in alike(checks.iter().filter(|check| check.result == outcome.word())) {
            let means = match check.means.as_str() {
                "rules" => "By the rules of the gateway alone, without a request",
                "hand" => "By hand",
                "resolver" => "By a question to the resolver",
                _ => "By a request through the gateway",
            };
            let clause = check.clause.as_ref().map(|number| format!(" Clause\u{a0}{number}.")).unwrap_or_default();
            let acted =
                check.action.as_ref().map(|action| format!("{} wrote: {action}", forms::name(&names, check.acted_by)));
            table.push([
                Cell::sub(check.what.clone(), means),
                Cell::text(places.join("; ")),
                Cell::sub(format!("{}{clause}", check.found), acted.unwrap_or_default()),
            ]);
        }
        if !table.is_empty() {
            parts.push((outcome.says(), table));
        }
    }
    html(&RunPage {
        page: visit.page("A check of the filter").back("Checks of the filter", "/filter/checks"),
        lead: format!("{}.", forms::capital(&counts(&run))),
        about: format!("{}{who}, {} at {}.", sort_says(&run.sort), at.day_in_words(), at.clock_in_words()),
        parts,
    })
}

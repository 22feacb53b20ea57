//! The governors' report as a page and as PDF; the published policy as PDF.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::{ToSpan, civil::Date};
use pdf::Paper;
use webkit::{
    Action, Page, PageError, PageResult, Permit, Routes, Visit, Who, html,
    permit::{MayReadPolicy, MaySeePolicy},
};

use super::{
    paper,
    report::{Line, Report, report},
};
use crate::state::{Governance, stored};

/// How far back a report looks where nobody says: a term.
const DAYS: i64 = 120;

/// The routes of reports.
pub fn routes() -> Routes<Governance> {
    let see = Who::May(Action::SeePolicy);
    Routes::new()
        .get("/review/governor-report", see, show)
        .get("/review/governor-report.pdf", see, paper_of_report)
        .get("/policy/policy.pdf", Who::May(Action::ReadPolicy), paper_of_policy)
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    /// The day of the report before, such as `2026-09-01`.
    #[serde(default)]
    since: String,
}

#[derive(Template)]
#[template(path = "review/report.html")]
struct ReportPage {
    page: Page,
    caption: String,
    since: Date,
    report: Option<Report>,
}

impl ReportPage {
    /// The lists of the report that are not empty.
    fn lists(report: &Report) -> Vec<(&'static str, &[Line])> {
        let all =
            [("What got worse", &report.worse), ("What is not kept", &report.wrong), ("What falls due", &report.due)];
        all.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(title, lines)| (title, lines.as_slice())).collect()
    }
}

/// What is known for a report; none where no policy is in force.
async fn gather(
    state: &Governance,
    visit: &Visit,
    may: MaySeePolicy,
    asked: &Asked,
) -> Result<(Date, Option<Report>), PageError> {
    let school = state.school(may.school()).await?;
    let today = visit.school_time().date();
    let since = match asked.since.trim() {
        "" => today.saturating_sub(DAYS.days()),
        text => text.parse().map_err(|_| PageError::bad("Write the day as 2026-09-01"))?,
    };
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return Ok((since, None)) };
    let states = stored(state.standings().load(&school, visit.now()).await)?;
    Ok((since, Some(report(&in_force.policy, &states, visit.now(), since))))
}

async fn show(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySeePolicy,
    Query(asked): Query<Asked>,
) -> PageResult {
    let (since, report) = gather(&state, &visit, may, &asked).await?;
    let page = visit.page("Report to governors").back("Policy", "/policy");
    html(&ReportPage { page, caption: visit.school_time().day_in_words(), since, report })
}

async fn paper_of_report(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySeePolicy,
    Query(asked): Query<Asked>,
) -> PageResult {
    let (_, report) = gather(&state, &visit, may, &asked).await?;
    let report = report.ok_or(PageError::NotFound)?;
    let school = state.school(may.school()).await?;
    let made = visit.school_time().day_in_words();
    set(paper::governors(&report, school.name(), &made), "report-to-governors.pdf").await
}

async fn paper_of_policy(State(state): State<Governance>, visit: Visit, may: MayReadPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let made = visit.school_time().day_in_words();
    set(paper::policy(&in_force.policy, school.name(), &made), "policy.pdf").await
}

/// Sets a paper beside the requests, and answers with it.
async fn set(paper: Paper, name: &str) -> PageResult {
    let made = tokio::task::spawn_blocking(move || pdf::paper(&paper)).await.map_err(PageError::internal)?;
    let made = made.map_err(PageError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok::<Response, PageError>((headers, made).into_response())
}

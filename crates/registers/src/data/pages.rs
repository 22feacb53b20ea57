//! The page of a clock: what is left of the hours, large, and what is to be done, in order.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderValue, header::HeaderName},
};
use engines::registers::{Book, Kept};
use kernel::{SchoolTime, time::date_in_words};
use uuid::Uuid;
use webkit::{Page, PageError, PageResult, Routes, Visit, Who, html};

use super::{
    BREACH,
    clock::{Clock, Progress, Step},
    stand_of, way,
};
use crate::{
    Registers,
    state::{About, ToRead},
};

/// The register of this page.
struct Breaches;

impl About for Breaches {
    const CONTROL: &'static str = BREACH;
}

pub(super) fn routes() -> Routes<Registers> {
    Routes::new().get("/registers/data/breach/{id}/clock", Who::Named, show)
}

#[derive(Template)]
#[template(path = "registers/clock.html")]
struct ClockPage {
    page: Page,
    title: String,
    clock: String,
    late: bool,
    running: bool,
    since: String,
    ends: String,
    refreshes: bool,
    here: String,
    steps: Vec<Line>,
}

struct Line {
    number: usize,
    title: &'static str,
    says: &'static str,
    done: bool,
    mark: &'static str,
    way: Option<(String, String)>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    still: String,
}

/// How often the page is loaded anew while the clock runs, and nobody has asked it to stand still.
const EVERY_SECONDS: &str = "60";

async fn show(
    visit: Visit,
    opened: ToRead<Breaches>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    let book = opened.book;
    let kept = book.get(Uuid::parse_str(&id).map_err(|_| PageError::NotFound)?).await?;
    let stand = stand_of(&book, &kept).ok_or(PageError::NotFound)?;
    let entry = format!("{}/{}", book.address(), kept.entry.id);
    let running = matches!(stand.clock, Clock::Running { .. });
    let refreshes = running && wanted.still != "yes";
    let late = stand.clock.is_late();
    let steps = stand.steps.iter().enumerate();
    let (since, ends) = between(&kept);
    let page = ClockPage {
        page: visit.page("The clock of a breach").back("Breach", entry.clone()),
        title: kept.title.clone(),
        clock: stand.clock.words(),
        late,
        running,
        since,
        ends,
        refreshes,
        here: format!("{entry}/clock"),
        steps: steps.map(|(nth, (step, progress))| line(&book, &kept, nth, *step, *progress, late)).collect(),
    };
    let mut answer = html(&page)?;
    if refreshes {
        answer.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static(EVERY_SECONDS));
    }
    Ok(answer)
}

fn line(book: &Book, kept: &Kept, nth: usize, step: Step, progress: Progress, late: bool) -> Line {
    Line {
        number: nth + 1,
        title: step.title(),
        says: step.says(),
        done: progress == Progress::Done,
        mark: match progress {
            Progress::Done => "Done",
            Progress::NotNeeded => "Not needed",
            Progress::Open => "To be done",
            Progress::Waits => "After the steps before it",
        },
        way: (progress == Progress::Open).then(|| way(book, kept, step, late)).flatten(),
    }
}

/// When the hours began, and when they end.
fn between(kept: &Kept) -> (String, String) {
    let Some(breach) = super::breach(&kept.entry) else { return (String::new(), String::new()) };
    let words = |at: jiff::Timestamp| {
        let at = SchoolTime::new(at);
        format!("{} at {}", date_in_words(at.date()), at.clock_in_words())
    };
    let ends = breach.found.saturating_add(jiff::SignedDuration::from_hours(super::clock::HOURS));
    (words(breach.found), ends.map(words).unwrap_or_default())
}

//! The activity of the school, without names, and the live view.

use activity::{By, CountKey, Cursor, Filter, HostIs, Newest, Outcome, Query};
use askama::Template;
use axum::extract::{Query as UrlQuery, State};
use jiff::civil::Date;
use kernel::SchoolTime;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Choice, Filters, Table},
    permit::MaySeeActivity,
};

use super::rows;
use crate::Traffic;

/// What the address of the page asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    site: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    clause: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "monitor/activity.html")]
struct ActivityPage {
    page: Page,
    lead: String,
    filters: Filters,
    table: Table,
    empty: bool,
    narrowed: bool,
    may_look: bool,
    next: Option<String>,
    complete: bool,
    trouble: Option<String>,
}

pub(crate) fn filter_of(asked: &Asked) -> Filter {
    let day = asked.day.parse::<Date>().ok();
    let start = |day: Date| SchoolTime::parse(&format!("{day} 00:00")).ok().map(|at| at.timestamp());
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    Filter {
        from: day.and_then(start),
        to: day.and_then(|day| start(day.saturating_add(jiff::Span::new().days(1)))),
        person: None,
        host: some(&asked.site).map(|site| HostIs::Containing(site.to_lowercase())),
        category: some(&asked.category),
        outcomes: Outcome::parse(&asked.outcome).map(|outcome| vec![outcome]).unwrap_or_default(),
        clause: some(&asked.clause),
        year: None,
        class: some(&asked.class),
        inspected: None,
    }
}

pub(crate) async fn activity(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeActivity,
    UrlQuery(asked): UrlQuery<Asked>,
) -> PageResult {
    let filter = filter_of(&asked);
    let query = Query { after: asked.after.parse::<Cursor>().ok(), ..Query::newest(filter.clone()) };
    let found = state.log().query(may.school(), query).await.map_err(PageError::internal)?;
    let counts = state.log().counts(may.school(), filter, By::Outcome, 10).await.map_err(PageError::internal)?;
    let count = |outcome: Outcome| -> u64 {
        let word = CountKey::Word(outcome.id().to_owned());
        counts.counts.iter().filter(|count| count.key == word).map(|count| count.rows).sum()
    };
    let outcomes = vec![
        Choice::new("", "Any"),
        Choice::new(Outcome::Blocked.id(), "Closed"),
        Choice::new(Outcome::Observed.id(), "Would be closed"),
        Choice::new(Outcome::Allowed.id(), "Open"),
        Choice::new(Outcome::Refused.id(), "Refused, as no request for the gateway"),
        Choice::new(Outcome::Failed.id(), "No answer"),
    ];
    let filters = Filters::new("/monitor/activity", "Filter the activity")
        .search("site", "Site", &asked.site)
        .select("outcome", "What became of it", &asked.outcome, outcomes)
        .search("class", "Class", &asked.class)
        .search("clause", "Clause", &asked.clause)
        .search("day", "Day, as 2026-11-24", &asked.day);
    let query = filters.query();
    let joint = if query.is_empty() { String::new() } else { format!("{query}&") };
    html(&ActivityPage {
        page: visit.page("Activity"),
        lead: {
            // What is on trial went through.
            let (open, closed) = (count(Outcome::Allowed) + count(Outcome::Observed), count(Outcome::Blocked));
            let others = count(Outcome::Failed) + count(Outcome::Refused);
            let more = if others == 0 { String::new() } else { format!(", {others} refused or without an answer") };
            format!("{} requests: {open} open, {closed} closed{more}.", open + closed + others)
        },
        filters,
        table: rows::table("Requests, newest first", &found.entries),
        empty: found.entries.is_empty(),
        narrowed: !query.is_empty() || !asked.after.is_empty(),
        may_look: visit.session().is_some_and(|session| state.gate().may_look(may.school(), session.subject())),
        next: found.next.map(|next| format!("/monitor/activity?{joint}after={next}")),
        complete: found.complete && counts.complete,
        trouble: state.log().status(may.school()).trouble,
    })
}

#[derive(Template)]
#[template(path = "monitor/live.html")]
struct LivePage {
    page: Page,
    table: Table,
    empty: bool,
    at: String,
    script: &'static str,
}

pub(crate) async fn live(State(state): State<Traffic>, visit: Visit, may: MaySeeActivity) -> PageResult {
    let entries: Vec<_> =
        state.log().newest(may.school(), Newest::JustRefused, 30).iter().map(|entry| (**entry).clone()).collect();
    html(&LivePage {
        page: visit.page("Just refused").back("Activity", "/monitor/activity"),
        table: rows::table("What was just refused, newest first", &entries),
        empty: entries.is_empty(),
        at: visit.school_time().clock_in_words(),
        script: webkit::assets::path("live.js").unwrap_or_default(),
    })
}

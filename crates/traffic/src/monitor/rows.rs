//! A row of the activity log as a page prints it.

use activity::{Entry, Outcome};
use kernel::{Role, SchoolTime};
use webkit::kit::{Cell, State, Table};

/// Who asked, without a name: "Year 5, 5B", "Teacher", "Not known".
pub(crate) fn audience(entry: &Entry) -> String {
    let who = &entry.row.who;
    let mut parts = Vec::new();
    if let Some(year) = who.year {
        parts.push(year.title());
    }
    parts.extend(who.classes.iter().take(2).cloned());
    if parts.is_empty() {
        parts.extend(who.roles.iter().next().copied().map(Role::default_title).map(str::to_owned));
    }
    if parts.is_empty() { "Not known".to_owned() } else { parts.join(", ") }
}

fn state(outcome: Outcome) -> State {
    match outcome {
        Outcome::Allowed => State::off("Open"),
        Outcome::Blocked => State::bad("Closed"),
        Outcome::Observed => State::due("Would be closed"),
        Outcome::Refused => State::bad("Refused"),
        Outcome::Failed => State::off("No answer"),
        Outcome::Help => State::off("Help"),
    }
}

/// What was asked for, as far as the log knows.
pub(crate) fn site(entry: &Entry) -> String {
    match &entry.row.path {
        Some(path) if path != "/" => format!("{}{path}", entry.row.host),
        Some(_) | None => entry.row.host.clone(),
    }
}

/// The rows as a table, each with its "Why?".
pub(crate) fn table(caption: &str, entries: &[Entry]) -> Table {
    let mut table = Table::new(caption, ["When", "Who", "Site", "What became of it", "Why"]);
    for entry in entries {
        let at = SchoolTime::new(entry.row.at);
        let clause = entry
            .row
            .clause
            .as_ref()
            .map_or_else(|| entry.row.reason.clone(), |clause| format!("Clause {}", clause.number));
        let category = entry.row.category.clone().unwrap_or_default().replace('-', " ");
        table.push([
            Cell::sub(at.clock_in_words(), at.day_in_words()),
            Cell::text(audience(entry)),
            Cell::sub(site(entry), category),
            Cell::State(state(entry.row.outcome)),
            Cell::Sub {
                text: format!("Why? {clause}"),
                sub: String::new(),
                href: Some(format!("/filter/why?row={}", entry.id)),
            },
        ]);
    }
    table
}

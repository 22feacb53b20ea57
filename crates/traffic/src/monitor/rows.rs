//! A row of the activity log as a page prints it.

use activity::{Entry, Outcome};
use kernel::{Role, SchoolTime};
use webkit::kit::{Cell, State, Table};

/// Who asked, without a name: "Year 5, 5B", "Teacher", "Not known".
pub(crate) fn audience(entry: &Entry) -> String {
    let who = &entry.row.who;
    let mut parts = Vec::new();
    if let Some(year) = who.year {
        parts.push(year.title().replace(' ', "\u{a0}"));
    }
    parts.extend(who.classes.iter().take(2).cloned());
    if parts.is_empty() {
        parts.extend(who.roles.iter().next().copied().map(Role::default_title).map(str::to_owned));
    }
    if parts.is_empty() { "Not known".to_owned() } else { parts.join(", ") }
}

/// What became of a request, in a word.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "Open",
        Outcome::Blocked => "Closed",
        Outcome::Observed => "Would be closed",
        Outcome::Refused => "Refused",
        Outcome::Failed => "No answer",
        Outcome::Help => "Help",
    }
}

/// Nobody is accused by a page: what was closed is no fault, so it is not red.
fn state(outcome: Outcome) -> State {
    let word = word(outcome);
    match outcome {
        Outcome::Allowed | Outcome::Help => State::open(word),
        Outcome::Failed => State::off(word),
        Outcome::Blocked | Outcome::Refused => State::shut(word),
        Outcome::Observed => State::due(word),
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
    let mut table = Table::new(caption, ["When", "Who", "Site", "Gate", "Why"]);
    for entry in entries {
        let at = SchoolTime::new(entry.row.at);
        let clause = entry
            .row
            .clause
            .as_ref()
            .map_or_else(|| entry.row.reason.replace('-', "\u{a0}"), |clause| format!("Clause\u{a0}{}", clause.number));
        let category = entry.row.category.clone().unwrap_or_default().replace('-', " ");
        table.push([
            Cell::sub(at.clock_in_words(), at.day_in_words()),
            Cell::text(audience(entry)),
            Cell::sub(site(entry), category),
            Cell::State(state(entry.row.outcome)),
            Cell::Sub {
                text: format!("Why?\u{a0}{clause}"),
                sub: String::new(),
                href: Some(format!("/filter/why?row={}", entry.id)),
            },
        ]);
    }
    table
}

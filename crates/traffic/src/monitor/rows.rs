//! A row of the activity log as a page prints it.

use activity::{ClauseRef, Entry, Outcome};
use filter::Reason;
use kernel::{Role, SchoolTime};
use webkit::kit::{Cell, State, Table};

/// Who asked, without a name: "Year 5, 5B", "Class teacher, 5B", "Not known".
pub(crate) fn audience(entry: &Entry) -> String {
    let who = &entry.row.who;
    let role = || who.roles.iter().next().copied().map(Role::default_title).map(str::to_owned);
    let mut parts: Vec<String> =
        who.year.map(|year| year.title().replace(' ', "\u{a0}")).or_else(role).into_iter().collect();
    parts.extend(who.classes.iter().take(2).cloned());
    if parts.is_empty() { "Not known".to_owned() } else { parts.join(", ") }
}

/// Why, where no clause says it.
pub(crate) fn reason(entry: &Entry) -> String {
    match entry.row.reason.as_str() {
        "default" => "no rule is about it".to_owned(),
        "certificate-not-trusted" => "the device does not trust the filter’s certificate".to_owned(),
        "left-at-once" => "the device left at once, as programs do that want their maker’s certificate".to_owned(),
        "credential" => "no good token was given".to_owned(),
        other => other.replace('-', " "),
    }
}

/// The clause that decided what became of a request; none where something else did after it had been decided.
pub(crate) fn clause(entry: &Entry) -> Option<&ClauseRef> {
    let decided = match entry.row.outcome {
        Outcome::Allowed | Outcome::Blocked | Outcome::Observed | Outcome::Help => entry.row.reason != "no-longer-open",
        Outcome::Refused | Outcome::Failed => false,
    };
    entry.row.clause.as_ref().filter(|_| decided)
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

/// Whether a sealed list holds what was asked for: its digest stands in the place of the host.
pub(crate) fn is_sealed(entry: &Entry) -> bool {
    entry.row.reason == Reason::Sealed.id()
}

/// What was asked for, as far as the log knows.
pub(crate) fn site(entry: &Entry) -> String {
    if is_sealed(entry) {
        return "A site that is never named".to_owned();
    }
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
        let clause = clause(entry).map_or_else(|| reason(entry), |clause| format!("Clause\u{a0}{}", clause.number));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use activity::{RowId, Visit};
    use kernel::{SchoolId, Year};

    use super::*;

    fn entry(year: Option<Year>, role: Option<Role>) -> Entry {
        let at = "2026-11-24T10:15:00Z".parse().unwrap();
        let mut visit = Visit::new(SchoolId(uuid::Uuid::nil()), at, "maths.example", Outcome::Allowed);
        visit.who.year = year;
        visit.who.roles = role.into_iter().collect();
        visit.who.classes = BTreeSet::from(["5B".to_owned()]);
        visit.reason = "default".to_owned();
        Entry { id: RowId(1), row: activity::Row::visit(visit) }
    }

    #[test]
    fn a_class_teacher_is_not_taken_for_the_class() {
        assert_eq!(audience(&entry(Year::parse("year-5").ok(), Some(Role::Pupil))), "Year\u{a0}5, 5B");
        assert_eq!(audience(&entry(None, Some(Role::ClassTeacher))), "Class teacher, 5B");
        assert_eq!(reason(&entry(None, None)), "no rule is about it");
    }

    #[test]
    fn what_failed_is_not_laid_on_a_clause() {
        let told = |outcome, why: &str| {
            let at = "2026-11-24T10:15:00Z".parse().unwrap();
            let mut visit = Visit::new(SchoolId(uuid::Uuid::nil()), at, "maths.example", outcome);
            visit.reason = why.to_owned();
            visit.clause = Some(ClauseRef { label: "harm".to_owned(), number: "7.2".to_owned() });
            let entry = Entry { id: RowId(1), row: activity::Row::visit(visit) };
            clause(&entry).map_or_else(|| reason(&entry), |clause| clause.number.clone())
        };
        assert_eq!(told(Outcome::Blocked, "rule"), "7.2");
        assert_eq!(told(Outcome::Blocked, "no-longer-open"), "no longer open");
        assert_eq!(told(Outcome::Refused, "credential"), "no good token was given");
        let untrusting = told(Outcome::Failed, "certificate-not-trusted");
        assert_eq!(untrusting, "the device does not trust the filter’s certificate");
    }
}

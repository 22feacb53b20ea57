//! The governors' report: the same facts as the policy page, put together for a meeting. Pure.

use jiff::{Timestamp, civil::Date};
use kernel::{SchoolTime, Standing, time::date_in_words};
use policy::{Clause, ClauseKind, Policy};

use crate::policy_pages::states::States;

/// How many clauses have a standing, now and at the last report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// [`Standing::id`].
    pub id: &'static str,
    /// "Not kept".
    pub word: &'static str,
    /// How many now.
    pub now: usize,
    /// How many on the day that it is compared with; none where that day is not known.
    pub before: Option<usize>,
}

/// A section of the policy in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// How many clauses ask something.
    pub clauses: usize,
    /// How many of them are kept, reserved or untried.
    pub well: usize,
    /// How many are due.
    pub due: usize,
    /// How many are not kept or not known.
    pub wrong: usize,
    /// How many Gatehouse cannot keep or show yet.
    pub unbuilt: usize,
}

/// A clause that the governors should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub number: String,
    /// Where its page is.
    pub href: String,
    /// What it says.
    pub text: String,
    /// Why it stands so.
    pub why: String,
    /// What mends it, or what is to be done.
    pub mend: String,
    /// By when, or since when, in words.
    pub when: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The title of the policy.
    pub policy: String,
    /// The version in force.
    pub version: String,
    /// One sentence that sums it up.
    pub lead: String,
    /// The day that it is compared with, in words; none where nothing is known of the days before.
    pub compared: Option<String>,
    /// The counts, best standing first.
    pub counts: Vec<Count>,
    /// The sections.
    pub sections: Vec<Section>,
    /// What is not kept or not known, longest first.
    pub wrong: Vec<Line>,
    /// What is due, soonest first.
    pub due: Vec<Line>,
    /// What got worse since the day that it is compared with.
    pub worse: Vec<Line>,
}

/// Puts the report together. `since` is the day of the report before.
pub fn report(policy: &Policy, states: &States, now: Timestamp, since: Date) -> Report {
    let bound: Vec<&Clause> = policy.clauses.iter().filter(|clause| clause.kind == ClauseKind::Bound).collect();
    let compared = states.counts_on(policy, since);
    let mut counts = Vec::new();
    for id in Standing::IDS {
        let of_now =
            bound.iter().filter(|clause| states.of_clause(clause, now).is_some_and(|it| it.standing.id() == id));
        let (now, before) = (of_now.count(), compared.as_ref().map(|all| all.get(id).copied().unwrap_or(0)));
        if now > 0 || before.is_some_and(|before| before > 0) {
            counts.push(Count { id, word: word_of(id), now, before });
        }
    }
    let lines = |wanted: &[&str]| -> Vec<(Timestamp, Option<Date>, Line)> {
        bound
            .iter()
            .filter_map(|clause| {
                let state = states.of_clause(clause, now)?;
                wanted.contains(&state.standing.id()).then(|| {
                    let due = match &state.standing {
                        Standing::Due { by, .. } => Some(*by),
                        Standing::Kept
                        | Standing::Reserved { .. }
                        | Standing::Untried
                        | Standing::NotBuilt
                        | Standing::Unknown { .. }
                        | Standing::NotKept { .. } => None,
                    };
                    (state.since, due, line(clause, &state.standing, &state.evidence.statement, state.since))
                })
            })
            .collect()
    };
    let mut wrong = lines(&["not-kept", "unknown"]);
    wrong.sort_by_key(|(since, ..)| *since);
    let mut due = lines(&["due"]);
    due.sort_by_key(|(_, by, _)| *by);
    let kept = count_of(&counts, "kept");
    Report {
        policy: policy.front.title.clone(),
        version: policy.front.version.clone(),
        lead: lead(bound.len(), kept, wrong.len(), due.len(), count_of(&counts, "not-built")),
        compared: compared.map(|_| date_in_words(since)),
        counts,
        sections: sections(&bound, states, now),
        worse: worse(&bound, states, now, since),
        wrong: wrong.into_iter().map(|(.., line)| line).collect(),
        due: due.into_iter().map(|(.., line)| line).collect(),
    }
}

fn count_of(counts: &[Count], id: &str) -> usize {
    counts.iter().find(|count| count.id == id).map_or(0, |count| count.now)
}

fn lead(all: usize, kept: usize, wrong: usize, due: usize, unbuilt: usize) -> String {
    let mut text = format!("{kept} of the {all} clauses of our policy are kept, and Gatehouse holds the evidence.");
    match wrong {
        0 => text.push_str(" None is broken."),
        1 => text.push_str(" 1 is not kept, or nobody can say."),
        more => text.push_str(&format!(" {more} are not kept, or nobody can say.")),
    }
    if due > 0 {
        text.push_str(&format!(" {due} fall due soon."));
    }
    if unbuilt > 0 {
        text.push_str(&format!(" {unbuilt} are outside of what Gatehouse keeps or sees: ask how they are kept."));
    }
    text
}

fn word_of(id: &str) -> &'static str {
    match id {
        "kept" => "Kept",
        "reserved" => "Reserved",
        "untried" => "Untried",
        "due" => "Due",
        "not-built" => "Not built",
        "unknown" => "Unknown",
        _ => "Not kept",
    }
}

fn line(clause: &Clause, standing: &Standing, statement: &str, since: Timestamp) -> Line {
    let day = |at: Timestamp| date_in_words(SchoolTime::new(at).date());
    let (mend, when) = match standing {
        Standing::NotKept { mend, since: known, .. } => {
            (mend.clone(), format!("Since {}", day(known.unwrap_or(since))))
        }
        Standing::Due { by, what } => (what.clone(), format!("By {}", date_in_words(*by))),
        Standing::Kept
        | Standing::Reserved { .. }
        | Standing::Untried
        | Standing::NotBuilt
        | Standing::Unknown { .. } => (String::new(), format!("Since {}", day(since))),
    };
    Line {
        number: clause.number.clone(),
        href: format!("/policy/clauses/{}", clause.key()),
        text: clause.text.trim().to_owned(),
        why: statement.to_owned(),
        mend,
        when,
    }
}

fn sections(bound: &[&Clause], states: &States, now: Timestamp) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for clause in bound {
        let title = chapter(clause);
        if sections.last().is_none_or(|last| last.title != title) {
            sections.push(Section { title, clauses: 0, well: 0, due: 0, wrong: 0, unbuilt: 0 });
        }
        let (Some(section), Some(state)) = (sections.last_mut(), states.of_clause(clause, now)) else { continue };
        section.clauses += 1;
        match state.standing {
            Standing::Kept | Standing::Reserved { .. } | Standing::Untried => section.well += 1,
            Standing::Due { .. } => section.due += 1,
            Standing::NotKept { .. } | Standing::Unknown { .. } => section.wrong += 1,
            Standing::NotBuilt => section.unbuilt += 1,
        }
    }
    // A part that comes twice, as parts without numbers may, is one line.
    let mut merged: Vec<Section> = Vec::new();
    for section in sections {
        match merged.iter_mut().find(|known| known.title == section.title) {
            Some(known) => {
                known.clauses += section.clauses;
                known.well += section.well;
                known.due += section.due;
                known.wrong += section.wrong;
                known.unbuilt += section.unbuilt;
            }
            None => merged.push(section),
        }
    }
    merged
}

/// The part that a clause belongs to: the first figure of its number with its heading, or its heading.
fn chapter(clause: &Clause) -> String {
    clause.section.clone()
}

fn worse(bound: &[&Clause], states: &States, now: Timestamp, since: Date) -> Vec<Line> {
    let rank = |id: &str| Standing::IDS.iter().position(|known| *known == id).unwrap_or(Standing::IDS.len());
    let mut lines = Vec::new();
    for clause in bound {
        let changes = states.changes(clause);
        let Some((_, _, before)) = changes.iter().rev().find(|(day, ..)| *day <= since) else { continue };
        let Some(state) = states.of_clause(clause, now) else { continue };
        if rank(state.standing.id()) > rank(before) {
            lines.push(line(clause, &state.standing, &state.evidence.statement, state.since));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::civil::date;
    use kernel::Evidence;

    use super::*;
    use crate::policy_pages::states::BindingState;

    const NOW: &str = "2026-11-24T10:15:00Z";

    fn policy() -> Policy {
        let text = "+++\ntitle = \"Online Safety Policy\"\nversion = \"4\"\nissued = 2026-09-01\nreview = 2027-09-01\n+++\n\n\
            # 1 Passwords\n\n- Passwords are strong. `strong: access.password-strength`\n\
            - Sessions end. `idle: access.idle-lock`\n\n# 2 People\n\n- We keep a roll. `roll: people.roll`\n- Background. `law: context`\n";
        policy::check(&policy::Source::of_text(text), &rules::controls(), date(2026, 11, 24)).policy.unwrap()
    }

    fn states(of: &[(&str, Standing)]) -> States {
        let now: Timestamp = NOW.parse().unwrap();
        let mut states = States::empty(date(2026, 11, 24));
        let state = |standing: &Standing| BindingState {
            standing: standing.clone(),
            evidence: Evidence::new("So it is.", now),
            since: now,
            at: now,
        };
        states.bindings =
            of.iter().map(|(key, standing)| ((*key).to_owned(), state(standing))).collect::<HashMap<_, _>>();
        states
    }

    #[test]
    fn it_counts_sums_up_and_lists_what_is_wrong_and_due() {
        let due = Standing::Due { by: date(2026, 12, 1), what: "Bring in the roll.".to_owned() };
        let not = Standing::NotKept { since: None, why: "No.".to_owned(), mend: "Do it.".to_owned() };
        let states = states(&[("strong#1", Standing::Kept), ("idle#1", not), ("roll#1", due)]);
        let report = report(&policy(), &states, NOW.parse().unwrap(), date(2026, 9, 1));
        assert_eq!(
            report.lead,
            "1 of the 3 clauses of our policy are kept, and Gatehouse holds the evidence. 1 is not kept, or nobody can \
             say. 1 fall due soon."
        );
        let counts: Vec<_> = report.counts.iter().map(|count| (count.id, count.now, count.before)).collect();
        assert_eq!(counts, [("kept", 1, None), ("due", 1, None), ("not-kept", 1, None)]);
        assert_eq!(report.sections.len(), 2);
        assert_eq!((report.sections[0].clauses, report.sections[0].well, report.sections[0].wrong), (2, 1, 1));
        assert_eq!((report.wrong[0].number.as_str(), report.wrong[0].mend.as_str()), ("1.2", "Do it."));
        assert_eq!(
            (report.due[0].when.as_str(), report.due[0].mend.as_str()),
            ("By 1 December 2026", "Bring in the roll.")
        );
        assert_eq!(report.compared, None, "nothing is known of the days before");
    }

    #[test]
    fn what_nobody_has_looked_at_is_never_kept() {
        let report = report(&policy(), &states(&[]), NOW.parse().unwrap(), date(2026, 9, 1));
        assert_eq!(count_of(&report.counts, "kept"), 0);
        assert_eq!(report.wrong.len(), 3, "unknown is told as wrong");
    }
}

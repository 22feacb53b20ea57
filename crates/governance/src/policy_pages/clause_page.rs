//! The page of one clause: evidence, history, bindings, acts.

use kernel::{SchoolTime, time::date_in_words};
use policy::{Clause, ClauseKind, Policy};
use store::{School, StoreError};
use webkit::Page;

use super::{
    build::Ground,
    chart,
    history::{DayMark, History},
    views::{Badge, BindingView, ClausePage, Line, LinkView},
    wording::{evidence, is_key, todo},
};

/// The clause that an address names: by its key, or by its number.
pub(crate) fn find<'a>(policy: &'a Policy, asked: &str) -> Option<&'a Clause> {
    policy
        .clauses
        .iter()
        .find(|clause| clause.key() == asked)
        .or_else(|| policy.clauses.iter().find(|it| is_key(it, asked)))
}

/// How many changes of standing one page lists.
const MOST_CHANGES: usize = 30;

/// Makes the page for a reader who may open what `may_open` says.
pub(crate) fn build(
    page: Page,
    ground: &Ground<'_>,
    clause: &Clause,
    may_open: &dyn Fn(&str) -> bool,
    acts: Vec<Line>,
) -> ClausePage {
    let state = ground.states.of_clause(clause, ground.now);
    let history = ground.states.history(clause).filter(|history| counts_days(clause) && says_something(history));
    ClausePage {
        page,
        clause: ground.clause(clause, state.as_ref(), Vec::new()),
        section: clause.section.clone(),
        bindings: clause.bindings.iter().map(|binding| binding_view(ground, binding, may_open)).collect(),
        history: history.as_ref().map(History::in_words),
        since: history.as_ref().and_then(since).unwrap_or_default(),
        months: history.as_ref().map(chart::calendar).unwrap_or_default(),
        days_label: history.as_ref().map(days_label).unwrap_or_default(),
        not_kept: history.as_ref().map(|it| it.not_kept().map(date_in_words).collect()).unwrap_or_default(),
        unseen: history.as_ref().map_or(0, |it| it.count(DayMark::Unseen)),
        changes: changes(ground, clause),
        acts,
    }
}

/// Whether days are counted: not on trial, where nothing is kept yet, and not for background.
fn counts_days(clause: &Clause) -> bool {
    clause.kind == ClauseKind::Bound && !clause.bindings.iter().any(|binding| binding.common.on_trial())
}

/// Whether any day was good or bad: a row of days on which nobody could tell says nothing.
fn says_something(history: &History) -> bool {
    history.count(DayMark::Unseen) < history.total()
}

fn binding_view(ground: &Ground<'_>, binding: &policy::Binding, may_open: &dyn Fn(&str) -> bool) -> BindingView {
    let state = ground.states.of(&binding.key, ground.now);
    let today = SchoolTime::new(ground.now).date();
    let at = SchoolTime::new(state.at);
    BindingView {
        control: binding.control.to_string(),
        purpose: ground.registry.get(&binding.control).map(|it| it.card().purpose.clone()).unwrap_or_default(),
        system: ground.say(binding),
        badge: Badge::from(&state.standing),
        evidence: evidence(&state, today),
        todo: todo(&state.standing),
        figures: state
            .evidence
            .figures
            .iter()
            .map(|figure| Line { label: figure.label.clone(), value: figure.value.clone() })
            .collect(),
        links: state
            .evidence
            .links
            .iter()
            .filter(|link| may_open(&link.href))
            .map(|link| LinkView { text: link.text.clone(), href: link.href.clone() })
            .collect(),
        at: if at.date() == today {
            format!("Looked at today at {}.", at.clock_in_words())
        } else {
            format!("Looked at on {} at {}.", date_in_words(at.date()), at.clock_in_words())
        },
    }
}

fn since(history: &History) -> Option<String> {
    history.days().first().map(|(day, _)| format!("Since {}, when Gatehouse first looked.", date_in_words(*day)))
}

/// The calendar as a sentence; a long row of bad days is counted, not read out.
fn days_label(history: &History) -> String {
    let bad: Vec<_> = history.not_kept().collect();
    let mut text = format!("{}.", history.in_words());
    match bad.as_slice() {
        [] => text.push_str(" Not broken on any day."),
        few if few.len() <= 5 => {
            let days: Vec<_> = few.iter().map(|day| date_in_words(*day)).collect();
            text.push_str(&format!(" Not kept on {}.", days.join(", ")));
        }
        many => text.push_str(&format!(" Not kept on {} days, listed below.", many.len())),
    }
    let unseen = history.count(DayMark::Unseen);
    if unseen > 0 {
        text.push_str(&format!(" On {unseen} nobody could tell."));
    }
    text
}

fn changes(ground: &Ground<'_>, clause: &Clause) -> Vec<Line> {
    let word = |id: &str| Badge::of(id).map_or_else(|| id.to_owned(), |badge| badge.word.to_owned());
    let mut lines: Vec<_> = ground
        .states
        .changes(clause)
        .into_iter()
        .map(|(day, before, now)| Line {
            label: date_in_words(day),
            value: match before {
                None => format!("First looked at: {}", word(now)),
                Some(before) => format!("{}, before {}", word(now), word(before).to_lowercase()),
            },
        })
        .collect();
    lines.reverse();
    lines.truncate(MOST_CHANGES);
    lines
}

/// The acts under a clause in the ledger: what, and how many. No names, no details.
pub(crate) async fn acts(school: &School, clause: &Clause) -> Result<Vec<Line>, webkit::PageError> {
    let Some(label) = &clause.label else { return Ok(Vec::new()) };
    let counts: Result<Vec<(String, u64)>, StoreError> = crate::ledger::counts_under(school, label).await;
    Ok(crate::state::stored(counts)?
        .into_iter()
        .map(|(act, count)| Line {
            label: act_in_words(&act),
            value: if count == 1 { "once".to_owned() } else { format!("{count} times") },
        })
        .collect())
}

fn act_in_words(act: &str) -> String {
    match act {
        "agreements.sign" => "An agreement was signed".to_owned(),
        "policy.enact" => "A policy was put in force".to_owned(),
        other => other.replace(['.', '-'], " "),
    }
}

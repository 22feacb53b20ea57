//! What changed between two versions, in words: clauses, what the system does about them, agreements.

use std::collections::BTreeSet;

use jiff::civil::Date;
use kernel::time::date_in_words;
use policy::{Clause, Policy, Registry};

use super::{
    Speaker,
    views::{ChangeView, Line},
};
use crate::agreements::text;

/// What changed from `before` to `after`, in the order of the text; what is gone comes last.
pub fn changes(before: &Policy, after: &Policy, registry: &Registry, today: Date) -> Vec<ChangeView> {
    let old = Speaker::new(before, registry, today);
    let new = Speaker::new(after, registry, today);
    let mut changes = front(before, after);
    let mut matched: BTreeSet<usize> = BTreeSet::new();
    for clause in &after.clauses {
        let found = counterpart(clause, before, &matched);
        let (then, system_then) = match found.and_then(|nth| before.clauses.get(nth)) {
            Some(then) => (Some(then), sentences(then, &old)),
            None => (None, Vec::new()),
        };
        matched.extend(found);
        let system_now = sentences(clause, &new);
        let Some(then) = then else {
            changes.push(ChangeView {
                title: format!("Clause {} is new", clause.number),
                before: None,
                after: Some(clause.text.clone()),
                system: lines(&[], &system_now),
            });
            continue;
        };
        let words = then.text != clause.text;
        let acts = system_then != system_now;
        if !words && !acts {
            continue;
        }
        let what = match (words, acts) {
            (true, true) => "says and does something else",
            (true, false) => "is worded differently; the system does the same",
            (false, _) => "is worded the same; the system does something else",
        };
        changes.push(ChangeView {
            title: format!("Clause {} {what}", clause.number),
            before: words.then(|| then.text.clone()),
            after: words.then(|| clause.text.clone()),
            system: if acts { lines(&system_then, &system_now) } else { Vec::new() },
        });
    }
    for (nth, clause) in before.clauses.iter().enumerate() {
        if !matched.contains(&nth) {
            changes.push(ChangeView {
                title: format!("Clause {} is gone", clause.number),
                before: Some(clause.text.clone()),
                after: None,
                system: lines(&sentences(clause, &old), &[]),
            });
        }
    }
    changes.extend(agreements(before, after));
    changes
}

/// The clause before: of the same label, or, where one has none, with the same words.
fn counterpart(clause: &Clause, before: &Policy, matched: &BTreeSet<usize>) -> Option<usize> {
    let free = |nth: &usize| !matched.contains(nth);
    let by_label = clause
        .label
        .as_deref()
        .and_then(|label| before.clauses.iter().position(|it| it.label.as_deref() == Some(label)));
    by_label.filter(free).or_else(|| {
        before
            .clauses
            .iter()
            .enumerate()
            .filter(|(nth, it)| free(nth) && (clause.label.is_none() || it.label.is_none()))
            .find(|(_, it)| it.text == clause.text)
            .map(|(nth, _)| nth)
    })
}

fn sentences(clause: &Clause, speaker: &Speaker<'_>) -> Vec<String> {
    clause.bindings.iter().map(|binding| speaker.say(binding)).collect()
}

fn lines(then: &[String], now: &[String]) -> Vec<Line> {
    let line = |label: &str, value: &String| Line { label: label.to_owned(), value: value.clone() };
    let gone = then.iter().filter(|it| !now.contains(it)).map(|it| line("The system did", it));
    let come = now.iter().filter(|it| !then.contains(it)).map(|it| line("The system does", it));
    gone.chain(come).collect()
}

fn front(before: &Policy, after: &Policy) -> Vec<ChangeView> {
    let day = |date: Option<Date>| date.map_or_else(|| "not given".to_owned(), date_in_words);
    let rows = [
        ("Title", before.front.title.clone(), after.front.title.clone()),
        ("Version", before.front.version.clone(), after.front.version.clone()),
        ("Day of issue", day(before.front.issued), day(after.front.issued)),
        ("Next review", day(before.front.review), day(after.front.review)),
    ];
    let mut changes: Vec<_> = rows
        .into_iter()
        .filter(|(_, then, now)| then != now)
        .map(|(what, then, now)| ChangeView {
            title: what.to_owned(),
            before: Some(then),
            after: Some(now),
            system: Vec::new(),
        })
        .collect();
    let parts = [
        ("The titles of roles", before.front.titles != after.front.titles),
        ("The names of systems, or how they are seen", before.front.systems != after.front.systems),
        ("The hours that have names", before.front.times != after.front.times),
        ("The terms of the year", before.front.terms != after.front.terms),
        ("The networks", before.front.networks != after.front.networks),
        ("Who approves the policy", before.front.approval != after.front.approval),
    ];
    changes.extend(parts.into_iter().filter(|(_, changed)| *changed).map(|(what, _)| ChangeView {
        title: format!("{what} changed"),
        before: None,
        after: None,
        system: Vec::new(),
    }));
    changes
}

fn agreements(before: &Policy, after: &Policy) -> Vec<ChangeView> {
    let change = |title: String| ChangeView { title, before: None, after: None, system: Vec::new() };
    let mut changes = Vec::new();
    for agreement in &after.agreements {
        match before.agreement(&agreement.name) {
            None => {
                changes.push(change(format!("The agreement “{}” is new: those whom it binds sign it", agreement.title)))
            }
            Some(then) => {
                if text::digest(then) != text::digest(agreement) {
                    let title = &agreement.title;
                    changes.push(change(format!("The words of the agreement “{title}” changed: it is signed again")));
                }
                if then.audience != agreement.audience {
                    changes.push(change(format!("The agreement “{}” binds other people", agreement.title)));
                }
            }
        }
    }
    let gone = before.agreements.iter().filter(|then| after.agreement(&then.name).is_none());
    changes.extend(gone.map(|then| change(format!("The agreement “{}” is gone", then.title))));
    changes
}

//! `after = "label"`: the clause is there, and nothing comes after itself.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Reporter},
    model::Clause,
    source::Span,
    suggest,
    terms::Term,
};

/// Checks what every `after` names.
pub(crate) fn check(clauses: &[Clause], report: &mut Reporter<'_>) {
    let labels: Vec<&str> = clauses.iter().filter_map(|clause| clause.label.as_deref()).collect();
    let mut after: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for clause in clauses {
        for term in clause.bindings.iter().filter_map(|binding| binding.given.get("after")) {
            for (label, span) in texts(term) {
                if !labels.contains(&label) {
                    let help = match suggest::nearest(label, labels.iter().copied()) {
                        Some(found) => format!("did you mean `{found}`?"),
                        None => "`after` names the label of another clause".to_owned(),
                    };
                    let message = format!("no clause has the label `{label}`");
                    report.error(Code::UNKNOWN_LABEL, span, message, "not known").help(help);
                } else if let Some(own) = clause.label.as_deref() {
                    after.entry(own).or_default().push((label, span));
                }
            }
        }
    }
    for (label, firsts) in &after {
        for (first, span) in firsts {
            if reaches(&after, first, label) {
                let message = format!("`{label}` comes after `{first}`, which comes after `{label}`");
                report.error(Code::CIRCLE, *span, message, "a circle").help("take one `after` away");
            }
        }
    }
}

fn texts(term: &Term) -> Vec<(&str, Span)> {
    let one = term.value.as_text().map(|text| (text, term.span));
    let many = term.value.as_list().unwrap_or(&[]).iter().filter_map(|(value, span)| Some((value.as_text()?, *span)));
    one.into_iter().chain(many).collect()
}

/// Whether `to` comes before `from`, over any number of steps.
fn reaches(after: &BTreeMap<&str, Vec<(&str, Span)>>, from: &str, to: &str) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while let Some(label) = seen.get(at).copied() {
        if label == to {
            return true;
        }
        at += 1;
        for (next, _) in after.get(label).into_iter().flatten() {
            if !seen.contains(next) {
                seen.push(next);
            }
        }
    }
    false
}

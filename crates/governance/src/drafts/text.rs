//! A draft as prose, with what the system would do under each clause, and what is wrong with it.

use jiff::civil::Date;
use policy::{Clause, ClauseKind, Diagnostic, Policy, Registry, Severity, Source};

use super::views::{DraftBlock, Fault};
use crate::policy_pages::{
    Speaker,
    prose::{self, Piece},
    wording::anchor,
};

/// The lines that a span of bytes covers, from 1.
fn lines(text: &str, start: usize, end: usize) -> (usize, usize) {
    let at = |byte: usize| text.get(..byte.min(text.len())).map_or(0, |before| before.matches('\n').count()) + 1;
    (at(start), at(end))
}

/// The label of the clause that a place stands in.
fn clause_at<'p>(policy: &'p Policy, path: &str, line: usize) -> Option<&'p Clause> {
    policy.clauses.iter().filter(|clause| clause.path == path && clause.label.is_some()).find(|clause| {
        let Some(file) = policy.source.files.get(clause.span.file) else { return false };
        let (first, last) = lines(&file.text, clause.span.start, clause.span.end);
        (first..=last).contains(&line)
    })
}

/// What is wrong, and what somebody should look at. What is not built yet is counted, not listed.
pub(crate) fn faults(policy: &Policy, diagnostics: &[Diagnostic], draft: &str) -> Vec<Fault> {
    diagnostics
        .iter()
        .filter(|it| it.code != policy::Code::NOT_BUILT)
        .map(|it| {
            let clause = clause_at(policy, &it.spot.path, it.spot.line);
            Fault {
                error: it.severity == Severity::Error,
                message: crate::policy_pages::wording::stopped(&it.message),
                help: it.help.clone().map(|help| crate::policy_pages::wording::stopped(&help)),
                place: match clause {
                    Some(clause) => format!("Clause {}", clause.number),
                    None if it.spot.path.is_empty() => "The policy".to_owned(),
                    None => format!("{}, line {}, column {}", it.spot.path, it.spot.line, it.spot.column),
                },
                label: clause.and_then(|clause| clause.label.clone()),
                href: clause.and_then(|clause| clause.label.as_deref()).map(|label| format!("{draft}/clause/{label}")),
            }
        })
        .collect()
}

/// The text of a draft; with `draft`, the address of its page, a link to change each clause.
pub(crate) fn blocks(
    policy: &Policy,
    registry: &Registry,
    today: Date,
    draft: Option<&str>,
    faults: &[Fault],
) -> Vec<DraftBlock> {
    let speaker = Speaker::new(policy, registry, today);
    let documents = std::iter::once((None, &policy.main))
        .chain(policy.agreements.iter().map(|it| (Some(format!("Agreement: {}", it.title)), &it.document)))
        .chain(policy.notices.iter().map(|it| (Some(format!("Notice: {}", it.front.title)), &it.document)));
    let mut blocks = Vec::new();
    for (title, document) in documents {
        blocks.extend(title.map(|title| DraftBlock::Heading { level: 2, html: policy::render::escape(&title) }));
        let mut pieces = Vec::new();
        prose::walk(&document.blocks, &mut pieces);
        for piece in pieces {
            blocks.extend(match piece {
                Piece::Heading(heading) => {
                    Some(DraftBlock::Heading { level: (heading.level + 1).clamp(2, 6), html: heading.html.clone() })
                }
                Piece::Prose(html) => Some(DraftBlock::Prose(html)),
                Piece::Clause(ix, cells) => policy.clause(ix).map(|clause| DraftBlock::Clause {
                    number: clause.number.clone(),
                    anchor: anchor(clause),
                    html: clause.html.clone(),
                    cells,
                    context: clause.kind == ClauseKind::Context,
                    system: clause.bindings.iter().map(|binding| speaker.say(binding)).collect(),
                    wrong: faults
                        .iter()
                        .any(|fault| fault.error && fault.label.is_some() && fault.label == clause.label),
                    change: draft.zip(clause.label.as_deref()).map(|(draft, label)| format!("{draft}/clause/{label}")),
                }),
            });
        }
    }
    blocks
}

/// A source that is checked: the policy as far as it can be read, whether it is sound, and what is wrong.
pub(crate) struct Looked {
    pub(crate) policy: Policy,
    pub(crate) sound: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Checks a source that may have errors.
pub(crate) fn look(source: &Source, registry: &Registry, today: Date) -> Looked {
    let checked = policy::check(source, registry, today);
    let sound = checked.policy.is_some();
    let policy = checked.policy.unwrap_or_else(|| policy::sketch(source, registry, today));
    Looked { policy, sound, diagnostics: checked.diagnostics }
}

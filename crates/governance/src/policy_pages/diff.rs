//! What changed between two versions, for a page: the language compares, agreements say who signs again.

use jiff::civil::Date;
use policy::{Difference, Policy, Words, diff::Change};

use super::views::{ChangeView, PieceView};
use crate::agreements::text;

/// What changed from `before` to `after`. With `whole`, also what only those see who draft policies: terms
/// as they are written, systems and networks.
pub fn changes(before: &Policy, after: &Policy, today: Date, whole: bool) -> Vec<ChangeView> {
    let controls = rules::controls_of_both(&before.source, &after.source);
    let words = |policy: &Policy| Words::of(policy, today);
    let found = policy::diff::diff(before, after, &controls.registry, &words(before), &words(after));
    views(found, before, after, whole)
}

/// Changes that were found, for a page.
pub fn views(found: Difference, before: &Policy, after: &Policy, whole: bool) -> Vec<ChangeView> {
    let inner = |line: &str| line.starts_with("The network") || line.starts_with("The system `");
    let mut changes: Vec<ChangeView> =
        found.front.into_iter().filter(|line| whole || !inner(line)).map(ChangeView::line).collect();
    for change in found.clauses {
        let title = match (&change.before, &change.after) {
            (None, Some(now)) => format!("Clause {now} is new"),
            (Some(then), None) => format!("Clause {then} is gone"),
            (Some(then), Some(now)) if then != now => format!("Clause {now}, before {then}"),
            (Some(_), Some(now)) => format!("Clause {now}"),
            (None, None) => continue,
        };
        let look = match (&change.before, &change.after) {
            (None, _) => Look::New,
            (_, None) => Look::Gone,
            (Some(_), Some(_)) => Look::Same,
        };
        let pieces = if change.words.is_empty() {
            vec![PieceView { look: look.id(), text: change.text }]
        } else {
            change.words.into_iter().map(|it| PieceView { look: Look::of(it.change).id(), text: it.text }).collect()
        };
        // A line with code in it shows terms as they are written.
        let system = change.terms.into_iter().filter(|line| whole || !line.contains('`')).collect();
        changes.push(ChangeView { title, pieces, system });
    }
    changes.extend(agreements(before, after).into_iter().map(ChangeView::line));
    if whole {
        changes.extend(found.registers.into_iter().map(ChangeView::line));
    }
    changes
}

/// How words of a change are shown.
enum Look {
    Same,
    Gone,
    New,
}

impl Look {
    fn of(change: Change) -> Self {
        match change {
            Change::Same => Self::Same,
            Change::Gone => Self::Gone,
            Change::New => Self::New,
        }
    }

    fn id(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// Who signs because of the new version.
fn agreements(before: &Policy, after: &Policy) -> Vec<String> {
    let mut changes = Vec::new();
    for agreement in &after.agreements {
        let title = &agreement.title;
        match before.agreement(&agreement.name) {
            None => changes.push(format!("The agreement “{title}” is new: those whom it binds sign it")),
            Some(then) => {
                if text::digest(then) != text::digest(agreement) {
                    changes.push(format!("The words of the agreement “{title}” changed: it is signed again"));
                }
                if then.audience != agreement.audience {
                    changes.push(format!("The agreement “{title}” binds other people"));
                }
            }
        }
    }
    let gone = before.agreements.iter().filter(|then| after.agreement(&then.name).is_none());
    changes.extend(gone.map(|then| format!("The agreement “{}” is gone", then.title)));
    changes
}

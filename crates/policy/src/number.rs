//! Numbers of sections and clauses: as printed, or else by position.

use std::collections::{BTreeMap, BTreeSet};

/// The number of a heading, and whether the heading prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SectionNumber {
    pub(crate) number: String,
    pub(crate) printed: bool,
    /// Whether other sections lie in it, so that its own clauses need a number apart from theirs.
    pub(crate) has_parts: bool,
}

/// Numbers the headings of a document, given as level and text. `alone` says whether a single heading is the title.
pub(crate) fn sections(headings: &[(u8, String)], alone: bool) -> Vec<SectionNumber> {
    let title = title(headings, alone);
    let mut numbers: Vec<SectionNumber> = Vec::with_capacity(headings.len());
    // The open sections: level and position.
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut counts: BTreeMap<Option<usize>, u32> = BTreeMap::new();
    for (at, (level, text)) in headings.iter().enumerate() {
        while open.last().is_some_and(|(above, _)| above >= level) {
            open.pop();
        }
        let parent = open.last().map(|(_, at)| *at);
        if let Some(parent) = parent.and_then(|at| numbers.get_mut(at)) {
            parent.has_parts = true;
        }
        open.push((*level, at));
        if title == Some(at) {
            numbers.push(SectionNumber { number: String::new(), printed: false, has_parts: false });
            continue;
        }
        let scope = parent.filter(|parent| title != Some(*parent));
        let count = counts.entry(scope).or_insert(0);
        let (number, printed) = match printed(text) {
            Some(number) => {
                if let Some(last) = number.rsplit(['.', ' ']).next().and_then(|last| last.parse().ok()) {
                    *count = last;
                }
                (number.to_owned(), true)
            }
            None => {
                *count = count.saturating_add(1);
                let above = scope.and_then(|at| numbers.get(at)).map_or("", |above| &above.number);
                (if above.is_empty() { count.to_string() } else { format!("{above}.{count}") }, false)
            }
        };
        numbers.push(SectionNumber { number, printed, has_parts: false });
    }
    numbers
}

/// The first heading where it is the only one of its level, without a number, and all others lie in it.
fn title(headings: &[(u8, String)], alone: bool) -> Option<usize> {
    let (first, others) = headings.split_first()?;
    let enough = alone || !others.is_empty();
    (printed(&first.1).is_none() && enough && others.iter().all(|(level, _)| *level > first.0)).then_some(0)
}

/// "4.2" of "4.2 Passwords", "Appendix 4" of "Appendix 4: Incidents".
fn printed(text: &str) -> Option<&str> {
    let (prefix, rest) = match text.split_once(' ') {
        Some(("Appendix" | "Annex" | "Part" | "Section", rest)) => (text.len() - rest.len(), rest),
        Some(_) | None => (0, text),
    };
    let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '.').unwrap_or(rest.len());
    let number = rest.get(..end)?.trim_end_matches('.');
    let short = number.split('.').all(|part| (1..=4).contains(&part.len()));
    let digits = number.split('.').all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let letter = prefix > 0 && number.len() == 1;
    (short && (digits || letter)).then(|| text.get(..prefix + number.len())).flatten()
}

/// Gives out the numbers of clauses.
#[derive(Debug, Default)]
pub(crate) struct ClauseNumbers {
    counts: BTreeMap<String, u32>,
    given: BTreeSet<String>,
}

impl ClauseNumbers {
    /// The number of the next clause of a section.
    pub(crate) fn next(&mut self, section: Option<&SectionNumber>) -> String {
        let prefix = match section {
            Some(section) if section.number.is_empty() && !section.has_parts => String::new(),
            Some(section) if section.number.is_empty() => "0".to_owned(),
            Some(section) if section.has_parts => format!("{}.0", section.number),
            Some(section) => section.number.clone(),
            None => "0".to_owned(),
        };
        let count = self.counts.entry(prefix.clone()).or_insert(0);
        loop {
            *count = count.saturating_add(1);
            let number = if prefix.is_empty() { count.to_string() } else { format!("{prefix}.{count}") };
            if self.given.insert(number.clone()) || *count == u32::MAX {
                return number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headings: &[(u8, &str)], expected: &[&str]) {
        let headings: Vec<_> = headings.iter().map(|(level, text)| (*level, (*text).to_owned())).collect();
        let numbers: Vec<_> = sections(&headings, false).into_iter().map(|section| section.number).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn numbers_as_printed_or_by_position() {
        check(&[(1, "4 Managing"), (2, "4.2 Passwords"), (2, "Wi-Fi"), (1, "Data")], &["4", "4.2", "4.3", "5"]);
        check(&[(1, "Online Safety Policy"), (2, "Aims"), (2, "Roles"), (3, "Staff")], &["", "1", "2", "2.1"]);
        check(&[(1, "Aims"), (1, "Roles"), (3, "Staff")], &["1", "2", "2.1"]);
        check(&[(1, "1. Aims"), (1, "Appendix A: Forms"), (2, "Staff")], &["1", "Appendix A", "Appendix A.1"]);
        check(&[(1, "2026 in review")], &["2026"]);
        check(&[(1, "10 tips"), (2, "10.x"), (1, "a b")], &["10", "10.1", "11"]);
    }

    #[test]
    fn clauses_of_a_section_with_parts_do_not_meet_their_numbers() {
        let numbers = sections(&[(1, "4 Managing".to_owned()), (2, "4.1 Wi-Fi".to_owned())], false);
        let mut clauses = ClauseNumbers::default();
        assert_eq!(clauses.next(None), "0.1");
        assert_eq!(clauses.next(numbers.first()), "4.0.1");
        assert_eq!(clauses.next(numbers.get(1)), "4.1.1");
        assert_eq!(clauses.next(numbers.get(1)), "4.1.2");
        let titled = sections(&[(1, "Staff agreement".to_owned())], true);
        assert_eq!(clauses.next(titled.first()), "1");
    }
}

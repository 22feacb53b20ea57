//! Names of persons and telephone numbers: a policy has neither, since both change.

use crate::{
    diagnostic::{Code, Reporter},
    markdown::Raw,
    source::Span,
};

const TITLES: [&str; 11] = ["Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Rev", "Sir", "Dame"];

/// Looks through what a document says.
pub(crate) fn check(raw: &Raw, report: &mut Reporter<'_>) {
    let clauses = raw.clauses.iter().map(|clause| (clause.text.as_str(), clause.span));
    let prose = raw.prose.iter().map(|(text, span)| (text.as_str(), *span));
    for (text, span) in clauses.chain(prose) {
        if let Some(name) = person(text) {
            report
                .warning(Code::PERSON, within(span, &name, report), format!("`{name}` seems to be a person"), "a name")
                .help("name the role; who holds it is recorded under `policy.roles`");
        }
        if let Some(number) = telephone(text) {
            report
                .warning(
                    Code::TELEPHONE,
                    within(span, &number, report),
                    format!("`{number}` seems to be a telephone number"),
                    "a number",
                )
                .help("numbers change; keep them where they can be changed without a new version of the policy");
        }
    }
}

/// The place of some words inside a span, where they stand there as they are.
fn within(span: Span, words: &str, report: &Reporter<'_>) -> Span {
    match report.text(span).find(words) {
        Some(at) => Span { start: span.start + at, end: span.start + at + words.len(), ..span },
        None => span,
    }
}

/// "Mrs Example": a title and a word with a capital.
fn person(text: &str) -> Option<String> {
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let title = word.trim_start_matches(['(', '"', '\u{201c}', '\u{2018}', '\'']);
        if !TITLES.contains(&title.trim_end_matches('.')) {
            continue;
        }
        let name: String =
            words.peek().map_or("", |word| word).chars().take_while(|it| it.is_alphabetic() || *it == '-').collect();
        let mut chars = name.chars();
        if chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase) {
            return Some(format!("{title} {name}"));
        }
    }
    None
}

/// "01632 960 001", "+44 1632 960001": ten to thirteen digits that begin as numbers of telephones do.
fn telephone(text: &str) -> Option<String> {
    let begins = |before: Option<char>| before.is_none_or(|it| !it.is_alphanumeric() && !".-/:".contains(it));
    let mut before = None;
    for (at, char) in text.char_indices() {
        let starts = matches!(char, '0' | '+' | '(') && begins(before);
        before = Some(char);
        if !starts {
            continue;
        }
        let rest = text.get(at..).unwrap_or("");
        let end = rest.find(|it: char| !(it.is_ascii_digit() || " ()+-".contains(it))).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or("").trim_end_matches([' ', '(', '-', '+']);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let form = digits.starts_with('0') || number.starts_with('+');
        let ends = rest.get(number.len()..).and_then(|rest| rest.chars().next()).is_none_or(|it| !it.is_alphanumeric());
        if form && ends && (10..=13).contains(&digits.len()) {
            return Some(number.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_and_numbers_are_seen() {
        assert_eq!(person("Tell Mrs Example at once."), Some("Mrs Example".to_owned()));
        assert_eq!(person("(Dr. Test-Name)"), Some("Dr. Test-Name".to_owned()));
        assert_eq!(person("Miss no lesson. The Sir option."), None);
        assert_eq!(telephone("Ring 01632 960 001."), Some("01632 960 001".to_owned()));
        assert_eq!(telephone("at (01632) 960001"), Some("(01632) 960001".to_owned()));
        assert_eq!(telephone("or +44 1632 960001 now"), Some("+44 1632 960001".to_owned()));
        for fine in [
            "from 2026-09-01 on",
            "10.1.0.0/16",
            "0 to 5 of 100",
            "at 09:00",
            "Year 10 2026 2027 100 200",
            "id 0123456789ab",
        ] {
            assert_eq!(telephone(fine), None, "{fine}");
        }
    }
}

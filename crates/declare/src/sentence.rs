//! Sentences with places for values: "{count} loans; {open} are out."
//!
//! A sentence about numbers is said right for one: "1 loan is out". Where the words are not those that it knows, both
//! are written: "{count} {count|loan lacks|loans lack} a signature".

use std::ops::Range;

use crate::suggest;

/// A sentence whose places are known to be names of values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(String),
    /// What is said where the number is one, and where it is not.
    Choice(String, String, String),
}

/// Why a text is no sentence that can be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SentenceError {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// What stands where a value is missing.
const MISSING: &str = "…";

impl Sentence {
    /// Reads a sentence, each of whose places must have one of the `allowed` names.
    ///
    /// # Errors
    /// Where a place has no end, or a name that is not allowed.
    pub fn parse<S: AsRef<str>>(text: &str, allowed: &[S]) -> Result<Self, SentenceError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.find(['{', '}'])) {
            let start = at + found;
            parts.push(Part::Words(text.get(at..start).unwrap_or_default().to_owned()));
            let rest = text.get(start..).unwrap_or_default();
            let inner = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
            let Some(inner) = inner.filter(|inner| !inner.contains('{')) else {
                let message = "this brace belongs to no place".to_owned();
                let help = "a place is written as {name}".to_owned();
                return Err(SentenceError { span: start..start + 1, message, help });
            };
            let end = start + inner.len() + 2;
            let mut words = inner.split('|');
            let name = words.next().unwrap_or_default();
            if !allowed.iter().any(|one| one.as_ref() == name) {
                let help = suggest::one_of(name, allowed);
                let message = format!("there is nothing to put in place of `{{{name}}}`");
                return Err(SentenceError { span: start..end, message, help });
            }
            parts.push(match (words.next(), words.next(), words.next()) {
                (None, _, _) => Part::Place(name.to_owned()),
                (Some(one), Some(many), None) => Part::Choice(name.to_owned(), one.to_owned(), many.to_owned()),
                (Some(_), _, _) => {
                    let message = "a choice has the words for one and the words for several".to_owned();
                    let help = format!("write {{{name}|loan has|loans have}}");
                    return Err(SentenceError { span: start..end, message, help });
                }
            });
            at = end;
        }
        parts.push(Part::Words(text.get(at..).unwrap_or_default().to_owned()));
        Ok(Self { text: text.to_owned(), parts })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of its places.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Words(_) => None,
            Part::Place(name) | Part::Choice(name, _, _) => Some(name.as_str()),
        })
    }

    /// The sentence with its values; "…" stands where one is missing.
    pub fn fill(&self, value: &dyn Fn(&str) -> Option<String>) -> String {
        self.write(value, |out, filled, _| out.push_str(filled))
    }

    /// The sentence with numbers as values: nouns and verbs after a 1 are said for one. `item` and `items` are what the
    /// register calls its entries.
    pub fn count(&self, item: &str, items: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
        let mut singular = false;
        self.write(value, |out, filled, is_place| {
            if is_place {
                out.push_str(filled);
                // "1 of 1 devices" is said of the second number.
                singular = filled == "1" && !out.trim_end_matches('1').ends_with(" of ");
            } else {
                out.push_str(&if singular { for_one(filled, item, items) } else { filled.to_owned() });
                singular = false;
            }
        })
    }

    fn write(&self, value: &dyn Fn(&str) -> Option<String>, mut push: impl FnMut(&mut String, &str, bool)) -> String {
        let mut out = String::with_capacity(self.text.len() + 16);
        for part in &self.parts {
            match part {
                Part::Words(words) if words.is_empty() => {}
                Part::Words(words) => push(&mut out, words, false),
                Part::Place(name) => {
                    let filled = value(name).filter(|filled| !filled.is_empty());
                    push(&mut out, filled.as_deref().unwrap_or(MISSING), true);
                }
                Part::Choice(name, one, many) => {
                    let is_one = value(name).is_some_and(|number| number == "1");
                    out.push_str(if is_one { one } else { many });
                }
            }
        }
        out
    }
}

const VERBS: [(&str, &str); 8] = [
    ("are", "is"),
    ("have", "has"),
    ("were", "was"),
    ("do", "does"),
    ("need", "needs"),
    ("lack", "lacks"),
    ("wait", "waits"),
    ("stand", "stands"),
];

const NOUNS: [(&str, &str); 4] = [("people", "person"), ("children", "child"), ("staff", "staff"), ("these", "this")];

/// What follows a 1: its noun, where it is the first word or the register's own, and its verb, where it comes next.
fn for_one(words: &str, item: &str, items: &str) -> String {
    let Some(rest) = words.strip_prefix(' ') else { return words.to_owned() };
    let (noun, rest) = match rest.strip_prefix(items) {
        Some(after) if !after.starts_with(char::is_alphanumeric) => (item.to_owned(), after),
        Some(_) | None => {
            let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if let Some((_, one)) = VERBS.iter().find(|row| row.0 == word) {
                return format!(" {one}{after}");
            }
            (singular(word), after)
        }
    };
    let Some(after) = rest.strip_prefix(' ') else { return format!(" {noun}{rest}") };
    let end = after.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(after.len());
    let (word, after) = after.split_at(end);
    let verb = VERBS.iter().find(|row| row.0 == word).map_or(word, |row| row.1);
    format!(" {noun} {verb}{after}")
}

/// "devices" as "device"; words that are no plurals stay.
pub(crate) fn singular(word: &str) -> String {
    if let Some((_, one)) = NOUNS.iter().find(|row| row.0 == word) {
        return (*one).to_owned();
    }
    let stem = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.len() > 1);
    if let Some(stem) = stem("ies") {
        return format!("{stem}y");
    }
    if let Some(stem) = ["sses", "xes", "ches", "shes"].iter().find_map(|ending| stem(ending).map(|_| ending)) {
        return word.get(..word.len() - 2).map_or_else(|| (*stem).to_owned(), ToOwned::to_owned);
    }
    match stem("s") {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        Some(_) | None => word.to_owned(),
    }
}

/// "1 loan", "12 loans".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number)) }
}

/// 50,000.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "device" as "devices".
pub(crate) fn plural(word: &str) -> String {
    let uncounted = ["software", "hardware", "equipment"].iter().any(|it| word.ends_with(it));
    if uncounted || (word.ends_with('s') && !word.ends_with("ss")) {
        return word.to_owned();
    }
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// "loan" as the first word of a sentence: "Loan".
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "We have none" within a sentence: "we have none". What begins with two capitals stays.
pub(crate) fn decapital(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        (_, _) => text.to_owned(),
    }
}

/// "a loan", "an entry".
pub(crate) fn article(noun: &str) -> String {
    let lower = noun.to_lowercase();
    let vowel = lower.starts_with(['a', 'e', 'i', 'o', 'u']);
    // "a user", "a European": the few nouns of registers that begin so.
    let you = ["use", "uni", "eu", "one"].iter().any(|start| lower.starts_with(start));
    if vowel && !you { format!("an {noun}") } else { format!("a {noun}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn said(text: &str, numbers: &[(&str, &str)]) -> String {
        let names: Vec<_> = numbers.iter().map(|row| row.0).collect();
        let value = |name: &str| numbers.iter().find(|row| row.0 == name).map(|row| row.1.to_owned());
        Sentence::parse(text, &names).unwrap().count("loan", "loans", &value)
    }

    #[test]
    fn one_is_said_as_one() {
        let text = "{count} loans have no agreement; {open} are out.";
        assert_eq!(said(text, &[("count", "1"), ("open", "0")]), "1 loan has no agreement; 0 are out.");
        assert_eq!(said(text, &[("count", "12"), ("open", "1")]), "12 loans have no agreement; 1 is out.");
        assert_eq!(said("{count} devices are old.", &[("count", "1")]), "1 device is old.");
        assert_eq!(said("{count} people were asked.", &[("count", "1")]), "1 person was asked.");
        assert_eq!(said("{count} classes, {open} entries", &[("count", "1"), ("open", "1")]), "1 class, 1 entry");
        assert_eq!(
            said("{count} of the children could not say.", &[("count", "1")]),
            "1 of the children could not say."
        );
        assert_eq!(
            said("{count} of {of} devices are safe.", &[("count", "1"), ("of", "1")]),
            "1 of 1 devices are safe."
        );
        assert_eq!(said("Loans: {count}; of these {open}.", &[("count", "1"), ("open", "1")]), "Loans: 1; of these 1.");
        assert_eq!(said("{count} {count|loan lies|loans lie} here", &[("count", "1")]), "1 loan lies here");
        assert_eq!(said("{count} {count|loan lies|loans lie} here", &[("count", "2")]), "2 loans lie here");
        assert_eq!(said("{count} bus, {count} basis, {count} boxes", &[("count", "1")]), "1 bus, 1 basis, 1 box");
    }

    #[test]
    fn an_empty_value_leaves_a_mark() {
        let sentence = Sentence::parse("{device} to {borrower}", &["device", "borrower"]).unwrap();
        assert_eq!(sentence.fill(&|name| (name == "device").then(|| "Laptop 7".to_owned())), "Laptop 7 to …");
        assert_eq!(sentence.places().collect::<Vec<_>>(), ["device", "borrower"]);
    }

    #[test]
    fn bad_places_are_refused_where_they_stand() {
        let refused = |text: &str| Sentence::parse(text, &["count", "open"]).unwrap_err();
        let error = refused("so many: {cuont}");
        assert_eq!((error.span, error.help.as_str()), (9..16, "did you mean `count`?"));
        assert_eq!(refused("a } b").span, 2..3);
        assert_eq!(refused("a {count b").span, 2..3);
        assert_eq!(refused("{count|loan}").span, 0..12);
        assert_eq!(refused("{count loans, {open}").message, "this brace belongs to no place");
    }
}

//! A table of TOML that is asked for its keys: what is missing, of the wrong type or not known is said where it stands.

use std::{cell::RefCell, ops::Range};

use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, BadText, Every, Role};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{diagnostic::Report, expression::ExpressionError, sentence::SentenceError, suggest};

/// A value with its place in the text.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// A table, and which of its keys were asked for.
pub(crate) struct Table<'t, 'r> {
    pub(crate) report: &'r Report<'t>,
    rows: &'r DeTable<'t>,
    /// As a sentence calls it: "`[register]`".
    what: &'static str,
    /// Where its head stands.
    pub(crate) span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

/// To whom those may stand in a relation whom a key names: "parent-of:subject".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Near {
    /// To nobody.
    Nobody,
    /// To the person whom an entry is about, if the register said who that is.
    Unnamed,
    /// To the person whom an entry is about.
    Subject,
}

/// What a value is, as a sentence calls it.
fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The groups of people that can be named in one word.
fn audiences() -> Vec<String> {
    let words =
        ["everyone", "staff", "pupils", "governors", "parents", "volunteers", "contractors", "guests", "joiners"];
    let roles = Role::ALL.iter().map(|role| format!("role:{role}"));
    words.map(ToOwned::to_owned).into_iter().chain(roles).collect()
}

impl<'t, 'r> Table<'t, 'r> {
    pub(crate) fn new(report: &'r Report<'t>, rows: &'r DeTable<'t>, what: &'static str, span: Range<usize>) -> Self {
        Self { report, rows, what, span, asked: RefCell::default() }
    }

    /// What stands at a key.
    pub(crate) fn get(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.rows.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value)
    }

    /// Where a key stands, or else the head of the table.
    pub(crate) fn place(&self, key: &str) -> Range<usize> {
        self.rows.iter().find(|(found, _)| found.get_ref() == key).map_or(self.span.clone(), |(found, _)| found.span())
    }

    /// A text, where there is one; says nothing where there is something else.
    pub(crate) fn peek(&self, key: &'static str) -> Option<At<String>> {
        let value = self.get(key)?;
        json(value.get_ref()).as_str().map(|text| At { value: text.to_owned(), span: value.span() })
    }

    /// Every key with its value, in the order of the file.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (At<String>, &'r Spanned<DeValue<'t>>)> {
        self.rows.iter().map(|(key, value)| (At { value: key.get_ref().to_string(), span: key.span() }, value))
    }

    /// Says that a key is missing.
    pub(crate) fn missing(&self, key: &str) {
        self.report.say(self.span.clone(), format!("`{key}` is missing in {}", self.what), None);
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) {
        let message = format!("`{key}` is {}, and {wanted} is wanted", what(value.get_ref()));
        self.report.say(value.span(), message, None);
    }

    /// A text, where there is one.
    pub(crate) fn text(&self, key: &'static str) -> Option<At<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.report.say(value.span(), format!("`{key}` is empty"), None);
                None
            }
            DeValue::String(text) => Some(At { value: text.to_string(), span: value.span() }),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong(key, value, "a text");
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text(&self, key: &'static str) -> Option<At<String>> {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.text(key)
    }

    /// Words of a single line that must be there; empty where they are missing, which is said.
    pub(crate) fn words(&self, key: &'static str) -> String {
        self.need_text(key).map(|text| text.value.trim().to_owned()).unwrap_or_default()
    }

    /// A name that must be there: lower-case letters, digits and hyphens.
    pub(crate) fn name(&self, key: &'static str) -> Option<At<String>> {
        let text = self.need_text(key)?;
        if kernel::place::is_word(&text.value) {
            return Some(text);
        }
        let help = "a name has lower-case letters, digits and hyphens: `lent-on`".to_owned();
        self.report.say(text.span, format!("`{}` is no name", text.value), Some(help));
        None
    }

    /// Yes or no, where it is said.
    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong(key, value, "`true` or `false`");
        None
    }

    /// A number, where there is one.
    pub(crate) fn number(&self, key: &'static str) -> Option<At<f64>> {
        let value = self.get(key)?;
        let found = number(value.get_ref());
        if found.is_none() {
            self.wrong(key, value, "a number");
        }
        found.map(|number| At { value: number, span: value.span() })
    }

    /// A whole number from `least` to `most`, where there is one.
    pub(crate) fn whole(&self, key: &'static str, least: usize, most: usize) -> Option<usize> {
        let value = self.get(key)?;
        let found = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        if let Some(number) = found.filter(|number| (least..=most).contains(number)) {
            return Some(number);
        }
        self.report.say(value.span(), format!("`{key}` is a whole number from {least} to {most}"), None);
        None
    }

    /// A list of texts, or one text, each with its place.
    pub(crate) fn texts(&self, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.get(key)?;
        let items = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => vec![value],
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push(At { value: text.to_string(), span: item.span() }),
                DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => self.wrong(key, item, "a text"),
            }
        }
        Some(texts)
    }

    /// A table inside, where there is one.
    pub(crate) fn table(&self, key: &'static str, what: &'static str) -> Option<Table<'t, 'r>> {
        let value = self.get(key)?;
        if let DeValue::Table(rows) = value.get_ref() {
            return Some(Table::new(self.report, rows, what, value.span()));
        }
        self.wrong(key, value, "a table");
        None
    }

    /// The tables of a list, in order.
    pub(crate) fn tables(&self, key: &'static str, what: &'static str) -> Vec<Table<'t, 'r>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "a list of tables");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(rows) => tables.push(Table::new(self.report, rows, what, item.span())),
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_) => self.wrong(key, item, "a table"),
            }
        }
        tables
    }

    /// One of several words, where there is one.
    pub(crate) fn one_of<V: Copy>(&self, key: &'static str, words: &[(&str, V)]) -> Option<V> {
        let text = self.text(key)?;
        self.word(key, &text, words)
    }

    /// The value of a word.
    pub(crate) fn word<V: Copy>(&self, key: &str, text: &At<String>, words: &[(&str, V)]) -> Option<V> {
        if let Some((_, value)) = words.iter().find(|row| row.0 == text.value) {
            return Some(*value);
        }
        let names: Vec<_> = words.iter().map(|row| row.0).collect();
        let help = suggest::one_of(&text.value, &names);
        self.report.say(text.span.clone(), format!("`{}` is nothing that `{key}` can be", text.value), Some(help));
        None
    }

    /// Whom it names, where it names somebody.
    pub(crate) fn audience(&self, key: &'static str) -> Option<Audience> {
        self.audience_near(key, Near::Nobody)
    }

    /// The same, where those may be named who stand in a relation to a person.
    pub(crate) fn audience_near(&self, key: &'static str, near: Near) -> Option<Audience> {
        let texts = self.texts(key)?;
        let mut atoms = Vec::new();
        let fine = texts.iter().fold(true, |fine, text| match AudienceAtom::parse(&text.value) {
            Ok(AudienceAtom::Relation(_)) if near != Near::Subject => {
                let message = format!("`{}` stands in relation to a person, and here there is none", text.value);
                let help = (near == Near::Unnamed)
                    .then(|| "say whom an entry is about: `subject = \"…\"` in `[register]`".to_owned());
                self.report.say(text.span.clone(), message, help);
                false
            }
            Ok(atom) => {
                atoms.push(atom);
                fine
            }
            Err(error) => {
                self.bad(text, &error, &audiences());
                false
            }
        });
        if texts.is_empty() {
            self.report.say(self.place(key), format!("`{key}` names nobody"), None);
        }
        Audience::any(atoms).filter(|_| fine)
    }

    /// Whom it must name.
    pub(crate) fn need_audience(&self, key: &'static str) -> Audience {
        self.need_audience_near(key, Near::Nobody)
    }

    /// The same, where those may be named who stand in a relation to a person.
    pub(crate) fn need_audience_near(&self, key: &'static str, near: Near) -> Audience {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.audience_near(key, near).unwrap_or_else(Audience::everyone)
    }

    /// A period, where there is one.
    pub(crate) fn every(&self, key: &'static str) -> Option<Every> {
        let text = self.text(key)?;
        match Every::parse(&text.value) {
            Ok(every) => Some(every),
            Err(error) => {
                self.bad::<&str>(&text, &error, &[]);
                None
            }
        }
    }

    /// Says that a text is not what was expected.
    pub(crate) fn bad<S: AsRef<str>>(&self, text: &At<String>, error: &BadText, known: &[S]) {
        let near = suggest::nearest(&text.value, known.iter().map(AsRef::as_ref));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", error.expected),
        };
        self.report.say(text.span.clone(), format!("`{}` is not {}", text.value, short(&error.expected)), Some(help));
    }

    /// The place of a part of a text.
    pub(crate) fn inside(&self, text: &At<String>, part: Range<usize>) -> Range<usize> {
        match self.report.text(text.span.clone()).find(text.value.as_str()) {
            Some(offset) => {
                let start = text.span.start + offset + part.start;
                start..(text.span.start + offset + part.end).max(start)
            }
            // With escapes in it, the text stands elsewhere than it says.
            None => text.span.clone(),
        }
    }

    /// An expression, read by `parse`.
    pub(crate) fn expression<E>(
        &self,
        text: &At<String>,
        parse: impl FnOnce(&str) -> Result<E, ExpressionError>,
    ) -> Option<E> {
        match parse(&text.value) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.report.say(self.inside(text, error.span), error.message, error.help);
                None
            }
        }
    }

    /// Says what is wrong with a sentence.
    pub(crate) fn bad_sentence(&self, text: &At<String>, error: SentenceError) {
        self.report.say(self.inside(text, error.span), error.message, Some(error.help));
    }

    /// Says which keys nobody knows.
    pub(crate) fn done(&self) {
        let mut known = self.asked.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for (key, _) in self.rows() {
            if !known.contains(&key.value.as_str()) {
                let help = suggest::one_of(&key.value, &known);
                self.report.say(key.span, format!("{} has no key `{}`", self.what, key.value), Some(help));
            }
        }
    }
}

/// "a year such as `x`" as "a year".
fn short(expected: &str) -> &str {
    expected.split_once(" such as").map_or(expected, |(short, _)| short)
}

/// The number that a value is.
pub(crate) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
        DeValue::Float(number) => {
            number.as_str().replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
        }
        DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// The day that a value is.
pub(crate) fn date(value: &DeValue<'_>) -> Option<Date> {
    match value {
        DeValue::Datetime(date) if date.time.is_none() => date.to_string().parse().ok(),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// A value as JSON: days as texts.
pub(crate) fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Integer(whole) => match whole.as_str().replace('_', "").parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => serde_json::Value::Null,
        },
        DeValue::Float(_) => number(value).into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(rows) => {
            let rows = rows.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            rows.collect::<serde_json::Map<_, _>>().into()
        }
    }
}

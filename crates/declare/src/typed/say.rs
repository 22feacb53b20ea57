//! Values in words, as files have them, and as lists sort them.

use kernel::{PersonId, Role, SchoolTime, Year, time::date_in_words};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use uuid::Uuid;

use crate::{Field, FieldKind, Value, sentence};

/// What identifiers are called.
pub trait Names {
    /// What a person is called; none where nobody is known.
    fn person(&self, id: PersonId) -> Option<String>;

    /// What somebody types to name this person and nobody else: the name, where that is enough.
    fn typed_person(&self, id: PersonId) -> Option<String> {
        self.person(id)
    }

    /// The title of an entry.
    fn entry(&self, register: &str, id: Uuid) -> Option<String>;

    /// The school's title for a role.
    fn role(&self, role: Role) -> String {
        role.default_title().to_owned()
    }

    /// The number of a clause as it is printed, by its label.
    fn clause(&self, label: &str) -> String {
        label.to_owned()
    }
}

/// What is said of somebody or something that is no longer known.
const GONE: &str = "No longer known";

/// What stands in a field, as pages say it.
pub fn show(value: &Value, field: &Field, names: &dyn Names) -> String {
    let person = |id: &PersonId| names.person(*id).unwrap_or_else(|| GONE.to_owned());
    let entry = |id: &Uuid| names.entry(register(field), *id).unwrap_or_else(|| GONE.to_owned());
    match value {
        Value::Text(text) if field.kind == FieldKind::Clause => names.clause(text),
        Value::Text(text) | Value::Class(text) => text.clone(),
        Value::Number(number) => counted(*number, field),
        Value::Money(pence) => {
            let sign = if *pence < 0 { "-" } else { "" };
            let pounds = usize::try_from(pence.unsigned_abs() / 100).unwrap_or(usize::MAX);
            format!("{sign}£{}.{:02}", sentence::grouped(pounds), pence.unsigned_abs() % 100)
        }
        Value::Date(date) => date_in_words(*date),
        Value::Time(time) => time.strftime("%H:%M").to_string(),
        Value::Choice(name) => label(field, name).to_owned(),
        Value::Choices(all) => joined(all, ", ", |name| label(field, name).to_owned()),
        Value::YesNo(yes) => if *yes { "Yes" } else { "No" }.to_owned(),
        Value::Person(id) => person(id),
        Value::People(all) => joined(all, ", ", person),
        Value::Role(role) => names.role(*role),
        Value::Classes(all) => all.join(", "),
        Value::Year(year) => year.title(),
        Value::Years(all) => joined(all, ", ", |year| year.title()),
        Value::Entry(id) => entry(id),
        Value::Entries(all) => joined(all, ", ", entry),
        Value::File { name, .. } => name.clone(),
        Value::Signature { name, at, .. } => {
            format!("{name}, {}", date_in_words(SchoolTime::new(*at).date()))
        }
    }
}

/// What stands in a field, as a file has it and [`super::read_field`] reads it.
pub fn csv(value: &Value, field: &Field, names: &dyn Names) -> String {
    let person = |id: &PersonId| names.typed_person(*id).unwrap_or_default();
    let entry = |id: &Uuid| names.entry(register(field), *id).unwrap_or_default();
    let choice = |name: &String| {
        let label = label(field, name);
        // Where the label has the mark that stands between several, the name is written.
        if label.contains([';', '\n']) { name.clone() } else { label.to_owned() }
    };
    match value {
        Value::Text(text) | Value::Class(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Money(pence) => {
            let sign = if *pence < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", pence.unsigned_abs() / 100, pence.unsigned_abs() % 100)
        }
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.strftime("%H:%M").to_string(),
        Value::Choice(name) => choice(name),
        Value::Choices(all) => joined(all, "; ", choice),
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Person(id) => person(id),
        Value::People(all) => joined(all, "; ", person),
        Value::Role(role) => role.id().to_owned(),
        Value::Classes(all) => all.join("; "),
        Value::Year(year) => year.title(),
        Value::Years(all) => joined(all, "; ", |year| year.title()),
        Value::Entry(id) => entry(id),
        Value::Entries(all) => joined(all, "; ", entry),
        Value::File { name, .. } | Value::Signature { name, .. } => name.clone(),
    }
}

/// A text that sorts as the value does, byte by byte: numbers by their size, days by the calendar, words without case
/// and accents. People and entries sort by what they are called, which only who knows their names can say: here they
/// have their identifier.
pub fn sort_key(value: &Value) -> String {
    let first = |key: Option<String>| key.unwrap_or_default();
    match value {
        Value::Text(text) | Value::Class(text) => fold(text),
        Value::Number(number) => ordered(*number),
        Value::Money(pence) => format!("{:020}", i128::from(*pence) - i128::from(i64::MIN)),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.strftime("%H:%M:%S").to_string(),
        Value::Choice(name) => name.clone(),
        Value::Choices(all) | Value::Classes(all) => first(all.iter().map(|name| fold(name)).min()),
        Value::YesNo(yes) => if *yes { "1" } else { "0" }.to_owned(),
        Value::Person(id) => id.to_string(),
        Value::People(all) => first(all.first().map(ToString::to_string)),
        Value::Role(role) => role.id().to_owned(),
        Value::Year(year) => place(*year),
        Value::Years(all) => first(all.iter().min().map(|year| place(*year))),
        Value::Entry(id) => id.to_string(),
        Value::Entries(all) => first(all.first().map(ToString::to_string)),
        Value::File { name, .. } => fold(name),
        Value::Signature { at, .. } => at.to_string(),
    }
}

/// The bits of a number, turned so that they sort as the numbers do.
fn ordered(number: f64) -> String {
    let bits = if number == 0.0 { 0.0_f64 } else { number }.to_bits();
    let turned = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    format!("{turned:016x}")
}

fn place(year: Year) -> String {
    format!("{:02}", Year::all().position(|one| one == year).unwrap_or(99))
}

/// Words for comparing: lower case, without accents, single spaces.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut space = false;
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if letter.is_whitespace() {
            space = !folded.is_empty();
        } else {
            if space {
                folded.push(' ');
            }
            space = false;
            folded.push(letter);
        }
    }
    folded
}

/// "1 day", "30 days"; a bare number where nothing is counted.
fn counted(number: f64, field: &Field) -> String {
    let unit = if let FieldKind::Number { unit, .. } = &field.kind { unit.as_str() } else { "" };
    match unit {
        "" => figure(number),
        unit if number == 1.0 => format!("1 {}", sentence::singular(unit)),
        unit => format!("{} {unit}", figure(number)),
    }
}

/// 12,500; numbers of four digits, such as years, stay together.
fn figure(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let digits = match digits.parse::<usize>() {
        Ok(whole) if digits.len() > 4 => sentence::grouped(whole),
        Ok(_) | Err(_) => digits.to_owned(),
    };
    rest.map_or_else(|| format!("{sign}{digits}"), |rest| format!("{sign}{digits}.{rest}"))
}

fn register(field: &Field) -> &str {
    if let FieldKind::Entry { of, .. } = &field.kind { of } else { "" }
}

fn label<'a>(field: &'a Field, name: &'a str) -> &'a str {
    let FieldKind::Choice { choices, .. } = &field.kind else { return name };
    choices.iter().find(|choice| choice.name == name).map_or(name, |choice| choice.label.as_str())
}

fn joined<T>(all: &[T], between: &str, say: impl Fn(&T) -> String) -> String {
    all.iter().map(say).collect::<Vec<_>>().join(between)
}

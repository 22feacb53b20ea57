//! What an entry is sorted, filtered and looked up by: rows of `register_key`.
//!
//! A row whose field is a name sorts by it; a row whose field is a name and `=` finds it. Each key begins with a digit
//! that says whether the entry is done with, and one that says whether the field is empty, so that a list of what is
//! open, empty last, is a walk along the index.

use declare::{Entry, Field, FieldKind, Register, Value, typed::fold};
use jiff::civil::Date;
use kernel::Year;
use store::time::millis;

use super::words::Names;

/// The key by which lists sort where nothing else is said: when it was entered.
pub(crate) const ENTERED: &str = "~entered";
/// The key of the state.
pub(crate) const STATE: &str = "~state";
/// The key of the day that it is due.
pub(crate) const DUE: &str = "~due";
/// The key of the clause.
pub(crate) const CLAUSE: &str = "~clause";

/// Open and filled, open and empty, ended and filled, ended and empty: the parts of a sorted list, in order.
pub(crate) const PARTS: [&str; 4] = ["00", "01", "10", "11"];

/// A row to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) field: String,
    pub(crate) nth: i64,
    pub(crate) sort_key: String,
}

/// The name under which values of a field are found.
pub(crate) fn lookup(field: &str) -> String {
    format!("{field}=")
}

/// What a value is found by, where it is found at all.
pub(crate) fn found_by(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![exact(text)],
        Value::Number(number) => vec![number.to_string()],
        Value::Money(pence) => vec![pence.to_string()],
        Value::Date(date) => vec![date.to_string()],
        Value::Time(time) => vec![time.to_string()],
        Value::Choice(name) | Value::Class(name) => vec![name.clone()],
        Value::Choices(names) | Value::Classes(names) => names.clone(),
        Value::YesNo(yes) => vec![yes.to_string()],
        Value::Person(id) => vec![id.to_string()],
        Value::People(ids) => ids.iter().map(ToString::to_string).collect(),
        Value::Role(role) => vec![role.to_string()],
        Value::Year(year) => vec![year.to_string()],
        Value::Years(years) => years.iter().map(ToString::to_string).collect(),
        Value::Entry(id) => vec![id.to_string()],
        Value::Entries(ids) => ids.iter().map(ToString::to_string).collect(),
        Value::File { .. } | Value::Signature { .. } => Vec::new(),
    }
}

/// Words as they are compared for being the same: folded, and shortened where they are long.
pub(crate) fn exact(text: &str) -> String {
    let folded = fold(text);
    if folded.len() <= 200 { folded } else { blake3::hash(folded.as_bytes()).to_hex().to_string() }
}

/// Whether lists can be narrowed to a value of the field.
pub(crate) fn filters(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::Clause => true,
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address => false,
    }
}

/// The fields by which the list can be sorted: its columns, and that by which it is sorted at first.
pub(crate) fn sorts(register: &Register) -> impl Iterator<Item = &Field> {
    register.fields.iter().filter(|field| {
        register.columns.contains(&field.name) || register.sort.as_ref().is_some_and(|(name, _)| *name == field.name)
    })
}

/// The name of the key behind a column: a field, `state`, `entered`, `due` or `clause`; none where there is none.
pub(crate) fn of_column(register: &Register, column: &str) -> Option<String> {
    if let Some(field) = sorts(register).find(|field| field.name.as_str() == column) {
        return Some(field.name.to_string());
    }
    match column {
        "state" if !register.states.is_empty() => Some(STATE.to_owned()),
        "entered" => Some(ENTERED.to_owned()),
        "due" if register.due.is_some() => Some(DUE.to_owned()),
        "clause" => Some(CLAUSE.to_owned()),
        _ => None,
    }
}

/// The key by which the list is sorted at first, and whether the largest comes first.
pub(crate) fn first_sort(register: &Register) -> (String, bool) {
    register
        .sort
        .as_ref()
        .and_then(|(name, largest)| Some((of_column(register, name.as_str())?, *largest)))
        .unwrap_or_else(|| (ENTERED.to_owned(), true))
}

/// All keys of an entry. One that was struck out is sorted, but not found: what it holds may be entered again.
pub(crate) fn of(
    register: &Register,
    entry: &Entry,
    ended: bool,
    struck: bool,
    due_on: Option<Date>,
    names: &Names,
) -> Vec<Key> {
    let done = if ended { '1' } else { '0' };
    let sorted = |field: &str, key: Option<String>| Key {
        field: field.to_owned(),
        nth: 0,
        sort_key: match key {
            Some(key) => format!("{done}0{key}"),
            None => format!("{done}1"),
        },
    };
    let mut keys = vec![sorted(ENTERED, Some(format!("{:014}", millis(entry.entered_at).max(0))))];
    if !register.states.is_empty() {
        let nth = register.states.iter().position(|state| Some(&state.name) == entry.state.as_ref());
        keys.push(sorted(STATE, nth.map(|nth| format!("{nth:03}"))));
    }
    if register.due.is_some() {
        keys.push(sorted(DUE, due_on.map(|day| day.to_string())));
    }
    keys.push(sorted(CLAUSE, entry.clause.as_deref().map(natural)));
    for field in sorts(register) {
        keys.push(sorted(field.name.as_str(), entry.value(&field.name).map(|value| sort_key(field, value, names))));
    }
    if struck {
        return keys;
    }
    let mut find = |field: &str, values: Vec<String>| {
        for (nth, value) in values.into_iter().enumerate() {
            let nth = i64::try_from(nth).unwrap_or(i64::MAX);
            keys.push(Key { field: lookup(field), nth, sort_key: format!("{done}0{value}") });
        }
    };
    find(STATE, entry.state.iter().cloned().collect());
    find(CLAUSE, entry.clause.iter().chain(&entry.also).cloned().collect());
    for field in register.fields.iter().filter(|field| filters(field) || field.unique) {
        find(field.name.as_str(), entry.value(&field.name).map(found_by).unwrap_or_default());
    }
    keys
}

/// Every number begins here, so that those below nought sort before the others.
const MIDDLE: f64 = 1e11;

fn number(number: f64) -> String {
    format!("{:018.4}", number.clamp(-MIDDLE, MIDDLE) + MIDDLE)
}

fn sort_key(field: &Field, value: &Value, names: &Names) -> String {
    match value {
        Value::Text(text) => natural(text),
        Value::Number(value) => number(*value),
        Value::Money(pence) => format!("{:020}", i128::from(*pence) - i128::from(i64::MIN)),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.strftime("%H:%M:%S").to_string(),
        Value::Choice(name) => choice(field, name),
        Value::Choices(names) => names.first().map(|name| choice(field, name)).unwrap_or_default(),
        Value::YesNo(yes) => if *yes { "0" } else { "1" }.to_owned(),
        Value::Year(year) => place(*year),
        Value::Years(years) => years.iter().min().map(|year| place(*year)).unwrap_or_default(),
        Value::Class(name) => natural(name),
        Value::Person(id) => natural(&names.sorted(*id)),
        Value::People(ids) => ids.first().map(|id| natural(&names.sorted(*id))).unwrap_or_default(),
        Value::Classes(_)
        | Value::Role(_)
        | Value::Entry(_)
        | Value::Entries(_)
        | Value::File { .. }
        | Value::Signature { .. } => natural(&names.say(field, value)),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only a choice has an order of its own")]
fn choice(field: &Field, name: &str) -> String {
    let nth = match &field.kind {
        FieldKind::Choice { choices, .. } => choices.iter().position(|choice| choice.name == name),
        _ => None,
    };
    format!("{:03}", nth.unwrap_or(999))
}

fn place(year: Year) -> String {
    format!("{:02}", Year::all().position(|one| one == year).unwrap_or(99))
}

/// Words as people sort them: without case, accents and marks, numbers by their size, shortened.
pub(crate) fn natural(text: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, key: &mut String| {
        if !digits.is_empty() {
            let number = digits.trim_start_matches('0');
            key.push_str(&format!("{number:0>8}"));
            digits.clear();
        }
    };
    for letter in fold(text).chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        flush(&mut digits, &mut key);
        if letter.is_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
        if key.len() > 80 {
            break;
        }
    }
    flush(&mut digits, &mut key);
    key.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_sort_as_people_sort_them() {
        let mut all = ["Laptop 12", "laptop 7", "Écran", "eclair", "  -Zebra", "Laptop 7b"].map(natural);
        all.sort();
        assert_eq!(all, ["eclair", "ecran", "laptop 00000007", "laptop 00000007b", "laptop 00000012", "zebra"]);
        assert!(natural(&"x".repeat(500)).len() <= 80);
    }

    #[test]
    fn numbers_sort_by_their_size() {
        let mut all = [10.0, -2.5, 3.0, 0.0, -100.0, 2.5].map(number);
        all.sort();
        assert_eq!(all, [-100.0, -2.5, 0.0, 2.5, 3.0, 10.0].map(number));
    }
}

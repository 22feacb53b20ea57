//! What stands in the fields of an entry, by the kinds that this area asks of.

use declare::{Entry, Value};
use jiff::civil::{Date, Time};
use kernel::PersonId;
use uuid::Uuid;

/// The words in a field.
pub(crate) fn text<'a>(entry: &'a Entry, field: &str) -> Option<&'a str> {
    if let Value::Text(text) | Value::Choice(text) = entry.values.get(field)? { Some(text) } else { None }
}

/// The day in a field.
pub(crate) fn day(entry: &Entry, field: &str) -> Option<Date> {
    if let Value::Date(day) = entry.values.get(field)? { Some(*day) } else { None }
}

/// The time of day in a field.
pub(crate) fn time(entry: &Entry, field: &str) -> Option<Time> {
    if let Value::Time(time) = entry.values.get(field)? { Some(*time) } else { None }
}

/// The person in a field.
pub(crate) fn person(entry: &Entry, field: &str) -> Option<PersonId> {
    if let Value::Person(person) = entry.values.get(field)? { Some(*person) } else { None }
}

/// The number in a field.
pub(crate) fn number(entry: &Entry, field: &str) -> Option<f64> {
    if let Value::Number(number) = entry.values.get(field)? { Some(*number) } else { None }
}

/// The yes or no in a field.
pub(crate) fn yes(entry: &Entry, field: &str) -> Option<bool> {
    if let Value::YesNo(yes) = entry.values.get(field)? { Some(*yes) } else { None }
}

/// The entry of another register in a field.
pub(crate) fn entry(entry: &Entry, field: &str) -> Option<Uuid> {
    if let Value::Entry(id) = entry.values.get(field)? { Some(*id) } else { None }
}

/// The entries of another register in a field.
pub(crate) fn entries<'a>(entry: &'a Entry, field: &str) -> &'a [Uuid] {
    if let Some(Value::Entries(ids)) = entry.values.get(field) { ids } else { &[] }
}

/// Whether anything stands in a field.
pub(crate) fn filled(entry: &Entry, field: &str) -> bool {
    entry.values.contains_key(field)
}

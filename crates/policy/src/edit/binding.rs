//! A binding as it is typed: its control and its terms.

use toml::de::DeValue;

use super::EditError;
use crate::{
    control::ControlId,
    source::Span,
    terms::{self, TermTable, Value},
};

/// Reads `module.control { terms }`.
///
/// # Errors
/// Where it is not written as a binding, or its terms are not TOML.
pub fn read_binding(given: &str) -> Result<(ControlId, TermTable), EditError> {
    let bad = || EditError::NotABinding(given.chars().take(80).collect());
    let given = given.trim();
    let name = given.split(|char: char| char.is_whitespace() || char == '{').next().unwrap_or("");
    let control = ControlId::parse(name).map_err(|_| bad())?;
    match given.get(name.len()..).unwrap_or("").trim() {
        "" => Ok((control, TermTable::default())),
        rest => match read_value(rest) {
            Some(Value::Table(table)) if rest.starts_with('{') => Ok((control, table)),
            Some(_) | None => Err(bad()),
        },
    }
}

/// Reads one value of a term as TOML writes it: `"staff"`, `90`, `["a", "b"]`, `{ all = ["lunch"] }`.
pub fn read_value(given: &str) -> Option<Value> {
    let value = DeValue::parse(given.trim()).ok()?;
    let mut bad = Vec::new();
    let read = terms::value_of(&value, &|range| Span::new(0, range), &mut bad)?;
    bad.is_empty().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_as_in_a_policy() {
        let (control, terms) = read_binding(" access.password-age { who = \"staff\", every = \"90 days\" } ").unwrap();
        assert_eq!((control.to_string().as_str(), terms.terms.len()), ("access.password-age", 2));
        assert!(read_binding("policy.document").unwrap().1.is_empty());
        for bad in ["", "document", "policy.document {", "policy.document [1]", "policy.document { a = 12:00 }"] {
            assert!(read_binding(bad).is_err(), "{bad}");
        }
        assert_eq!(read_value("[\"a\", \"b\"]").unwrap().to_toml(), "[\"a\", \"b\"]");
        assert!(read_value("a\nb").is_none() && read_value("1979-05-27T07:32:00Z").is_none());
    }
}

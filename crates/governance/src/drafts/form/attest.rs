//! The term `attest` in two fields: who confirms it, and how often.

use policy::{Term, TermTable, Value, source::Span};

/// The parts of a term `attest`: who, and how often.
pub(super) fn parts(value: &Value) -> (Option<&Value>, Option<&Value>) {
    match value {
        Value::Table(table) => (table.get("by").map(|it| &it.value), table.get("every").map(|it| &it.value)),
        Value::Text(_) | Value::List(_) | Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) => {
            (Some(value), None)
        }
    }
}

/// A term `attest` of the roles and the period that were typed, in the shape and order that it had before.
pub(super) fn read(by: &[String], every: &str, before: Option<&Value>) -> Result<Option<Value>, String> {
    let text = |text: &str| Value::Text(text.to_owned());
    let by = match (by, before.and_then(|it| parts(it).0)) {
        ([], _) if every.is_empty() => return Ok(None),
        ([], _) => return Err("Enter who confirms it".to_owned()),
        ([one], Some(Value::Text(_)) | None) => text(one),
        (several, _) => Value::List(several.iter().map(|it| (text(it), Span::default())).collect()),
    };
    let order = match before {
        Some(Value::Table(table)) if table.terms.first().is_some_and(|term| term.key == "every") => ["every", "by"],
        Some(Value::Table(_)) => ["by", "every"],
        Some(_) | None if every.is_empty() => return Ok(Some(by)),
        Some(_) | None => ["by", "every"],
    };
    let mut table = TermTable::default();
    for key in order {
        let value = if key == "by" { by.clone() } else { text(every) };
        if key == "by" || !every.is_empty() {
            table.terms.push(Term { key: key.to_owned(), key_span: Span::default(), value, span: Span::default() });
        }
    }
    Ok(Some(Value::Table(table)))
}

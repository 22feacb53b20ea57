//! Whether a value may stand in a field.

use declare::{Field, FieldKind, Value};

use super::error::Refusal;

/// What to enter where nothing stands.
pub(crate) fn missing(field: &Field) -> String {
    let label = field.label.trim();
    match (label.strip_suffix('?'), &field.kind) {
        (Some(_), FieldKind::Choice { .. } | FieldKind::YesNo) => format!("Choose an answer to “{label}”"),
        (Some(_), _) => format!("Answer “{label}”"),
        (None, FieldKind::Choice { .. } | FieldKind::YesNo) => format!("Choose: {}", lower(label)),
        (None, FieldKind::File { .. }) => format!("Choose a file: {}", lower(label)),
        (None, FieldKind::Signature) => "Type your name to sign".to_owned(),
        (None, _) => format!("Enter: {}", lower(label)),
    }
}

/// A label within a sentence.
pub(crate) fn lower(label: &str) -> String {
    webkit::page::title_in_sentence(label.split(' ').next().unwrap_or_default())
        + label.split_once(' ').map(|(_, rest)| format!(" {rest}")).unwrap_or_default().as_str()
}

/// What to put right in a value; nothing where it may stand.
pub(crate) fn refusal(field: &Field, value: &Value) -> Option<Refusal> {
    let refuse = |says: String| Some(Refusal::of(&field.name, says));
    let wrong = || refuse(format!("Enter something else for “{}”: this does not fit", field.label));
    match (&field.kind, value) {
        (FieldKind::Text { longest, .. }, Value::Text(text)) => too_long(text, *longest).and_then(refuse),
        (FieldKind::Place | FieldKind::Address | FieldKind::Clause, Value::Text(text)) => {
            too_long(text, 500).and_then(refuse)
        }
        (FieldKind::Number { least, most, whole, .. }, Value::Number(number)) => {
            if !number.is_finite() {
                return wrong();
            }
            if *whole && number.fract() != 0.0 {
                return refuse("Enter a whole number".to_owned());
            }
            if let Some(least) = least.filter(|least| number < least) {
                return refuse(format!("Enter {least} or more"));
            }
            if let Some(most) = most.filter(|most| number > most) {
                return refuse(format!("Enter {most} or less"));
            }
            None
        }
        (FieldKind::Choice { choices, many: false }, Value::Choice(name)) => {
            if choices.iter().any(|choice| choice.name == *name) { None } else { wrong() }
        }
        (FieldKind::Choice { choices, many: true }, Value::Choices(names)) => {
            if names.iter().all(|name| choices.iter().any(|choice| choice.name == *name)) { None } else { wrong() }
        }
        (FieldKind::Money, Value::Money(_))
        | (FieldKind::Date, Value::Date(_))
        | (FieldKind::Time, Value::Time(_))
        | (FieldKind::YesNo, Value::YesNo(_))
        | (FieldKind::Person { many: false, .. }, Value::Person(_))
        | (FieldKind::Person { many: true, .. }, Value::People(_))
        | (FieldKind::Role, Value::Role(_))
        | (FieldKind::Class { many: false }, Value::Class(_))
        | (FieldKind::Class { many: true }, Value::Classes(_))
        | (FieldKind::Year { many: false }, Value::Year(_))
        | (FieldKind::Year { many: true }, Value::Years(_))
        | (FieldKind::Entry { many: false, .. }, Value::Entry(_))
        | (FieldKind::Entry { many: true, .. }, Value::Entries(_))
        | (FieldKind::File { .. }, Value::File { .. })
        | (FieldKind::Signature, Value::Signature { .. }) => None,
        (
            FieldKind::Text { .. }
            | FieldKind::Place
            | FieldKind::Address
            | FieldKind::Clause
            | FieldKind::Number { .. }
            | FieldKind::Choice { .. }
            | FieldKind::Money
            | FieldKind::Date
            | FieldKind::Time
            | FieldKind::YesNo
            | FieldKind::Person { .. }
            | FieldKind::Role
            | FieldKind::Class { .. }
            | FieldKind::Year { .. }
            | FieldKind::Entry { .. }
            | FieldKind::File { .. }
            | FieldKind::Signature,
            _,
        ) => wrong(),
    }
}

fn too_long(text: &str, longest: usize) -> Option<String> {
    let typed = text.chars().count();
    (typed > longest).then(|| format!("Write at most {longest} letters; these are {typed}"))
}

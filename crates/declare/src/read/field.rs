//! The fields of a register: `[[field]]`.

use kernel::{Audience, AudienceAtom, Capacity, Year};
use toml::{Spanned, de::DeValue};

use super::{
    Others, TAKEN,
    table::{At, Near, Table, date, number},
};
use crate::{
    Choice, Field, FieldKind, FieldName, Register, Required, Start, Value,
    expression::{Condition, Scope},
    suggest,
};

const KINDS: [&str; 23] = [
    "text",
    "lines",
    "number",
    "whole",
    "money",
    "date",
    "time",
    "choice",
    "choices",
    "yes-no",
    "person",
    "people",
    "role",
    "place",
    "class",
    "classes",
    "year",
    "years",
    "entry",
    "entries",
    "file",
    "signature",
    "address",
];

/// The keys that only some kinds have, with those kinds.
const OF_KINDS: [(&str, &[&str]); 8] = [
    ("longest", &["text", "lines"]),
    ("least", &["number", "whole"]),
    ("most", &["number", "whole"]),
    ("unit", &["number", "whole"]),
    ("choices", &["choice", "choices"]),
    ("who", &["person", "people"]),
    ("of", &["entry", "entries"]),
    ("most-mb", &["file"]),
];

/// A field whose conditions are not read yet, because they may name fields that come later.
pub(crate) struct Pending {
    /// Its place among the fields.
    nth: usize,
    required_if: At<String>,
}

/// The fields of a register, as far as they could be read.
#[derive(Default)]
pub(crate) struct Read {
    pub(super) fields: Vec<Field>,
    pub(super) pending: Vec<Pending>,
    /// The names of fields with something wrong in them: that they are missing is not said again wherever they are
    /// named.
    pub(super) broken: Vec<String>,
}

/// Reads every `[[field]]`. Conditions are read by [`conditions`], once all fields are known.
pub(crate) fn fields(top: &Table<'_, '_>, others: Others<'_>, near: Near) -> Read {
    let Read { mut fields, mut pending, mut broken } = Read::default();
    for table in top.tables("field", "`[[field]]`") {
        let required_if = table.text("required-if");
        if let Some(field) = field(&table, &fields, others, near) {
            if let Some(required_if) = required_if {
                pending.push(Pending { nth: fields.len(), required_if });
            }
            fields.push(field);
        } else if let Some(name) = table.peek("name") {
            broken.push(name.value.trim().to_lowercase().replace([' ', '_'], "-"));
        }
        table.done();
    }
    Read { fields, pending, broken }
}

/// Reads `required-if` of the fields.
pub(super) fn conditions(top: &Table<'_, '_>, read: &mut Read, scope: &Scope) {
    let Read { fields, pending, broken } = read;
    let readable = pending.iter().filter(|one| !names_any(&one.required_if.value, broken));
    for one in readable {
        let condition = top.expression(&one.required_if, |text| Condition::parse(text, scope));
        if let (Some(field), Some(condition)) = (fields.get_mut(one.nth), condition) {
            field.required = Required::If(condition);
        }
    }
}

/// Whether a text names one of these.
pub(super) fn names_any(text: &str, names: &[String]) -> bool {
    names.iter().any(|name| text.contains(name.as_str()))
}

/// Reads fields that a school adds to a register.
pub(super) fn added(top: &Table<'_, '_>, register: &Register, others: Others<'_>) -> Vec<Field> {
    let near = if register.subject.is_some() { Near::Subject } else { Near::Unnamed };
    let Read { fields, pending, broken } = fields(top, others, near);
    for one in pending {
        top.report.say(one.required_if.span, "an added field is always optional", None);
    }
    for table in top.tables("field", "`[[field]]`") {
        let name = table.peek("name");
        if let Some(name) = name.filter(|name| register.fields.iter().any(|field| field.name.0 == name.value)) {
            let message = format!("the register has a field `{}` already", name.value);
            top.report.say(name.span, message, Some("give yours another name".to_owned()));
        }
        if table.get("required").is_some_and(|value| matches!(value.get_ref(), DeValue::Boolean(true))) {
            top.report.say(table.place("required"), "an added field is always optional", None);
        }
        if table.get("later").is_some() {
            top.report.say(table.place("later"), "no step asks for an added field", None);
        }
    }
    if fields.is_empty() && broken.is_empty() {
        top.report.say(0..0, "this file adds no field", Some("add a `[[field]]`".to_owned()));
    }
    fields
}

fn field(table: &Table<'_, '_>, before: &[Field], others: Others<'_>, near: Near) -> Option<Field> {
    let report = table.report;
    let name = table.name("name");
    if let Some(name) = &name {
        if TAKEN.contains(&name.value.as_str()) {
            let help = Some("give the field another name".to_owned());
            report.say(name.span.clone(), format!("`{}` means something already", name.value), help);
        }
        if before.iter().any(|field| field.name.0 == name.value) {
            report.say(name.span.clone(), format!("two fields are called `{}`", name.value), None);
        }
    }
    let label = table.words("label");
    let kind_word = table.need_text("kind");
    let kind = kind_word.as_ref().and_then(|word| kind(table, word, others));
    let required = table.flag("required");
    if required == Some(true) && table.get("required-if").is_some() {
        let help = Some("leave one of the two out".to_owned());
        report.say(table.place("required-if"), "a field is required always or under a condition, not both", help);
    }
    let start = table.get("start");
    let unique = table.flag("unique").unwrap_or(false);
    let later = table.flag("later");
    let column = table.text("column").map_or_else(|| label.clone(), |text| text.value.trim().to_owned());
    let help = table.text("help").map(|text| text.value.trim().to_owned()).unwrap_or_default();
    let private = table.audience_near("private", near);
    let kind = kind?;
    let start = start.and_then(|value| starting(table, value, &kind));
    Some(Field {
        name: FieldName(name?.value),
        label,
        column,
        help,
        kind,
        required: if required == Some(true) { Required::Yes } else { Required::No },
        private,
        start,
        unique,
        later,
    })
}

fn kind(table: &Table<'_, '_>, word: &At<String>, others: Others<'_>) -> Option<FieldKind> {
    let kinds: Vec<&str> = KINDS.iter().copied().chain(["clause"]).collect();
    if !kinds.contains(&word.value.as_str()) {
        let help = suggest::one_of(&word.value, &kinds);
        table.report.say(word.span.clone(), format!("`{}` is no kind of field", word.value), Some(help));
        return None;
    }
    for (key, of) in OF_KINDS {
        if table.get(key).is_some() && !of.contains(&word.value.as_str()) {
            let help = format!("only fields of kind {} have it", suggest::quoted(of));
            table.report.say(
                table.place(key),
                format!("`{key}` is not for a field of kind `{}`", word.value),
                Some(help),
            );
        }
    }
    let many = matches!(word.value.as_str(), "choices" | "people" | "classes" | "years" | "entries");
    Some(match word.value.as_str() {
        "text" => FieldKind::Text { lines: false, longest: table.whole("longest", 1, 2_000).unwrap_or(200) },
        "lines" => FieldKind::Text { lines: true, longest: table.whole("longest", 1, 20_000).unwrap_or(4_000) },
        "number" | "whole" => numbers(table, word.value == "whole"),
        "money" => FieldKind::Money,
        "date" => FieldKind::Date,
        "time" => FieldKind::Time,
        "choice" | "choices" => FieldKind::Choice { choices: choices(table), many },
        "yes-no" => FieldKind::YesNo,
        "person" | "people" => {
            FieldKind::Person { who: table.audience("who").unwrap_or_else(Audience::everyone), many }
        }
        "role" => FieldKind::Role,
        "place" => FieldKind::Place,
        "class" | "classes" => FieldKind::Class { many },
        "year" | "years" => FieldKind::Year { many },
        "entry" | "entries" => FieldKind::Entry { of: register_name(table, "of", others)?, many },
        "file" => FieldKind::File { most_bytes: table.whole("most-mb", 1, 100).unwrap_or(10) * 1_000_000 },
        "signature" => FieldKind::Signature,
        "address" => FieldKind::Address,
        _ => FieldKind::Clause,
    })
}

fn numbers(table: &Table<'_, '_>, whole: bool) -> FieldKind {
    let (least, most) = (table.number("least"), table.number("most"));
    if let (Some(least), Some(most)) = (&least, &most)
        && least.value > most.value
    {
        table.report.say(most.span.clone(), "`most` is less than `least`", None);
    }
    let unit = table.text("unit").map(|text| text.value.trim().to_owned()).unwrap_or_default();
    FieldKind::Number { least: least.map(|at| at.value), most: most.map(|at| at.value), unit, whole }
}

fn choices(table: &Table<'_, '_>) -> Vec<Choice> {
    let report = table.report;
    let mut choices: Vec<Choice> = Vec::new();
    if table.get("choices").is_none() {
        table.missing("choices");
        return choices;
    }
    for row in table.tables("choices", "a choice") {
        let (name, label) = (row.name("name"), row.need_text("label"));
        row.done();
        let (Some(name), Some(label)) = (name, label) else { continue };
        if choices.iter().any(|choice| choice.name == name.value) {
            report.say(name.span, format!("the choice `{}` is there twice", name.value), None);
        } else if choices.iter().any(|choice| choice.label.to_lowercase() == label.value.trim().to_lowercase()) {
            report.say(label.span, format!("two choices are called “{}”", label.value), None);
        } else {
            choices.push(Choice { name: name.value, label: label.value.trim().to_owned() });
        }
    }
    if choices.is_empty() && report.is_fine() {
        report.say(table.place("choices"), "there is nothing to choose from", None);
    }
    choices
}

/// The register that a key names.
pub(super) fn register_name(table: &Table<'_, '_>, key: &'static str, others: Others<'_>) -> Option<String> {
    let text = table.need_text(key)?;
    if let Some(others) = others
        && !others.get(&text.value).is_some_and(|outline| outline.has_register)
    {
        let registers: Vec<&str> =
            others.iter().filter(|(_, outline)| outline.has_register).map(|(name, _)| name.as_str()).collect();
        let help = suggest::nearest(&text.value, registers.iter().copied());
        let help = help
            .map_or("a register is named as `assets.hardware`".to_owned(), |near| format!("did you mean `{near}`?"));
        table.report.say(text.span, format!("there is no register `{}`", text.value), Some(help));
        return None;
    }
    Some(text.value)
}

fn starting(table: &Table<'_, '_>, value: &Spanned<DeValue<'_>>, kind: &FieldKind) -> Option<Start> {
    let text = match value.get_ref() {
        DeValue::String(text) => Some(text.as_ref()),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    let refuse = |message: &str, help: Option<String>| {
        table.report.say(value.span(), message, help);
        None
    };
    match (kind, text) {
        (FieldKind::Date, Some("today")) => Some(Start::Today),
        (FieldKind::Person { who, .. }, Some("me")) if can_enter(who) => Some(Start::Me),
        (FieldKind::Person { .. }, _) => refuse("a person starts as `me`, where those who enter may be named", None),
        (FieldKind::Date, _) => match date(value.get_ref()) {
            Some(date) => Some(Start::Value(Value::Date(date))),
            None => refuse("a date starts as `today`, or as a day", None),
        },
        (FieldKind::Choice { choices, many }, Some(name)) => {
            if !choices.iter().any(|choice| choice.name == name) {
                let names: Vec<_> = choices.iter().map(|choice| choice.name.as_str()).collect();
                return refuse(&format!("there is no choice `{name}`"), Some(suggest::one_of(name, &names)));
            }
            let name = name.to_owned();
            Some(Start::Value(if *many { Value::Choices(vec![name]) } else { Value::Choice(name) }))
        }
        (FieldKind::Text { .. } | FieldKind::Place | FieldKind::Address, Some(text)) => {
            Some(Start::Value(Value::Text(text.to_owned())))
        }
        (FieldKind::Year { many }, Some(text)) => match Year::parse(text) {
            Ok(year) => Some(Start::Value(if *many { Value::Years(vec![year]) } else { Value::Year(year) })),
            Err(error) => refuse(&error.to_string(), None),
        },
        (FieldKind::YesNo, None) => {
            if let DeValue::Boolean(yes) = value.get_ref() {
                return Some(Start::Value(Value::YesNo(*yes)));
            }
            refuse("yes or no starts as `true` or `false`", None)
        }
        (FieldKind::Number { whole, .. }, None) => match number(value.get_ref()) {
            Some(number) if !whole || number.fract() == 0.0 => Some(Start::Value(Value::Number(number))),
            Some(_) | None => refuse("the field does not take this number", None),
        },
        (_, _) => refuse("a field of this kind cannot start with this value", None),
    }
}

/// Whether grown-ups of the school are among those who may be named.
fn can_enter(who: &Audience) -> bool {
    !who.atoms().iter().all(|atom| matches!(atom, AudienceAtom::All(Capacity::Pupil | Capacity::Parent)))
}

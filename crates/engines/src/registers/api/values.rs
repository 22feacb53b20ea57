//! Values of fields as JSON: what is kept, said plainly, and what is sent, read as strictly as a form is.

use declare::{Field, FieldKind, Value};
use kernel::{Audience, PersonId};
use serde_json::{Value as Data, json};
use uuid::Uuid;

use crate::registers::typed::Meanings;

/// What stands in a field.
pub(super) fn write(value: &Value) -> Data {
    match value {
        Value::Text(text) | Value::Choice(text) | Value::Class(text) => json!(text),
        Value::Number(number) => json!(number),
        Value::Money(pence) => {
            let sign = if *pence < 0 { "-" } else { "" };
            json!(format!("{sign}{}.{:02}", pence.unsigned_abs() / 100, pence.unsigned_abs() % 100))
        }
        Value::Date(day) => json!(day),
        Value::Time(time) => json!(time.strftime("%H:%M").to_string()),
        Value::Choices(all) | Value::Classes(all) => json!(all),
        Value::YesNo(yes) => json!(yes),
        Value::Person(id) => json!(id),
        Value::People(all) => json!(all),
        Value::Role(role) => json!(role.id()),
        Value::Year(year) => json!(year.to_string()),
        Value::Years(all) => all.iter().map(|year| json!(year.to_string())).collect(),
        Value::Entry(id) => json!(id),
        Value::Entries(all) => json!(all),
        Value::File { id, name } => json!({ "id": id, "name": name }),
        Value::Signature { by, name, at } => json!({ "by": by, "name": name, "at": at }),
    }
}

/// What was sent for a field; nothing where it is `null`. People and entries are named by identifier, or as a form
/// takes them.
///
/// # Errors
/// With what to send instead.
pub(super) fn read(
    field: &Field,
    data: &Data,
    meanings: &Meanings,
    before: Option<&Value>,
) -> Result<Option<Value>, String> {
    // What stood there comes back as it was told: somebody who has left, a file, a signature.
    if let Some(kept) = before.filter(|kept| write(kept) == *data) {
        return Ok(Some(kept.clone()));
    }
    match (&field.kind, data) {
        (_, Data::Null) => Ok(None),
        (FieldKind::File { .. }, _) => Err("Files are added on the page of the entry".to_owned()),
        (FieldKind::Number { .. }, Data::Number(number)) => typed(field, &number.to_string(), meanings),
        (FieldKind::YesNo, Data::Bool(yes)) => Ok(Some(Value::YesNo(*yes))),
        (FieldKind::Person { who, many: false }, Data::String(text)) => match Uuid::parse_str(text) {
            Ok(id) => person(id, who, meanings).map(|id| Some(Value::Person(id))),
            Err(_) => typed(field, text, meanings),
        },
        (FieldKind::Entry { many: false, .. }, Data::String(text)) => match Uuid::parse_str(text) {
            Ok(id) => Ok(Some(Value::Entry(id))),
            Err(_) => typed(field, text, meanings),
        },
        (FieldKind::Number { .. } | FieldKind::YesNo, _) => Err(wanted(&field.kind)),
        (kind, Data::String(text)) if !kind.takes_several() => typed(field, text, meanings),
        (FieldKind::Person { who, many: true }, Data::Array(all)) => {
            if let Some(ids) = ids(all) {
                let people = ids.into_iter().map(|id| person(id, who, meanings)).collect::<Result<Vec<_>, _>>()?;
                return Ok(Some(people).filter(|people| !people.is_empty()).map(Value::People));
            }
            several(field, all, meanings)
        }
        (FieldKind::Entry { many: true, .. }, Data::Array(all)) => match ids(all) {
            Some(ids) => Ok(Some(ids).filter(|ids| !ids.is_empty()).map(Value::Entries)),
            None => several(field, all, meanings),
        },
        (kind, Data::Array(all)) if kind.takes_several() => several(field, all, meanings),
        (kind, _) => Err(wanted(kind)),
    }
}

fn typed(field: &Field, text: &str, meanings: &Meanings) -> Result<Option<Value>, String> {
    meanings.value(field, &[text], None)
}

fn several(field: &Field, all: &[Data], meanings: &Meanings) -> Result<Option<Value>, String> {
    let texts: Option<Vec<&str>> = all.iter().map(Data::as_str).collect();
    match texts {
        Some(texts) => meanings.value(field, &texts, None),
        None => Err(wanted(&field.kind)),
    }
}

fn ids(all: &[Data]) -> Option<Vec<Uuid>> {
    let mut ids = Vec::new();
    for data in all {
        let id = Uuid::parse_str(data.as_str()?).ok()?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Some(ids)
}

fn person(id: Uuid, who: &Audience, meanings: &Meanings) -> Result<PersonId, String> {
    let found = meanings.roll().get(PersonId(id)).filter(|one| !one.left && who.contains(&one.subject));
    found.map(|one| one.id).ok_or_else(|| "Nobody with this identifier can be named here".to_owned())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all that is typed as words is sent as a text")]
fn wanted(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Number { .. } => "Send a number",
        FieldKind::YesNo => "Send true or false",
        kind if kind.takes_several() => "Send a list of texts",
        _ => "Send a text",
    }
    .to_owned()
}

//! The terms of a binding as a form: a field for each term that the schema of its control has, and back.

mod attest;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template as _;
use policy::{
    Term, TermTable, Value,
    common::Common,
    edit::{read_binding, read_value},
    source::Span,
};
use serde_json::Value as Json;
use webkit::{
    PageError,
    kit::{Choice, Choices, Field, Mistakes, TextArea},
};

/// What a form sends, by name; several values of one name stand in their order.
pub type Sent = BTreeMap<String, Vec<String>>;

/// The first value of a name.
pub fn first<'s>(sent: &'s Sent, name: &str) -> Option<&'s str> {
    sent.get(name).and_then(|values| values.first()).map(String::as_str)
}

/// The most boxes to tick.
const MOST_BOXES: usize = 8;

/// How a term is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A line of text.
    Text,
    /// Groups of people, places or systems, with commas between.
    Words(Vec<String>),
    /// Texts, one a line.
    Lines,
    /// A number.
    Number,
    /// One of these.
    Choice(Vec<String>),
    /// Any of these.
    Choices(Vec<String>),
    /// Yes or no.
    YesNo,
    /// A day.
    Date,
    /// Who confirms it, and how often: two fields.
    Attest(Vec<String>),
    /// As TOML writes it.
    Written,
}

/// One term of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermField {
    /// Its name in the language.
    pub key: String,
    kind: Kind,
    hint: String,
    /// Whether every binding may have it.
    pub common: bool,
}

/// The terms that a control may have, its own first.
pub fn terms_of(schema: &Json, control: &str, suggestions: &[String]) -> Vec<TermField> {
    let empty = serde_json::Map::new();
    let properties = schema
        .pointer("/properties")
        .and_then(|all| all.get(control))
        .and_then(|own| own.get("properties"))
        .and_then(Json::as_object)
        .unwrap_or(&empty);
    let mut fields: Vec<TermField> = properties
        .iter()
        .map(|(key, own)| {
            let common = Common::parse(key);
            let found = kind(schema, own, 0);
            let kind = match (common, found) {
                (Some(Common::From), _) => Kind::Date,
                (Some(Common::Unless), _) => Kind::Text,
                (Some(Common::Attest), _) => Kind::Attest(suggestions.to_vec()),
                (Some(it), _)
                    if it == Common::Who || it == Common::By || it == Common::Except || it == Common::Inform =>
                {
                    Kind::Words(suggestions.to_vec())
                }
                (Some(_), Kind::Lines | Kind::Written) => Kind::Words(Vec::new()),
                (_, kind) => kind,
            };
            let says = own.get("description").and_then(Json::as_str).map(str::to_owned);
            let hint = common.map(|it| it.meaning().to_owned()).or(says).unwrap_or_default();
            // Hints are those of the language's reference, where names stand between backticks.
            TermField { key: key.clone(), kind, hint: hint.replace('`', ""), common: common.is_some() }
        })
        .collect();
    fields.sort_by_key(|field| {
        (field.common, Common::parse(&field.key).and_then(|it| Common::ALL.iter().position(|one| *one == it)))
    });
    fields
}

/// What a schema asks for.
fn kind(root: &Json, own: &Json, depth: usize) -> Kind {
    if depth > 6 {
        return Kind::Written;
    }
    let again = |one: &Json| kind(root, one, depth + 1);
    if let Some(name) = own.get("$ref").and_then(Json::as_str) {
        return name.strip_prefix('#').and_then(|at| root.pointer(at)).map_or(Kind::Written, again);
    }
    if let Some(one) = own.get("allOf").and_then(Json::as_array).and_then(|all| all.first()) {
        return again(one);
    }
    let texts = |list: &Json| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|it| it.as_str().map(str::to_owned)).collect()
    };
    if let Some(names) = own.get("enum").map(|list| {
        list.as_array()
            .map(|list| list.iter().filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>())
            .unwrap_or_default()
    }) {
        return Kind::Choice(names);
    }
    if let Some(one) = own.get("oneOf").and_then(Json::as_array) {
        let names: Option<Vec<String>> = one.iter().map(|it| it.get("const")?.as_str().map(str::to_owned)).collect();
        return names.map_or(Kind::Written, Kind::Choice);
    }
    if let Some(any) = own.get("anyOf").and_then(Json::as_array) {
        let some: Vec<&Json> = any.iter().filter(|it| it.get("type").and_then(Json::as_str) != Some("null")).collect();
        let kinds: Vec<Kind> = some.iter().map(|it| again(it)).collect();
        return match kinds.as_slice() {
            [one] => one.clone(),
            [Kind::Text, Kind::Lines, ..] => {
                let examples = some.first().and_then(|it| it.get("examples")).and_then(texts);
                examples.map_or(Kind::Lines, Kind::Words)
            }
            _ => Kind::Written,
        };
    }
    let name = match own.get("type") {
        Some(Json::String(one)) => one.as_str(),
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).find(|it| *it != "null").unwrap_or(""),
        Some(_) | None => "",
    };
    match name {
        "string" if own.get("format").and_then(Json::as_str) == Some("date") => Kind::Date,
        "string" => Kind::Text,
        "boolean" => Kind::YesNo,
        "integer" | "number" => Kind::Number,
        "array" => match own.get("items").map(again) {
            // A long list of boxes is worse to fill in than a line with suggestions.
            Some(Kind::Choice(names)) if names.len() > MOST_BOXES => Kind::Words(names),
            Some(Kind::Choice(names)) => Kind::Choices(names),
            Some(Kind::Text) => Kind::Lines,
            Some(_) | None => Kind::Written,
        },
        _ => Kind::Written,
    }
}

impl TermField {
    /// The id of its field in the form of the binding that is the `number`th.
    pub fn id(&self, number: usize) -> String {
        format!("b{number}-{}", self.key)
    }

    /// With a value that its kind cannot show it is asked for as it is written.
    fn fitting(&self, value: Option<&Value>) -> Kind {
        let scalar =
            |value: &Value| matches!(value, Value::Text(_) | Value::Whole(_) | Value::Number(_) | Value::Date(_));
        let plain = |value: &Value| value.as_text().is_some_and(|text| !text.contains([',', '\n']));
        let words = |value: &Value| {
            plain(value) || value.as_list().is_some_and(|all| all.iter().all(|(value, _)| plain(value)))
        };
        let fits = match (&self.kind, value) {
            (_, None) | (Kind::Written, _) => true,
            (Kind::Text, Some(value)) => value.as_text().is_some(),
            (Kind::Words(_), Some(value)) => words(value),
            (Kind::Attest(_), Some(Value::Table(table))) => {
                table.get("by").is_some_and(|by| words(&by.value))
                    && table
                        .terms
                        .iter()
                        .all(|term| term.key == "by" || (term.key == "every" && term.value.as_text().is_some()))
            }
            (Kind::Attest(_), Some(value)) => words(value),
            (Kind::Lines, Some(value)) => {
                value.as_text().is_some()
                    || value
                        .as_list()
                        .is_some_and(|all| all.iter().all(|it| it.0.as_text().is_some_and(|text| !text.contains('\n'))))
            }
            (Kind::Number, Some(value)) => matches!(value, Value::Whole(_) | Value::Number(_)),
            (Kind::Choice(names), Some(value)) => value.as_text().is_some_and(|text| names.iter().any(|it| it == text)),
            (Kind::Choices(names), Some(value)) => value.as_list().is_some_and(|all| {
                all.iter().all(|it| it.0.as_text().is_some_and(|text| names.iter().any(|it| it == text)))
            }),
            (Kind::YesNo, Some(value)) => matches!(value, Value::Flag(_)),
            (Kind::Date, Some(value)) => scalar(value),
        };
        if fits { self.kind.clone() } else { Kind::Written }
    }

    /// Its field, filled with what was sent, else with the value that the binding has.
    ///
    /// # Errors
    /// Where a component cannot be printed.
    pub fn print(
        &self,
        number: usize,
        value: Option<&Value>,
        sent: Option<&Sent>,
        mistakes: &Mistakes,
    ) -> Result<String, PageError> {
        let id = self.id(number);
        let label = label(&self.key);
        let typed = sent.map(|sent| sent.get(&id).cloned().unwrap_or_default());
        let kind = self.fitting(value);
        let joined = |with: &str| {
            typed
                .as_ref()
                .map_or_else(|| value.map(|it| texts_of(it).join(with)).unwrap_or_default(), |typed| typed.join(with))
        };
        let choice =
            |names: &[String]| names.iter().map(|name| Choice::new(name.clone(), plain(name))).collect::<Vec<_>>();
        let printed = match &kind {
            Kind::Text | Kind::Number | Kind::Date => {
                let field =
                    Field::text(&id, &label).hint(self.hint.clone()).value(joined(" ")).as_typed().check(mistakes);
                let field = match kind {
                    Kind::Number => field.numeric().width("5"),
                    Kind::Date => field.width("10").hint(format!("{}, as 2026-09-01", self.hint.trim_end_matches('.'))),
                    Kind::Text
                    | Kind::Words(_)
                    | Kind::Lines
                    | Kind::Choice(_)
                    | Kind::Choices(_)
                    | Kind::YesNo
                    | Kind::Attest(_)
                    | Kind::Written => field.width("30"),
                };
                field.render()
            }
            Kind::Attest(suggestions) => {
                let (by, every) = value.map_or((None, None), attest::parts);
                let often = format!("{id}-every");
                let or = |typed: Option<String>, value: Option<&Value>| {
                    typed.unwrap_or_else(|| value.map(|it| texts_of(it).join(", ")).unwrap_or_default())
                };
                let typed = |id: &str| sent.map(|sent| sent.get(id).map(|all| all.join(", ")).unwrap_or_default());
                let who = Field::text(&id, "Who confirms it")
                    .hint("Whoever is named is asked at the desk, and the clause stands by the answer. Several with commas between.")
                    .value(or(typed(&id), by))
                    .as_typed()
                    .width("30")
                    .suggest(suggestions.clone())
                    .check(mistakes)
                    .render()?;
                let how_often = Field::text(&often, "How often it is confirmed")
                    .hint("Such as 1 term or 12 months. Left empty, as often as is usual for it.")
                    .value(or(typed(&often), every))
                    .as_typed()
                    .width("10")
                    .check(mistakes)
                    .render()?;
                return Ok(who + &how_often);
            }
            Kind::Words(suggestions) => Field::text(&id, &label)
                .hint(format!("{}. Several with commas between.", self.hint.trim_end_matches('.')))
                .value(joined(", "))
                .as_typed()
                .width("30")
                .suggest(suggestions.clone())
                .check(mistakes)
                .render(),
            Kind::Lines => TextArea::new(&id, &label)
                .hint(format!("{}. One a line.", self.hint.trim_end_matches('.')))
                .value(joined("\n"))
                .check(mistakes)
                .render(),
            Kind::Written => {
                let text = typed
                    .as_ref()
                    .and_then(|it| it.first().cloned())
                    .or_else(|| value.map(Value::to_toml))
                    .unwrap_or_default();
                Field::text(&id, &label)
                    .hint(format!("{}. As the policy writes it.", self.hint.trim_end_matches('.')))
                    .value(text)
                    .as_typed()
                    .width("30")
                    .check(mistakes)
                    .render()
            }
            Kind::YesNo => {
                let now =
                    typed.as_ref().map_or_else(|| value.map(|it| texts_of(it).join("")), |it| it.first().cloned());
                let all = vec![Choice::new("", "Not said"), Choice::new("true", "Yes"), Choice::new("false", "No")];
                Choices::select(&id, &label, all)
                    .hint(self.hint.clone())
                    .chosen(now.unwrap_or_default())
                    .check(mistakes)
                    .render()
            }
            Kind::Choice(names) => {
                let mut all = vec![Choice::new("", "Not said")];
                all.extend(choice(names));
                let now =
                    typed.as_ref().map_or_else(|| value.map(|it| texts_of(it).join("")), |it| it.first().cloned());
                Choices::select(&id, &label, all)
                    .hint(self.hint.clone())
                    .chosen(now.unwrap_or_default())
                    .check(mistakes)
                    .render()
            }
            Kind::Choices(names) => {
                let now = typed.unwrap_or_else(|| value.map(texts_of).unwrap_or_default());
                let boxes = Choices::checkboxes(&id, &label, choice(names)).hint(self.hint.clone()).check(mistakes);
                now.into_iter().fold(boxes, Choices::chosen).render()
            }
        };
        Ok(printed?)
    }

    /// Reads what was sent for it; none where nothing was.
    fn read(&self, number: usize, before: Option<&Value>, sent: &Sent) -> Result<Option<Value>, String> {
        let values = sent.get(&self.id(number)).cloned().unwrap_or_default();
        let text = values.join("\n");
        let text = text.trim();
        let list = |parts: Vec<String>| match (parts.as_slice(), before) {
            ([], _) => None,
            ([one], Some(Value::Text(_)) | None) => Some(Value::Text(one.clone())),
            _ => Some(Value::List(parts.into_iter().map(|it| (Value::Text(it), Span::default())).collect())),
        };
        let split = |text: &str, at: &[char]| {
            text.split(at).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let kind = self.fitting(before);
        if let Kind::Attest(_) = kind {
            let often = first(sent, &format!("{}-every", self.id(number))).map_or("", str::trim);
            return attest::read(&split(text, &[',', '\n']), often, before);
        }
        if text.is_empty() {
            return Ok(None);
        }
        Ok(match kind {
            // Read above.
            Kind::Attest(_) => None,
            Kind::Text | Kind::Choice(_) => Some(Value::Text(text.to_owned())),
            Kind::Words(_) => list(split(text, &[',', '\n'])),
            Kind::Lines => match before {
                Some(Value::Text(_)) => list(split(text, &['\n'])),
                Some(_) | None => Some(Value::List(
                    split(text, &['\n']).into_iter().map(|it| (Value::Text(it), Span::default())).collect(),
                )),
            },
            Kind::Choices(_) => {
                Some(Value::List(values.into_iter().map(|it| (Value::Text(it), Span::default())).collect()))
            }
            Kind::Number => match read_value(text) {
                Some(value @ (Value::Whole(_) | Value::Number(_))) => Some(value),
                Some(_) | None => return Err(format!("Enter a number for “{}”", plain(&self.key))),
            },
            Kind::YesNo => Some(Value::Flag(text == "true")),
            Kind::Date => match read_value(text) {
                Some(value @ Value::Date(_)) => Some(value),
                Some(_) | None => return Err(format!("Enter a day for “{}”, such as 2026-09-01", plain(&self.key))),
            },
            Kind::Written => match read_value(text) {
                Some(value) => Some(value),
                None => {
                    return Err(format!(
                        "“{}” is not written as the policy writes it: a text stands in double quotes",
                        plain(&self.key)
                    ));
                }
            },
        })
    }
}

/// The terms that no field has, one a line, as they are written.
pub fn others(fields: &[TermField], terms: &TermTable) -> String {
    let rest = terms.terms.iter().filter(|term| fields.iter().all(|field| field.key != term.key));
    rest.map(|term| format!("{} = {}", term.key, term.value.to_toml())).collect::<Vec<_>>().join("\n")
}

/// Reads the form of a binding: its control and terms as they are to be written. None where it stays as it is.
pub fn read(
    number: usize,
    written: &str,
    fields: &[TermField],
    sent: &Sent,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let id = format!("b{number}-written");
    let typed = first(sent, &id).map_or("", str::trim);
    if first(sent, &format!("b{number}-how")) == Some("written") {
        if typed != written && read_binding(typed).is_err() {
            mistakes.add(&id, "Write it as module.control { terms }, texts in double quotes");
        }
        return (typed != written).then(|| typed.to_owned());
    }
    let Ok((control, before)) = read_binding(written) else { return None };
    let mut table = TermTable::default();
    let mut put = |key: &str, value: Value| {
        let term = Term { key: key.to_owned(), key_span: Span::default(), value, span: Span::default() };
        table.terms.push(term);
    };
    let mut known: Vec<(&TermField, Value)> = Vec::new();
    for field in fields {
        match field.read(number, before.get(&field.key).map(|term| &term.value), sent) {
            Ok(Some(value)) => known.push((field, value)),
            Ok(None) => {}
            Err(text) => mistakes.add(&field.id(number), text),
        }
    }
    let mut rest: Vec<(String, Value)> = Vec::new();
    let other = format!("b{number}-other");
    for line in first(sent, &other).unwrap_or("").lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once('=').and_then(|(key, value)| Some((key.trim().to_owned(), read_value(value)?))) {
            Some((key, value)) => rest.push((key, value)),
            None => mistakes.add(&other, "Write each term on a line of its own, as name = \"value\""),
        }
    }
    // Terms keep their order; what is new comes after.
    for term in &before.terms {
        if let Some(at) = known.iter().position(|(field, _)| field.key == term.key) {
            put(&term.key, known.remove(at).1);
        } else if let Some(at) = rest.iter().position(|(key, _)| *key == term.key) {
            put(&term.key, rest.remove(at).1);
        }
    }
    known.into_iter().for_each(|(field, value)| put(&field.key, value));
    rest.into_iter().for_each(|(key, value)| put(&key, value));
    if table == before {
        return None;
    }
    Some(if table.is_empty() { control.to_string() } else { format!("{control} {}", table.to_toml()) })
}

/// A value as fields show it.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(all) => all.iter().flat_map(|(value, _)| texts_of(value)).collect(),
        Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) | Value::Table(_) => vec![value.to_toml()],
    }
}

/// "legal-status" as "legal status".
fn plain(key: &str) -> String {
    key.replace(['-', '_'], " ")
}

/// "legal-status" as "Legal status".
fn label(key: &str) -> String {
    let mut letters = plain(key);
    if let Some(head) = letters.get_mut(..1) {
        head.make_ascii_uppercase();
    }
    letters
}

//! Controls made of declarations: their terms as a policy writes them, their words, and the item that a binding is.

use std::{collections::BTreeMap, sync::Arc};

use ::policy::{Binding, Card, Clause, Combined, Control, ControlId, Front, Kind, TermProblem, Value, Words};
use declare::{Declaration, Declarations, TermDeclaration, TermType};

use crate::served::{Served, served};

/// The module of the registers that a school declares itself.
pub const OWN: &str = "own";

/// Whether a declaration keeps a control: one of ours, or of the school's own.
pub fn is_declared(control: &ControlId) -> bool {
    control.module() == OWN || Declarations::shipped().get(&control.to_string()).is_some()
}

/// A control of the language that a declaration makes.
pub struct DeclaredControl {
    card: Card,
    declaration: Arc<Declaration>,
    keys: Vec<String>,
}

impl DeclaredControl {
    /// The control of `declaration`, with the catalogue's kind and purpose.
    pub fn new(id: ControlId, declaration: Arc<Declaration>, kind: Kind, purpose: &str) -> Self {
        let keys = declaration.terms.iter().map(|term| term.name.clone()).collect();
        Self { card: Card::new(id, kind, purpose).built(), declaration, keys }
    }

    fn term(&self, key: &str) -> Option<&TermDeclaration> {
        self.declaration.terms.iter().find(|term| term.name == key)
    }
}

impl Control for DeclaredControl {
    fn card(&self) -> &Card {
        &self.card
    }

    fn schema(&self, _: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let terms = self.declaration.terms.iter();
        let properties: serde_json::Map<_, _> = terms.map(|term| (term.name.clone(), schema_of(term))).collect();
        let mut schema = schemars::Schema::default();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), properties.into());
        schema
    }

    fn keys(&self) -> Option<&[String]> {
        Some(&self.keys)
    }

    fn type_of(&self, key: &str) -> Option<&str> {
        self.term(key).and_then(|term| match term.takes {
            TermType::Text | TermType::Date => Some("string"),
            TermType::Texts => Some("array"),
            TermType::Number => Some("integer"),
            TermType::YesNo => Some("boolean"),
            TermType::Any => None,
        })
    }

    fn check_terms(&self, binding: &Binding) -> Vec<TermProblem> {
        let mut problems = Vec::new();
        for given in &binding.own.terms {
            let Some(term) = self.term(&given.key) else {
                let help = match ::policy::nearest(&given.key, self.keys.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.keys.is_empty() => "this control has no terms of its own".to_owned(),
                    None => format!(
                        "it knows {}",
                        self.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
                    ),
                };
                let message = format!("`{}` is not a term of `{}`", given.key, self.card.id);
                problems.push(TermProblem::of(&given.key, message).at(given.key_span).help(help));
                continue;
            };
            if !takes(term.takes, &given.value) {
                let message =
                    format!("`{}` is {}, and {} is wanted", given.key, given.value.what(), wanted(term.takes));
                problems.push(TermProblem::of(&given.key, message).at(given.span));
            }
        }
        problems
    }

    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        let mut said = Vec::new();
        for term in &self.declaration.terms {
            if let Some(given) = binding.own.get(&term.name) {
                let value = match (&given.value, term.words.contains("{}")) {
                    (Value::Flag(false), false) => continue,
                    (value, _) => words.value(value),
                };
                said.push(term.words.replace("{}", &value));
            }
        }
        let says = self.declaration.says.trim_end_matches('.');
        if said.is_empty() { says.to_owned() } else { format!("{says} ({})", said.join("; ")) }
    }

    fn keeps(&self, binding: &Binding, front: &Front) -> bool {
        match served(front, binding, self.card.kind, true) {
            Served::Control => self.declaration.register.is_some(),
            Served::Attestation | Served::Notice => true,
            Served::Unseen(_) => false,
        }
    }

    fn combine(&self, _: &Binding, _: &Binding) -> Combined {
        // Every binding of a declared control is an item of its own.
        Combined::Fine
    }
}

fn schema_of(term: &TermDeclaration) -> serde_json::Value {
    let text = serde_json::json!({ "type": "string" });
    let mut schema = match term.takes {
        TermType::Text => text,
        TermType::Texts => serde_json::json!({ "anyOf": [text, { "type": "array", "items": text }] }),
        TermType::Number => serde_json::json!({ "type": "integer", "minimum": 0 }),
        TermType::YesNo => serde_json::json!({ "type": "boolean" }),
        TermType::Date => serde_json::json!({ "type": "string", "format": "date" }),
        TermType::Any => serde_json::json!({}),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), term.words.replace("{}", "…").into());
        if let Some(usual) = &term.usual {
            object.insert("default".to_owned(), usual.clone());
        }
    }
    schema
}

fn takes(kind: TermType, value: &Value) -> bool {
    match kind {
        TermType::Any => true,
        TermType::Text => value.as_text().is_some(),
        TermType::Texts => {
            value.as_text().is_some()
                || value.as_list().is_some_and(|values| values.iter().all(|(value, _)| value.as_text().is_some()))
        }
        TermType::Number => matches!(value, Value::Whole(number) if *number >= 0),
        TermType::YesNo => matches!(value, Value::Flag(_)),
        TermType::Date => matches!(value, Value::Date(_)),
    }
}

fn wanted(kind: TermType) -> &'static str {
    match kind {
        TermType::Any => "any value",
        TermType::Text => "a text",
        TermType::Texts => "a text or a list of texts",
        TermType::Number => "a whole number",
        TermType::YesNo => "`true` or `false`",
        TermType::Date => "a date",
    }
}

/// What a declaration judges a binding by: the clause, whom it binds, how often, and its terms.
pub fn item(clause: &Clause, binding: &Binding, declaration: &Declaration) -> declare::Item {
    let mut terms: BTreeMap<String, serde_json::Value> =
        declaration.terms.iter().filter_map(|term| Some((term.name.clone(), term.usual.clone()?))).collect();
    terms.extend(binding.own.terms.iter().map(|term| (term.key.clone(), json_of(&term.value))));
    declare::Item {
        key: binding.key.clone(),
        clause: clause.key().to_owned(),
        who: binding.common.who.clone(),
        except: binding.common.except.as_ref().and_then(|except| except.who.clone()),
        every: binding.common.every,
        terms,
    }
}

fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Whole(number) => (*number).into(),
        Value::Number(number) => serde_json::Number::from_f64(*number).map_or(serde_json::Value::Null, Into::into),
        Value::Flag(flag) => (*flag).into(),
        Value::Date(date) => date.to_string().into(),
        Value::List(values) => values.iter().map(|(value, _)| json_of(value)).collect(),
        Value::Table(table) => table
            .terms
            .iter()
            .map(|term| (term.key.clone(), json_of(&term.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

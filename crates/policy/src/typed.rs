//! Controls made of a Rust type for their terms, and controls whose terms are free.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::{
    binding::Binding,
    control::{Card, Combined, Control, TermProblem},
    suggest,
    words::Words,
};

/// The own terms of a control as a Rust type. Fields that may be missing are `Option` or `#[serde(default)]`;
/// `#[serde(rename_all = "kebab-case")]` gives them the names that a policy writes.
pub trait Terms: DeserializeOwned + schemars::JsonSchema + Send + Sync + 'static {
    /// What the system does about a binding with these terms: a sentence without a full stop and without the
    /// common terms, which are added ("for pupils, at lunch; except …").
    fn in_words(&self, binding: &Binding, words: &Words) -> String;

    /// What is wrong beyond the types: a value out of range, a common term that is missing.
    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let _ = binding;
        Vec::new()
    }

    /// Whether two bindings go together that overlap and are equally broad; asked only of controls that combine to
    /// one. Unless told otherwise, lists make a union and every other difference is a conflict.
    fn combine(&self, own: &Binding, other: &Self, other_binding: &Binding) -> Combined {
        let _ = other;
        crate::combine::by_value(own, other_binding)
    }
}

/// A control whose own terms are the type `T`.
#[derive(Debug)]
pub struct TypedControl<T> {
    card: Card,
    keys: Vec<String>,
    types: Vec<(String, String)>,
    terms: PhantomData<fn() -> T>,
}

impl<T: Terms> TypedControl<T> {
    /// A control with this card and terms `T`.
    pub fn new(card: Card) -> Self {
        let schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        let types = properties.into_iter().flatten();
        let types: Vec<_> = types.map(|(key, schema)| (key.clone(), type_in(schema).to_owned())).collect();
        Self { card, keys: types.iter().map(|row| row.0.clone()).collect(), types, terms: PhantomData }
    }

    fn read(binding: &Binding) -> Option<T> {
        binding.terms::<T>().ok()
    }
}

/// The type that a schema names first, apart from null.
fn type_in(schema: &serde_json::Value) -> &str {
    match schema.get("type") {
        Some(serde_json::Value::String(one)) => one,
        Some(serde_json::Value::Array(many)) => {
            many.iter().filter_map(serde_json::Value::as_str).find(|name| *name != "null").unwrap_or("string")
        }
        Some(_) | None => "string",
    }
}

impl<T: Terms> Control for TypedControl<T> {
    fn card(&self) -> &Card {
        &self.card
    }

    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }

    fn keys(&self) -> Option<&[String]> {
        Some(&self.keys)
    }

    fn type_of(&self, key: &str) -> Option<&str> {
        self.types.iter().find(|row| row.0 == key).map(|row| row.1.as_str())
    }

    fn check_terms(&self, binding: &Binding) -> Vec<TermProblem> {
        match binding.terms::<T>() {
            Ok(terms) => terms.check(binding),
            Err(error) => {
                let help = match (&error.given, error.expected.as_slice()) {
                    (_, []) => None,
                    (Some(given), expected) => Some(suggest::one_of(given, expected)),
                    (None, expected) => Some(format!("write one of {}", suggest::quoted(expected))),
                };
                vec![TermProblem { key: None, span: error.span, message: error.message, help }]
            }
        }
    }

    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        match Self::read(binding) {
            Some(terms) => terms.in_words(binding, words),
            None => self.card.purpose.clone(),
        }
    }

    fn combine(&self, one: &Binding, two: &Binding) -> Combined {
        match (Self::read(one), Self::read(two)) {
            (Some(terms), Some(other)) => terms.combine(one, &other, two),
            // Bad terms have their own diagnostics.
            (Some(_) | None, _) => Combined::Fine,
        }
    }
}

/// A control whose own terms are free: not built, or with nothing of its own to say.
#[derive(Debug)]
pub struct FreeControl {
    card: Card,
}

impl FreeControl {
    /// A control with this card that takes any terms.
    pub fn new(card: Card) -> Self {
        Self { card }
    }
}

impl Control for FreeControl {
    fn card(&self) -> &Card {
        &self.card
    }

    fn schema(&self, _: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }

    fn keys(&self) -> Option<&[String]> {
        None
    }

    fn type_of(&self, _: &str) -> Option<&str> {
        None
    }

    fn check_terms(&self, _: &Binding) -> Vec<TermProblem> {
        Vec::new()
    }

    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        words.free(&self.card.purpose, &binding.own)
    }
}

//! Reads terms into Rust types by serde, with errors that know their place and speak to people.

use std::fmt;

use serde::{
    Deserialize,
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer,
        MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};

use crate::{
    source::Span,
    terms::{Term, TermTable, Value},
};

/// Terms that do not fit the type that they are read into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsError {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// The word that is not among those expected.
    pub given: Option<String>,
    /// The words that would be right.
    pub expected: Vec<String>,
}

impl fmt::Display for TermsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TermsError {}

impl TermsError {
    fn new(message: String) -> Self {
        Self { message, span: None, given: None, expected: Vec::new() }
    }

    fn or_at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

/// What a type of Rust is to somebody who writes a policy.
fn human(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, zero or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "a character" | "string or map" => "a text in quotes".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list in brackets".to_owned(),
        "a map" => "terms in braces".to_owned(),
        other if other.starts_with("struct ") => "terms in braces".to_owned(),
        other if other.starts_with("enum ") => "one of the known words, in quotes".to_owned(),
        other => other.to_owned(),
    }
}

fn seen(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(flag) => format!("`{flag}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the text \"{text}\""),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::StructVariant => "a table".to_owned(),
        Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::Unit
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::Other(_) => "something else".to_owned(),
    }
}

impl de::Error for TermsError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("this is {}, but {} belongs here", seen(&unexpected), human(expected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("{} does not fit here, where {} belongs", seen(&unexpected), human(expected)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("here are {length} values, but {} belong here", human(expected)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self {
            message: format!("`{variant}` is not one of the words that this term knows"),
            span: None,
            given: Some(variant.to_owned()),
            expected: expected.iter().map(ToString::to_string).collect(),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self {
            message: format!("there is no term `{field}` here"),
            span: None,
            given: Some(field.to_owned()),
            expected: expected.iter().map(ToString::to_string).collect(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the term `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the term `{field}` is given twice"))
    }
}

/// Reads a whole table.
pub(crate) fn table<T: DeserializeOwned>(table: &TermTable) -> Result<T, TermsError> {
    T::deserialize(Table(table)).map_err(|error| error.or_at(table.span))
}

/// Reads one value.
pub(crate) fn value<T: DeserializeOwned>(value: &Value, span: Span) -> Result<T, TermsError> {
    T::deserialize(At(value, span)).map_err(|error| error.or_at(span))
}

struct Table<'a>(&'a TermTable);

impl<'de> Deserializer<'de> for Table<'_> {
    type Error = TermsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TermsError> {
        visitor.visit_map(Entries { terms: self.0.terms.iter(), value: None })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TermsError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TermsError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, TermsError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries<'a> {
    terms: std::slice::Iter<'a, Term>,
    value: Option<&'a Term>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = TermsError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TermsError> {
        let Some(term) = self.terms.next() else { return Ok(None) };
        self.value = Some(term);
        seed.deserialize(term.key.as_str().into_deserializer())
            .map(Some)
            .map_err(|error: TermsError| error.or_at(term.key_span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TermsError> {
        match self.value.take() {
            Some(term) => {
                seed.deserialize(At(&term.value, term.span)).map_err(|error: TermsError| error.or_at(term.span))
            }
            None => Err(TermsError::custom("a value without a key")),
        }
    }
}

struct At<'a>(&'a Value, Span);

impl<'de> IntoDeserializer<'de, TermsError> for At<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = TermsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TermsError> {
        let Self(value, span) = self;
        match value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Whole(number) => visitor.visit_i64(*number),
            Value::Number(number) => visitor.visit_f64(*number),
            Value::Flag(flag) => visitor.visit_bool(*flag),
            Value::Date(date) => visitor.visit_string(date.to_string()),
            Value::List(values) => visitor.visit_seq(Items(values.iter())),
            Value::Table(table) => Table(table).deserialize_any(visitor),
        }
        .map_err(|error: TermsError| error.or_at(span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TermsError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, TermsError> {
        let span = self.1;
        visitor.visit_newtype_struct(self).map_err(|error: TermsError| error.or_at(span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TermsError> {
        let Self(value, span) = self;
        match value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Table(TermTable { terms, .. }) => match terms.as_slice() {
                [term] => visitor.visit_enum(OneTerm(term)),
                _ => Err(TermsError::custom("exactly one of the known words belongs here")),
            },
            Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) | Value::List(_) => {
                Err(TermsError::custom(format!("this is {}, but one of the known words belongs here", value.what())))
            }
        }
        .map_err(|error: TermsError| error.or_at(span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, (Value, Span)>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = TermsError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TermsError> {
        self.0
            .next()
            .map(|(value, span)| seed.deserialize(At(value, *span)).map_err(|error| error.or_at(*span)))
            .transpose()
    }
}

struct OneTerm<'a>(&'a Term);

impl<'de, 'a> EnumAccess<'de> for OneTerm<'a> {
    type Error = TermsError;
    type Variant = At<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, At<'a>), TermsError> {
        let key: de::value::StrDeserializer<'_, TermsError> = self.0.key.as_str().into_deserializer();
        let variant = seed.deserialize(key).map_err(|error| error.or_at(self.0.key_span))?;
        Ok((variant, At(&self.0.value, self.0.span)))
    }
}

impl<'de> VariantAccess<'de> for At<'_> {
    type Error = TermsError;

    fn unit_variant(self) -> Result<(), TermsError> {
        bool::deserialize(self).map(|_| ())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TermsError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TermsError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, TermsError> {
        self.deserialize_any(visitor)
    }
}

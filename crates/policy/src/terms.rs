//! The terms of a binding as they are written: a tree of TOML values, each with its place.

use jiff::civil::Date;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::source::Span;

/// One term: a key and a value, each with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The name.
    pub key: String,
    /// Where the name stands.
    pub key_span: Span,
    /// The value.
    pub value: Value,
    /// Where the value stands.
    pub span: Span,
}

/// Several terms, in the order of the source. Equal where keys and values are, wherever they stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TermTable {
    /// The terms.
    pub terms: Vec<Term>,
    /// Where the table stands.
    pub span: Span,
}

/// A value of a term.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Date(Date),
    /// A list; each value with its place.
    List(Vec<(Value, Span)>),
    /// Terms inside a term.
    Table(TermTable),
}

impl Value {
    /// What it is, as a sentence calls it: "a text".
    pub fn what(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Whole(_) | Self::Number(_) => "a number",
            Self::Flag(_) => "`true` or `false`",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Whole(_) | Self::Number(_) | Self::Flag(_) | Self::Date(_) | Self::List(_) | Self::Table(_) => None,
        }
    }

    /// The values of a list, where it is one.
    pub fn as_list(&self) -> Option<&[(Self, Span)]> {
        match self {
            Self::List(values) => Some(values),
            Self::Text(_) | Self::Whole(_) | Self::Number(_) | Self::Flag(_) | Self::Date(_) | Self::Table(_) => None,
        }
    }

    /// The terms inside, where there are some.
    pub fn as_table(&self) -> Option<&TermTable> {
        match self {
            Self::Table(table) => Some(table),
            Self::Text(_) | Self::Whole(_) | Self::Number(_) | Self::Flag(_) | Self::Date(_) | Self::List(_) => None,
        }
    }

    /// As TOML writes it.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => quote(text),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => float(*number),
            Self::Flag(flag) => flag.to_string(),
            Self::Date(date) => date.to_string(),
            Self::List(values) => {
                let values: Vec<_> = values.iter().map(|(value, _)| value.to_toml()).collect();
                format!("[{}]", values.join(", "))
            }
            Self::Table(table) => table.to_toml(),
        }
    }
}

impl TermTable {
    /// The term of a name.
    pub fn get(&self, key: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.key == key)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The names, in the order of the source.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.key.as_str())
    }

    /// As an inline table of TOML: `{ who = "staff" }`.
    pub fn to_toml(&self) -> String {
        if self.terms.is_empty() {
            return "{}".to_owned();
        }
        let terms: Vec<_> =
            self.terms.iter().map(|term| format!("{} = {}", toml_key(&term.key), term.value.to_toml())).collect();
        format!("{{ {} }}", terms.join(", "))
    }
}

fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { quote(key) }
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Escaped, since they would end a code span or a cell.
            '`' | '|' => out.push_str(&format!("\\u{:04X}", u32::from(char))),
            char if char.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{number:?}")
    }
}

/// A value that TOML knows and a policy does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadValue {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// Takes over what `toml` has read; `place` says where a range of its text stands in the source.
pub(crate) fn from_toml(
    table: &Spanned<DeTable<'_>>,
    place: &dyn Fn(std::ops::Range<usize>) -> Span,
    bad: &mut Vec<BadValue>,
) -> TermTable {
    table_of(table.get_ref(), table.span(), place, bad)
}

fn table_of(
    table: &DeTable<'_>,
    range: std::ops::Range<usize>,
    place: &dyn Fn(std::ops::Range<usize>) -> Span,
    bad: &mut Vec<BadValue>,
) -> TermTable {
    let mut terms = Vec::with_capacity(table.len());
    for (key, value) in table.iter() {
        let (span, key_span) = (place(value.span()), place(key.span()));
        if let Some(value) = value_of(value, place, bad) {
            terms.push(Term { key: key.get_ref().to_string(), key_span, value, span });
        }
    }
    TermTable { terms, span: place(range) }
}

pub(crate) fn value_of(
    value: &Spanned<DeValue<'_>>,
    place: &dyn Fn(std::ops::Range<usize>) -> Span,
    bad: &mut Vec<BadValue>,
) -> Option<Value> {
    let span = place(value.span());
    let mut refuse = |message: &str| bad.push(BadValue { span, message: message.to_owned() });
    match value.get_ref() {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Integer(number) => match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
            Ok(number) => Some(Value::Whole(number)),
            Err(_) => {
                refuse("this number is too large");
                None
            }
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Some(Value::Number(number)),
            Err(_) => {
                refuse("this is not a number");
                None
            }
        },
        DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
        DeValue::Datetime(date) => match (date.to_string().parse::<Date>(), date.time.is_none()) {
            (Ok(date), true) => Some(Value::Date(date)),
            (Ok(_) | Err(_), _) => {
                refuse("a date is written as 2026-09-01, without a time");
                None
            }
        },
        DeValue::Array(values) => {
            let values = values.iter().filter_map(|item| Some((value_of(item, place, bad)?, place(item.span()))));
            Some(Value::List(values.collect()))
        }
        DeValue::Table(table) => Some(Value::Table(table_of(table, value.span(), place, bad))),
    }
}

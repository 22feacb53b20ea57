//! The small language of conditions in declarations: typed when a declaration is loaded, so that nothing can be wrong
//! with it when an entry is judged.
//!
//! An empty field gives nothing: what is compared with nothing is false, and a day that is counted from nothing is none.

mod check;
mod eval;
mod lexer;
mod parser;
mod types;

use std::{collections::BTreeMap, ops::Range};

use jiff::{Timestamp, civil::Date};
use kernel::{Every, SchoolTime};

use crate::{Entry, Field, State, TermDeclaration, Values};
use eval::Val;
use types::Node;
pub use types::Type;

/// What a clause sets of a control's own terms, by name.
pub type Terms = BTreeMap<String, serde_json::Value>;

/// A condition that has been read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    node: Node,
}

/// An expression that gives a day, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct DateExpression {
    text: String,
    node: Node,
}

/// What an expression may name: fields, states and terms with their types.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    fields: Vec<(String, Type)>,
    states: Vec<String>,
    terms: Vec<(String, Type, Option<serde_json::Value>)>,
}

/// What an expression is asked about: an entry, or what stands in a form, on a day.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What stands in its fields.
    pub values: &'a Values,
    /// Its state.
    pub state: Option<&'a str>,
    /// When it was entered; none for what is being entered, which counts as entered today.
    pub entered_at: Option<Timestamp>,
    /// The day.
    pub today: Date,
    /// How often something is expected: the clause's `every`, or the declaration's.
    pub every: Option<Every>,
    /// What the clause sets.
    pub terms: &'a Terms,
    /// The label of the clause.
    pub clause: Option<&'a str>,
}

/// Why a text is no expression of the language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// The most bytes that an expression has.
const LONGEST: usize = 4_000;

impl ExpressionError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Scope {
    /// What expressions of a register may name.
    pub fn new(fields: &[Field], states: &[State], terms: &[TermDeclaration]) -> Self {
        let typed = |term: &TermDeclaration| (term.name.clone(), Type::of_term(term.takes), term.usual.clone());
        Self {
            fields: fields.iter().map(|field| (field.name.0.clone(), Type::of_field(&field.kind))).collect(),
            states: states.iter().map(|state| state.name.clone()).collect(),
            terms: terms.iter().map(typed).collect(),
        }
    }
}

fn parse(text: &str, scope: &Scope) -> Result<(Node, Type, Range<usize>), ExpressionError> {
    if text.len() > LONGEST {
        return Err(ExpressionError::new(0..text.len(), "this expression is too long"));
    }
    let tokens = lexer::tokens(text)?;
    let raw = parser::parse(&tokens, text.len())?;
    let (node, kind) = check::check(&raw, scope)?;
    Ok((node, kind, raw.span))
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Where it is not one: with the place in the text, and what would be right.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, ExpressionError> {
        let (node, kind, span) = parse(text, scope)?;
        if kind == Type::YesNo {
            return Ok(Self { text: text.to_owned(), node });
        }
        Err(ExpressionError::new(span, format!("this is {}, and a condition is wanted", kind.what()))
            .help("compare it with something, or ask `filled(…)` or `empty(…)`"))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds. What is compared with an empty field does not.
    pub fn holds(&self, context: &Context<'_>) -> bool {
        matches!(eval::eval(&self.node, context), Val::YesNo(true))
    }

    /// Whether it is about a field.
    pub fn uses(&self, field: &str) -> bool {
        self.node.any(&|node| matches!(node, Node::Field(name) if name == field))
    }

    /// Whether it depends on how often something is expected.
    pub fn uses_every(&self) -> bool {
        self.node.any(&|node| matches!(node, Node::Every))
    }
}

impl DateExpression {
    /// Reads an expression that gives a day.
    ///
    /// # Errors
    /// Where it is not one: with the place in the text, and what would be right.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, ExpressionError> {
        let (node, kind, span) = parse(text, scope)?;
        if kind == Type::Date {
            return Ok(Self { text: text.to_owned(), node });
        }
        Err(ExpressionError::new(span, format!("this is {}, and a date is wanted", kind.what()))
            .help("name a field of kind `date`, or count from one: `done-on + months(12)`"))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day; none where a field that it needs is empty.
    pub fn day(&self, context: &Context<'_>) -> Option<Date> {
        if let Val::Date(date) = eval::eval(&self.node, context) { Some(date) } else { None }
    }

    /// Whether it depends on how often something is expected.
    pub fn uses_every(&self) -> bool {
        self.node.any(&|node| matches!(node, Node::Every))
    }
}

static NO_TERMS: Terms = Terms::new();

impl<'a> Context<'a> {
    /// About what stands in a form, without a clause.
    pub fn of_form(values: &'a Values, state: Option<&'a str>, today: Date) -> Self {
        Self { values, state, entered_at: None, today, every: None, terms: &NO_TERMS, clause: None }
    }

    /// About an entry, without a clause.
    pub fn of_entry(entry: &'a Entry, today: Date) -> Self {
        Self {
            values: &entry.values,
            state: entry.state.as_deref(),
            entered_at: Some(entry.entered_at),
            today,
            every: None,
            terms: &NO_TERMS,
            clause: entry.clause.as_deref(),
        }
    }

    /// The same for a clause: how often it expects something, and what it sets.
    #[must_use]
    pub fn for_clause(self, clause: Option<&'a str>, every: Option<Every>, terms: &'a Terms) -> Self {
        Self { clause: clause.or(self.clause), every, terms, ..self }
    }

    /// The day of entry.
    pub fn entered(&self) -> Date {
        self.entered_at.map_or(self.today, |at| SchoolTime::new(at).date())
    }
}

#[cfg(test)]
mod tests;

//! What expressions give, and what is left of one once every name and comparison in it is known to be right.

use jiff::civil::{Date, Time};
use kernel::{Role, Year};

use super::parser::Op;
use crate::{FieldKind, TermType};

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Words.
    Text,
    /// A number; money counts in pounds.
    Number,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// Yes or no.
    YesNo,
    /// A length of time.
    Duration,
    /// A person.
    Person,
    /// A role.
    Role,
    /// A year group.
    Year,
    /// An entry of a register.
    Entry,
    /// One of these: the states of a register, or the choices of a field.
    OneOf(&'static str, Vec<String>),
    /// Several.
    List(Box<Type>),
    /// A file or a signature, of which can only be asked whether it is there.
    Thing,
    /// A term that takes any value.
    Any,
}

/// A value that stands in an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Date(Date),
    Time(Time),
    YesNo(bool),
    Year(Year),
    Role(Role),
}

/// A part of a checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Compare(Op, Box<Node>, Box<Node>),
    In(Box<Node>, Box<Node>),
    Filled(Box<Node>),
    Plus(Box<Node>, Box<Node>),
    Minus(Box<Node>, Box<Node>),
    Count(Box<Node>),
    Days(Box<Node>),
    Months(Box<Node>),
    Years(Box<Node>),
    First(Vec<Node>),
    Least(Vec<Node>),
    SchoolYearEnd(Box<Node>),
    Literal(Literal),
    List(Vec<Literal>),
    Field(String),
    Term(String, Type, Option<serde_json::Value>),
    State,
    Entered,
    Today,
    Clause,
    Every,
}

impl Node {
    /// Whether a part of it is so.
    pub(super) fn any(&self, asked: &dyn Fn(&Self) -> bool) -> bool {
        asked(self)
            || match self {
                Self::Compare(_, one, two) | Self::In(one, two) | Self::Plus(one, two) | Self::Minus(one, two) => {
                    one.any(asked) || two.any(asked)
                }
                Self::Not(one)
                | Self::Filled(one)
                | Self::Count(one)
                | Self::Days(one)
                | Self::Months(one)
                | Self::Years(one)
                | Self::SchoolYearEnd(one) => one.any(asked),
                Self::Or(all) | Self::And(all) | Self::First(all) | Self::Least(all) => {
                    all.iter().any(|one| one.any(asked))
                }
                Self::Literal(_)
                | Self::List(_)
                | Self::Field(_)
                | Self::Term(..)
                | Self::State
                | Self::Entered
                | Self::Today
                | Self::Clause
                | Self::Every => false,
            }
    }
}

impl Type {
    /// As a sentence calls it: "a date".
    pub fn what(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Time => "a time of day",
            Self::YesNo => "yes or no",
            Self::Duration => "a length of time",
            Self::Person => "a person",
            Self::Role => "a role",
            Self::Year => "a year group",
            Self::Entry => "an entry",
            Self::OneOf(what, _) => what,
            Self::List(_) => "a list",
            Self::Thing => "a file or signature",
            Self::Any => "any value",
        }
    }

    /// What a field of a kind gives.
    pub(super) fn of_field(kind: &FieldKind) -> Self {
        let perhaps_many = |one: Self, many: bool| if many { Self::List(Box::new(one)) } else { one };
        match kind {
            FieldKind::Text { .. } | FieldKind::Place | FieldKind::Address | FieldKind::Clause => Self::Text,
            FieldKind::Number { .. } | FieldKind::Money => Self::Number,
            FieldKind::Date => Self::Date,
            FieldKind::Time => Self::Time,
            FieldKind::Choice { choices, many } => {
                let names = choices.iter().map(|choice| choice.name.clone()).collect();
                perhaps_many(Self::OneOf("a choice", names), *many)
            }
            FieldKind::YesNo => Self::YesNo,
            FieldKind::Person { many, .. } => perhaps_many(Self::Person, *many),
            FieldKind::Role => Self::Role,
            FieldKind::Class { many } => perhaps_many(Self::Text, *many),
            FieldKind::Year { many } => perhaps_many(Self::Year, *many),
            FieldKind::Entry { many, .. } => perhaps_many(Self::Entry, *many),
            FieldKind::File { .. } | FieldKind::Signature => Self::Thing,
        }
    }

    /// What a term gives.
    pub(super) fn of_term(takes: TermType) -> Self {
        match takes {
            TermType::Text => Self::Text,
            TermType::Texts => Self::List(Box::new(Self::Text)),
            TermType::Number => Self::Number,
            TermType::YesNo => Self::YesNo,
            TermType::Date => Self::Date,
            TermType::Any => Self::Any,
        }
    }

    /// Whether of two values one comes first.
    pub(super) fn has_order(&self) -> bool {
        matches!(self, Self::Number | Self::Date | Self::Time | Self::Year | Self::Any)
    }

    /// Whether a value of one can be a value of the other.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::OneOf(_, one), Self::OneOf(_, two)) => one.iter().any(|name| two.contains(name)),
            (Self::OneOf(..), Self::Text) | (Self::Text, Self::OneOf(..)) => true,
            (Self::List(_) | Self::Thing | Self::Duration, _) | (_, Self::List(_) | Self::Thing | Self::Duration) => {
                false
            }
            (one, two) => one == two,
        }
    }
}

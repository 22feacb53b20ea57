//! What a checked expression gives for an entry. Borrows from the entry, and makes nothing on the heap.

use std::cmp::Ordering;

use jiff::{
    Span,
    civil::{Date, Time},
};
use kernel::{Every, PersonId, Role, Year};
use uuid::Uuid;

use super::{
    Context,
    parser::Op,
    types::{Literal, Node, Type},
};
use crate::Value;

/// What a part of an expression gives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Val<'a> {
    None,
    Text(&'a str),
    Number(f64),
    Date(Date),
    Time(Time),
    YesNo(bool),
    Duration(Duration),
    Person(PersonId),
    Entry(Uuid),
    Year(Year),
    Role(Role),
    Many(Many<'a>),
    /// A file or a signature.
    Something,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Duration {
    Days(i64),
    Months(i64),
    Years(i64),
    Every(Every),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Many<'a> {
    Texts(&'a [String]),
    People(&'a [PersonId]),
    Entries(&'a [Uuid]),
    Years(&'a [Year]),
    Literals(&'a [Literal]),
    Json(&'a [serde_json::Value]),
}

impl<'a> Many<'a> {
    fn len(self) -> usize {
        match self {
            Self::Texts(all) => all.len(),
            Self::People(all) => all.len(),
            Self::Entries(all) => all.len(),
            Self::Years(all) => all.len(),
            Self::Literals(all) => all.len(),
            Self::Json(all) => all.len(),
        }
    }

    fn holds(self, one: Val<'_>) -> bool {
        match self {
            Self::Texts(all) => all.iter().any(|it| same(Val::Text(it), one)),
            Self::People(all) => all.iter().any(|it| same(Val::Person(*it), one)),
            Self::Entries(all) => all.iter().any(|it| same(Val::Entry(*it), one)),
            Self::Years(all) => all.iter().any(|it| same(Val::Year(*it), one)),
            Self::Literals(all) => all.iter().any(|it| same(of_literal(it), one)),
            Self::Json(all) => all.iter().any(|it| same(of_json(it, &Type::Any), one)),
        }
    }
}

pub(super) fn eval<'a>(node: &'a Node, context: &Context<'a>) -> Val<'a> {
    match node {
        Node::Or(all) => Val::YesNo(all.iter().any(|one| yes(one, context))),
        Node::And(all) => Val::YesNo(all.iter().all(|one| yes(one, context))),
        Node::Not(one) => Val::YesNo(!yes(one, context)),
        Node::Compare(op, one, two) => Val::YesNo(compare(*op, eval(one, context), eval(two, context))),
        Node::In(one, list) => Val::YesNo(match (eval(one, context), eval(list, context)) {
            (Val::None, _) => false,
            (one, Val::Many(many)) => many.holds(one),
            (one, single) => same(one, single),
        }),
        Node::Filled(one) => Val::YesNo(filled(eval(one, context))),
        Node::Plus(one, two) => sum(eval(one, context), eval(two, context), 1),
        Node::Minus(one, two) => sum(eval(one, context), eval(two, context), -1),
        Node::Count(one) => Val::Number(count(eval(one, context))),
        Node::Days(one) => whole(eval(one, context)).map_or(Val::None, |it| Val::Duration(Duration::Days(it))),
        Node::Months(one) => whole(eval(one, context)).map_or(Val::None, |it| Val::Duration(Duration::Months(it))),
        Node::Years(one) => whole(eval(one, context)).map_or(Val::None, |it| Val::Duration(Duration::Years(it))),
        Node::First(all) => all.iter().map(|one| eval(one, context)).find(|one| filled(*one)).unwrap_or(Val::None),
        Node::Least(all) => all
            .iter()
            .map(|one| eval(one, context))
            .filter(|one| filled(*one))
            .reduce(|least, one| if order(one, least) == Some(Ordering::Less) { one } else { least })
            .unwrap_or(Val::None),
        Node::SchoolYearEnd(one) => {
            let end = if let Val::Date(date) = eval(one, context) { school_year_end(date) } else { None };
            end.map_or(Val::None, Val::Date)
        }
        Node::Literal(literal) => of_literal(literal),
        Node::List(all) => Val::Many(Many::Literals(all)),
        Node::Field(name) => context.values.get(name).map_or(Val::None, of_value),
        Node::Term(name, kind, usual) => {
            context.terms.get(name).or(usual.as_ref()).map_or(Val::None, |json| of_json(json, kind))
        }
        Node::State => context.state.map_or(Val::None, Val::Text),
        Node::Entered => Val::Date(context.entered()),
        Node::Today => Val::Date(context.today),
        Node::Clause => context.clause.map_or(Val::None, Val::Text),
        Node::Every => context.every.map_or(Val::None, |every| Val::Duration(Duration::Every(every))),
    }
}

fn yes(node: &Node, context: &Context<'_>) -> bool {
    matches!(eval(node, context), Val::YesNo(true))
}

fn of_literal(literal: &Literal) -> Val<'_> {
    match literal {
        Literal::Text(text) => Val::Text(text),
        Literal::Number(number) => Val::Number(*number),
        Literal::Date(date) => Val::Date(*date),
        Literal::Time(time) => Val::Time(*time),
        Literal::YesNo(yes) => Val::YesNo(*yes),
        Literal::Year(year) => Val::Year(*year),
        Literal::Role(role) => Val::Role(*role),
    }
}

fn of_value(value: &Value) -> Val<'_> {
    match value {
        Value::Text(text) | Value::Choice(text) | Value::Class(text) => Val::Text(text),
        Value::Number(number) => Val::Number(*number),
        #[expect(clippy::cast_precision_loss, reason = "no sum of money at a school is that large")]
        Value::Money(pence) => Val::Number(*pence as f64 / 100.0),
        Value::Date(date) => Val::Date(*date),
        Value::Time(time) => Val::Time(*time),
        Value::Choices(names) | Value::Classes(names) => Val::Many(Many::Texts(names)),
        Value::YesNo(yes) => Val::YesNo(*yes),
        Value::Person(id) => Val::Person(*id),
        Value::People(ids) => Val::Many(Many::People(ids)),
        Value::Role(role) => Val::Role(*role),
        Value::Year(year) => Val::Year(*year),
        Value::Years(years) => Val::Many(Many::Years(years)),
        Value::Entry(id) => Val::Entry(*id),
        Value::Entries(ids) => Val::Many(Many::Entries(ids)),
        Value::File { .. } | Value::Signature { .. } => Val::Something,
    }
}

fn of_json<'a>(json: &'a serde_json::Value, kind: &Type) -> Val<'a> {
    match json {
        serde_json::Value::Null | serde_json::Value::Object(_) => Val::None,
        serde_json::Value::Bool(yes) => Val::YesNo(*yes),
        serde_json::Value::Number(number) => number.as_f64().map_or(Val::None, Val::Number),
        serde_json::Value::String(text) => match (kind, text.parse::<Date>()) {
            (Type::Date | Type::Any, Ok(date)) => Val::Date(date),
            (Type::Date, Err(_)) => Val::None,
            (_, _) => Val::Text(text),
        },
        serde_json::Value::Array(all) => Val::Many(Many::Json(all)),
    }
}

fn filled(val: Val<'_>) -> bool {
    match val {
        Val::None => false,
        Val::Text(text) => !text.trim().is_empty(),
        Val::Many(many) => many.len() > 0,
        Val::Number(_)
        | Val::Date(_)
        | Val::Time(_)
        | Val::YesNo(_)
        | Val::Duration(_)
        | Val::Person(_)
        | Val::Entry(_)
        | Val::Year(_)
        | Val::Role(_)
        | Val::Something => true,
    }
}

fn compare(op: Op, one: Val<'_>, two: Val<'_>) -> bool {
    if let (Val::None, _) | (_, Val::None) = (one, two) {
        return false;
    }
    let ordering = order(one, two);
    match op {
        Op::Equal => same(one, two),
        Op::Unequal => !same(one, two),
        Op::Less => ordering == Some(Ordering::Less),
        Op::LessOrEqual => ordering.is_some_and(Ordering::is_le),
        Op::More => ordering == Some(Ordering::Greater),
        Op::MoreOrEqual => ordering.is_some_and(Ordering::is_ge),
    }
}

fn same(one: Val<'_>, two: Val<'_>) -> bool {
    match (one, two) {
        (Val::Text(one), Val::Text(two)) => one == two,
        (Val::YesNo(one), Val::YesNo(two)) => one == two,
        (Val::Person(one), Val::Person(two)) => one == two,
        (Val::Entry(one), Val::Entry(two)) => one == two,
        (Val::Role(one), Val::Role(two)) => one == two,
        (one, two) => order(one, two) == Some(Ordering::Equal),
    }
}

fn order(one: Val<'_>, two: Val<'_>) -> Option<Ordering> {
    match (one, two) {
        (Val::Number(one), Val::Number(two)) => one.partial_cmp(&two),
        (Val::Date(one), Val::Date(two)) => Some(one.cmp(&two)),
        (Val::Time(one), Val::Time(two)) => Some(one.cmp(&two)),
        (Val::Year(one), Val::Year(two)) => Some(one.cmp(&two)),
        (_, _) => None,
    }
}

/// A whole number that a calendar could count; what lies beyond is cut off there.
fn whole(val: Val<'_>) -> Option<i64> {
    let Val::Number(number) = val else { return None };
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    let whole = number.clamp(-100_000.0, 100_000.0) as i64;
    number.is_finite().then_some(whole)
}

/// How many there are; an empty list is none.
fn count(val: Val<'_>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no field holds as many values")]
    if let Val::Many(many) = val { many.len() as f64 } else { f64::from(u8::from(filled(val))) }
}

fn sum<'a>(one: Val<'a>, two: Val<'a>, sign: i64) -> Val<'a> {
    match (one, two) {
        #[expect(clippy::cast_precision_loss, reason = "1 or -1")]
        (Val::Number(one), Val::Number(two)) => Val::Number(one + two * sign as f64),
        (Val::Date(one), Val::Date(two)) => {
            one.since(two).map_or(Val::None, |span| Val::Number(f64::from(span.get_days())))
        }
        (Val::Date(date), Val::Duration(duration)) => Val::Date(counted(date, duration, sign)),
        (_, _) => Val::None,
    }
}

fn counted(date: Date, duration: Duration, sign: i64) -> Date {
    match duration {
        Duration::Days(days) => date.saturating_add(Span::new().days(days * sign)),
        Duration::Months(months) => date.saturating_add(Span::new().months(months * sign)),
        // A span holds no more than 19,998 years.
        Duration::Years(years) => date.saturating_add(Span::new().years((years * sign).clamp(-15_000, 15_000))),
        Duration::Every(every) if sign > 0 => every.after(date),
        Duration::Every(every) => every.before(date),
    }
}

/// The last day of the school year: 31 August on or after the day.
fn school_year_end(date: Date) -> Option<Date> {
    let year = if date.month() > 8 { date.year().checked_add(1)? } else { date.year() };
    Date::new(year, 8, 31).ok()
}

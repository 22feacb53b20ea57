//! Gives every part of an expression its type, and refuses what can never be so: names that nobody knows, comparisons
//! that can never be true.

use std::ops::Range;

use jiff::civil::Time;
use kernel::{Role, Year};

use super::{
    ExpressionError, Scope,
    parser::{Op, Raw, What},
    types::{Literal, Node, Type},
};
use crate::suggest;

type Checked = Result<(Node, Type), ExpressionError>;

const FUNCTIONS: [&str; 9] =
    ["filled", "empty", "count", "days", "months", "years", "first", "least", "school-year-end"];

/// Gives every part its type, and refuses what can never be so.
pub(super) fn check(raw: &Raw, scope: &Scope) -> Checked {
    let yes_no = |raw: &Raw| {
        let (node, kind) = check(raw, scope)?;
        if matches!(kind, Type::YesNo | Type::Any) {
            return Ok(node);
        }
        Err(ExpressionError::new(raw.span.clone(), format!("this is {}, and a condition is wanted", kind.what()))
            .help("compare it with something, or ask `filled(…)` or `empty(…)`"))
    };
    match &raw.what {
        What::Or(all) => Ok((Node::Or(all.iter().map(yes_no).collect::<Result<_, _>>()?), Type::YesNo)),
        What::And(all) => Ok((Node::And(all.iter().map(yes_no).collect::<Result<_, _>>()?), Type::YesNo)),
        What::Not(one) => Ok((Node::Not(Box::new(yes_no(one)?)), Type::YesNo)),
        What::Compare(op, one, two) => compare(*op, one, two, raw, scope),
        What::In(one, list) => within(one, list, scope),
        What::Plus(one, two) => sum(one, two, raw, scope, true),
        What::Minus(one, two) => sum(one, two, raw, scope, false),
        What::Call(name, span, items) => call(name, span, items, raw, scope),
        What::Name(name) => named(name, &raw.span, scope),
        What::Text(text) => Ok((Node::Literal(Literal::Text(text.clone())), Type::Text)),
        What::Number(number) => Ok((Node::Literal(Literal::Number(*number)), Type::Number)),
        What::Date(date) => Ok((Node::Literal(Literal::Date(*date)), Type::Date)),
        What::YesNo(yes) => Ok((Node::Literal(Literal::YesNo(*yes)), Type::YesNo)),
        What::List(_) => Err(ExpressionError::new(raw.span.clone(), "a list stands only after `in`")
            .help("write `kind in [\"laptop\", \"tablet\"]`")),
    }
}

fn named(name: &str, span: &Range<usize>, scope: &Scope) -> Checked {
    if let Some(term) = name.strip_prefix("term.") {
        return match scope.terms.iter().find(|row| row.0 == term) {
            Some((_, kind, usual)) => Ok((Node::Term(term.to_owned(), kind.clone(), usual.clone()), kind.clone())),
            None => {
                let names: Vec<_> = scope.terms.iter().map(|row| row.0.as_str()).collect();
                let help = match names.is_empty() {
                    true => "declare it as a `[[term]]`".to_owned(),
                    false => suggest::one_of(term, &names),
                };
                Err(ExpressionError::new(span.clone(), format!("there is no term `{term}`")).help(help))
            }
        };
    }
    match name {
        "state" if scope.states.is_empty() => {
            Err(ExpressionError::new(span.clone(), "entries of this register have no states")
                .help("declare each as a `[[state]]`"))
        }
        "state" => Ok((Node::State, Type::OneOf("a state", scope.states.clone()))),
        "entered" => Ok((Node::Entered, Type::Date)),
        "today" => Ok((Node::Today, Type::Date)),
        "clause" => Ok((Node::Clause, Type::Text)),
        "every" => Ok((Node::Every, Type::Duration)),
        _ => match scope.fields.iter().find(|row| row.0 == name) {
            Some((_, kind)) => Ok((Node::Field(name.to_owned()), kind.clone())),
            None => Err(unknown(name, span, scope)),
        },
    }
}

fn unknown(name: &str, span: &Range<usize>, scope: &Scope) -> ExpressionError {
    let error = ExpressionError::new(span.clone(), format!("there is no field `{name}`"));
    if scope.terms.iter().any(|row| row.0 == name) {
        return error.help(format!("a term is written as `term.{name}`"));
    }
    let known = |part: &str| scope.fields.iter().any(|row| row.0 == part) || matches!(part, "today" | "entered");
    let split = name.match_indices('-').map(|(at, _)| name.split_at(at));
    for (one, two) in split {
        let two = two.trim_start_matches('-');
        if known(one) && known(two) {
            return error.help(format!("a minus stands between spaces: `{one} - {two}`"));
        }
    }
    if scope.states.iter().any(|state| state == name) {
        return error.help(format!("a state is a text: `state == \"{name}\"`"));
    }
    let mut names: Vec<&str> = scope.fields.iter().map(|row| row.0.as_str()).collect();
    names.extend(["state", "entered", "today", "every", "clause"]);
    match suggest::nearest(name, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// A text that is compared with something of a narrower type is read as one of those.
fn narrowed(raw: &Raw, wanted: &Type) -> Option<Result<Literal, ExpressionError>> {
    let What::Text(text) = &raw.what else { return None };
    let refuse = |message: String, help: String| Some(Err(ExpressionError::new(raw.span.clone(), message).help(help)));
    match wanted {
        Type::OneOf(what, names) if !names.contains(text) => {
            let what = what.trim_start_matches("a ");
            refuse(format!("there is no {what} `{text}`"), suggest::one_of(text, names))
        }
        Type::Year => match Year::parse(text) {
            Ok(year) => Some(Ok(Literal::Year(year))),
            Err(error) => refuse(error.to_string(), "write `reception` or `year-3`".to_owned()),
        },
        Type::Role => match Role::parse(text) {
            Ok(role) => Some(Ok(Literal::Role(role))),
            Err(error) => {
                let ids: Vec<_> = Role::ALL.iter().map(|role| role.id()).collect();
                let help = suggest::nearest(text, ids).map(|near| format!("did you mean `{near}`?"));
                refuse(error.to_string(), help.unwrap_or_else(|| "roles are those of the policy language".to_owned()))
            }
        },
        Type::Time => match text.parse::<Time>() {
            Ok(time) if text.len() == 5 => Some(Ok(Literal::Time(time))),
            Ok(_) | Err(_) => refuse(format!("`{text}` is no time of day"), "write it as \"15:30\"".to_owned()),
        },
        Type::Date => {
            refuse("a date is compared with a text".to_owned(), "write a date without quotes: 2026-09-01".to_owned())
        }
        Type::Person => {
            refuse("a person is compared with a text".to_owned(), "declarations name roles, never persons".to_owned())
        }
        Type::Text | Type::OneOf(..) | Type::Any => Some(Ok(Literal::Text(text.clone()))),
        Type::Number | Type::YesNo | Type::Duration | Type::Entry | Type::List(_) | Type::Thing => None,
    }
}

fn compare(op: Op, one: &Raw, two: &Raw, raw: &Raw, scope: &Scope) -> Checked {
    let (mut left, left_type) = check(one, scope)?;
    let (mut right, right_type) = check(two, scope)?;
    let mut fits = left_type.meets(&right_type);
    for (text, other, side) in [(two, &left_type, &mut right), (one, &right_type, &mut left)] {
        if let Some(literal) = narrowed(text, other) {
            *side = Node::Literal(literal?);
            fits = true;
        }
    }
    if !fits {
        let message = format!("{} is compared with {}", left_type.what(), right_type.what());
        let error = ExpressionError::new(raw.span.clone(), message);
        return Err(match (&left_type, &right_type) {
            (Type::List(_), _) | (_, Type::List(_)) => error.help("ask `\"a\" in list`, or `count(list) > 0`"),
            (Type::Thing, _) | (_, Type::Thing) => error.help("ask `filled(…)` or `empty(…)`"),
            (Type::Duration, _) | (_, Type::Duration) => error.help("add a length of time to a date: `day + every`"),
            (_, _) => error,
        });
    }
    if op.orders() && !(left_type.has_order() || right_type.has_order()) {
        return Err(ExpressionError::new(raw.span.clone(), format!("{} has no order", left_type.what()))
            .help("compare it with `==`, `!=` or `in [\"…\"]`"));
    }
    Ok((Node::Compare(op, Box::new(left), Box::new(right)), Type::YesNo))
}

fn within(one: &Raw, list: &Raw, scope: &Scope) -> Checked {
    let (left, left_type) = check(one, scope)?;
    if let What::List(items) = &list.what {
        if let Type::List(_) | Type::Thing | Type::Duration = left_type {
            let message = format!("{} is looked for in a list of values", left_type.what());
            return Err(ExpressionError::new(one.span.clone(), message).help("ask `\"a\" in list` or `filled(…)`"));
        }
        if items.is_empty() {
            return Err(ExpressionError::new(list.span.clone(), "nothing is in an empty list"));
        }
        let literals: Result<Vec<_>, _> = items.iter().map(|item| literal(item, &left_type, scope)).collect();
        return Ok((Node::In(Box::new(left), Box::new(Node::List(literals?))), Type::YesNo));
    }
    let (right, right_type) = check(list, scope)?;
    let is_list = matches!(right_type, Type::List(_) | Type::Any);
    let wanted = if let Type::List(wanted) = right_type { *wanted } else { right_type };
    if !is_list {
        let message = format!("this is {}, and a list is wanted", wanted.what());
        return Err(ExpressionError::new(list.span.clone(), message)
            .help("a list is `[\"a\", \"b\"]`, or a field that holds several"));
    }
    let left = match narrowed(one, &wanted) {
        Some(literal) => Node::Literal(literal?),
        None if wanted.meets(&left_type) => left,
        None => {
            let message = format!("{} is looked for in a list that holds {}", left_type.what(), wanted.what());
            return Err(ExpressionError::new(one.span.clone(), message));
        }
    };
    Ok((Node::In(Box::new(left), Box::new(right)), Type::YesNo))
}

fn literal(item: &Raw, wanted: &Type, scope: &Scope) -> Result<Literal, ExpressionError> {
    if let Some(literal) = narrowed(item, wanted) {
        return literal;
    }
    match check(item, scope)? {
        (Node::Literal(literal), kind) if kind.meets(wanted) => Ok(literal),
        (Node::Literal(_), kind) => {
            let message = format!("{} is looked for among values of which this is {}", wanted.what(), kind.what());
            Err(ExpressionError::new(item.span.clone(), message))
        }
        (_, _) => Err(ExpressionError::new(item.span.clone(), "a list holds values, not names")),
    }
}

fn sum(one: &Raw, two: &Raw, raw: &Raw, scope: &Scope, plus: bool) -> Checked {
    let (left, left_type) = check(one, scope)?;
    let (right, right_type) = check(two, scope)?;
    let (left, right) = (Box::new(left), Box::new(right));
    let whole = |kind: Type| Ok((if plus { Node::Plus(left, right) } else { Node::Minus(left, right) }, kind));
    match (&left_type, &right_type, plus) {
        (Type::Number | Type::Any, Type::Number | Type::Any, _) => whole(Type::Number),
        (Type::Date, Type::Duration, _) => whole(Type::Date),
        (Type::Date, Type::Date, false) => whole(Type::Number),
        (Type::Date, Type::Number, _) => {
            Err(ExpressionError::new(two.span.clone(), "a number is counted from a date")
                .help("write `days(…)` around it"))
        }
        (Type::Duration, Type::Date, true) => {
            Err(ExpressionError::new(raw.span.clone(), "the date comes first").help("write `day + every`"))
        }
        (Type::Duration, Type::Duration, _) => {
            Err(ExpressionError::new(raw.span.clone(), "two lengths of time are put together")
                .help("count one after the other from a date: `day + months(1) + days(3)`"))
        }
        (_, _, _) => {
            let (verb, joined) = if plus { ("added", "to") } else { ("taken", "from") };
            let message = format!("{} cannot be {verb} {joined} {}", right_type.what(), left_type.what());
            Err(ExpressionError::new(raw.span.clone(), message))
        }
    }
}

fn call(name: &str, span: &Range<usize>, items: &[Raw], raw: &Raw, scope: &Scope) -> Checked {
    let refuse = |message: String| ExpressionError::new(raw.span.clone(), message);
    let one = || match items {
        [one] => Ok((one, check(one, scope)?)),
        _ => Err(refuse(format!("`{name}` takes one value in its parentheses, not {}", items.len()))),
    };
    let wanted = |raw: &Raw, kind: &Type, wanted: &str| {
        ExpressionError::new(raw.span.clone(), format!("this is {}, and `{name}` takes {wanted}", kind.what()))
    };
    match name {
        "filled" | "empty" => {
            let (_, (node, _)) = one()?;
            let filled = Node::Filled(Box::new(node));
            Ok((if name == "filled" { filled } else { Node::Not(Box::new(filled)) }, Type::YesNo))
        }
        "count" => match one()? {
            (_, (node, Type::List(_) | Type::Any)) => Ok((Node::Count(Box::new(node)), Type::Number)),
            (raw, (_, kind)) => {
                Err(wanted(raw, &kind, "a list").help("a field that holds one value is asked `filled(…)`"))
            }
        },
        "days" | "months" | "years" => match one()? {
            (_, (node, Type::Number | Type::Any)) => {
                let node = Box::new(node);
                let node = match name {
                    "days" => Node::Days(node),
                    "months" => Node::Months(node),
                    _ => Node::Years(node),
                };
                Ok((node, Type::Duration))
            }
            (raw, (_, kind)) => Err(wanted(raw, &kind, "a number")),
        },
        "school-year-end" => match one()? {
            (_, (node, Type::Date)) => Ok((Node::SchoolYearEnd(Box::new(node)), Type::Date)),
            (raw, (_, kind)) => Err(wanted(raw, &kind, "a date")),
        },
        "first" | "least" => several(name, items, raw, scope),
        _ => {
            let known = FUNCTIONS.map(|function| format!("{function}(…)"));
            let help = suggest::nearest(name, FUNCTIONS).map(|near| format!("did you mean `{near}(…)`?"));
            Err(ExpressionError::new(span.clone(), format!("there is no function `{name}`"))
                .help(help.unwrap_or_else(|| format!("there is {}", suggest::quoted(&known)))))
        }
    }
}

fn several(name: &str, items: &[Raw], raw: &Raw, scope: &Scope) -> Checked {
    let (mut nodes, mut kind): (Vec<Node>, Option<Type>) = (Vec::new(), None);
    for item in items {
        let (node, found) = check(item, scope)?;
        match &kind {
            Some(kind) if !kind.meets(&found) => {
                let message = format!("this is {}, and what stands before it is {}", found.what(), kind.what());
                return Err(ExpressionError::new(item.span.clone(), message));
            }
            Some(_) => {}
            None if name == "least" && !found.has_order() => {
                return Err(ExpressionError::new(item.span.clone(), format!("{} has no order", found.what())));
            }
            None => kind = Some(found),
        }
        nodes.push(node);
    }
    match kind {
        Some(kind) if nodes.len() > 1 => {
            Ok((if name == "first" { Node::First(nodes) } else { Node::Least(nodes) }, kind))
        }
        _ => Err(ExpressionError::new(raw.span.clone(), format!("`{name}` takes two values or more"))),
    }
}

//! What the pages of an import say: what columns take, what would happen, what the button does.

use declare::{Field as Declared, FieldKind};

use super::super::look::Look;
use crate::registers::{
    Book,
    words::{count, figure},
};

/// What a column takes, in words.
pub(super) fn takes(field: &Declared) -> String {
    match &field.kind {
        FieldKind::Text { .. } | FieldKind::Place => "Words".to_owned(),
        FieldKind::Number { unit, .. } if !unit.is_empty() => format!("A number of {unit}"),
        FieldKind::Number { .. } => "A number".to_owned(),
        FieldKind::Money => "An amount, such as £1,250.50".to_owned(),
        FieldKind::Date => "A date, such as 27/3/2026".to_owned(),
        FieldKind::Time => "A time, such as 15:30".to_owned(),
        FieldKind::Choice { choices, many } => {
            let all: Vec<&str> = choices.iter().map(|choice| choice.label.as_str()).collect();
            let one = if *many { "Any of these, with semicolons" } else { "One of these" };
            format!("{one}: {}", all.join("; "))
        }
        FieldKind::YesNo => "Yes or no".to_owned(),
        FieldKind::Person { many: false, .. } => "A name or username".to_owned(),
        FieldKind::Person { many: true, .. } => "Names or usernames, with semicolons".to_owned(),
        FieldKind::Role => "A role".to_owned(),
        FieldKind::Class { many } => if *many { "Classes" } else { "A class" }.to_owned(),
        FieldKind::Year { many } => if *many { "Year groups" } else { "A year group" }.to_owned(),
        FieldKind::Entry { .. } => "What it is called in its own register".to_owned(),
        FieldKind::Address => "A web address".to_owned(),
        FieldKind::Clause => "The number or label of a clause".to_owned(),
        FieldKind::File { .. } | FieldKind::Signature => String::new(),
    }
}

pub(super) fn of(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// How many rows, in words.
pub(super) fn rows(number: usize) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{} rows", figure(of(number))) }
}

/// What would happen, in sentences.
pub(super) fn says(book: &Book, look: &Look) -> Vec<String> {
    let plan = &look.plan;
    let register = book.register();
    let mut says = Vec::new();
    let is = |number: usize| if number == 1 { "is" } else { "are" };
    if !plan.add.is_empty() {
        says.push(format!("{} {} new.", count(register, of(plan.add.len())), is(plan.add.len())));
    }
    if !plan.change.is_empty() {
        says.push(format!("{} there already would change.", count(register, of(plan.change.len()))));
    }
    if plan.same > 0 {
        let (is, as_they) = if plan.same == 1 { ("is", "as it is") } else { ("are", "as they are") };
        says.push(format!("{} {is} there already, {as_they}.", rows(plan.same)));
    }
    says.extend(plan.assumed.iter().cloned());
    let refused = plan.refused();
    if refused > 0 {
        says.push(format!("{} cannot be brought in: each is listed below with the reason.", rows(refused)));
    }
    if says.is_empty() {
        says.push("There is no row to bring in below these headings.".to_owned());
    }
    says
}

pub(super) fn button(book: &Book, look: &Look) -> String {
    let plan = &look.plan;
    let register = book.register();
    let (add, change) = (count(register, of(plan.add.len())), count(register, of(plan.change.len())));
    let mut text = match (plan.add.is_empty(), plan.change.is_empty()) {
        (false, true) => format!("Add {add}"),
        (true, _) => format!("Change {change}"),
        (false, false) => format!("Add {add} and change {}", figure(of(plan.change.len()))),
    };
    let refused = plan.refused();
    if refused > 0 {
        text.push_str(&format!(", leave {} out", rows(refused)));
    }
    text
}

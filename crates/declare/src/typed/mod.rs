//! What people type into fields and what files hold: read into values, and said again.
//!
//! What [`csv`] writes, [`read_field`] reads back, files and signatures apart.

mod check;
mod date;
mod figure;
mod say;

use kernel::{Audience, PersonId, Role, Year};
use uuid::Uuid;

pub use self::{
    check::{Sees, check_entry, check_move},
    date::{Period, read_date, read_period},
    say::{Names, csv, fold, show, sort_key},
};
use crate::{Choice, Field, FieldKind, Value, suggest};

/// What a typed name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// This.
    One(T),
    /// Nothing that is known.
    Nothing,
    /// Several, so that more must be typed.
    Several,
}

/// Finds what is typed by name.
pub trait Lookups {
    /// A person by name or username, among these.
    fn person(&self, typed: &str, who: &Audience) -> Found<PersonId>;

    /// An entry of a register by its title.
    fn entry(&self, register: &str, typed: &str) -> Found<Uuid>;

    /// A class by its name.
    fn class(&self, typed: &str) -> Found<String>;

    /// The label of a clause of the policy in force.
    fn clause(&self, typed: &str) -> Found<String>;

    /// A role by its word in a policy, or the title that the school has for it.
    fn role(&self, typed: &str) -> Found<Role> {
        let typed = fold(typed);
        let known = |role: &Role| role.id() == typed || fold(role.default_title()) == typed;
        Role::ALL.iter().copied().find(known).map_or(Found::Nothing, Found::One)
    }

    /// The signature of whoever enters, with what was typed as name; none where nobody can sign.
    fn signature(&self, _typed: &str) -> Option<Value> {
        None
    }
}

/// Nothing has so many values.
const MOST_VALUES: usize = 500;

/// Reads what is typed into a field. None where it is empty.
///
/// # Errors
/// With the message that the form shows beside the field.
pub fn read_field(field: &Field, typed: &str, lookups: &dyn Lookups) -> Result<Option<Value>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    // Signs that nobody sees are nothing either.
    Ok(Some(read(&field.kind, typed, lookups)?).filter(|value| !matches!(value, Value::Text(text) if text.is_empty())))
}

fn read(kind: &FieldKind, typed: &str, lookups: &dyn Lookups) -> Result<Value, String> {
    match kind {
        FieldKind::Text { lines, longest } => text(typed, *lines, *longest),
        FieldKind::Number { least, most, unit, whole } => {
            figure::number(typed, *least, *most, unit, *whole).map(Value::Number)
        }
        FieldKind::Money => figure::money(typed).map(Value::Money),
        FieldKind::Date => read_date(typed).map(Value::Date),
        FieldKind::Time => figure::time(typed).map(Value::Time),
        FieldKind::Choice { choices, many: false } => choice(choices, typed).map(Value::Choice),
        FieldKind::Choice { choices, many: true } => match choice(choices, typed) {
            // A label may have a semicolon in it.
            Ok(name) => Ok(Value::Choices(vec![name])),
            Err(_) => several(typed, &[';', '\n'], |one| choice(choices, one)).map(Value::Choices),
        },
        FieldKind::YesNo => figure::yes_no(typed).map(Value::YesNo),
        FieldKind::Person { who, many: false } => person(typed, who, lookups).map(Value::Person),
        FieldKind::Person { who, many: true } => {
            several(typed, &[';', '\n'], |one| person(one, who, lookups)).map(Value::People)
        }
        FieldKind::Role => match lookups.role(typed) {
            Found::One(role) => Ok(Value::Role(role)),
            Found::Nothing | Found::Several => {
                Err(format!("Choose a role: “{}” is none that the policy knows", cut(typed)))
            }
        },
        FieldKind::Place => text(typed, false, 200),
        FieldKind::Class { many: false } => class(typed, lookups).map(Value::Class),
        FieldKind::Class { many: true } => {
            several(typed, &[';', ',', '\n'], |one| class(one, lookups)).map(Value::Classes)
        }
        FieldKind::Year { many: false } => year(typed).map(Value::Year),
        FieldKind::Year { many: true } => several(typed, &[';', ',', '\n'], year).map(Value::Years),
        FieldKind::Entry { of, many: false } => entry(typed, of, lookups).map(Value::Entry),
        FieldKind::Entry { of, many: true } => match entry(typed, of, lookups) {
            Ok(id) => Ok(Value::Entries(vec![id])),
            Err(_) => several(typed, &[';', '\n'], |one| entry(one, of, lookups)).map(Value::Entries),
        },
        FieldKind::File { .. } => Err("Add the file on the page of the entry".to_owned()),
        FieldKind::Signature => {
            lookups.signature(typed).ok_or_else(|| "Sign on the page of the entry, with your own name".to_owned())
        }
        FieldKind::Address => address(typed),
        FieldKind::Clause => match lookups.clause(typed) {
            Found::One(label) => Ok(Value::Text(label)),
            Found::Nothing | Found::Several => Err(format!("“{}” is no clause of the policy in force", cut(typed))),
        },
    }
}

/// The beginning of what was typed, for a message.
fn cut(typed: &str) -> String {
    let short: String = typed.chars().take(60).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if short.len() < typed.len() { format!("{short}…") } else { short }
}

fn text(typed: &str, lines: bool, longest: usize) -> Result<Value, String> {
    let mut words = String::with_capacity(typed.len());
    // Line ends become one sign; other control characters are no words.
    for char in typed.replace("\r\n", "\n").replace('\r', "\n").chars() {
        match char {
            '\n' if lines => words.push('\n'),
            char if char.is_control() => words.push(' '),
            char => words.push(char),
        }
    }
    let words = words.trim().to_owned();
    let length = words.chars().count();
    if length > longest {
        let over = length - longest;
        let characters = if over == 1 { "character" } else { "characters" };
        return Err(format!("Shorten this by {over} {characters}: it may have {longest}"));
    }
    Ok(Value::Text(words))
}

fn address(typed: &str) -> Result<Value, String> {
    let typed = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let rest = typed.strip_prefix("https://").or_else(|| typed.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default()).unwrap_or_default();
    let plain = !typed.chars().any(|char| char.is_whitespace() || char.is_control() || matches!(char, '"' | '<' | '>'));
    if plain && typed.len() <= 2_000 && host.contains('.') && !host.starts_with('.') && !host.contains('@') {
        return Ok(Value::Text(typed));
    }
    Err("Enter a web address, such as https://www.example.org/help".to_owned())
}

fn several<T: PartialEq>(
    typed: &str,
    between: &[char],
    one: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut all = Vec::new();
    for part in typed.split(between).map(str::trim).filter(|part| !part.is_empty()) {
        if all.len() >= MOST_VALUES {
            return Err(format!("Enter at most {MOST_VALUES}"));
        }
        let value = one(part)?;
        if !all.contains(&value) {
            all.push(value);
        }
    }
    if all.is_empty() { Err("Enter at least one, with a semicolon between several".to_owned()) } else { Ok(all) }
}

/// "Laptop, Tablet or Phone": what there is to choose from.
fn listed(choices: &[Choice]) -> String {
    let labels: Vec<_> = choices.iter().map(|choice| choice.label.as_str()).collect();
    match labels.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The only choice that has the same letters and digits: other systems write "in_use" for "In use".
fn alike<'a>(choices: &'a [Choice], folded: &str) -> Option<&'a Choice> {
    let bare = |text: &str| text.chars().filter(|char| char.is_alphanumeric()).collect::<String>();
    let typed = bare(folded);
    let mut found = choices
        .iter()
        .filter(|choice| !typed.is_empty() && (bare(&fold(&choice.label)) == typed || bare(&choice.name) == typed));
    found.next().filter(|_| found.next().is_none())
}

fn choice(choices: &[Choice], typed: &str) -> Result<String, String> {
    let folded = fold(typed);
    let found = choices
        .iter()
        .find(|choice| choice.name == typed)
        .or_else(|| choices.iter().find(|choice| fold(&choice.label) == folded))
        .or_else(|| choices.iter().find(|choice| fold(&choice.name.replace('-', " ")) == folded))
        .or_else(|| alike(choices, &folded));
    if let Some(choice) = found {
        return Ok(choice.name.clone());
    }
    let near = suggest::nearest(typed, choices.iter().map(|choice| choice.label.as_str()));
    Err(match near {
        Some(near) => format!("“{}” cannot be chosen: did you mean “{near}”?", cut(typed)),
        None if choices.len() <= 8 => format!("Choose {}", listed(choices)),
        None => format!("“{}” cannot be chosen", cut(typed)),
    })
}

fn person(typed: &str, who: &Audience, lookups: &dyn Lookups) -> Result<PersonId, String> {
    // Files have "Maya Jones (mjones)": the part in parentheses is the surer one.
    let inner = typed.strip_suffix(')').and_then(|typed| typed.rsplit_once('(')).map(|(_, inner)| inner.trim());
    let found = match (lookups.person(typed, who), inner) {
        (Found::One(id), _) => Found::One(id),
        (other, Some(inner)) => match lookups.person(inner, who) {
            Found::One(id) => Found::One(id),
            Found::Nothing | Found::Several => other,
        },
        (other, None) => other,
    };
    match found {
        Found::One(id) => Ok(id),
        Found::Several => {
            Err(format!("Several people are called “{}”: type the class after the name, or the username", cut(typed)))
        }
        Found::Nothing => {
            let whom = who.in_words(&|role| role.default_title().to_owned());
            let among = if *who == Audience::everyone() { "on the roll".to_owned() } else { format!("among {whom}") };
            Err(format!("Nobody called “{}” is {among}", cut(typed)))
        }
    }
}

fn class(typed: &str, lookups: &dyn Lookups) -> Result<String, String> {
    match lookups.class(typed) {
        Found::One(class) => Ok(class),
        Found::Nothing | Found::Several => Err(format!("There is no class “{}”", cut(typed))),
    }
}

fn entry(typed: &str, register: &str, lookups: &dyn Lookups) -> Result<Uuid, String> {
    match lookups.entry(register, typed) {
        Found::One(id) => Ok(id),
        Found::Nothing => Err(format!("“{}” is not in its register yet: enter it there first", cut(typed))),
        Found::Several => Err(format!("Several entries are called “{}”", cut(typed))),
    }
}

fn year(typed: &str) -> Result<Year, String> {
    Year::parse(typed)
        .ok()
        .or_else(|| Year::from_grade(typed))
        .ok_or_else(|| "Enter a year group, such as Year 3 or Reception".to_owned())
}

#[cfg(test)]
pub(crate) mod tests;

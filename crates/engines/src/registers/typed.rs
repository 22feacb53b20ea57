//! What is typed into a field, read as a value: days, sums and names as people write them.

use declare::{Field, FieldKind, Value};
use jiff::{Timestamp, civil::Date};
use kernel::{Audience, PersonId, Role, Year};
use uuid::Uuid;
use webkit::Session;

use super::{book::Book, pages::Offers};
use crate::{
    InForce,
    roll::{NotFound, Roll, fold},
};

/// Whoever types, with what names mean.
pub(super) struct Typist<'a> {
    person: PersonId,
    name: String,
    now: Timestamp,
    today: Date,
    roll: &'a Roll,
    offers: &'a Offers,
    in_force: &'a dyn InForce,
}

impl Book {
    /// Reads what whoever is signed in types.
    pub(super) fn typist<'a>(&'a self, session: &Session, offers: &'a Offers) -> Typist<'a> {
        Typist {
            person: session.person(),
            name: session.full_name(),
            now: self.now,
            today: self.today(),
            roll: &offers.roll,
            offers,
            in_force: &*self.in_force,
        }
    }
}

impl Typist<'_> {
    /// What the texts of a field mean; none where nothing was typed. What stood there `before` is read back as it was:
    /// somebody who has left, an entry that has ended.
    pub(super) fn value(&self, field: &Field, texts: &[&str], before: Option<&Value>) -> Result<Option<Value>, String> {
        let texts: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let Some(first) = texts.first().copied() else { return Ok(None) };
        let value = match &field.kind {
            FieldKind::Text { lines, .. } => {
                let text = texts.join("\n");
                let plain = if *lines { text.replace("\r\n", "\n") } else { text.split_whitespace().collect::<Vec<_>>().join(" ") };
                Value::Text(plain)
            }
            FieldKind::Place => Value::Text(first.split_whitespace().collect::<Vec<_>>().join(" ")),
            FieldKind::Address => Value::Text(address(first)?),
            FieldKind::Number { .. } => Value::Number(number(first)?),
            FieldKind::Money => Value::Money(money(first)?),
            FieldKind::Date => Value::Date(day(first, self.today)?),
            FieldKind::Time => Value::Time(time(first)?),
            FieldKind::Choice { choices, many } => {
                let named = |text: &&str| {
                    let found = choices.iter().find(|it| it.name == **text || fold(&it.label) == fold(text));
                    found.map(|choice| choice.name.clone()).ok_or_else(|| "Choose one of these".to_owned())
                };
                if *many {
                    Value::Choices(texts.iter().map(named).collect::<Result<_, _>>()?)
                } else {
                    Value::Choice(named(&first)?)
                }
            }
            FieldKind::YesNo => Value::YesNo(match fold(first).as_str() {
                "yes" | "y" | "true" | "1" => true,
                "no" | "n" | "false" | "0" => false,
                _ => return Err("Choose yes or no".to_owned()),
            }),
            FieldKind::Person { who, many: false } => Value::Person(self.person(first, who, before)?),
            FieldKind::Person { who, many: true } => {
                let mut people = Vec::new();
                for text in parts(&texts) {
                    let person = self.person(text, who, before)?;
                    if !people.contains(&person) {
                        people.push(person);
                    }
                }
                Value::People(people)
            }
            FieldKind::Role => {
                let titled = |role: &&Role| fold(&self.in_force.policy().front.title_of(**role)) == fold(first);
                let role = Role::parse(first).ok().or_else(|| Role::ALL.iter().find(titled).copied());
                Value::Role(role.ok_or("Choose one of these roles")?)
            }
            FieldKind::Class { many } => {
                let all: Vec<String> = parts(&texts).map(|text| self.class(text)).collect::<Result<_, _>>()?;
                if *many { Value::Classes(all) } else { Value::Class(all.into_iter().next().unwrap_or_default()) }
            }
            FieldKind::Year { many } => {
                let years: Vec<Year> = parts(&texts).map(year).collect::<Result<_, _>>()?;
                match (many, years.first()) {
                    (false, Some(year)) => Value::Year(*year),
                    (true, Some(_)) => Value::Years(years),
                    (_, None) => return Ok(None),
                }
            }
            FieldKind::Entry { of, many: false } => Value::Entry(self.entry(first, of, before)?),
            FieldKind::Entry { of, many: true } => {
                let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|text| !text.is_empty());
                Value::Entries(lines.map(|text| self.entry(text, of, before)).collect::<Result<_, _>>()?)
            }
            FieldKind::Signature => match before {
                Some(kept @ Value::Signature { name, .. }) if name == first => kept.clone(),
                _ if fold(first) == fold(&self.name) => {
                    Value::Signature { by: self.person, name: self.name.clone(), at: self.now }
                }
                _ => return Err(format!("Type your own name to sign: {}", self.name)),
            },
            FieldKind::Clause => {
                let found = self.in_force.policy().find(first).map(|clause| clause.key().to_owned());
                Value::Text(found.ok_or("Enter the number of a clause, such as 4.2.1")?)
            }
            FieldKind::File { .. } => return Ok(None),
        };
        Ok(Some(value))
    }

    fn person(&self, typed: &str, who: &Audience, before: Option<&Value>) -> Result<PersonId, String> {
        match self.roll.find(typed, who) {
            Ok(person) => Ok(person),
            Err(why) => {
                let was = |id: &PersonId| self.roll.get(*id).is_some_and(|it| fold(&self.roll.typed_name(it)) == fold(typed));
                let kept = match before {
                    Some(Value::Person(id)) => Some(*id).filter(|id| was(id)),
                    Some(Value::People(ids)) => ids.iter().copied().find(|id| was(id)),
                    _ => None,
                };
                kept.ok_or_else(|| match why {
                    NotFound::Nobody => "Nobody who can stand here is called so: choose a name from the list".to_owned(),
                    NotFound::Several => "Several people are called so: choose the one with the class".to_owned(),
                })
            }
        }
    }

    fn class(&self, typed: &str) -> Result<String, String> {
        let found = self.roll.classes().keys().find(|name| fold(name) == fold(typed));
        found.cloned().ok_or_else(|| format!("There is no class {typed}: choose one of the school’s classes"))
    }

    fn entry(&self, typed: &str, of: &str, before: Option<&Value>) -> Result<Uuid, String> {
        let offered = self.offers.entries.get(of).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<Uuid> = offered.iter().filter(|(_, title)| fold(title) == fold(typed)).map(|(id, _)| *id).collect();
        if let [one] = found.as_slice() {
            return Ok(*one);
        }
        let named = |id: &Uuid| fold(&self.offers.names.entry(*id)) == fold(typed);
        let kept = match before {
            Some(Value::Entry(id)) => Some(*id).filter(|id| named(id)),
            Some(Value::Entries(ids)) => ids.iter().copied().find(|id| named(id)),
            _ => None,
        };
        kept.ok_or_else(|| "Nothing there is called so: choose one from the list".to_owned())
    }
}

/// The names in several lines, or between semicolons.
fn parts<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    texts.iter().flat_map(|text| text.split(['\n', ';'])).map(str::trim).filter(|text| !text.is_empty())
}

fn number(text: &str) -> Result<f64, String> {
    let plain = text.replace([',', ' ', '\u{a0}'], "");
    let number: f64 = plain.parse().map_err(|_| "Enter a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("Enter a number".to_owned()) }
}

fn money(text: &str) -> Result<i64, String> {
    let wrong = || "Enter a sum such as 249.99".to_owned();
    let plain = text.replace(['£', ',', ' ', '\u{a0}'], "");
    let (sign, plain) = plain.strip_prefix('-').map_or((1, plain.as_str()), |rest| (-1, rest));
    let (pounds, pence) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(pounds) && digits(pence)) || pence.len() > 2 || pounds.len() > 12 || (pounds.len() + pence.len()) == 0 {
        return Err(wrong());
    }
    let pounds: i64 = if pounds.is_empty() { 0 } else { pounds.parse().map_err(|_| wrong())? };
    let pence: i64 = if pence.is_empty() { 0 } else { format!("{pence:0<2}").parse().map_err(|_| wrong())? };
    Ok(sign * (pounds * 100 + pence))
}

/// A day as people write it. Without a year it is the nearest such day: what is entered was mostly a while ago.
fn day(text: &str, today: Date) -> Result<Date, String> {
    match fold(text).as_str() {
        "today" => return Ok(today),
        "yesterday" => return today.yesterday().map_err(|error| error.to_string()),
        "tomorrow" => return today.tomorrow().map_err(|error| error.to_string()),
        _ => {}
    }
    let wrong = || "Enter a day such as 4 12 2026".to_owned();
    let next = crate::typed::typed_day(text, today)?.ok_or_else(wrong)?;
    let parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).count();
    if parts > 2 {
        return Ok(next);
    }
    let last = Date::new(next.year() - 1, next.month(), next.day()).ok();
    let distance = |day: Date| (day - today).get_days().abs();
    Ok(match last {
        Some(last) if distance(last) < distance(next) => last,
        Some(_) | None => next,
    })
}

fn time(text: &str) -> Result<jiff::civil::Time, String> {
    let wrong = || "Enter a time such as 15:30".to_owned();
    let folded = fold(text).replace('.', ":");
    let (plain, afternoon) = match (folded.strip_suffix("pm"), folded.strip_suffix("am")) {
        (Some(rest), _) => (rest.trim(), Some(true)),
        (None, Some(rest)) => (rest.trim(), Some(false)),
        (None, None) => (folded.as_str(), None),
    };
    let (hour, minute) = match plain.split_once(':') {
        Some(parts) => parts,
        None if afternoon.is_some() => (plain, "0"),
        None if plain.len() == 4 => plain.split_at_checked(2).ok_or_else(wrong)?,
        None => return Err(wrong()),
    };
    let hour: i8 = hour.trim().parse().map_err(|_| wrong())?;
    let minute: i8 = minute.trim().parse().map_err(|_| wrong())?;
    let hour = match afternoon {
        Some(true) if (1..12).contains(&hour) => hour + 12,
        Some(false) if hour == 12 => 0,
        Some(_) | None => hour,
    };
    jiff::civil::Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

fn year(text: &str) -> Result<Year, String> {
    Year::parse(text).ok().or_else(|| Year::from_grade(text)).ok_or_else(|| "Choose a year group".to_owned())
}

/// A web address. Only those that a link may lead to: nothing that a browser would run.
fn address(text: &str) -> Result<String, String> {
    let wrong = || "Enter an address such as https://www.example.org/page".to_owned();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let rest = whole.strip_prefix("https://").or_else(|| whole.strip_prefix("http://")).ok_or_else(wrong)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let fine = host.contains('.') && !host.contains('@') && !whole.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if fine { Ok(whole) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_times_and_addresses_are_read_as_people_write_them() {
        assert_eq!((money("£1,249.9"), money("12"), money("-0.05"), money(".5")), (Ok(124_990), Ok(1200), Ok(-5), Ok(50)));
        for bad in ["", "£", "1.234", "x", "1e5", "--5", "9999999999999"] {
            assert!(money(bad).is_err(), "{bad}");
        }
        let clock = |hour, minute| Ok(jiff::civil::time(hour, minute, 0, 0));
        assert_eq!((time("15:30"), time("3.30 pm"), time("0830"), time("12am")), (clock(15, 30), clock(15, 30), clock(8, 30), clock(0, 0)));
        for bad in ["25:00", "noon", "8", "1:2:3"] {
            assert!(time(bad).is_err(), "{bad}");
        }
        assert_eq!(address("www.example.org/a"), Ok("https://www.example.org/a".to_owned()));
        for bad in ["javascript:alert(1)", "https://a@b.example", "data:text/html,x", "http://", "a b.example", "word"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_the_nearest() {
        let today = jiff::civil::date(2026, 11, 24);
        assert_eq!(day("20 Nov", today), Ok(jiff::civil::date(2026, 11, 20)));
        assert_eq!(day("4 Dec", today), Ok(jiff::civil::date(2026, 12, 4)));
        assert_eq!(day("2 Jan", today), Ok(jiff::civil::date(2027, 1, 2)));
        assert_eq!(day("20 11 2025", today), Ok(jiff::civil::date(2025, 11, 20)));
        assert_eq!(day("Yesterday", today), Ok(jiff::civil::date(2026, 11, 23)));
    }
}

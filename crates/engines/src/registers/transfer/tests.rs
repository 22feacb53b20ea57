//! What leaves as a file comes back as what it was, for every field of every register that is shipped.

use std::collections::HashMap;

use declare::{
    Declarations, Field, FieldKind, Register, Value, Values,
    typed::{Found, Lookups, Names, csv},
};
use jiff::civil::{Time, date};
use kernel::{Audience, PersonId, Role, Year};
use proptest::{prelude::*, sample::select};
use uuid::Uuid;

use super::{heading, rows, text, words};

/// People, entries and classes by names that are their numbers.
struct Numbered;

const CLASSES: [&str; 3] = ["5B", "Owls; and Larks", "R 1"];

fn number(typed: &str, word: &str) -> Found<Uuid> {
    let digits = typed.strip_prefix(word).and_then(|digits| digits.trim().parse::<u128>().ok());
    digits.map_or(Found::Nothing, |number| Found::One(Uuid::from_u128(number)))
}

impl Lookups for Numbered {
    fn person(&self, typed: &str, _: &Audience) -> Found<PersonId> {
        match number(typed, "Person") {
            Found::One(id) => Found::One(PersonId(id)),
            Found::Nothing | Found::Several => Found::Nothing,
        }
    }

    fn entry(&self, _: &str, typed: &str) -> Found<Uuid> {
        number(typed, "=Entry")
    }

    fn class(&self, typed: &str) -> Found<String> {
        if CLASSES.contains(&typed) { Found::One(typed.to_owned()) } else { Found::Nothing }
    }

    fn clause(&self, typed: &str) -> Found<String> {
        Found::One(typed.to_owned())
    }
}

impl Names for Numbered {
    fn person(&self, id: PersonId) -> Option<String> {
        Some(format!("Person {}", id.0.as_u128()))
    }

    fn entry(&self, _: &str, id: Uuid) -> Option<String> {
        Some(format!("=Entry {}", id.as_u128()))
    }
}

/// Words with everything that files have trouble with.
fn words(lines: bool, longest: usize) -> BoxedStrategy<String> {
    let letters = if lines { "['=+@a-z0-9 ;,\"£é😀\n-]{1,40}" } else { "['=+@a-z0-9 ;,\"£é😀-]{1,40}" };
    letters
        .prop_map(move |words| words.trim().chars().take(longest).collect::<String>().trim().to_owned())
        .prop_filter("empty", |words| !words.is_empty())
        .boxed()
}

fn some<T: std::fmt::Debug + Clone + PartialEq + 'static>(one: BoxedStrategy<T>) -> BoxedStrategy<Vec<T>> {
    let unique = |all: Vec<T>| {
        let mut kept: Vec<T> = Vec::new();
        for one in all {
            if !kept.contains(&one) {
                kept.push(one);
            }
        }
        kept
    };
    proptest::collection::vec(one, 1..4).prop_map(unique).boxed()
}

/// A value that a field may have.
fn value(field: &Field) -> BoxedStrategy<Value> {
    let year = select(Year::all().collect::<Vec<_>>()).boxed();
    let number = (1..9_000u128).boxed();
    match &field.kind {
        FieldKind::Text { lines, longest } => words(*lines, *longest).prop_map(Value::Text).boxed(),
        FieldKind::Place => words(false, 60).prop_map(Value::Text).boxed(),
        FieldKind::Number { least, most, whole, .. } => {
            let (least, most) = (least.unwrap_or(-1e6), most.unwrap_or(1e6));
            let whole = *whole;
            (least..=most)
                .prop_map(move |number| {
                    Value::Number(if whole { number.round() } else { (number * 100.0).round() / 100.0 })
                })
                .prop_map(|value| if value == Value::Number(0.0) { Value::Number(0.0) } else { value })
                .prop_filter("within", move |value| matches!(value, Value::Number(one) if (least..=most).contains(one)))
                .boxed()
        }
        FieldKind::Money => (-10_000_000i64..10_000_000).prop_map(Value::Money).boxed(),
        FieldKind::Date => {
            (0..40_000i64).prop_map(|days| Value::Date(date(1950, 1, 1) + jiff::Span::new().days(days))).boxed()
        }
        FieldKind::Time => {
            (0..1440i16).prop_map(|at| Value::Time(Time::new((at / 60) as i8, (at % 60) as i8, 0, 0).unwrap())).boxed()
        }
        FieldKind::Choice { choices, many } => {
            let one = select(choices.iter().map(|choice| choice.name.clone()).collect::<Vec<_>>()).boxed();
            if *many { some(one).prop_map(Value::Choices).boxed() } else { one.prop_map(Value::Choice).boxed() }
        }
        FieldKind::YesNo => any::<bool>().prop_map(Value::YesNo).boxed(),
        FieldKind::Person { many, .. } => {
            let one = number.prop_map(|number| PersonId(Uuid::from_u128(number))).boxed();
            if *many { some(one).prop_map(Value::People).boxed() } else { one.prop_map(Value::Person).boxed() }
        }
        FieldKind::Role => select(Role::ALL.to_vec()).prop_map(Value::Role).boxed(),
        FieldKind::Class { many } => {
            // A class whose name has the mark between several stands alone.
            let one = select(if *many { vec!["5B", "R 1"] } else { CLASSES.to_vec() }).prop_map(str::to_owned).boxed();
            if *many { some(one).prop_map(Value::Classes).boxed() } else { one.prop_map(Value::Class).boxed() }
        }
        FieldKind::Year { many: false } => year.prop_map(Value::Year).boxed(),
        FieldKind::Year { many: true } => some(year).prop_map(Value::Years).boxed(),
        FieldKind::Entry { many, .. } => {
            let one = number.prop_map(Uuid::from_u128).boxed();
            if *many { some(one).prop_map(Value::Entries).boxed() } else { one.prop_map(Value::Entry).boxed() }
        }
        FieldKind::Address => Just(Value::Text("https://example.org/a?b=c;d,e".to_owned())).boxed(),
        FieldKind::Clause => select(vec!["pw-age", "4.2.1"]).prop_map(|label| Value::Text(label.to_owned())).boxed(),
        FieldKind::File { .. } | FieldKind::Signature => Just(Value::YesNo(true)).boxed(),
    }
}

/// Entries of a register.
fn entries(register: &Register) -> BoxedStrategy<Vec<Values>> {
    let fields: Vec<BoxedStrategy<Option<(String, Value)>>> = register
        .fields
        .iter()
        .filter(|field| heading::comes_in(field))
        .map(|field| {
            let name = field.name.to_string();
            proptest::option::weighted(0.8, value(field).prop_map(move |value| (name.clone(), value))).boxed()
        })
        .collect();
    proptest::collection::vec(fields, 1..4)
        .prop_map(|rows| rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect())
        .boxed()
}

fn file(register: &Register, entries: &[Values]) -> Vec<u8> {
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    let fields: Vec<&Field> = register.fields.iter().filter(|field| heading::comes_in(field)).collect();
    writer.write_record(fields.iter().map(|field| heading::heading(register, field))).unwrap();
    for values in entries {
        let cells = fields.iter().map(|field| {
            let text = values.get(field.name.as_str()).map(|value| csv(value, field, &Numbered)).unwrap_or_default();
            if matches!(field.kind, FieldKind::Number { .. } | FieldKind::Money) {
                text
            } else {
                text::defused(&text).into_owned()
            }
        });
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn what_leaves_comes_back_in_every_register() {
    let mut tried = 0;
    for (declaration, register) in Declarations::shipped().registers() {
        let control = declaration.control();
        let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let done = runner.run(&entries(register), |sent| {
            let sheet = text::read(&file(register, &sent)).unwrap();
            let targets = heading::targets(register, register.fields.iter());
            let at = heading::find(&sheet, &targets);
            let columns = heading::columns(&sheet, at, &targets);
            let (roll, meant, days, before) = Default::default();
            let ground = words::Ground {
                register,
                school: kernel::SchoolId(Uuid::nil()),
                roll: &roll,
                title: &|role| role.id().to_owned(),
                lookups: &Numbered,
                meant: &meant,
                days: &days,
                before: &before,
            };
            let read = rows::read(register, &sheet, at, &columns, &ground);
            prop_assert!(read.faults.is_empty(), "{:?}", read.faults);
            let back: HashMap<usize, Values> = read.rows.into_iter().map(|row| (row.row, row.given)).collect();
            for (nth, values) in sent.into_iter().enumerate().filter(|(_, values)| !values.is_empty()) {
                prop_assert_eq!(back.get(&(nth + 2)), Some(&values));
            }
            Ok(())
        });
        assert!(done.is_ok(), "{control}: {}", done.unwrap_err());
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

//! No text is a declaration, an expression, a table of facts or a typed value that panics; what is read holds together:
//! an expression that is accepted can be asked of any entry, and what is typed is read the same once it was said again.
//!
//! `cargo +nightly fuzz run declarations`

#![no_main]

use std::sync::LazyLock;

use declare::{
    Condition, Context, DateExpression, Declarations, FieldKind, Register, Value, Values,
    expression::Scope,
    facts,
    typed::{Found, Lookups, Names, csv, read_field, show, sort_key},
};
use jiff::civil::date;
use kernel::{Audience, PersonId};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

static HARDWARE: LazyLock<&Register> =
    LazyLock::new(|| Declarations::shipped().register("assets.hardware").expect("devices are declared"));

static SCOPE: LazyLock<Scope> = LazyLock::new(|| Scope::new(&HARDWARE.fields, &HARDWARE.states, &[]));

/// A school in which everything that is typed by name is there once.
struct Anybody;

impl Lookups for Anybody {
    fn person(&self, _: &str, _: &Audience) -> Found<PersonId> {
        Found::One(PersonId(Uuid::nil()))
    }

    fn entry(&self, _: &str, _: &str) -> Found<Uuid> {
        Found::One(Uuid::nil())
    }

    fn class(&self, typed: &str) -> Found<String> {
        if typed == "5B" { Found::One(typed.to_owned()) } else { Found::Nothing }
    }

    fn clause(&self, _: &str) -> Found<String> {
        Found::One("label".to_owned())
    }
}

impl Names for Anybody {
    fn person(&self, _: PersonId) -> Option<String> {
        Some("Maya Jones".to_owned())
    }

    fn entry(&self, _: &str, _: Uuid) -> Option<String> {
        Some("WL-1".to_owned())
    }
}

fuzz_target!(|text: &str| {
    let today = date(2026, 11, 22);
    // As a declaration of ours, and as a register or fields that a school adds.
    let (read, problems) = Declarations::load_all([("assets/fuzz.toml", text)]);
    problems.iter().for_each(|problem| drop(problem.to_string()));
    drop(Declarations::shipped().with(&[("registers/fuzz.toml", text)]));
    drop(facts::read("assets/fuzz.facts.toml", text));
    // Entries of what was read, and of a shipped register, with the text in every field that takes it.
    let own = read.registers().map(|(_, register)| register);
    for register in own.chain([*HARDWARE]) {
        let mut values = Values::new();
        for field in &register.fields {
            let Ok(Some(value)) = read_field(field, text, &Anybody) else { continue };
            let _ = (show(&value, field, &Anybody), sort_key(&value));
            let said = csv(&value, field, &Anybody);
            let apart = matches!(field.kind, FieldKind::File { .. } | FieldKind::Signature | FieldKind::Entry { .. });
            if !apart && !matches!(value, Value::Signature { .. }) {
                let again = read_field(field, &said, &Anybody);
                assert_eq!(again.as_ref(), Ok(&Some(value.clone())), "`{said}` of {:?}", field.kind);
            }
            values.insert(field.name.to_string(), value);
        }
        let context = Context::of_form(&values, register.first_state(), today);
        drop(register.title(&context, &|field, value| show(value, field, &Anybody)));
        drop(declare::typed::check_entry(register, &context, &|_| true));
    }
    let values = Values::new();
    let context = Context::of_form(&values, None, today);
    match Condition::parse(text, &SCOPE) {
        Ok(condition) => { condition.holds(&context); },
        Err(error) => drop(error.to_string()),
    }
    if let Ok(day) = DateExpression::parse(text, &SCOPE) {
        let _ = day.day(&context);
    }
});

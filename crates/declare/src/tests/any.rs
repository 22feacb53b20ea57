//! What holds of every declaration, and of any text.

use std::sync::Arc;

use jiff::civil::date;
use kernel::{PersonId, Standing};
use proptest::prelude::*;
use uuid::Uuid;

use super::school::{School, noon};
use crate::{
    Declaration, Declarations, Entry, Facts, Item, Rows, Terms, facts, standing,
    typed::{check_entry, check_move, show, tests::any_values},
};

fn entries(declaration: &Declaration, seeds: &[Vec<u32>], school: &School) -> Vec<Arc<Entry>> {
    let register = declaration.register.as_ref().unwrap();
    let people: Vec<PersonId> = school.people.iter().map(|person| person.id).collect();
    let entry = |(nth, seed): (usize, &Vec<u32>)| {
        let day = date(2026, 11, 23).saturating_sub(jiff::Span::new().days(i64::from(seed[0] % 1_500)));
        let at = noon(day).timestamp();
        let state = register.states.get(seed[0] as usize % register.states.len().max(1));
        Arc::new(Entry {
            id: Uuid::from_u128(1_000 + nth as u128),
            clause: (register.rows == Rows::Clause).then(|| "fact".to_owned()),
            also: Vec::new(),
            state: state.map(|state| state.name.clone()),
            values: any_values(&register.fields, seed, &people, &["3A", "5B", "9Z"]),
            entered_at: at,
            entered_by: None,
            changed_at: at,
            version: 1,
        })
    };
    seeds.iter().enumerate().map(entry).collect()
}

fn item(every: Option<&str>) -> Item {
    Item {
        key: "fact#1".to_owned(),
        clause: "fact".to_owned(),
        who: None,
        except: None,
        every: every.map(|every| kernel::Every::parse(every).unwrap()),
        terms: Terms::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_of_any_declaration_are_judged(
        seeds in prop::collection::vec(prop::collection::vec(any::<u32>(), 1..8), 0..20),
        every in prop::sample::select(vec![None, Some("1 month"), Some("2 years"), Some("daily")]),
    ) {
        let school = School::of("");
        let now = noon(date(2026, 11, 23));
        for (declaration, register) in Declarations::shipped().registers() {
            let entries = entries(declaration, &seeds, &school);
            let facts = Facts { now: &now, entries: &entries, others: &|_| &[], people: &school.people, classes: &school.classes, none: None };
            let (standing, evidence) = standing::judge(declaration, &item(every), &facts);
            prop_assert!(!evidence.statement.is_empty() && !evidence.statement.contains(['{', '}']), "{}", evidence.statement);
            let counted = &evidence.figures[0].value;
            prop_assert!(!(counted == "0" && standing == Standing::Kept), "{}: {}", declaration.control(), evidence.statement);
            for entry in &entries {
                let context = register.context(entry, now.date());
                register.due_on(&context);
                register.keep_until(&context, entry.changed_at);
                check_entry(register, &context, &|_| true);
                for step in &register.moves {
                    check_move(register, step, entry.state.as_deref(), &context, &|_| true);
                }
                let say = |field: &crate::Field, value: &crate::Value| show(value, field, &school);
                prop_assert!(!register.title(&context, &say).is_empty());
                if let Some(due) = &register.due {
                    register.say(&due.what, &context, &say);
                }
            }
        }
    }

    #[test]
    fn no_text_of_a_declaration_panics(nth in any::<prop::sample::Index>(), cuts in prop::collection::vec((any::<prop::sample::Index>(), "[a-z{}'\"=\\[\\]\n-]{0,6}", 0_usize..12), 1..4)) {
        let files = Declarations::files();
        let (path, text) = files[nth.index(files.len())];
        let mut text = text.to_owned();
        for (at, put, cut) in cuts {
            let at = (0..=at.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let end = (at + cut..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            text.replace_range(at..end, &put);
        }
        if let Err(problems) = Declarations::load([(path, text.as_str())]) {
            for problem in problems {
                prop_assert!(!problem.to_string().is_empty());
            }
        }
        drop(facts::read("x.facts.toml", &text));
        drop(Declarations::shipped().with(&[("registers/assets.loans.toml", text.as_str())]));
    }

    #[test]
    fn no_text_at_all_panics(text in ".{0,200}") {
        drop(Declarations::load([("a/b.toml", text.as_str())]));
        drop(facts::read("x.facts.toml", &text));
        drop(Declarations::load([(text.as_str(), "")]));
    }
}

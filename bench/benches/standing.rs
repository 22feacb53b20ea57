//! What judging a clause costs by a large register: one walk over its entries.

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use declare::{Declarations, Entry, Facts, Item, Value, standing};
use jiff::civil::date;
use kernel::{PersonId, SchoolTime};
use uuid::Uuid;

fn entries(number: u32) -> Vec<Arc<Entry>> {
    let at = SchoolTime::parse("2026-09-01 09:00").map(|time| time.timestamp()).unwrap_or_default();
    let day = |nth: u32| Value::Date(date(2026, 9, 1).saturating_add(jiff::Span::new().days(i64::from(nth % 400))));
    (0..number)
        .map(|nth| {
            let values = [
                ("device", Value::Entry(Uuid::from_u128(u128::from(nth)))),
                ("borrower", Value::Person(PersonId(Uuid::from_u128(u128::from(nth % 900))))),
                ("lent-on", day(nth)),
                ("due-on", day(nth + 30)),
                ("agreement-signed-on", day(nth)),
            ];
            Arc::new(Entry {
                id: Uuid::from_u128(u128::from(nth)),
                clause: None,
                also: Vec::new(),
                state: Some(if nth % 3 == 0 { "out" } else { "returned" }.to_owned()),
                values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                entered_at: at,
                entered_by: None,
                changed_at: at,
                version: 1,
            })
        })
        .collect()
}

fn judging(criterion: &mut Criterion) {
    let Some(declaration) = Declarations::shipped().get("assets.loans") else { return };
    let entries = entries(100_000);
    let (key, clause, terms) = ("loans#1".to_owned(), "loans".to_owned(), BTreeMap::new());
    let item = Item { key, clause, who: None, except: None, every: None, terms };
    let Ok(now) = SchoolTime::parse("2026-11-23 12:00") else { return };
    let facts = Facts { now: &now, entries: &entries, others: &|_| &[], people: &[], classes: &[], none: None };
    criterion.bench_function("a clause by 100,000 entries", |bench| {
        bench.iter(|| black_box(standing::judge(declaration, &item, &facts)));
    });
}

criterion_group!(benches, judging);
criterion_main!(benches);

//! Rows as a school makes them: a register of devices, and three years of everything.

use std::{collections::BTreeMap, sync::Arc};

use declare::{Declaration, Declarations, Field, FieldKind, Register, Rows, Value, Values};
use engines::registers::{Book, Draft};
use jiff::{Span, civil::date};
use kernel::{PersonId, Role, Year};
use store::Act;
use uuid::Uuid;

use super::desk::Desk;

/// How many rows of a register go into one transaction.
const AT_ONCE: usize = 5_000;

async fn open(desk: &Desk, control: &str) -> Book {
    Book::open(&desk.engines, &desk.session, control, desk.now).await.unwrap().expect("everybody reads everything")
}

async fn enter(desk: &Desk, control: &str, drafts: Vec<Draft>) -> Vec<Uuid> {
    let book = open(desk, control).await;
    let writer = book.writer().expect("everybody writes everything");
    let mut ids = Vec::new();
    for some in drafts.chunks(AT_ONCE) {
        let act = Act::new("register.import", store::Actor::Person(desk.person()));
        ids.extend(
            writer.enter_all(some.to_vec(), Some(act)).await.unwrap_or_else(|error| panic!("{control}: {error}")),
        );
    }
    ids
}

fn device(nth: usize) -> Draft {
    let kinds = ["laptop", "laptop", "laptop", "tablet", "computer"];
    let kind = kinds.get(nth % kinds.len()).copied().unwrap_or_default();
    let values: Values = [
        ("tag", Value::Text(format!("WL-{nth:05}"))),
        ("kind", Value::Choice(kind.to_owned())),
        ("model", Value::Text(format!("Fenwick Book {}", nth % 17))),
        ("serial", Value::Text(format!("FB{nth:07}"))),
        ("place", Value::Text(format!("Room {}", nth % 60))),
        ("notes", Value::Text(format!("Bought with the trolley of {}; charger {} is in the box.", nth % 12, nth * 7))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    Draft { values, ..Draft::default() }
}

/// Enters so many devices.
pub(crate) async fn devices(desk: &Desk, many: usize) {
    enter(desk, "assets.hardware", (0..many).map(device).collect()).await;
}

/// A sheet of so many devices, as an office has it.
pub(crate) fn sheet(many: usize) -> String {
    let declaration = Declarations::shipped().register("assets.hardware").expect("devices are declared");
    let label = |name: &str| declaration.field(name).map(|field| field.column.clone()).unwrap_or_default();
    let heads: Vec<String> = ["tag", "kind", "model", "serial", "place"].map(label).into();
    let mut text = format!("{}\n", heads.join(","));
    for nth in 0..many {
        text.push_str(&format!("NEW-{nth:05},Laptop,Fenwick Book 9,NX{nth:07},Room {}\n", nth % 60));
    }
    text
}

/// How many rows three years leave in a register of a school of 1,000 pupils.
fn years_of(control: &str) -> usize {
    match control {
        // Phones of a class, each morning.
        "devices.handin" => 17_000,
        "learning.curriculum" => 6_000,
        "assets.hardware" => 1_500,
        "malware.endpoint-status" => 1_200,
        "images.school-equipment" | "devices.visitors" | "learning.lesson-practice" => 2_000,
        "people.vetting" | "learning.induction" | "assets.loans" => 400,
        _ => 150,
    }
}

/// Three years of every register, or a part of them; how many rows were entered.
pub(crate) async fn three_years(desk: &Desk, part: usize) -> usize {
    let roll = open(desk, "assets.hardware").await.roll().await.unwrap();
    let people: Vec<PersonId> = roll.all().map(|member| member.id).collect();
    let classes: Vec<String> = roll.classes().keys().cloned().collect();
    let mut made = Made { people, classes, entries: BTreeMap::new() };
    let mut entered = 0;
    // Registers whose entries name others' come after them.
    let mut waiting: Vec<(&Arc<Declaration>, &Register)> = Declarations::shipped().registers().collect();
    for _ in 0..3 {
        let mut later = Vec::new();
        for (declaration, register) in waiting {
            let control = declaration.control();
            let of = |field: &Field| {
                if let FieldKind::Entry { of, .. } = &field.kind { Some(of.clone()) } else { None }
            };
            if register.fields.iter().filter_map(of).any(|of| of != control && !made.entries.contains_key(&of)) {
                later.push((declaration, register));
                continue;
            }
            let book = open(desk, &control).await;
            let clauses: Vec<String> = book.clauses().iter().map(|clause| clause.key().to_owned()).collect();
            let many = (years_of(&control) / part).max(2);
            let drafts: Vec<Draft> = (0..many).map(|nth| made.draft(register, &clauses, nth)).collect();
            let taken: Vec<Draft> = drafts.into_iter().filter(|draft| takes(&book, draft)).collect();
            entered += taken.len();
            let ids = enter(desk, &control, taken).await;
            made.entries.insert(control, ids);
        }
        waiting = later;
    }
    entered
}

/// Whether a register takes an entry.
fn takes(book: &Book, draft: &Draft) -> bool {
    book.writer().is_some_and(|writer| writer.look_at(draft).is_ok())
}

/// One more row in the register that has most.
pub(crate) async fn one_more(desk: &Desk, nth: usize) {
    enter(desk, "assets.hardware", vec![device(90_000 + nth)]).await;
}

/// What is there already that an entry may name.
struct Made {
    people: Vec<PersonId>,
    classes: Vec<String>,
    entries: BTreeMap<String, Vec<Uuid>>,
}

fn pick<T: Clone>(all: &[T], nth: usize) -> Option<T> {
    all.get(nth % all.len().max(1)).cloned()
}

impl Made {
    fn draft(&self, register: &Register, clauses: &[String], nth: usize) -> Draft {
        let fields = register.fields.iter();
        let values =
            fields.filter_map(|field| Some((field.name.to_string(), self.value(field, nth, clauses)?))).collect();
        let clause = (register.rows == Rows::Clause).then(|| pick(clauses, nth)).flatten();
        Draft { clause, values, ..Draft::default() }
    }

    fn value(&self, field: &Field, nth: usize, clauses: &[String]) -> Option<Value> {
        let days = i64::try_from(nth % 1_100).unwrap_or_default();
        let year = Year::numbered(u8::try_from(1 + nth % 6).unwrap_or(1));
        Some(match &field.kind {
            FieldKind::Text { longest, .. } => {
                let text = format!("{nth} was written down by somebody at the end of a school day");
                Value::Text(text.chars().take(*longest).collect())
            }
            FieldKind::Place => Value::Text(format!("Room {}", nth % 60)),
            FieldKind::Address => Value::Text(format!("https://site-{nth}.example/")),
            FieldKind::Clause => Value::Text(pick(clauses, nth)?),
            FieldKind::Number { least, most, .. } => Value::Number(least.or(*most).unwrap_or(7.0)),
            FieldKind::Money => Value::Money(12_345),
            FieldKind::Date => Value::Date(date(2023, 11, 20).saturating_add(Span::new().days(days))),
            FieldKind::Time => Value::Time(jiff::civil::time(9, 10, 0, 0)),
            FieldKind::Choice { choices, many: false } => Value::Choice(pick(choices, nth)?.name),
            FieldKind::Choice { choices, many: true } => Value::Choices(vec![pick(choices, nth)?.name]),
            FieldKind::YesNo => Value::YesNo(!nth.is_multiple_of(9)),
            FieldKind::Person { many: false, .. } => Value::Person(pick(&self.people, nth)?),
            FieldKind::Person { many: true, .. } => {
                Value::People((0..8).filter_map(|more| pick(&self.people, nth * 8 + more)).collect())
            }
            FieldKind::Role => Value::Role(Role::Teacher),
            FieldKind::Class { many: false } => Value::Class(pick(&self.classes, nth)?),
            FieldKind::Class { many: true } => Value::Classes(vec![pick(&self.classes, nth)?]),
            FieldKind::Year { many: false } => Value::Year(year?),
            FieldKind::Year { many: true } => Value::Years(vec![year?]),
            FieldKind::Entry { of, many: false } => Value::Entry(pick(self.entries.get(of)?, nth)?),
            FieldKind::Entry { of, many: true } => Value::Entries(vec![pick(self.entries.get(of)?, nth)?]),
            FieldKind::File { .. } | FieldKind::Signature => return None,
        })
    }
}

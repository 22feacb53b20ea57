//! Every register that is shipped, with whatever is entered into it: nothing panics, and what a declaration keeps from
//! somebody is on no page, in no file and in no answer that they get.

use std::collections::{BTreeMap, BTreeSet};

use declare::{Declarations, Field, FieldKind, Register, Value, Values};
use engines::registers::{Asked, Book, Draft, Shown};
use jiff::civil::{Time, date};
use kernel::{Role, Year};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use testkit::TestStore;
use uuid::Uuid;
use webkit::Session;

use super::{desk::TestDesk, sequences};

/// Somebody for each role that is asked, and what they may of a register.
struct Reader {
    role: Role,
    session: Session,
    cookie: String,
}

/// A word that stands in one field of one register alone.
fn word(control: &str, field: &Field) -> String {
    let letters: String = format!("{control}{}", field.name).chars().filter(char::is_ascii_alphabetic).collect();
    format!("Zq{letters}Qz")
}

/// A value that fits a field; none for files and signatures, and for entries of registers that have none.
async fn fitting(
    desk: &TestDesk<'_>,
    control: &str,
    field: &Field,
    nth: usize,
    entries: &BTreeMap<String, Vec<Uuid>>,
) -> Option<Value> {
    let person = desk.school.who(if nth.is_multiple_of(2) { "teacher" } else { "maya.jones" }).await;
    Some(match &field.kind {
        FieldKind::Text { longest, .. } => {
            let text = format!("{} {nth}", word(control, field));
            Value::Text(text.chars().rev().take(*longest).collect::<Vec<_>>().into_iter().rev().collect())
        }
        FieldKind::Place => Value::Text(format!("{} {nth}", word(control, field))),
        FieldKind::Address => Value::Text(format!("https://example.test/{}{nth}", word(control, field))),
        FieldKind::Clause => Value::Text(control.replace('.', "-")),
        FieldKind::Number { least, most, .. } => Value::Number(least.or(*most).unwrap_or(7.0)),
        FieldKind::Money => Value::Money(77_771_177),
        FieldKind::Date => Value::Date(date(2026, 11, 1).saturating_add(jiff::Span::new().days(nth as i64))),
        FieldKind::Time => Value::Time(Time::new(9, 10, 0, 0).unwrap()),
        FieldKind::Choice { choices, many } => {
            let name = choices[nth % choices.len()].name.clone();
            if *many { Value::Choices(vec![name]) } else { Value::Choice(name) }
        }
        FieldKind::YesNo => Value::YesNo(nth.is_multiple_of(2)),
        FieldKind::Person { many: false, .. } => Value::Person(person),
        FieldKind::Person { many: true, .. } => Value::People(vec![person]),
        FieldKind::Role => Value::Role(Role::Teacher),
        FieldKind::Class { many: false } => Value::Class("5B".to_owned()),
        FieldKind::Class { many: true } => Value::Classes(vec!["5B".to_owned()]),
        FieldKind::Year { many: false } => Value::Year(Year::from_grade("5").unwrap()),
        FieldKind::Year { many: true } => Value::Years(vec![Year::from_grade("5").unwrap()]),
        FieldKind::Entry { of, many } => {
            let id = *entries.get(of)?.first()?;
            if *many { Value::Entries(vec![id]) } else { Value::Entry(id) }
        }
        FieldKind::File { .. } | FieldKind::Signature => return None,
    })
}

async fn open(desk: &TestDesk<'_>, kit: &TestStore, session: &Session, control: &str) -> Option<Book> {
    Book::open(&desk.engines, session, control, kit.now()).await.unwrap()
}

fn draft(register: &Register, control: &str, values: Values) -> Draft {
    let clause = (register.rows == declare::Rows::Clause).then(|| control.replace('.', "-"));
    Draft { clause, values, ..Draft::default() }
}

/// Enters into every register what fits, and whatever else; gives the entries of each.
async fn fill(desk: &TestDesk<'_>, kit: &TestStore, everybody: &Session) -> BTreeMap<String, Vec<Uuid>> {
    let mut runner = TestRunner::new(Config::default());
    let whatever = vec((any::<usize>(), sequences::value()), 0..8);
    let mut entries: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    // Registers whose entries name others' come after them.
    for _ in 0..3 {
        for (declaration, register) in Declarations::shipped().registers() {
            let control = declaration.control();
            if entries.get(&control).is_some_and(|all| all.len() > 1) {
                continue;
            }
            let book = open(desk, kit, everybody, &control).await.unwrap();
            let writer = book.writer().unwrap();
            for nth in 0..4 {
                let mut values = Values::new();
                for field in &register.fields {
                    if let Some(value) = fitting(desk, &control, field, nth, &entries).await {
                        values.insert(field.name.to_string(), value);
                    }
                }
                let entered = writer.enter(draft(register, &control, values)).await;
                entries.entry(control.clone()).or_default().extend(entered.ok());
            }
            for _ in 0..6 {
                let some = whatever.new_tree(&mut runner).unwrap().current();
                let pick = |nth: usize| register.fields[nth % register.fields.len()].name.to_string();
                let values: Values = some.into_iter().map(|(nth, value)| (pick(nth), value)).collect();
                // Done or refused, but never broken.
                let entered = writer.enter(draft(register, &control, values.clone())).await;
                entries.entry(control.clone()).or_default().extend(entered.ok());
                if let Some(id) = entries.get(&control).and_then(|all| all.first()).copied() {
                    drop(writer.change(id, 1, draft(register, &control, values.clone())).await);
                    for step in &register.moves {
                        let done = book.mover(&step.name).unwrap();
                        drop(done.take(id, 1, draft(register, &control, values.clone())).await);
                    }
                }
            }
        }
    }
    entries
}

/// Those of the readers who differ in what they may of a register.
async fn different<'r>(
    desk: &TestDesk<'_>,
    kit: &TestStore,
    control: &str,
    readers: &'r [Reader],
) -> Vec<(&'r Reader, Option<Book>)> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for reader in readers {
        let book = open(desk, kit, &reader.session, control).await;
        let may = book.as_ref().map(|book| {
            let fields = book.access().fields(book.register()).map(|field| field.name.to_string());
            (book.access().writes(), fields.collect::<Vec<_>>())
        });
        if seen.insert(may) {
            all.push((reader, book));
        }
    }
    all
}

async fn everybody_sees_what_they_may(kit: &TestStore) {
    let desk = TestDesk::shipped(kit).await;
    let everybody = desk.session_as("head", Role::ALL).await;
    let entries = fill(&desk, kit, &everybody).await;
    let empty: Vec<&String> = entries.iter().filter(|(_, all)| all.is_empty()).map(|(control, _)| control).collect();
    assert!(empty.len() * 10 < entries.len(), "nothing that fits was taken by {empty:?}");
    let mut readers = Vec::new();
    for role in Role::ALL {
        let session = desk.session_as("tech", &[*role]).await;
        readers.push(Reader { role: *role, cookie: desk.hand(session.clone()), session });
    }
    let (mut wrong, mut hidden_seen) = (Vec::new(), 0);
    for (declaration, register) in Declarations::shipped().registers() {
        let control = declaration.control();
        let base = format!("/registers/{}", control.replace('.', "/"));
        for (reader, book) in different(&desk, kit, &control, &readers).await {
            let mut paths = vec![
                format!("{base}?show=all"),
                format!("{base}/export.csv?show=all"),
                format!("{base}/print?show=all"),
                format!("/api{base}"),
            ];
            for id in entries[&control].iter().take(2) {
                paths.extend([format!("{base}/{id}"), format!("/api{base}/{id}")]);
            }
            let Some(book) = book else {
                for path in paths {
                    let answer = desk.get(&reader.cookie, &path).await;
                    if answer.status != 404 && answer.status != 403 {
                        wrong.push(format!("{} gets {} at {path}", reader.role.id(), answer.status));
                    }
                }
                continue;
            };
            let hidden: Vec<&Field> = register.fields.iter().filter(|field| !book.access().sees(field)).collect();
            hidden_seen += hidden.len();
            let listed = book.list(&Asked { shown: Shown::All, ..Asked::default() }).await.unwrap();
            for kept in &listed.entries {
                let history = book.history(kept).await.unwrap();
                let changed = history.iter().flat_map(|done| &done.changes).map(|change| change.field.to_string());
                let known: BTreeSet<String> = kept.entry.values.keys().cloned().chain(changed).collect();
                let leaks = hidden.iter().filter(|field| known.contains(field.name.as_str()));
                wrong.extend(leaks.map(|field| format!("{} is given {control} {}", reader.role.id(), field.name)));
            }
            for path in paths {
                let answer = desk.get(&reader.cookie, &path).await;
                if answer.status != 200 {
                    wrong.push(format!("{} gets {} at {path}", reader.role.id(), answer.status));
                }
                let leaks = hidden.iter().filter(|field| {
                    answer.text.contains(&word(&control, field))
                        || answer.text.contains(&format!("\"{}\":", field.name))
                });
                wrong.extend(leaks.map(|field| format!("{} reads {} at {path}", reader.role.id(), field.name)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(hidden_seen > 20, "{hidden_seen}");
}

#[test]
fn everybody_sees_what_they_may_on_sqlite() {
    testkit::on_sqlite(async |kit| everybody_sees_what_they_may(kit).await);
}

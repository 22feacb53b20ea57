//! Whatever is done in whatever order: nothing panics, and nobody sees what they may not.

use declare::{Value, Values};
use engines::registers::{Asked, Book, Draft, Shown};
use jiff::civil::date;
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use testkit::TestStore;
use uuid::Uuid;

use super::desk::TestDesk;

pub(super) fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        any::<f64>().prop_map(Value::Number),
        any::<i64>().prop_map(Value::Money),
        (1i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| Value::Date(date(year, month, day))),
        prop_oneof![Just("laptop"), Just("out"), Just("x")].prop_map(|it| Value::Choice(it.to_owned())),
        any::<bool>().prop_map(Value::YesNo),
        any::<u128>().prop_map(|id| Value::Entry(Uuid::from_u128(id))),
        any::<u128>().prop_map(|id| Value::File { id: Uuid::from_u128(id), name: "a".to_owned() }),
        vec(any::<String>(), 0..3).prop_map(Value::Choices),
    ]
}

const FIELDS: [&str; 9] = ["tag", "kind", "place", "price", "bought-on", "notes", "worry", "device", "nonsense"];

#[derive(Debug, Clone)]
enum Doing {
    Enter(Vec<(usize, Value)>),
    Change(usize, Vec<(usize, Value)>, i64),
    Move(usize, Vec<(usize, Value)>),
    Strike(usize, String),
    List(String, usize, bool, u64),
}

fn doing() -> impl Strategy<Value = Doing> {
    let values = || vec((0..FIELDS.len(), value()), 0..6);
    prop_oneof![
        values().prop_map(Doing::Enter),
        // Most entries are sound, so that there is something to change.
        any::<u16>().prop_map(|nth| Doing::Enter(vec![
            (0, Value::Text(format!("T{nth}"))),
            (1, Value::Choice("laptop".to_owned())),
            (3, Value::Money(777_777)),
        ])),
        (any::<usize>(), values(), -1i64..4).prop_map(|(nth, values, version)| Doing::Change(nth, values, version)),
        (any::<usize>(), values()).prop_map(|(nth, values)| Doing::Move(nth, values)),
        (any::<usize>(), any::<String>()).prop_map(|(nth, why)| Doing::Strike(nth, why)),
        (any::<String>(), 0..FIELDS.len(), any::<bool>(), 0u64..70)
            .prop_map(|(find, sort, largest, offset)| { Doing::List(find, sort, largest, offset) }),
    ]
}

fn draft(values: &[(usize, Value)]) -> Draft {
    let values: Values = values.iter().map(|(nth, value)| (FIELDS[*nth].to_owned(), value.clone())).collect();
    Draft { values, ..Draft::default() }
}

async fn try_it(office: &Book, teacher: &Book, ids: &mut Vec<Uuid>, doing: &Doing) {
    let pick = |nth: usize, ids: &[Uuid]| ids.get(nth % ids.len().max(1)).copied().unwrap_or(Uuid::nil());
    let writer = office.writer().unwrap();
    // Whether each is done or refused is for the stories; here it only must not break.
    match doing {
        Doing::Enter(values) => ids.extend(writer.enter(draft(values)).await.ok()),
        Doing::Change(nth, values, version) => drop(writer.change(pick(*nth, ids), *version, draft(values)).await),
        Doing::Move(nth, values) => {
            drop(office.mover("dispose").unwrap().take(pick(*nth, ids), 1, draft(values)).await);
        }
        Doing::Strike(nth, why) => drop(writer.strike_out(pick(*nth, ids), 1, why).await),
        Doing::List(find, sort, largest, offset) => {
            let asked = Asked {
                find: find.clone(),
                sort: Some((FIELDS[*sort].to_owned(), *largest)),
                offset: *offset,
                shown: Shown::All,
                ..Asked::default()
            };
            for book in [office, teacher] {
                let listed = book.list(&asked).await.unwrap();
                let names = book.names(&listed.entries).await.unwrap();
                for kept in &listed.entries {
                    for field in book.access().fields(book.register()) {
                        kept.entry.value(&field.name).map(|value| names.say(field, value));
                    }
                }
            }
        }
    }
}

async fn whatever_is_done(kit: &TestStore, runs: usize) {
    let desk = TestDesk::open(kit).await;
    let office = desk.book("office", "assets.hardware").await;
    let teacher = desk.book("teacher", "assets.hardware").await;
    let mut runner = TestRunner::new(Config::default());
    let mut ids = Vec::new();
    let all = vec(doing(), 40);
    for _ in 0..runs {
        let sequence = all.new_tree(&mut runner).unwrap().current();
        for one in &sequence {
            try_it(&office, &teacher, &mut ids, one).await;
        }
    }
    assert!(!ids.is_empty());
    let cookie = desk.sign_in("teacher").await;
    for id in ids.iter().take(40) {
        let kept = teacher.get(*id).await.unwrap();
        assert!(!kept.entry.values.contains_key("price"));
        let history = teacher.history(&kept).await.unwrap();
        assert!(history.iter().flat_map(|done| &done.changes).all(|change| change.field.as_str() != "price"));
        let page = desk.get(&cookie, &format!("/registers/assets/hardware/{id}")).await;
        assert!(page.status == 200 && !page.text.contains("7,777.77"), "{}", page.status);
    }
    let listed = teacher.list(&Asked { shown: Shown::All, ..Asked::default() }).await.unwrap();
    let counts = teacher.counts().await.unwrap();
    assert_eq!(listed.total, counts.all());
    assert_eq!(usize::try_from(listed.total).unwrap(), ids.len());
    desk.engines.refresh(&desk.school.school, kit.now()).await.unwrap();
    assert_eq!(desk.engines.refresh(&desk.school.school, kit.now()).await.unwrap(), 0);
}

#[test]
fn on_sqlite() {
    testkit::on_sqlite(async |kit| whatever_is_done(kit, 8).await);
}

#[test]
fn on_postgres() {
    testkit::on_postgres(async |kit| whatever_is_done(kit, 3).await);
}

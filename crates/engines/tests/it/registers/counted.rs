//! Counts and pages say what a naive look at all rows says, whatever was done, in a process that did it and in one that
//! did not; and nobody counts what they may not see.

use std::cmp::Reverse;

use declare::Value;
use engines::{
    Engines,
    registers::{Asked, Book, Counts, Draft, Shown},
};
use jiff::{Span, civil::date};
use proptest::{
    prelude::{Strategy, any},
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use store::entity::register_entry;
use testkit::TestStore;
use uuid::Uuid;

use super::{
    desk::{TestDesk, draft, text},
    kin::TALKS,
};

/// More than are looked up one by one, and more than a page is from the nearer end.
const DEVICES: usize = 3_000;

fn device(nth: usize) -> Draft {
    let kinds = ["laptop", "laptop", "laptop", "laptop", "tablet"];
    let mut values = vec![
        ("tag", text(&format!("WL-{nth:05}"))),
        ("kind", Value::Choice(kinds[nth % kinds.len()].to_owned())),
        ("notes", text(&format!("Charger {} is in the box.", nth % 3))),
    ];
    if !nth.is_multiple_of(7) {
        values.push(("place", text(&format!("Room {:02}", nth * 31 % 60))));
    }
    draft(&values)
}

/// An entry as its row says it.
struct Naive {
    id: Uuid,
    ended: bool,
    search: String,
    values: serde_json::Value,
    due_on: Option<String>,
    subject: Option<Uuid>,
}

impl Naive {
    fn says(&self, field: &str) -> Option<&str> {
        self.values["values"][field]["value"].as_str()
    }

    fn struck(&self) -> bool {
        !self.values["struck"].is_null()
    }
}

async fn rows(desk: &TestDesk<'_>, control: &str) -> Vec<Naive> {
    let all = desk.school.school.read().find::<register_entry::Entity>().all().await.unwrap();
    let naive = |row: register_entry::Model| Naive {
        id: row.id,
        ended: row.ended,
        search: row.search,
        values: serde_json::from_str(&row.values_json).unwrap(),
        due_on: row.due_on,
        subject: row.subject_id,
    };
    all.into_iter().filter(|row| row.register == control).map(naive).collect()
}

/// What a list should say: how many entries there are, and which stand on the page.
fn listed(rows: &[Naive], asked: &Asked) -> (u64, Vec<Uuid>) {
    let kept = |row: &&Naive| {
        let shown = match asked.shown {
            Shown::Open => !row.ended,
            Shown::Ended => row.ended,
            Shown::All => true,
            Shown::Due | Shown::Overdue => panic!("no device falls due"),
        };
        shown
            // What is struck out is not found by what it held.
            && asked.holds.iter().all(|(field, value)| row.says(field) == Some(value) && !row.struck())
            && asked.find.split(' ').all(|word| row.search.contains(word))
    };
    let mut kept: Vec<&Naive> = rows.iter().filter(kept).collect();
    let (column, largest) = asked.sort.clone().unwrap_or_else(|| ("tag".to_owned(), false));
    let key = |row: &&Naive| row.says(&column).map(str::to_lowercase);
    let part = |row: &&Naive| (row.ended, key(row).is_none());
    if largest {
        kept.sort_by_key(|row| (part(row), Reverse((key(row), row.id))));
    } else {
        kept.sort_by_key(|row| (part(row), key(row), row.id));
    }
    let page = kept.iter().skip(usize::try_from(asked.offset).unwrap()).take(50).map(|row| row.id);
    (kept.len() as u64, page.collect())
}

fn questions() -> impl Strategy<Value = Asked> {
    (0..4usize, 0..3usize, 0..4usize, any::<bool>(), any::<u16>()).prop_map(
        |(narrowed, shown, sort, largest, offset)| {
            let kind = |kind: &str| vec![("kind".to_owned(), kind.to_owned())];
            Asked {
                find: if narrowed == 3 { "charger 1".to_owned() } else { String::new() },
                holds: match narrowed {
                    1 => kind("laptop"),
                    2 => kind("tablet"),
                    _ => Vec::new(),
                },
                shown: [Shown::Open, Shown::Ended, Shown::All][shown],
                sort: ["", "tag", "place", "place"]
                    .get(sort)
                    .filter(|sort| !sort.is_empty())
                    .map(|sort| ((*sort).to_owned(), largest)),
                offset: u64::from(offset) % (DEVICES as u64 + 200),
                ..Asked::default()
            }
        },
    )
}

async fn open(desk: &TestDesk<'_>, engines: &Engines, kit: &TestStore, control: &str) -> Book {
    let session = desk.session("office").await;
    Book::open(engines, &session, control, kit.now()).await.unwrap().unwrap()
}

async fn pages_and_counts_are_those_of_all_rows(kit: &TestStore, runs: usize) {
    const CONTROL: &str = "assets.hardware";
    let desk = TestDesk::open(kit).await;
    let other = desk.another_process();
    let book = desk.book("office", CONTROL).await;
    let writer = book.writer().unwrap();
    let act = || store::Act::new("register.import", store::Actor::Gatehouse);
    let mut ids = writer.enter_all((0..DEVICES).map(device).collect(), Some(act())).await.unwrap();
    let mut runner = TestRunner::new(Config::default());
    let asked = questions();
    for round in 0..6 {
        // Each round something else has changed, half of the time in the other process.
        let theirs = open(&desk, &other, kit, CONTROL).await;
        let changing = if round % 2 == 0 { &book } else { &theirs };
        let writer = changing.writer().unwrap();
        match round {
            0 => {}
            1 => ids.extend(writer.enter_all((9_000..9_060).map(device).collect(), Some(act())).await.unwrap()),
            2 => drop(changing.mover("dispose").unwrap().take_all(&ids[100..180], &Default::default()).await.unwrap()),
            3 => drop(writer.strike_out(ids[7], 1, "It was never ours.").await.unwrap()),
            4 => {
                let place = book.register().fields.iter().find(|field| field.name.as_str() == "place").unwrap();
                writer.set_all(&ids[200..260], &place.name, Some(&text("Room 07"))).await.unwrap();
            }
            _ => {
                // What is disposed of and struck out leaves after two years.
                kit.clock.pass(Span::new().hours(24 * 800));
                assert_eq!(other.retain(&desk.school.school, kit.now()).await.unwrap(), 81);
            }
        }
        let all = rows(&desk, CONTROL).await;
        let ended = all.iter().filter(|row| row.ended).count() as u64;
        let expected = Counts { open: all.len() as u64 - ended, ended, ..Counts::default() };
        for engines in [&desk.engines, &other] {
            let book = open(&desk, engines, kit, CONTROL).await;
            assert_eq!(book.counts().await.unwrap(), expected, "round {round}");
            assert_eq!(Book::counts_of_all(&[book]).await.unwrap()[CONTROL], expected, "round {round}");
            assert_eq!(engines.entries(&desk.school.school, CONTROL).await.unwrap().len() as u64, {
                expected.all() - all.iter().filter(|row| row.struck()).count() as u64
            });
        }
        for _ in 0..runs {
            let asked = asked.new_tree(&mut runner).unwrap().current();
            let (total, page) = listed(&all, &asked);
            for engines in [&desk.engines, &other] {
                let found = open(&desk, engines, kit, CONTROL).await.list(&asked).await.unwrap();
                let found = (found.total, found.entries.iter().map(|kept| kept.entry.id).collect::<Vec<_>>());
                assert_eq!(found, (total, page.clone()), "round {round}: {asked:?}");
            }
        }
    }
}

async fn each_counts_what_they_see(kit: &TestStore) {
    const CONTROL: &str = "assets.loans";
    let desk = TestDesk::open_with(kit, &[("assets/loans.toml", TALKS)], &super::kin::policy()).await;
    let class = desk.school.class("5C", Some("year-5")).await;
    let (teacher, maya, ava) = (desk.who("teacher").await, desk.who("maya.jones").await, desk.who("ava.hill").await);
    desk.school.role(teacher, kernel::Role::ClassTeacher).await;
    desk.school.member(teacher, class, "class-teacher").await;
    desk.school.member(maya, class, "pupil").await;
    let mut runner = TestRunner::new(Config::default());
    let drawn = (any::<bool>(), 0..120i64, any::<bool>());
    let first = date(2026, 11, 1);
    for round in 0..12 {
        let (of_maya, days, over) = drawn.new_tree(&mut runner).unwrap().current();
        let office = desk.book("office", CONTROL).await;
        let child = Value::Person(if of_maya { maya } else { ava });
        let again = Value::Date(first.saturating_add(Span::new().days(days)));
        let values = [("child", child), ("on", Value::Date(first)), ("again-on", again)];
        let id = office.writer().unwrap().enter(draft(&values)).await.unwrap();
        if over {
            office.mover("close").unwrap().take(id, 1, Draft::default()).await.unwrap();
        }
        let all = rows(&desk, CONTROL).await;
        let today = date(2026, 11, 24);
        let last = today.saturating_add(Span::new().days(60)).to_string();
        for (username, sees) in [("office", None), ("head", None), ("teacher", Some(maya)), ("parent", Some(maya))] {
            let own = || all.iter().filter(|row| sees.is_none_or(|child| row.subject == Some(child.0)));
            let due = || own().filter_map(|row| row.due_on.as_deref()).filter(|on| *on <= last.as_str());
            let late = due().filter(|on| *on < today.to_string().as_str()).count() as u64;
            let expected = Counts {
                open: own().filter(|row| !row.ended).count() as u64,
                ended: own().filter(|row| row.ended).count() as u64,
                overdue: late,
                due: due().count() as u64 - late,
                first_due: due().min().map(|on| on.parse().unwrap()),
            };
            let Some(book) = desk.may_open(username, CONTROL).await else {
                assert_eq!(expected, Counts::default(), "{username}, round {round}");
                continue;
            };
            assert_eq!(book.counts().await.unwrap(), expected, "{username}, round {round}");
            assert_eq!(Book::counts_of_all(&[book]).await.unwrap()[CONTROL], expected, "{username}, round {round}");
            // Those who see to it are told of as many; the head and parents only read.
            if matches!(username, "office" | "teacher") {
                let told = desk.engines.due_in(&desk.session(username).await, kit.now()).await.unwrap();
                let number = |one: &engines::registers::DueIn| {
                    one.items.len() as u64 + one.together.as_ref().map_or(0, |together| together.number)
                };
                assert_eq!(told.iter().map(number).sum::<u64>(), expected.due + expected.overdue, "{username}");
                let together = told.iter().filter_map(|one| one.together.as_ref());
                for together in together {
                    assert_eq!((together.late, Some(together.on)), (expected.overdue, expected.first_due));
                }
            }
        }
    }
}

mod devices {
    #[test]
    fn on_sqlite() {
        testkit::on_sqlite(async |kit| super::pages_and_counts_are_those_of_all_rows(kit, 40).await);
    }
    #[test]
    fn on_postgres() {
        testkit::on_postgres(async |kit| super::pages_and_counts_are_those_of_all_rows(kit, 20).await);
    }
}

testkit::store_test!(each_counts_what_they_see);

//! How long lists of large registers take; not run with the others, for figures depend on the machine.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::time::{Duration, Instant};

use declare::Value;
use engines::registers::{Asked, Draft, Shown};
use jiff::civil::date;
use testkit::TestStore;

use super::desk::{TestDesk, draft, text};

const ROWS: usize = 50_000;

fn device(nth: usize) -> Draft {
    let kinds = ["laptop", "laptop", "laptop", "tablet", "other"];
    let mut values = vec![
        ("tag", text(&format!("WL-{nth:05}"))),
        ("kind", Value::Choice(kinds[nth % kinds.len()].to_owned())),
        ("place", text(&format!("Room {}", nth % 60))),
        ("notes", text(&format!("Bought with the trolley of {}; charger number {} is in the box.", nth % 12, nth * 7))),
    ];
    if !nth.is_multiple_of(3) {
        let days = i64::try_from(nth % 900).unwrap();
        values.push(("bought-on", Value::Date(date(2024, 1, 1) + jiff::Span::new().days(days))));
        values.push(("price", Value::Money(i64::try_from(nth % 977).unwrap() * 100)));
    }
    draft(&values)
}

fn percentile(mut times: Vec<Duration>, of: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * of / 100]
}

async fn a_list_of_fifty_thousand_is_quick(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let book = desk.book("office", "assets.hardware").await;
    let begun = Instant::now();
    for some in (0..ROWS).collect::<Vec<_>>().chunks(10_000) {
        let act = store::Act::new("register.import", desk.who("office").await);
        let drafts = some.iter().map(|nth| device(*nth)).collect();
        book.writer().unwrap().enter_all(drafts, Some(act)).await.unwrap();
    }
    println!("{:?}: {ROWS} entered in {:?}", kit.kind, begun.elapsed());
    let sorted = |column: &str, largest| Asked { sort: Some((column.to_owned(), largest)), ..Asked::default() };
    let kinds: Vec<(&str, Asked)> = vec![
        ("first page", Asked::default()),
        ("page 700", Asked { offset: 35_000, ..Asked::default() }),
        ("by place", sorted("place", false)),
        ("by day, newest first", sorted("bought-on", true)),
        ("by day, newest first, page 700", Asked { offset: 35_000, ..sorted("bought-on", true) }),
        ("laptops", Asked { holds: vec![("kind".to_owned(), "laptop".to_owned())], ..Asked::default() }),
        ("laptops by place", Asked { holds: vec![("kind".to_owned(), "laptop".to_owned())], ..sorted("place", false) }),
        ("found: few", Asked { find: "WL-04711".to_owned(), ..Asked::default() }),
        ("found: many", Asked { find: "trolley room 3".to_owned(), ..Asked::default() }),
        ("everything", Asked { shown: Shown::All, ..Asked::default() }),
    ];
    for (what, asked) in kinds {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..40 {
            let begun = Instant::now();
            let listed = book.list(&asked).await.unwrap();
            times.push(begun.elapsed());
            found = listed.total;
        }
        println!(
            "{:?}: {what} of {found}: median {:?}, p99 {:?}",
            kit.kind,
            percentile(times.clone(), 50),
            percentile(times, 99)
        );
    }
    let begun = Instant::now();
    book.counts().await.unwrap();
    println!("{:?}: counts in {:?}", kit.kind, begun.elapsed());
    let cookie = desk.sign_in("office").await;
    let mut times = Vec::new();
    for _ in 0..40 {
        let begun = Instant::now();
        desk.get(&cookie, "/registers/assets/hardware").await;
        times.push(begun.elapsed());
    }
    println!("{:?}: the page: median {:?}, p99 {:?}", kit.kind, percentile(times.clone(), 50), percentile(times, 99));
    let begun = Instant::now();
    let entries = desk.engines.entries(book.school(), "assets.hardware").await.unwrap();
    println!("{:?}: {} read for standings in {:?}", kit.kind, entries.len(), begun.elapsed());
    desk.device("new").await;
    let begun = Instant::now();
    let again = desk.engines.entries(book.school(), "assets.hardware").await.unwrap();
    println!("{:?}: one more, {} read again in {:?}", kit.kind, again.len(), begun.elapsed());
}

mod figures {
    #[test]
    #[ignore = "takes minutes, and prints figures"]
    fn sqlite() {
        testkit::on_sqlite(async |kit| super::a_list_of_fifty_thousand_is_quick(kit).await);
    }
    #[test]
    #[ignore = "takes minutes, and prints figures"]
    fn postgres() {
        testkit::on_postgres(async |kit| super::a_list_of_fifty_thousand_is_quick(kit).await);
    }
}

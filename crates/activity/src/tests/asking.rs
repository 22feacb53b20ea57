//! Questions give what a plain look at every row would give.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::Year;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{open, row};
use crate::{
    ActivityLog as _, By, Count, CountKey, Filter, HostIs, LocalLog, Newest, Outcome, PersonKey, Query, Row, RowId,
    Rows as _, days::day_of, testing,
};

const ROWS: u64 = 4_000;

fn is_meant(filter: &Filter, row: &Row) -> bool {
    let host = match &filter.host {
        None => true,
        Some(HostIs::Exactly(name)) => row.host == *name,
        Some(HostIs::Within(name)) => row.host == *name || row.host.ends_with(&format!(".{name}")),
        Some(HostIs::Containing(text)) => row.host.contains(text),
    };
    host && filter.from.is_none_or(|from| row.at >= from)
        && filter.to.is_none_or(|to| row.at < to)
        && filter.person.is_none_or(|person| row.who.person == Some(person))
        && filter.category.as_ref().is_none_or(|category| row.category.as_ref() == Some(category))
        && (filter.outcomes.is_empty() || filter.outcomes.contains(&row.outcome))
        && filter.clause.as_ref().is_none_or(|label| row.clause.as_ref().is_some_and(|it| it.label == *label))
        && filter.year.is_none_or(|year| row.who.year == Some(year))
        && filter.inspected.is_none_or(|inspected| row.inspected == inspected)
        && filter.class.as_ref().is_none_or(|class| row.who.classes.contains(class))
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let moment = || prop::option::of((0..ROWS).prop_map(|number| row(testing::school(1), number).at));
    let host = prop_oneof![
        (0..45).prop_map(|n| HostIs::Exactly(format!("www.site-{n}.example"))),
        (0..45).prop_map(|n| HostIs::Within(format!("site-{n}.example"))),
        prop::sample::select(vec!["site-1", "7.ex", "%", "_", "' or true --", ""])
            .prop_map(|text| HostIs::Containing(text.to_owned())),
    ];
    let outcomes = prop::collection::vec(prop::sample::select(Outcome::ALL.to_vec()), 0..3);
    let who =
        (prop::option::weighted(0.2, 0u8..13), prop::option::weighted(0.2, 1u8..8), prop::option::weighted(0.2, 0..8));
    let what = (
        prop::option::weighted(0.3, 0..6),
        prop::option::weighted(0.2, 0..5),
        prop::option::weighted(0.2, any::<bool>()),
    );
    (moment(), moment(), prop::option::weighted(0.5, host), outcomes, who, what).prop_map(
        |(from, to, host, outcomes, (person, year, class), (category, clause, inspected))| Filter {
            from,
            to,
            host,
            outcomes,
            person: person.map(|it| PersonKey([it; 16])),
            year: year.and_then(Year::numbered),
            class: class.map(|it| if it == 7 { "Chess 1".to_owned() } else { format!("{it}A") }),
            category: category.map(|it| format!("category-{it}")),
            clause: clause.map(|it| format!("c{it}")),
            inspected,
        },
    )
}

/// A log whose rows are partly in day files and partly in the journal, and its rows, oldest first.
async fn full(root: &std::path::Path) -> (LocalLog, Vec<Row>) {
    let log = open(root, 700);
    let rows: Vec<_> = (0..ROWS).map(|number| row(testing::school(1), number)).collect();
    for some in rows.chunks(500) {
        some.iter().for_each(|row| log.append(row.clone()));
        log.flush().await.unwrap();
    }
    (log, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_answers_as_a_plain_look_does() {
    let root = tempfile::tempdir().unwrap();
    let (log, rows) = full(root.path()).await;
    let school = testing::school(1);
    let handle = tokio::runtime::Handle::current();
    let facts = (
        any_filter(),
        1usize..300,
        prop::sample::select(vec![
            By::Outcome,
            By::Category,
            By::Host,
            By::Clause,
            By::Reason,
            By::Place,
            By::Hour,
            By::Day,
        ]),
    );
    tokio::task::spawn_blocking(move || {
        let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        runner
            .run(&facts, |(filter, limit, by)| {
                let meant: Vec<_> = rows.iter().rev().filter(|row| is_meant(&filter, row)).collect();
                let mut query = Query { filter: filter.clone(), after: None, limit };
                let first = handle.block_on(log.query(school, query.clone())).unwrap();
                prop_assert_eq!(first.entries.len(), meant.len().min(limit));
                prop_assert!(first.entries.iter().zip(&meant).all(|(entry, row)| entry.row == **row));
                prop_assert_eq!(first.next.is_some(), meant.len() > limit);
                query.after = first.next;
                if query.after.is_some() {
                    let second = handle.block_on(log.query(school, query)).unwrap();
                    prop_assert!(
                        second.entries.iter().map(|it| &it.row).eq(meant.iter().skip(limit).take(limit).copied())
                    );
                }
                let mut expected: BTreeMap<CountKey, u64> = BTreeMap::new();
                for row in meant {
                    *expected.entry(key_of(by, row)).or_default() += 1;
                }
                let counted = handle.block_on(log.counts(school, filter, by, 10_000)).unwrap().counts;
                let found: BTreeMap<_, _> = counted.iter().map(|count| (count.key.clone(), count.rows)).collect();
                prop_assert_eq!(found, expected);
                prop_assert_eq!(counted.is_sorted_by(|a, b| in_order(by, a, b)), true);
                Ok(())
            })
            .unwrap();
    })
    .await
    .unwrap();
}

fn key_of(by: By, row: &Row) -> CountKey {
    let word = |word: Option<String>| word.map_or(CountKey::None, CountKey::Word);
    match by {
        By::Outcome => word(Some(row.outcome.to_string())),
        By::Category => word(row.category.clone()),
        By::Host => word(Some(row.host.clone())),
        By::Clause => word(row.clause.as_ref().map(|clause| clause.label.clone())),
        By::Reason => word(Some(row.reason.clone())),
        By::Place => word(row.who.place.as_ref().map(ToString::to_string)),
        By::Hour => CountKey::Hour(Timestamp::from_second(row.at.as_second() / 3_600 * 3_600).unwrap()),
        By::Day => CountKey::Day(day_of(row.at)),
    }
}

fn in_order(by: By, a: &Count, b: &Count) -> bool {
    match by {
        By::Hour | By::Day => a.key < b.key,
        By::Outcome | By::Category | By::Host | By::Clause | By::Reason | By::Place => a.rows >= b.rows,
    }
}

#[tokio::test]
async fn one_row_is_found_by_its_number() {
    let root = tempfile::tempdir().unwrap();
    let (log, rows) = full(root.path()).await;
    let school = testing::school(1);
    let page = log.query(school, Query { limit: 1_000, ..Query::newest(Filter::default()) }).await.unwrap();
    for entry in page.entries.iter().step_by(300) {
        assert_eq!(log.get(school, entry.id).await.unwrap().as_ref(), Some(entry));
    }
    let oldest = log.get(school, RowId(1 << 24)).await.unwrap().unwrap();
    assert!(oldest.row == rows[0]);
    assert_eq!(log.get(school, RowId(0)).await.unwrap(), None);
    assert_eq!(log.get(school, RowId(u64::MAX)).await.unwrap(), None);
}

#[tokio::test]
async fn help_is_counted_and_never_listed() {
    let root = tempfile::tempdir().unwrap();
    let log = open(root.path(), 10);
    let school = testing::school(1);
    let mut watching = log.subscribe(school);
    for number in 0..25 {
        let mut visit = testing::visit(number);
        if number % 5 == 0 {
            visit.outcome = Outcome::Help;
            visit.host = "help.example".into();
        }
        log.append(Row::visit(visit));
    }
    log.flush().await.unwrap();
    assert_eq!(super::all(&log, school).await.len(), 20);
    let asked = Filter { outcomes: vec![Outcome::Help], ..Filter::default() };
    assert!(log.query(school, Query::newest(asked.clone())).await.unwrap().entries.is_empty());
    let hosts = log.counts(school, asked, By::Host, 10).await.unwrap().counts;
    assert_eq!(hosts, [Count { key: CountKey::Word("help.example".into()), rows: 5 }]);
    assert_eq!(log.newest(school, Newest::All, 100).len(), 20);
    let mut seen = 0;
    while let Ok(entry) = watching.try_recv() {
        assert!(!entry.row.is_help());
        seen += 1;
    }
    assert_eq!(seen, 20);
    let of_anybody = Filter { person: Some(PersonKey([5; 16])), outcomes: vec![Outcome::Help], ..Filter::default() };
    assert!(log.counts(school, of_anybody, By::Host, 10).await.unwrap().counts.is_empty());
}

#[tokio::test]
async fn two_schools_are_apart() {
    let root = tempfile::tempdir().unwrap();
    let log = open(root.path(), 50);
    let (one, two) = (testing::school(1), testing::school(2));
    let mut watching = log.subscribe(two);
    for number in 0..120 {
        log.append(row(if number % 3 == 0 { two } else { one }, number));
    }
    log.flush().await.unwrap();
    let (ours, theirs) = (super::all(&log, one).await, super::all(&log, two).await);
    assert_eq!((ours.len(), theirs.len()), (80, 40));
    assert!(ours.iter().all(|entry| entry.row.school == one) && theirs.iter().all(|entry| entry.row.school == two));
    assert!(log.newest(two, Newest::All, 500).iter().all(|entry| entry.row.school == two));
    assert_eq!(watching.try_recv().unwrap().row.school, two);
    assert_eq!((log.status(one).taken, log.status(two).taken), (80, 40));
    let dropped = log.drop_before(one, "2030-01-01".parse().unwrap()).await.unwrap();
    assert_eq!(dropped.rows, 80);
    assert_eq!((super::all(&log, one).await.len(), super::all(&log, two).await.len()), (0, 40));
    let nobody = testing::school(3);
    assert!(super::all(&log, nobody).await.is_empty());
}

#[tokio::test]
async fn the_live_view_shows_what_was_just_refused() {
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let log = open(root.path(), 10_000);
    (0..2_000).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    let check = |log: &LocalLog| {
        let refused = log.newest(school, Newest::JustRefused, 40);
        assert_eq!(refused.len(), 40);
        assert!(refused.iter().all(|entry| Newest::JustRefused.shows(entry.row.outcome)));
        assert!(refused.is_sorted_by(|a, b| a.id > b.id));
        assert!(log.newest(school, Newest::All, 9_999).len() == 500);
        assert!(log.newest(school, Newest::All, 1)[0].row == row(school, 1_999));
    };
    check(&log);
    drop(log);
    check(&open(root.path(), 10_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_alike_are_counted_together_and_none_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let log = open(root.path(), 700);
    let school = testing::school(1);
    let mut rows: Vec<Row> = (0..ROWS).map(|number| row(school, number)).collect();
    // The same once more, a little later: alike but for the milliseconds.
    let again: Vec<Row> =
        rows.iter().map(|row| Row::visit(crate::Visit { bytes_down: 1, ..(**row).clone() })).collect();
    rows.extend(again);
    for some in rows.chunks(500) {
        some.iter().for_each(|row| log.append(row.clone()));
        log.flush().await.unwrap();
    }
    let key = |at: Timestamp, who: &crate::Who, host: &str, path: Option<&str>, outcome: Outcome| {
        let slot = at.as_millisecond() / (crate::alike::ALIKE_MINUTES * 60_000);
        format!("{slot} {:?} {} {host} {path:?} {outcome}", who.person.map(|it| it.0), who.how.id())
    };
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_help()) {
        *wanted.entry(key(row.at, &row.who, &row.host, row.path.as_deref(), row.outcome)).or_default() += 1;
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let mut groups = 0;
    for day in log.days(school).await.unwrap() {
        for one in log.alike(school, day.day).await.unwrap() {
            groups += 1;
            assert_eq!(one.who.device, None);
            *found.entry(key(one.at, &one.who, &one.host, one.path.as_deref(), one.outcome)).or_default() += one.rows;
        }
    }
    assert_eq!(found, wanted);
    assert!(groups <= rows.len() / 2, "{groups} groups of {} rows", rows.len());
}

//! Wherever the machine stops, every row is there once.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{all, assert_rows, open, row};
use crate::{
    ActivityLog as _, Entry, LogError, Rows as _,
    book::Book,
    compact::{self, Step},
    journal::{self, Pen},
    testing,
};

const SEGMENTS: u64 = 4;
const EACH: u64 = 60;

/// The numbers of all rows: few, but over several days.
fn numbers() -> impl DoubleEndedIterator<Item = u64> {
    (0..(SEGMENTS + 1) * EACH).map(|nth| nth * 8)
}

/// A log of several finished segments that span days, and one that is written to; no threads.
fn prepare(root: &std::path::Path) -> Book {
    prepare_holding(root, 100_000)
}

/// The same, where so many rows of finished segments may be in memory.
fn prepare_holding(root: &std::path::Path, most_held: u64) -> Book {
    let school = testing::school(1);
    let (book, mut pen) = Book::open(root, school, broadcast::Sender::new(4), most_held).unwrap();
    for segment in 0..=SEGMENTS {
        let rows = (segment * EACH..(segment + 1) * EACH).map(|number| row(school, number * 8));
        let entries = rows.map(|row| Arc::new(Entry { id: pen.put(&row).unwrap(), row })).collect();
        pen.write().unwrap();
        book.publish(pen.segment(), entries);
        if segment < SEGMENTS {
            pen = Pen::create(&book.journal(), school, pen.segment() + 1).unwrap();
            book.turn_to(pen.segment());
        }
    }
    book
}

fn cut() -> LogError {
    LogError::Closed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_step_neither_loses_nor_doubles_a_row() {
    let school = testing::school(1);
    let today = "2027-06-01".parse().unwrap();
    let (mut stops, mut seen) = (0, Vec::new());
    loop {
        let root = tempfile::tempdir().unwrap();
        let book = prepare(root.path());
        let mut steps = 0;
        let done = tokio::task::spawn_blocking(move || {
            let mut last = None;
            let done = compact::run(&book, today, &mut |step| {
                steps += 1;
                last = Some(step);
                if steps > stops { Err(cut()) } else { Ok(()) }
            });
            (done.is_ok(), last)
        })
        .await
        .unwrap();
        seen.extend(done.1);
        // What a stop left is looked at once as it is, and once after upkeep went on from there.
        for _ in 0..2 {
            let log = open(root.path(), 1_000_000);
            assert_rows(&all(&log, school).await, school, numbers());
            while log.status(school).in_journal > EACH {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            assert_rows(&all(&log, school).await, school, numbers());
            log.close().await.unwrap();
        }
        if done.0 {
            break;
        }
        stops += 1;
    }
    for step in [Step::Written, Step::Named, Step::JournalRemoved, Step::Merged, Step::OneRemoved] {
        assert!(seen.contains(&step), "never stopped at {step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_comes_back_is_not_read_twice() {
    let school = testing::school(1);
    for merged in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let book = prepare(root.path());
        let path = journal::path_of(&book.journal(), 2);
        let bytes = std::fs::read(&path).unwrap();
        // Before the days of the rows nothing is over, so nothing is merged.
        let today = if merged { "2027-06-01" } else { "2026-01-01" }.parse().unwrap();
        tokio::task::spawn_blocking(move || compact::run(&book, today, &mut |_| Ok(())).unwrap()).await.unwrap();
        assert!(!path.exists());
        std::fs::write(&path, bytes).unwrap();
        let log = open(root.path(), 1_000_000);
        assert_rows(&all(&log, school).await, school, numbers());
    }
}

#[test]
fn day_files_are_the_same_from_memory_and_from_the_journal() {
    let files = |most_held| {
        let root = tempfile::tempdir().unwrap();
        let book = prepare_holding(root.path(), most_held);
        assert_eq!(book.held(1).unwrap().is_some(), most_held > 0);
        compact::run(&book, "2026-01-01".parse().unwrap(), &mut |_| Ok(())).unwrap();
        let days = std::fs::read_dir(book.days()).unwrap().map(|day| day.unwrap().path());
        let files = days.flat_map(|day| std::fs::read_dir(day).unwrap().map(|file| file.unwrap().path()));
        let read = |path: std::path::PathBuf| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap());
        files.map(read).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (from_memory, from_journal) = (files(100_000), files(0));
    assert!(from_memory.len() >= SEGMENTS as usize && from_memory == from_journal);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_over_become_one_file() {
    let school = testing::school(1);
    let root = tempfile::tempdir().unwrap();
    let book = prepare(root.path());
    let book = tokio::task::spawn_blocking(move || {
        compact::run(&book, "2027-06-01".parse().unwrap(), &mut |_| Ok(())).unwrap();
        book
    })
    .await
    .unwrap();
    let infos = book.day_infos();
    assert!(infos.len() > 1 && infos.iter().all(|info| info.files <= 1), "{infos:?}");
    assert_eq!(infos.iter().map(|info| info.rows).sum::<u64>(), (SEGMENTS + 1) * EACH);
    let on_disk: usize = std::fs::read_dir(book.days())
        .unwrap()
        .map(|day| std::fs::read_dir(day.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(on_disk, infos.iter().map(|info| info.files).sum::<usize>());
    drop(book);
    assert_rows(&all(&open(root.path(), 1_000_000), school).await, school, numbers());
}

#[tokio::test]
async fn a_day_file_that_cannot_be_read_is_told() {
    let school = testing::school(1);
    let root = tempfile::tempdir().unwrap();
    let log = open(root.path(), 100);
    (0..2_000).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    while log.days(school).await.unwrap().iter().filter(|day| day.files > 0).count() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    log.close().await.unwrap();
    drop(log);
    let days = root.path().join(school.to_string()).join("days");
    let day = std::fs::read_dir(&days).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(&day).unwrap() {
        std::fs::write(file.unwrap().path(), b"PAR1 no more").unwrap();
    }
    let log = open(root.path(), 100);
    assert!(!log.status(school).unreadable.is_empty());
    let page = log.query(school, crate::Query::newest(crate::Filter::default())).await.unwrap();
    assert!(!page.complete && !page.entries.is_empty());
}

/// A byte of a journal changes on disk: the row is lost, and that it is outlives the journal and the program.
#[tokio::test(flavor = "multi_thread")]
async fn what_damage_took_of_a_journal_is_a_loss_for_ever() {
    let school = testing::school(1);
    let root = tempfile::tempdir().unwrap();
    let book = prepare(root.path());
    for segment in [2, SEGMENTS + 1] {
        let path = journal::path_of(&book.journal(), segment);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    drop(book);
    let lost = |log: &crate::LocalLog| {
        let status = log.status(school);
        assert!(status.losses.iter().all(|loss| loss.from < loss.to), "{:?}", status.losses);
        (status.lost, status.losses.len())
    };
    for start in 0..4 {
        let log = open(root.path(), 1_000_000);
        assert_eq!(lost(&log), (2, 2), "start {start}");
        if start == 1 {
            // Everything becomes day files, what was written last too.
            log.drop_before(school, "2027-01-01".parse().unwrap()).await.unwrap();
            assert_eq!(journal::segments(&root.path().join(school.to_string()).join("journal")).unwrap().len(), 1);
            assert_eq!(lost(&log), (2, 2), "it is there once");
        }
        log.close().await.unwrap();
    }
}

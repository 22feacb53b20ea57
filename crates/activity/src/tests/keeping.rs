//! What the log does while it works: upkeep beside questions, losses, a disk that refuses, retention.

use std::{sync::Arc, time::Duration};

use super::{StandingClock, all, assert_rows, open, open_with, row};
use crate::{ActivityLog as _, By, Filter, LocalLog, LogError, Options, Query, Rows as _, testing};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn questions_see_every_row_once_while_upkeep_goes_on() {
    const ROWS: u64 = 6_000;
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let log = Arc::new(open(root.path(), 150));
    let writing = log.clone();
    let writer = tokio::spawn(async move {
        for number in 0..ROWS {
            writing.append(row(school, number));
            if number % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    });
    let (mut before, mut asked) = (0, 0);
    while !writer.is_finished() || asked < 5 {
        let at_least = log.status(school).taken;
        let counts = log.counts(school, Filter::default(), By::Outcome, 10).await.unwrap();
        let rows: u64 = counts.counts.iter().map(|count| count.rows).sum();
        assert!(rows >= at_least.max(before) && rows <= log.status(school).taken, "{rows} of {at_least}");
        let page = log.query(school, Query { limit: 1_000, ..Query::newest(Filter::default()) }).await.unwrap();
        assert!(page.entries.is_sorted_by(|a, b| (a.row.at, a.id) > (b.row.at, b.id)), "a row twice");
        assert!(page.entries.len() >= usize::try_from(rows.min(1_000)).unwrap());
        (before, asked) = (rows, asked + 1);
    }
    writer.await.unwrap();
    log.flush().await.unwrap();
    assert_rows(&all(&log, school).await, school, 0..ROWS);
    assert_eq!(log.status(school).lost, 0);
}

#[tokio::test]
async fn what_is_lost_is_counted_and_remembered() {
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let options = Options { queue: 8, ..Options::default() };
    let log = LocalLog::open(root.path(), StandingClock::at("2026-11-24T10:00:00Z"), options.clone()).unwrap();
    log.append(row(school, 0));
    log.flush().await.unwrap();
    let book = log.shared.book(school).unwrap();
    let stuck = book.state();
    let started = std::time::Instant::now();
    (1..20_000).for_each(|number| log.append(row(school, number)));
    assert!(started.elapsed() < Duration::from_secs(10), "append waited");
    drop(stuck);
    log.flush().await.unwrap();
    let status = log.status(school);
    assert!(status.lost > 15_000);
    assert_eq!(status.lost + status.taken, 20_000);
    log.close().await.unwrap();
    drop(log);
    let log = LocalLog::open(root.path(), StandingClock::at("2026-11-24T10:00:00Z"), options).unwrap();
    let remembered = log.status(school);
    assert_eq!(remembered.lost, status.lost);
    assert_eq!(remembered.losses.iter().map(|loss| loss.rows).sum::<u64>(), status.lost);
    assert_eq!(remembered.losses.last().unwrap().to, row(school, 19_999).at);
}

#[tokio::test]
async fn where_day_files_cannot_be_written_nothing_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let log = open_with(root.path(), Options { segment_rows: 100, held_rows: 300, ..Options::default() });
    log.append(row(school, 0));
    log.flush().await.unwrap();
    let days = root.path().join(school.to_string()).join("days");
    std::fs::remove_dir_all(&days).unwrap();
    std::fs::write(&days, "in the way").unwrap();
    for number in 1..1_500 {
        log.append(row(school, number));
        if number % 90 == 0 {
            log.flush().await.unwrap();
        }
    }
    log.flush().await.unwrap();
    let until = |told: fn(&crate::Status) -> bool| {
        let log = &log;
        async move {
            for _ in 0..2_000 {
                if told(&log.status(school)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("{:?}", log.status(school));
        }
    };
    until(|status| status.trouble.is_some() && status.unseen_journals > 0).await;
    let page = log.query(school, Query::newest(Filter::default())).await.unwrap();
    assert!(!page.complete && page.entries.len() == 50, "the newest are there, and it says that not all are");
    std::fs::remove_file(&days).unwrap();
    std::fs::create_dir(&days).unwrap();
    until(|status| status.trouble.is_none() && status.unseen_journals == 0).await;
    assert_rows(&all(&log, school).await, school, 0..1_500);
}

#[tokio::test]
async fn retention_drops_whole_days() {
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let log = open(root.path(), 500);
    (0..4_000).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    let days = log.days(school).await.unwrap();
    assert!(days.len() > 3 && days.iter().map(|day| day.rows).sum::<u64>() == 4_000);
    let first_kept = days[2].day;
    let highest = log.newest(school, crate::Newest::All, 1)[0].id;
    let dropped = log.drop_before(school, first_kept).await.unwrap();
    assert_eq!(dropped.days, [days[0].day, days[1].day]);
    assert_eq!(dropped.rows, days[0].rows + days[1].rows);
    assert_rows(&all(&log, school).await, school, dropped.rows..4_000);
    assert_eq!(log.drop_before(school, first_kept).await.unwrap(), crate::Dropped::default());
    let everything = log.drop_before(school, "2099-01-01".parse().unwrap()).await.unwrap();
    assert_eq!(everything.rows, 4_000 - dropped.rows);
    assert!(log.newest(school, crate::Newest::All, 10).is_empty());
    drop(log);
    let log = open(root.path(), 500);
    assert!(all(&log, school).await.is_empty(), "what was dropped does not come back");
    log.append(row(school, 1));
    log.flush().await.unwrap();
    let again = all(&log, school).await;
    assert!(again[0].id > highest, "a number is never used twice");
}

#[tokio::test]
async fn one_process_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let log = open(root.path(), 500);
    let clock = StandingClock::at("2026-11-24T10:00:00Z");
    assert!(matches!(
        LocalLog::open(root.path(), clock.clone(), Options::default()),
        Err(LogError::File { what: "lock", .. })
    ));
    log.close().await.unwrap();
    log.append(row(testing::school(1), 1));
    assert_eq!(log.status(testing::school(1)).lost, 1, "a closed log counts what it does not take");
    assert!(matches!(log.flush().await, Err(LogError::Closed)));
    drop(log);
    LocalLog::open(root.path(), clock, Options::default()).unwrap();
}

#[tokio::test]
async fn a_folder_may_have_any_name() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("the school's [log] 100% *?");
    let school = testing::school(1);
    let log = open(&folder, 100);
    (0..1_000).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    while log.status(school).in_journal > 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_rows(&all(&log, school).await, school, 0..1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_every_row_while_the_log_goes_on() {
    let (root, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let school = testing::school(1);
    let log = open(root.path(), 200);
    for copy in 1..=3 {
        ((copy - 1) * 1_000..copy * 1_000).for_each(|number| log.append(row(school, number)));
        let to = copies.path().join(copy.to_string());
        log.copy_to(&to).await.unwrap();
        assert_rows(&all(&open(&to, 200), school).await, school, 0..copy * 1_000);
    }
    assert_rows(&all(&log, school).await, school, 0..3_000);
}

/// As a backup does it: from beside, by nothing but the files, while rows come, segments end, and small day files become
/// large ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_from_beside_has_every_row_that_was_written() {
    let (root, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let school = testing::school(1);
    let log = open(root.path(), 50);
    for copy in 1..=10_u64 {
        ((copy - 1) * 400..copy * 400).for_each(|number| log.append(row(school, number)));
        log.flush().await.unwrap();
        // Some upkeep, and copies at other moments of it.
        tokio::time::sleep(Duration::from_millis(copy * 7)).await;
        let (from, to) = (root.path().to_owned(), copies.path().join(copy.to_string()));
        let beside = to.clone();
        tokio::task::spawn_blocking(move || crate::copy_beside(&from, &beside)).await.unwrap().unwrap();
        assert_rows(&all(&open(&to, 50), school).await, school, 0..copy * 400);
    }
    assert_eq!(log.status(school).trouble, None);
    assert_rows(&all(&log, school).await, school, 0..4_000);
}

/// Nothing is made or removed under the hands of whoever copies, and the log goes on writing.
#[tokio::test(flavor = "multi_thread")]
async fn upkeep_waits_for_a_copy() {
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let log = open(root.path(), 50);
    (0..10).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    let days = root.path().join(school.to_string()).join("days");
    let copying = std::fs::File::open(&days).unwrap();
    copying.lock_shared().unwrap();
    (10..500).for_each(|number| log.append(row(school, number)));
    log.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(std::fs::read_dir(&days).unwrap().count(), 0, "no day file was made meanwhile");
    assert_rows(&all(&log, school).await, school, 0..500);
    drop(copying);
    while log.status(school).in_journal > 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_rows(&all(&log, school).await, school, 0..500);
}

/// Whoever waits for a page never waits for day files.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn upkeep_runs_where_nothing_else_would() {
    const SCHED_IDLE: &str = "5";
    let root = tempfile::tempdir().unwrap();
    let _log = open(root.path(), 100);
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("stat"));
    let policy_of_upkeep = || {
        let stat = threads().filter_map(|stat| std::fs::read_to_string(stat).ok());
        // After the name, the fields from the third on: the policy is the 41st (proc_pid_stat(5)).
        let mut fields =
            stat.filter_map(|stat| Some(stat.split_once("(activity-upkee")?.1.rsplit_once(") ")?.1.to_owned()));
        fields.next().and_then(|fields| fields.split(' ').nth(41 - 3).map(str::to_owned))
    };
    while policy_of_upkeep().as_deref() != Some(SCHED_IDLE) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! What was answered more than a second ago survives `kill -9`.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{all, open, row};
use crate::{ActivityLog as _, Rows as _, testing};

/// The process that is killed: appends rows and says so, until it is. The folder comes by standard input.
#[test]
#[ignore = "is run, and killed, by the test below"]
fn writes_until_it_is_killed() {
    let mut lines = std::io::stdin().lines();
    let (Some(Ok(folder)), Some(Ok(first))) = (lines.next(), lines.next()) else { return };
    let first: u64 = first.parse().unwrap();
    let log = open(folder.as_ref(), 300);
    let mut out = std::io::stdout();
    for number in first..first + 1_000_000 {
        log.append(row(testing::school(1), number));
        writeln!(out, "answered {number}").unwrap();
        std::thread::sleep(Duration::from_micros(700));
    }
}

#[tokio::test]
async fn what_was_answered_a_second_ago_survives() {
    const ROUNDS: u64 = 6;
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    let mut first = 0;
    let mut promised: Vec<std::ops::RangeInclusive<u64>> = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::kills::writes_until_it_is_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}\n{first}", root.path().display()).unwrap();
        let mut answered: Vec<(Instant, u64)> = Vec::new();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut end = None;
        for line in lines {
            let Some(number) = line.strip_prefix("answered ") else { continue };
            answered.push((Instant::now(), number.parse().unwrap()));
            let end = *end.get_or_insert_with(|| Instant::now() + Duration::from_millis(1_200 + round * 130));
            if Instant::now() >= end {
                break;
            }
        }
        child.kill().unwrap();
        let killed = Instant::now();
        child.wait().unwrap();
        let old = answered.iter().rfind(|(when, _)| killed - *when > Duration::from_secs(1)).unwrap().1;
        promised.push(first..=old);
        first = answered.last().unwrap().1 + 10_000;

        let log = open(root.path(), 300);
        let rows = all(&log, school).await;
        let mut numbers = rows.iter().map(|entry| entry.row.at).collect::<Vec<_>>();
        numbers.dedup();
        assert_eq!(numbers.len(), rows.len(), "a row twice");
        for number in promised.iter().cloned().flatten() {
            let expected = row(school, number);
            let found = rows.binary_search_by(|entry| expected.at.cmp(&entry.row.at));
            assert!(found.is_ok_and(|nth| rows[nth].row == expected), "row {number} of round {round} is gone");
        }
        let status = log.status(school);
        assert_eq!((status.damaged_bytes, status.lost, status.unreadable.len()), (0, 0, 0));
    }
}

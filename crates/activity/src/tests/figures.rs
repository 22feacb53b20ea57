//! How fast it is: `cargo test -p activity -- --ignored --nocapture figures`, best with `--release`.

use std::{io::Write as _, time::Instant};

use super::{StandingClock, row};
use crate::{
    ActivityLog as _, By, Filter, HostIs, LocalLog, Newest, Options, Outcome, PersonKey, Query, Row, Rows as _, Visit,
    testing,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; prints figures"]
async fn figures() {
    const ROWS: u64 = 1_000_000;
    let mut out = std::io::stdout();
    let root = tempfile::tempdir().unwrap();
    let school = testing::school(1);
    // A busy week: three rows in two seconds.
    let options = Options { queue: 65_536, ..Options::default() };
    let log = LocalLog::open(root.path(), StandingClock::at("2027-06-01T12:00:00Z"), options).unwrap();
    let started = Instant::now();
    for number in 0..ROWS {
        let visit: Visit = (*row(school, number)).clone();
        let at =
            testing::at("2026-11-16T00:00:00Z") + jiff::Span::new().milliseconds(i64::try_from(number).unwrap() * 600);
        log.append(Row::visit(Visit { at, ..visit }));
        // A caller that is faster than the log would lose rows; this one waits now and then.
        if number % 20_000 == 0 {
            log.flush().await.unwrap();
        }
    }
    log.flush().await.unwrap();
    let took = started.elapsed();
    let status = log.status(school);
    writeln!(
        out,
        "appended {ROWS} rows in {took:.1?}: {:.0} rows/s, {} lost",
        f64::from(u32::try_from(ROWS).unwrap()) / took.as_secs_f64(),
        status.lost
    )
    .unwrap();
    while log.status(school).in_journal > 70_000 || log.days(school).await.unwrap().iter().any(|day| day.files > 1) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let days = log.days(school).await.unwrap();
    writeln!(
        out,
        "in day files after {:.1?}: {} days, {} KiB, {} rows still in the journal",
        started.elapsed(),
        days.len(),
        days.iter().map(|day| day.bytes).sum::<u64>() / 1024,
        log.status(school).in_journal
    )
    .unwrap();
    let all = Filter::default();
    let facts = [
        ("newest 50", all.clone()),
        ("newest 50 of a person", Filter { person: Some(PersonKey([5; 16])), ..all.clone() }),
        ("newest 50 blocked", Filter { outcomes: vec![Outcome::Blocked], ..all.clone() }),
        ("a host part that nobody has", Filter { host: Some(HostIs::Containing("zebra".into())), ..all.clone() }),
    ];
    for (what, filter) in facts {
        let started = Instant::now();
        let found = log.query(school, Query::newest(filter)).await.unwrap().entries.len();
        writeln!(out, "{what}: {:.1?} ({found} rows)", started.elapsed()).unwrap();
    }
    for by in [By::Outcome, By::Host, By::Hour, By::Day] {
        let started = Instant::now();
        let counts = log.counts(school, all.clone(), by, 1_000).await.unwrap().counts;
        writeln!(out, "counts by {by:?}: {:.1?} ({} keys)", started.elapsed(), counts.len()).unwrap();
    }
    let started = Instant::now();
    let live = log.newest(school, Newest::JustRefused, 50).len();
    writeln!(out, "live view: {:.1?} ({live} rows)", started.elapsed()).unwrap();
    log.close().await.unwrap();
    drop(log);
    let started = Instant::now();
    let log = LocalLog::open(root.path(), StandingClock::at("2027-06-01T12:00:00Z"), Options::default()).unwrap();
    writeln!(
        out,
        "opened again in {:.1?} with {} rows in the journal",
        started.elapsed(),
        log.status(school).in_journal
    )
    .unwrap();
}

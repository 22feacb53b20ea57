//! How long a school with three years of rows waits: the promises are 50 ms for a page of a register of 50,000 rows at
//! the 99th percentile, 1 s for all standings, 5 s for an import of 10,000 rows.
//!
//! Each figure is of whole requests, from the guard to the last byte of the page, on SQLite and, where there is one, on
//! PostgreSQL. `cargo bench -p bench-desk --bench registers`; after `--` may stand `small` for a twentieth of the rows,
//! `sqlite` or `postgres` for one of the databases, `large` or `years` for one of the two schools.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark stops where something is not as it says, and prints what it measured"
)]

mod desk;
mod rows;

use std::time::{Duration, Instant};

use testkit::{Kind, TestStore};

use self::desk::Desk;

/// How many requests of a kind are measured.
const TIMES: usize = 200;

/// How much of everything there is.
#[derive(Clone, Copy)]
struct Size {
    pupils: u32,
    devices: usize,
    clauses: usize,
    import: usize,
    part: usize,
}

const WHOLE: Size = Size { pupils: 1_000, devices: 50_000, clauses: 600, import: 10_000, part: 1 };
const SMALL: Size = Size { pupils: 60, devices: 2_500, clauses: 600, import: 500, part: 20 };

/// Whether a word stands after `--`, or none of those that it would be one of.
fn is_asked(word: &str, of: [&str; 2]) -> bool {
    let said = |word: &str| std::env::args().any(|argument| argument == word);
    said(word) || !of.into_iter().any(said)
}

fn main() {
    let size = if std::env::args().any(|argument| argument == "small") { SMALL } else { WHOLE };
    let (databases, schools) = (["sqlite", "postgres"], ["large", "years"]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut kits = Vec::new();
        if is_asked("sqlite", databases) {
            kits.push(testkit::sqlite().await);
        }
        if is_asked("postgres", databases) {
            kits.extend(testkit::postgres().await);
        }
        for kit in &kits {
            measure(kit, size, schools).await;
        }
    });
}

async fn measure(kit: &TestStore, size: Size, schools: [&str; 2]) {
    let name = match kit.kind {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "PostgreSQL",
    };
    println!("{name}");
    if is_asked("large", schools) {
        large_register(kit, size).await;
    }
    if is_asked("years", schools) {
        three_years(kit, size).await;
    }
    println!();
}

/// A register of 50,000 devices, and an import into it.
async fn large_register(kit: &TestStore, size: Size) {
    let desk = Desk::open(kit, "large", 40, 20).await;
    let begun = Instant::now();
    rows::devices(&desk, size.devices).await;
    say("devices entered", begun.elapsed(), None);
    for (what, path) in [
        ("a page of the list", "/registers/assets/hardware"),
        ("the last page", &format!("/registers/assets/hardware?page={}", size.devices / 50)),
        ("a page in the middle", &format!("/registers/assets/hardware?page={}", size.devices / 100)),
        ("sorted by place", "/registers/assets/hardware?sort=place"),
        ("the last page by place", &format!("/registers/assets/hardware?sort=-place&page={}", size.devices / 50)),
        ("laptops alone", "/registers/assets/hardware?f-kind=laptop"),
        ("found by a tag", "/registers/assets/hardware?find=WL-00711"),
        ("found by a word that all have", "/registers/assets/hardware?find=charger"),
    ] {
        requests(&desk, what, path, Duration::from_millis(50)).await;
    }
    after_changes(&desk).await;
    let file = rows::sheet(size.import);
    let begun = Instant::now();
    let looked = desk.send_file("/registers/assets/hardware/import", &file).await;
    let shown = begun.elapsed();
    desk.say_yes("/registers/assets/hardware/import/apply", &looked).await;
    say("an import looked at", shown, None);
    say("the import as a whole", begun.elapsed(), Some(Duration::from_secs(5)));
    let before = peak();
    let begun = Instant::now();
    let book = desk.get("/registers/assets/hardware/export.xlsx?f-kind=laptop").await;
    assert_eq!(book.0, 200, "{}", book.1);
    say(&format!("a workbook of {} laptops", size.devices * 3 / 5 + size.import), begun.elapsed(), None);
    if let Some((before, after)) = before.zip(peak()) {
        println!("  most memory before it: {before} MB; with it: {after} MB");
    }
    // More than a workbook holds is refused, with what to do instead.
    if size.part == 1 {
        let refused = desk.get("/registers/assets/hardware/export.xlsx").await;
        assert!(refused.0 == 400 && refused.1.contains("take it as CSV"), "{}", refused.1);
    }
    desk.close().await;
}

/// The most memory that this process has had, in MB; none where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? / 1024)
}

/// Three years of a school of 1,000 pupils under a policy of 600 clauses that all report.
async fn three_years(kit: &TestStore, size: Size) {
    let desk = Desk::open(kit, "years", size.pupils, size.clauses).await;
    let begun = Instant::now();
    let entered = rows::three_years(&desk, size.part).await;
    println!("  {entered} rows entered in {:.1?}", begun.elapsed());
    let desk = desk.anew();
    let begun = Instant::now();
    let judged = desk.judge().await;
    println!("  {judged} bindings are judged");
    say("all standings, the first time", begun.elapsed(), Some(Duration::from_secs(1)));
    let begun = Instant::now();
    desk.judge().await;
    say("all standings again", begun.elapsed(), Some(Duration::from_secs(1)));
    rows::one_more(&desk, 9_999).await;
    let begun = Instant::now();
    desk.judge().await;
    say("all standings after one more row", begun.elapsed(), Some(Duration::from_secs(1)));
    let begun = Instant::now();
    desk.store_standings().await;
    say("all standings, and stored", begun.elapsed(), None);
    requests(&desk, "the policy page", "/policy", Duration::from_millis(250)).await;
    requests(&desk, "the list of registers", "/registers", Duration::from_millis(50)).await;
    requests(&desk, "what is due", "/due", Duration::from_millis(250)).await;
    desk.close().await;
}

/// Measures the same request many times.
async fn requests(desk: &Desk, what: &str, path: &str, promise: Duration) {
    let first = desk.get(path).await;
    assert_eq!(first.0, 200, "{path}: {}", first.1);
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        desk.get(path).await;
        times.push(begun.elapsed());
    }
    percentiles(&format!("{what} ({} kB)", first.1.len() / 1_000), times, promise);
}

/// The list while somebody enters devices one by one: nothing that was counted before holds for the next page.
async fn after_changes(desk: &Desk) {
    for (what, path) in [
        ("a page after a change", "/registers/assets/hardware"),
        ("laptops after a change", "/registers/assets/hardware?f-kind=laptop"),
    ] {
        let mut times = Vec::with_capacity(TIMES);
        for nth in 0..TIMES {
            rows::one_more(desk, nth + times.capacity() * path.len()).await;
            let begun = Instant::now();
            desk.get(path).await;
            times.push(begun.elapsed());
        }
        percentiles(what, times, Duration::from_millis(50));
    }
}

fn percentiles(what: &str, mut times: Vec<Duration>, promise: Duration) {
    times.sort();
    let at = |percent: usize| times.get((times.len() - 1) * percent / 100).copied().unwrap_or_default();
    println!("  {what}: median {:.1?}", at(50));
    say(&format!("{what}, 99th percentile"), at(99), Some(promise));
}

fn say(what: &str, took: Duration, promise: Option<Duration>) {
    let kept = match promise {
        Some(promise) if took > promise => format!(" ABOVE {promise:?}"),
        Some(promise) => format!(" (promised: {promise:?})"),
        None => String::new(),
    };
    println!("  {what}: {took:.1?}{kept}");
}

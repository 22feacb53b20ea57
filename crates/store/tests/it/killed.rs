//! `kill -9` during a stream of acts: no act that was answered is lost, no row is without its entry, no
//! entry without its row. The child is this same test program, told by an environment variable what to do.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use store::{Act, Actor, Settings, Store, entity::people_class, ids, ledger::Which};
use testkit::TestStore;

const URL: &str = "GATEHOUSE_KILLED_URL";
const KEYS: &str = "GATEHOUSE_KILLED_KEYS";

/// The child: opens the store and adds classes, one act each, saying each one's identifier once its act
/// was answered. It ends when it is killed. Run as an ordinary test it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent tells the child by its environment")]
fn the_child_that_is_killed() {
    let (Ok(url), Ok(keys)) = (std::env::var(URL), std::env::var(KEYS)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let now = "2026-11-24T10:15:00Z".parse().unwrap();
        let mut settings = Settings::new(url, keys);
        settings.readers = 2;
        let store = Store::open(&settings, now).await.unwrap();
        let school = store.school("north").await.unwrap();
        loop {
            let id = ids::new_id(now).unwrap();
            let row = people_class::Model {
                id,
                school_id: school.id().0,
                outside_id: id.to_string(),
                name: "5B".into(),
                year: None,
            };
            let act = Act::new("people.class", Actor::Gatehouse).about(id).with(serde_json::json!({ "name": "5B" }));
            school.act(act, now, async |tx| tx.insert(row).await).await.unwrap();
            // Answered. Not by println, which the test harness would catch.
            use std::io::Write;
            // In one piece, so that it is said or not.
            std::io::stderr().write_all(format!("did {id}\n").as_bytes()).unwrap();
        }
    });
}

/// Starts the child, kills it after a while, and gives what it had answered.
fn start_and_kill(settings: &Settings, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::the_child_that_is_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(URL, &settings.url)
        .env(KEYS, &settings.keys_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // The first act shows that it is under way; the rest is a race.
    let mut answered = vec![lines.next().expect("the child died before its first act").unwrap()];
    std::thread::sleep(after);
    child.kill().unwrap();
    answered.extend(lines.map_while(Result::ok));
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    answered.iter().map(|line| line.strip_prefix("did ").unwrap_or_else(|| panic!("{line}")).to_owned()).collect()
}

async fn survives(kit: &TestStore, kills: u64) {
    let school = kit.store.create_school("north", "North Primary School", kit.now()).await.unwrap();
    let started = Instant::now();
    let mut answered = Vec::new();
    let mut checked = 0;
    for kill in 0..kills {
        // Spread over a few milliseconds, finer than an act takes.
        let after = Duration::from_micros(kill * 7919 % 12_000);
        answered.extend(start_and_kill(kit.settings(), after));
        let (head, _) = school.ledger().head().await.unwrap();
        let rows = school.read().find::<people_class::Entity>().count().await.unwrap();
        assert_eq!(u64::try_from(head).unwrap(), rows + 1, "after kill {kill}: as many entries as rows");
        if kill % 20 == 0 || kill + 1 == kills {
            checked = check_all(kit, &school, &answered).await;
        }
    }
    eprintln!(
        "{:?}: {kills} kills in {:.1?}, {} acts answered, {checked} in the ledger",
        kit.kind,
        started.elapsed(),
        answered.len()
    );
    assert!(answered.len() as u64 >= kills);
}

/// Looks at every row, entry and event.
async fn check_all(kit: &TestStore, school: &store::School, answered: &[String]) -> usize {
    let report = school.ledger().verify().await.unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
    let which = Which { act: Some("people.class".into()), limit: Some(1_000_000), ..Which::default() };
    let mut entries: Vec<_> =
        school.ledger().entries(&which).await.unwrap().iter().map(|entry| entry.subject.unwrap()).collect();
    let mut rows: Vec<_> =
        school.read().find::<people_class::Entity>().all().await.unwrap().iter().map(|row| row.id).collect();
    let mut events: Vec<_> = kit.store.outbox().pending("test", 1_000_000).await.unwrap();
    events.retain(|event| event.kind == "people.class");
    let mut told: Vec<_> =
        events.iter().map(|event| event.payload["subject"].as_str().unwrap().parse().unwrap()).collect();
    for all in [&mut entries, &mut rows, &mut told] {
        all.sort();
    }
    assert_eq!(entries, rows, "no row without its entry, no entry without its row");
    assert_eq!(told, rows, "and its event");
    for id in answered {
        assert!(rows.binary_search(&id.parse().unwrap()).is_ok(), "the act about {id} was answered and is lost");
    }
    rows.len()
}

#[test]
fn sqlite() {
    testkit::on_sqlite(async |kit| survives(kit, 300).await);
}

#[test]
fn postgres() {
    testkit::on_postgres(async |kit| survives(kit, 40).await);
}

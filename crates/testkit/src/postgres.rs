//! The PostgreSQL that tests use: the one that `GATEHOUSE_TEST_PG` names, else one that
//! `script/postgres` starts for this test program and that ends with it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
};

/// Keeps the cluster's standard input open; it stops when that closes, which the end of this program does.
static RUNNING: Mutex<Option<Child>> = Mutex::new(None);
static URL: OnceLock<Option<String>> = OnceLock::new();

/// The address of a PostgreSQL for tests; none where there is none on this machine.
pub(crate) fn url() -> Option<&'static str> {
    URL.get_or_init(|| {
        if let Some(url) = environment("GATEHOUSE_TEST_PG") {
            return Some(url);
        }
        let started = start();
        if let Err(why) = &started {
            assert!(environment("CI").is_none(), "tests in CI need PostgreSQL: {why}");
            eprintln!("testkit: NO POSTGRESQL, SO THESE TESTS RAN ON SQLITE ONLY: {why}");
        }
        started.ok()
    })
    .as_deref()
}

fn start() -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../script/postgres");
    let mut child = Command::new(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("script/postgres does not start: {error}"))?;
    let output = child.stdout.take().ok_or("script/postgres has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).map_err(|error| format!("script/postgres says nothing: {error}"))?;
    let url = line.trim().to_owned();
    if url.is_empty() {
        return Err("script/postgres could not start one".to_owned());
    }
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    Ok(url)
}

#[expect(clippy::disallowed_methods, reason = "which database tests use is told by the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

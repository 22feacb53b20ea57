//! Questions to a resolver: half of them for names of the lists, half for names that it has in its cache. Asked by dnsperf
//! (of the package dnsperf) on the load's core.

use std::{
    fmt::Write as _,
    fs,
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{Arguments, process::Process};

/// What questions cost.
pub(crate) struct Figure {
    /// Microseconds of processor time for one.
    pub(crate) micros: f64,
    rate: f64,
    lost: u64,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { micros, rate, lost } = self;
        let core = 1e6 / micros;
        write!(f, "{micros:.2} µs, so {core:.0} a second of one core; {rate:.0} a second by the clock, {lost} lost")
    }
}

/// Writes the file of questions.
pub(crate) fn questions(folder: &Path, names: &[String]) -> anyhow::Result<PathBuf> {
    let path = folder.join("questions");
    let mut text = String::new();
    for (nth, name) in names.iter().step_by((names.len() / 10_000).max(1)).enumerate() {
        let _ = writeln!(text, "{name} A\nn{}.origin.test A", nth % 1000);
    }
    if names.is_empty() {
        for nth in 0..1000 {
            let _ = writeln!(text, "n{nth}.origin.test A");
        }
    }
    fs::write(&path, text)?;
    Ok(path)
}

/// The median of several measures.
pub(crate) async fn measure(
    arguments: &Arguments,
    process: &Process,
    at: SocketAddr,
    questions: &Path,
) -> anyhow::Result<Figure> {
    let mut all = Vec::new();
    for turn in 0..=arguments.repeat {
        let before = process.time();
        let mut command = Command::new("dnsperf");
        command
            .args(["-s", "127.0.0.1", "-p", &at.port().to_string(), "-c", "8", "-q", "200", "-l", "3", "-S", "0", "-d"])
            .arg(questions);
        let ended = tokio::task::spawn_blocking(move || command.output()).await?.context("dnsperf is needed")?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let read = |name: &str| -> Option<f64> {
            said.lines().find_map(|line| line.trim().strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        let (Some(done), Some(rate)) = (read("Queries completed:"), read("Queries per second:")) else {
            anyhow::bail!("dnsperf: {said}{}", String::from_utf8_lossy(&ended.stderr));
        };
        let lost = read("Queries lost:").unwrap_or_default() as u64;
        let micros = (process.time() - before).as_secs_f64() * 1e6 / done.max(1.0);
        // The first fills the cache.
        if turn > 0 {
            all.push(Figure { micros, rate, lost });
        }
    }
    all.sort_by(|one, two| one.micros.total_cmp(&two.micros));
    let middle = all.len() / 2;
    all.into_iter().nth(middle).context("nothing was measured")
}

/// Waits until a question is answered.
pub(crate) async fn until_ready(process: &mut Process, at: SocketAddr) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let mut question = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["n1", "origin", "test"] {
        question.push(u8::try_from(label.len()).unwrap_or_default());
        question.extend_from_slice(label.as_bytes());
    }
    question.extend_from_slice(&[0, 0, 1, 0, 1]);
    loop {
        anyhow::ensure!(process.lives(), "it ended before it answered anything");
        anyhow::ensure!(began.elapsed() < Duration::from_secs(600), "it answers nothing");
        drop(socket.send_to(&question, at));
        tokio::time::sleep(Duration::from_millis(20)).await;
        if socket.recv(&mut [0; 512]).is_ok_and(|count| count > 0) {
            return Ok(began.elapsed());
        }
    }
}

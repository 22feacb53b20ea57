//! Runs the gateway and the peers of Debian side by side: the proxy that is measured on one core, load and site on
//! another, all lists loaded, everything on loopback. Prints a table in Markdown as it goes. `README.md` says how.
//!
//! What is measured is processor time of the proxy for each request, which depends less than the clock on what else the
//! machine does; times by the clock (start, standstill, 99th percentile) are only as good as the machine is idle.

mod cases;
mod load;
mod names;
mod origin;
mod others;
mod ours;
#[expect(unreachable_pub, reason = "the same file is public in the benchmarks of the parts")]
#[path = "../../src/pages.rs"]
mod pages;
mod process;

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Parser as _;

use crate::{load::Outcome, process::Process};

/// A headteacher of the school that is made, who brings its policy into force.
const HEAD: &str = "helen.marsh";

/// Measures the gateway beside Squid, e2guardian and Unbound.
#[derive(Debug, clap::Parser)]
pub(crate) struct Arguments {
    /// The `gatehouse` to measure: an optimised build.
    #[arg(long, default_value = "target/release/gatehouse")]
    gatehouse: PathBuf,
    /// The folder of lists: `<category>.txt.zst`.
    #[arg(long)]
    lists: PathBuf,
    /// Where everything is kept; the school in it is used again.
    #[arg(long, default_value = "/tmp/peers")]
    folder: PathBuf,
    /// The core of the proxy.
    #[arg(long, default_value_t = 0)]
    proxy_core: usize,
    /// The core of load and site.
    #[arg(long, default_value_t = 1)]
    load_core: usize,
    /// How many measures each median is of.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// How much processor time each measure takes at least, in milliseconds.
    #[arg(long, default_value_t = 800)]
    milliseconds: u64,
    /// Only these cases: plain, phrases, connect, tls, tail, memory, tunnels, reload, names. All where none is named.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Leave the peers out.
    #[arg(long)]
    alone: bool,
    /// Let the core of load and site sleep where it has nothing to do: what a proxy writes then pays for waking it.
    #[arg(long)]
    asleep: bool,
    #[command(flatten)]
    programs: others::Programs,
}

impl Arguments {
    fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == case)
    }
}

#[expect(clippy::print_stdout, reason = "a program whose purpose is to print figures")]
pub(crate) fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.install_default().map_err(|_| anyhow::anyhow!("TLS is set up already"))?;
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-cp", &arguments.load_core.to_string(), &own])
        .stdout(Stdio::null())
        .status()
        .context("taskset (of util-linux) is needed")?;
    anyhow::ensure!(pinned.success(), "cannot keep to core {}", arguments.load_core);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    if !arguments.asleep {
        // To wake a virtual core that sleeps is dear, and nothing that a proxy could do about it: in a school the other
        // side of a connection is another machine.
        local.spawn_local(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
    }
    local.block_on(&runtime, cases::all(&arguments))
}

/// How many sockets a program may have.
pub(crate) fn sockets() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(1024)
}

/// An address on loopback that nobody listens on, outside of those that the system gives to connections: thousands of
/// them come and go while a peer starts.
pub(crate) fn free_port() -> anyhow::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 5_000;
    for _ in 0..1_000 {
        let port = 20_000 + (first + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % 10_000;
        let at = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port)?));
        if std::net::TcpListener::bind(at).is_ok() {
            return Ok(at);
        }
    }
    anyhow::bail!("no free port")
}

/// What one request costs.
pub(crate) struct Cost {
    /// The median, in microseconds of processor time.
    pub(crate) micros: f64,
    /// The least and the most of the measures.
    pub(crate) span: (f64, f64),
    pub(crate) failed: u64,
    pub(crate) first_fault: Option<String>,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { micros, span: (least, most), failed, first_fault } = self;
        write!(f, "{micros:.1} µs ({least:.1} to {most:.1})")?;
        if *failed > 0 {
            write!(f, ", **{failed} failed**: {}", first_fault.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Measures what a request costs: warms up, finds how many fill a measure, and takes the median of several.
pub(crate) async fn cost(
    arguments: &Arguments,
    process: &Process,
    warm: u64,
    mut run: impl AsyncFnMut(u64) -> Outcome,
) -> anyhow::Result<Cost> {
    let mut first = run(warm).await;
    anyhow::ensure!(first.good > 0, "nothing was answered: {}", first.first_fault.take().unwrap_or_default());
    let before = process.time();
    let second = run(warm).await;
    let once = (process.time() - before).as_secs_f64() / second.good.max(1) as f64;
    let least = Duration::from_millis(arguments.milliseconds).as_secs_f64();
    let count = ((least / once.max(1e-6)) as u64).clamp(warm, 200_000);
    let (mut all, mut sum) = (Vec::new(), Outcome::default());
    for _ in 0..arguments.repeat.max(1) {
        ports_are_free().await;
        let before = process.time();
        let outcome = run(count).await;
        all.push((process.time() - before).as_secs_f64() * 1e6 / outcome.good.max(1) as f64);
        sum.add(outcome);
    }
    all.sort_unstable_by(f64::total_cmp);
    let at = |nth: usize| all.get(nth).copied().unwrap_or_default();
    Ok(Cost {
        micros: at(all.len() / 2),
        span: (at(0), at(all.len() - 1)),
        failed: sum.failed,
        first_fault: sum.first_fault,
    })
}

/// Waits until most ports of ended connections are free again, which takes a minute: while they are not, the kernel looks
/// long for one, on the account of whoever connects.
async fn ports_are_free() {
    for _ in 0..70 {
        let held = std::fs::read_to_string("/proc/net/sockstat").ok().and_then(|text| {
            let words: Vec<_> = text.lines().find(|line| line.starts_with("TCP:"))?.split(' ').collect();
            let place = words.iter().position(|word| *word == "tw")?;
            words.get(place + 1)?.parse::<u32>().ok()
        });
        if held.is_none_or(|held| held < 1_000) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits until a request is answered; how long that took since the start.
pub(crate) async fn until_ready(process: &mut Process, way: &load::Way, port: u16) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        anyhow::ensure!(process.lives(), "it ended before it answered anything");
        anyhow::ensure!(began.elapsed() < Duration::from_secs(600), "it answers nothing");
        if load::idle(way, port, 1).await.is_ok() {
            return Ok(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

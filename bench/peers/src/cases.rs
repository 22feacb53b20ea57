//! The cases, one after another.

use std::{net::Ipv4Addr, time::Duration};

use crate::{
    Arguments, cost,
    load::{self, Way},
    names,
    origin::{self, Origin},
    others::{self, Others, Peer},
    ours::{OPENED, Ours, PLAIN, READING},
    process::Process,
    say, until_ready,
};

const CONNECTIONS: usize = 8;

/// Runs those that are wanted.
pub(crate) async fn all(arguments: &Arguments) -> anyhow::Result<()> {
    let origin = origin::start().await?;
    std::fs::create_dir_all(&arguments.folder)?;
    let school = arguments.folder.join("school");
    let ours = Ours::furnish(&arguments.gatehouse, &school, &arguments.lists, &origin, arguments.proxy_core)?;
    let names = if arguments.alone { Vec::new() } else { others::names(&arguments.lists)? };
    let programs = arguments.programs.clone();
    let others = Others::prepare(programs, &arguments.folder.join("peers"), &names, arguments.proxy_core)?;
    let run = Run { arguments, origin, ours, others, peers: !arguments.alone };
    let mut gateway = run.ours.start()?;
    let took = until_ready(&mut gateway, &run.way(PLAIN), run.origin.plain.port()).await?;
    say("| case | Gatehouse | peer | ratio |\n|---|---|---|---|");
    row("start, lists compiled", format!("{took:.2?}"), None, None);
    row("memory after the start", mb(&gateway), None, None);
    if arguments.wants("memory") {
        run.memory(&gateway).await?;
    }
    if ["plain", "connect", "tail", "reload"].iter().any(|case| arguments.wants(case)) {
        run.beside_squid(&gateway).await?;
    }
    if arguments.wants("phrases") {
        run.phrases(&gateway).await?;
    }
    if arguments.wants("tls") {
        run.tls(&gateway).await?;
    }
    if arguments.wants("names") {
        run.names(&gateway, &names).await?;
    }
    row("memory after all of this", mb(&gateway), None, None);
    gateway.stop();
    if arguments.wants("tunnels") {
        run.tunnels().await?;
    }
    Ok(())
}

struct Run<'a> {
    arguments: &'a Arguments,
    origin: Origin,
    ours: Ours,
    others: Others,
    peers: bool,
}

fn row(case: &str, ours: String, peer: Option<(&str, String)>, ratio: Option<f64>) {
    let peer = peer.map_or_else(String::new, |(name, figure)| format!("{name}: {figure}"));
    say(format_args!("| {case} | {ours} | {peer} | {} |", ratio.map_or_else(String::new, |it| format!("{it:.1}"))));
}

fn mb(process: &Process) -> String {
    let memory = process.memory();
    format!("{:.0} MB, and {:.0} MB of mapped files", memory.own, memory.mapped)
}

fn way_to(peer: &Peer, host: &str) -> Way {
    Way { at: peer.at, from: Ipv4Addr::LOCALHOST, proxied: true, host: host.to_owned() }
}

const HOST: &str = "n{}.origin.test";
const SECURE: &str = "n{}.secure.test";

impl Run<'_> {
    fn way(&self, from: [u8; 4]) -> Way {
        Way { at: self.ours.gateway, from: from.into(), proxied: true, host: HOST.to_owned() }
    }

    fn secure_way(&self, from: [u8; 4]) -> Way {
        Way { host: SECURE.to_owned(), ..self.way(from) }
    }

    /// The way through a program that copies bytes and does nothing else, and that program.
    fn copier(&self) -> anyhow::Result<(Process, Way)> {
        let at = crate::free_port()?;
        let program = std::env::current_exe()?.with_file_name("copier");
        let (listen, site) = (at.to_string(), self.origin.plain.to_string());
        let says = self.arguments.folder.join("copier.log");
        let process =
            Process::start(self.arguments.proxy_core, &program.display().to_string(), &[&listen, &site], &says)?;
        Ok((process, Way { at, proxied: false, ..self.way(PLAIN) }))
    }

    async fn started(&self, peer: Option<Peer>, host: &str) -> anyhow::Result<Option<(Peer, Process)>> {
        let Some(peer) = peer.filter(|_| self.peers) else { return Ok(None) };
        let mut process = peer.start()?;
        let took = until_ready(&mut process, &way_to(&peer, host), self.origin.plain.port()).await;
        let took = took.map_err(|error| error.context(format!("{} did not start", peer.name)))?;
        row(
            &format!("start of {}", peer.name),
            String::new(),
            Some((peer.name, format!("{took:.1?}, {}", mb(&process)))),
            None,
        );
        Ok(Some((peer, process)))
    }

    /// One request after another over connections that are kept.
    async fn plain_cost(&self, process: &Process, way: &Way, path: &str, warm: u64) -> anyhow::Result<crate::Cost> {
        let port = self.origin.plain.port();
        cost(self.arguments, process, warm, async |count| load::kept(way, port, path, CONNECTIONS, count).await).await
    }

    async fn beside_squid(&self, gateway: &Process) -> anyhow::Result<()> {
        let mut squid = match self.others.squid(false, &self.origin)? {
            Some(peer) => self.started(Some(peer), HOST).await?,
            None => None,
        };
        let (mut copier, floor) = self.copier()?;
        until_ready(&mut copier, &floor, self.origin.plain.port()).await?;
        let mut least = Vec::new();
        if self.arguments.wants("plain") {
            for (path, case) in [("/1k", "plain HTTP, 1 kB, lists"), ("/50k", "plain HTTP, 50 kB, lists")] {
                let ours = self.plain_cost(gateway, &self.way(PLAIN), path, 2000).await?;
                let peer = match &squid {
                    Some((peer, process)) => Some(self.plain_cost(process, &way_to(peer, HOST), path, 1000).await?),
                    None => None,
                };
                let copied = self.plain_cost(&copier, &floor, path, 2000).await?;
                let ratio = peer.as_ref().map(|peer| peer.micros / ours.micros);
                row(case, ours.to_string(), peer.map(|it| ("Squid", it.to_string())), ratio);
                row(&format!("{path}, only copied"), copied.to_string(), None, None);
                least.push(ours.micros);
            }
        }
        if self.arguments.wants("connect") {
            let tls = load::trusting(&[&self.origin.root])?;
            let port = self.origin.tls.port();
            let tunnel = async |process: &Process, way: &Way| {
                let run =
                    async |count: u64| load::fresh_secure(way, port, CONNECTIONS, count as usize, 0, 8, &tls).await;
                cost(self.arguments, process, 400, run).await
            };
            let ours = tunnel(gateway, &self.secure_way(PLAIN)).await?;
            let peer = match &squid {
                Some((peer, process)) => Some(tunnel(process, &way_to(peer, SECURE)).await?),
                None => None,
            };
            let ratio = peer.as_ref().map(|peer| peer.micros / ours.micros);
            row(
                "CONNECT by name, handshake and 1 kB in it",
                ours.to_string(),
                peer.map(|it| ("Squid", it.to_string())),
                ratio,
            );
        }
        if self.arguments.wants("tail") {
            let micros = match least.first() {
                Some(micros) => *micros,
                None => self.plain_cost(gateway, &self.way(PLAIN), "/1k", 2000).await?.micros,
            };
            self.tail(micros, &floor, squid.as_ref()).await;
        }
        if self.arguments.wants("reload") {
            let ours = self.standstill(&self.way(PLAIN), 30, self.ours.reload()?).await?;
            let peer = match &squid {
                Some((peer, process)) => match peer.reload(process)? {
                    Some(child) => Some(self.standstill(&way_to(peer, HOST), 60, child).await?),
                    None => None,
                },
                None => None,
            };
            row("lists read again under load", ours, peer.map(|it| ("Squid", it)), None);
        }
        if let Some((_, process)) = &mut squid {
            process.stop();
        }
        Ok(())
    }

    /// The 99th percentile that a proxy adds where ours has half of what one core can do, and at a quarter of that rate,
    /// which is about half of what Squid can.
    async fn tail(&self, micros: f64, copier: &Way, squid: Option<&(Peer, Process)>) {
        let port = self.origin.plain.port();
        let straight = Way { at: self.origin.plain, from: Ipv4Addr::LOCALHOST, proxied: false, host: HOST.to_owned() };
        let squid = squid.map(|(peer, _)| way_to(peer, HOST));
        for (rate, squid) in [(0.5e6 / micros, None), (0.125e6 / micros, squid.as_ref())] {
            let ways = [Some(&straight), Some(copier), Some(&self.way(PLAIN)), squid];
            let mut all: [Vec<Tail>; 4] = Default::default();
            for _ in 0..self.arguments.repeat {
                for (way, all) in ways.iter().zip(&mut all) {
                    let Some(way) = way else { continue };
                    let mut outcome = load::paced(way, port, "/1k", 32, (rate * 3.0) as u64, Some(rate)).await;
                    all.push(Tail { last: outcome.within(990), most: outcome.within(950) });
                }
            }
            let [without, copied, ours, squid] = all.map(Tails::of);
            let without = without.unwrap_or_default();
            let added = |tails: Option<Tails>| tails.map(|it| it.beyond(&without)).unwrap_or_default();
            row(
                &format!("99th percentile added at {rate:.0} a second (straight {:.2?})", without.median.last),
                format!("{}; only copied {}", added(ours), added(copied)),
                squid.map(|it| ("Squid", it.beyond(&without))),
                None,
            );
        }
    }

    /// The longest that anybody waited while the lists were read again, beside the longest without that.
    async fn standstill(&self, way: &Way, seconds: u64, mut child: std::process::Child) -> anyhow::Result<String> {
        let port = self.origin.plain.port();
        let during = load::paced(way, port, "/1k", 4, seconds * 100, Some(100.0));
        let mut during = during.await;
        drop(tokio::task::spawn_blocking(move || child.wait()).await);
        let mut usual = load::paced(way, port, "/1k", 4, 1000, Some(100.0)).await;
        Ok(format!(
            "longest wait {:.2?}, {} failed of {} (without it {:.2?})",
            during.within(1000),
            during.failed,
            during.good + during.failed,
            usual.within(1000)
        ))
    }

    async fn phrases(&self, gateway: &Process) -> anyhow::Result<()> {
        let ours = self.plain_cost(gateway, &self.way(READING), "/page", 500).await?;
        let small = self.plain_cost(gateway, &self.way(READING), "/1k", 1000).await?;
        let peer = self.others.e2guardian()?;
        // It looks names up by the system: the site has the name that every system knows.
        let mut peer = self.started(peer, "localhost").await?;
        let (mut theirs, mut theirs_small) = (None, None);
        if let Some((peer, process)) = &peer {
            let way = way_to(peer, "localhost");
            theirs = Some(self.plain_cost(process, &way, "/page", 40).await?);
            theirs_small = Some(self.plain_cost(process, &way, "/1k", 200).await?);
        }
        for (case, ours, theirs) in
            [("50 kB of HTML, lists and phrases", ours, theirs), ("1 kB, lists and phrases", small, theirs_small)]
        {
            let ratio = theirs.as_ref().map(|peer| peer.micros / ours.micros);
            row(case, ours.to_string(), theirs.map(|it| ("e2guardian", it.to_string())), ratio);
        }
        if let Some((_, process)) = &mut peer {
            process.stop();
        }
        Ok(())
    }

    async fn tls(&self, gateway: &Process) -> anyhow::Result<()> {
        let port = self.origin.tls.port();
        let mut peer = match self.others.squid(true, &self.origin) {
            Ok(Some(peer)) => self.started(Some(peer), HOST).await?,
            Ok(None) => None,
            Err(error) => {
                say(format_args!("<!-- no Squid that opens TLS: {error:#} -->"));
                None
            }
        };
        let own = load::trusting(&[&self.ours.root()?])?;
        let theirs = match peer.as_ref().and_then(|(peer, _)| peer.root.as_deref()) {
            Some(root) => Some(load::trusting(&[root])?),
            None => None,
        };
        let mut sides = vec![(gateway, self.secure_way(OPENED), own)];
        if let (Some((peer, process)), Some(tls)) = (&peer, theirs) {
            sides.push((process, way_to(peer, SECURE), tls));
        }
        let mut kept = Vec::new();
        let mut cached = Vec::new();
        let mut uncached = Vec::new();
        for (process, way, tls) in &sides {
            let run = async |count: u64| load::kept_secure(way, port, CONNECTIONS, count, tls).await;
            kept.push(cost(self.arguments, process, 1000, run).await?);
            let run = async |count: u64| load::fresh_secure(way, port, CONNECTIONS, count as usize, 0, 8, tls).await;
            cached.push(cost(self.arguments, process, 200, run).await?);
            let mut first = 1000usize;
            let run = async |count: u64| {
                let count = (count as usize).min(2000);
                let all = load::fresh_secure(way, port, CONNECTIONS, count, first, count, tls).await;
                first += count;
                all
            };
            uncached.push(cost(self.arguments, process, 100, run).await?);
        }
        for (case, figures) in [
            ("TLS opened, kept alive, 1 kB", kept),
            ("TLS opened, new connection, leaf in the cache", cached),
            ("TLS opened, new connection to a new site", uncached),
        ] {
            let mut figures = figures.into_iter();
            let (Some(ours), peer) = (figures.next(), figures.next()) else { continue };
            let ratio = peer.as_ref().map(|peer| peer.micros / ours.micros);
            row(case, ours.to_string(), peer.map(|it| ("Squid", it.to_string())), ratio);
        }
        if let Some((_, process)) = &mut peer {
            process.stop();
        }
        Ok(())
    }

    async fn memory(&self, gateway: &Process) -> anyhow::Result<()> {
        let all = load::idle(&self.way(PLAIN), self.origin.plain.port(), 1000).await?;
        row("memory with 1,000 plain connections", mb(gateway), None, None);
        drop(all);
        tokio::time::sleep(Duration::from_secs(2)).await;
        row("memory after they have ended", mb(gateway), None, None);
        let tls = load::trusting(&[&self.ours.root()?])?;
        let all = load::idle_secure(&self.secure_way(OPENED), self.origin.tls.port(), 1000, &tls).await?;
        row("memory with 1,000 opened connections", mb(gateway), None, None);
        drop(all);
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    async fn tunnels(&self) -> anyhow::Result<()> {
        let mut gateway = self.ours.start()?;
        until_ready(&mut gateway, &self.way(PLAIN), self.origin.plain.port()).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = mb(&gateway);
        let tls = load::trusting(&[&self.origin.root])?;
        // Each takes two sockets of the gateway, and two of ours.
        let count = (crate::sockets().saturating_sub(200) / 2).min(9_990);
        let all = load::idle_secure(&self.secure_way(PLAIN), self.origin.tls.port(), count, &tls).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let time = gateway.time();
        let with = mb(&gateway);
        tokio::time::sleep(Duration::from_secs(10)).await;
        let idle = (gateway.time() - time).as_secs_f64() * 10.0;
        row(
            &format!("memory with {count} idle tunnels"),
            format!("{with} (before {before}; {idle:.1} % of a core)"),
            None,
            None,
        );
        drop(all);
        gateway.stop();
        Ok(())
    }

    async fn names(&self, gateway: &Process, names: &[String]) -> anyhow::Result<()> {
        let questions = names::questions(&self.arguments.folder, names)?;
        let ours = names::measure(self.arguments, gateway, self.ours.names, &questions).await?;
        let mut theirs = None;
        if self.peers
            && let Some(peer) = self.others.unbound(names, &self.origin)?
        {
            let mut process = peer.start()?;
            let took = names::until_ready(&mut process, peer.at).await?;
            let figure = names::measure(self.arguments, &process, peer.at, &questions).await?;
            theirs = Some((figure, format!("{took:.1?}"), mb(&process)));
            process.stop();
        }
        let ratio = theirs.as_ref().map(|(it, ..)| it.micros / ours.micros);
        let peer = theirs.map(|(it, start, memory)| ("Unbound", format!("{it}; start {start}; {memory}")));
        row("names, half of them closed", format!("{ours}; {}", mb(gateway)), peer, ratio);
        Ok(())
    }
}

/// How long the slowest of a measure waited.
#[derive(Clone, Copy, Default)]
struct Tail {
    /// Within which 99 of 100 were answered.
    last: Duration,
    /// Within which 95 of 100 were answered: what the machine does now and then for itself is not in it.
    most: Duration,
}

/// Several measures of one way.
#[derive(Default)]
struct Tails {
    median: Tail,
    /// What a measure shows in which the machine itself had nothing else to do.
    least: Tail,
}

impl Tails {
    fn of(mut all: Vec<Tail>) -> Option<Self> {
        all.sort_unstable_by_key(|it| it.last);
        let (median, least) = (*all.get(all.len() / 2)?, *all.first()?);
        Some(Self { median, least })
    }

    /// What is more than in the measures of another way.
    fn beyond(&self, other: &Self) -> String {
        let more = |mine: Duration, theirs: Duration| mine.saturating_sub(theirs);
        let last = more(self.median.last, other.median.last);
        let least = more(self.least.last, other.median.last);
        let most = more(self.median.most, other.median.most);
        format!("{last:.2?} (least {least:.2?}; 95th percentile {most:.2?})")
    }
}

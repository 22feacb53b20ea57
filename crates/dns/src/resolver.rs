//! The resolver: what it is made of, what it can be asked.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use filter::{Decision, Host, Lookup, Snapshot};
use kernel::{Clock, SchoolTime, Viewer, WhoIs};
use rustls::{ClientConfig, ServerConfig};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    cache::Cache,
    config::Config,
    flight::Flights,
    gauges::{Figures, Gauges},
    judge::{Client, Moment},
    limit::Rates,
    message::{Room, Strictness, wire_name},
    record::{NameLog, Once},
    special::is_within,
    step::Step,
    upstream::Pool,
};

/// What is looked at where a name is safe for children only under another, or not at all: search engines and video.
pub trait SafeNames: Send + Sync {
    /// What becomes of `host`, which is open to the viewer by `decision`. Asked for every question that is open, so it
    /// answers from memory; best is to look at the host before the rules.
    fn lookup(&self, host: &Host, decision: &Decision, viewer: &Viewer, at: &SchoolTime, snapshot: &Snapshot)
    -> Lookup;
}

/// Every name is what it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSafeNames;

impl SafeNames for NoSafeNames {
    fn lookup(&self, _: &Host, _: &Decision, _: &Viewer, _: &SchoolTime, _: &Snapshot) -> Lookup {
        Lookup::default()
    }
}

/// What the resolver needs of the rest of the system.
#[derive(Clone)]
pub struct Ports {
    /// Who asks. Fails to: nobody known, who is held to the strictest rules.
    pub who: Arc<dyn WhoIs>,
    /// What is decided by. A new value holds for every question after it was stored, kept answers included.
    pub rules: Arc<ArcSwap<Snapshot>>,
    /// Where questions and outcomes are written.
    pub log: Arc<dyn NameLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names that are safe only under another, or not at all.
    pub safe: Arc<dyn SafeNames>,
    /// The certificate that listeners over TLS and HTTPS show; without it they are not opened.
    pub certificate: Option<Arc<ServerConfig>>,
    /// Whom to trust about upstream servers that are asked over TLS; without it they count as not answering.
    pub trust: Option<Arc<ClientConfig>>,
}

impl Ports {
    /// Ports without safe names, certificate and trust.
    pub fn new(
        who: Arc<dyn WhoIs>,
        rules: Arc<ArcSwap<Snapshot>>,
        log: Arc<dyn NameLog>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { who, rules, log, clock, safe: Arc::new(NoSafeNames), certificate: None, trust: None }
    }
}

/// The school's own names under one name.
pub(crate) struct OwnZone {
    name: String,
    pool: Option<Arc<Pool>>,
    strictness: Strictness,
}

/// All that questions share.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) ports: Ports,
    pub(crate) cache: Cache,
    pub(crate) flights: Arc<Flights>,
    pub(crate) rates: Rates,
    pub(crate) once: Once,
    pub(crate) gauges: Gauges,
    pub(crate) tasks: TaskTracker,
    pub(crate) names: HashMap<String, Vec<IpAddr>>,
    pool: Arc<Pool>,
    strictness: Strictness,
    zones: Vec<OwnZone>,
}

impl Inner {
    /// Who is asked about a name, and what is asked of the answer; whether the name is of a zone of the school's own.
    pub(crate) fn servers(&self, name: &str) -> (&Arc<Pool>, &Strictness, bool) {
        match self.zones.iter().filter(|zone| is_within(name, &zone.name)).max_by_key(|zone| zone.name.len()) {
            Some(zone) => (zone.pool.as_ref().unwrap_or(&self.pool), &zone.strictness, true),
            None => (&self.pool, &self.strictness, false),
        }
    }

    /// Whether a client comes from a network that is served.
    pub(crate) fn is_ours(&self, address: IpAddr) -> bool {
        self.config.clients.iter().any(|network| network.contains(address))
    }
}

/// The resolver of a school. Clones are the same resolver.
#[derive(Clone)]
pub struct Resolver {
    pub(crate) inner: Arc<Inner>,
}

impl Resolver {
    /// A resolver that is ready to serve.
    pub fn new(config: Config, ports: Ports) -> Self {
        let limits = &config.limits;
        let strictness = Strictness {
            private: false,
            ttl: limits.least_ttl..=limits.most_ttl.max(limits.least_ttl),
            negative: limits.negative_ttl,
        };
        let trust = ports.trust.as_ref();
        let zones = config.zones.iter().map(|zone| OwnZone {
            name: plain(&zone.name),
            pool: (!zone.upstream.is_empty()).then(|| Arc::new(Pool::new(&zone.upstream, trust, &config))),
            strictness: Strictness { private: true, ..strictness.clone() },
        });
        let inner = Inner {
            zones: zones.collect(),
            pool: Arc::new(Pool::new(&config.upstream, trust, &config)),
            cache: Cache::new(limits.cache_bytes, limits.stale_seconds),
            rates: Rates::new(limits.questions_per_second, limits.burst),
            names: config.names.iter().map(|(name, addresses)| (plain(name), addresses.clone())).collect(),
            flights: Arc::default(),
            once: Once::default(),
            gauges: Gauges::default(),
            tasks: TaskTracker::new(),
            strictness,
            config,
            ports,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The answer to a message of a client, as it would get it by stream; none where it gets none.
    pub async fn answer(&self, client: &Client, message: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(512);
        let moment = Moment::new(&self.inner.ports);
        match self.begin(&moment, client, Room::Stream, message, &mut out) {
            Step::Answer => Some(out),
            Step::Silence => None,
            Step::Wait(pending) => pending.finish().await,
        }
    }

    /// Forgets all answers.
    pub fn forget(&self) {
        self.inner.cache.clear();
    }

    /// How the resolver does.
    pub fn figures(&self) -> Figures {
        let inner = &self.inner;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let now = Instant::now();
        let zones = inner.zones.iter().filter_map(|zone| zone.pool.as_ref());
        let down: usize = std::iter::once(&inner.pool).chain(zones).map(|pool| pool.down(now)).sum();
        Figures { kept: count(inner.cache.len()), upstream_down: count(down), ..inner.gauges.figures() }
    }
}

/// A name of the configuration as questions are compared with it.
fn plain(name: &str) -> String {
    let text = name.trim().trim_matches('.').to_ascii_lowercase();
    match wire_name(&text) {
        Some(_) => text,
        None => {
            tracing::warn!(dns.name = text, "a name of the resolver's configuration is no name");
            text
        }
    }
}

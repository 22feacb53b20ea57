//! What is about the machine: where the resolver listens, whom it serves, whom it asks. What is about the school's rules
//! is in the policy and nowhere here.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use kernel::Network;

/// The settings of a resolver.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Addresses for plain questions, by datagram and by stream: `10.0.0.2:53`. Write each address of the machine and not
    /// `0.0.0.0`, so that answers come from the address that was asked.
    pub listen: Vec<SocketAddr>,
    /// Addresses for questions over TLS (DoT): `10.0.0.2:853`.
    pub tls: Vec<SocketAddr>,
    /// Addresses for questions over HTTPS (DoH): `10.0.0.2:8453`. The path is `/dns-query`, or `/dns-query/TOKEN` with the
    /// token of a device.
    pub https: Vec<SocketAddr>,
    /// The networks that clients come from. Everybody else gets no answer at all.
    pub clients: Vec<Network>,
    /// Whether a device with a good token is served over HTTPS wherever it is: for loaned devices at home.
    pub tokens_from_anywhere: bool,
    /// Servers that know the rest: `192.0.2.53`, `192.0.2.53:5353`, or `tls://192.0.2.53#dns.example` for one that is
    /// asked over TLS and must prove that it is `dns.example`. The first that works is asked.
    pub upstream: Vec<Upstream>,
    /// Names of the school's own that other servers know.
    pub zones: Vec<Zone>,
    /// Names that are answered here, with their addresses: the desk's, for one.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// The addresses of the block page. Where there are none, closed names are said not to exist.
    pub page: Vec<IpAddr>,
    /// Names of the program itself that are at the block page too, for whoever asks; whoever puts it together names them.
    #[serde(skip)]
    pub at_page: Vec<String>,
    /// How many sockets share one address for datagrams; one for each processor is best.
    pub sockets: usize,
    /// Whether the case of letters in names is made random, which makes answers harder to forge. A server that does not
    /// give it back is asked by stream.
    pub mixed_case: bool,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            tls: Vec::new(),
            https: Vec::new(),
            clients: Network::local(),
            tokens_from_anywhere: false,
            upstream: Vec::new(),
            zones: Vec::new(),
            names: BTreeMap::new(),
            page: Vec::new(),
            at_page: Vec::new(),
            sockets: 1,
            mixed_case: true,
            limits: Limits::default(),
        }
    }
}

/// Names of the school's own: addresses inside are kept in answers about them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Zone {
    /// The name that all of them end in: `school.test`.
    pub name: String,
    /// The servers that know them; those of all other names where there are none.
    #[serde(default)]
    pub upstream: Vec<Upstream>,
}

/// A server that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where it is.
    pub address: SocketAddr,
    /// The name that its certificate must have, where it is asked over TLS.
    pub tls: Option<String>,
}

/// A text that is no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a server such as `192.0.2.53`, `192.0.2.53:5353` or `tls://192.0.2.53#dns.example`")]
pub struct BadUpstream {
    given: String,
}

impl Upstream {
    /// Reads `192.0.2.53`, `192.0.2.53:5353` or `tls://192.0.2.53#dns.example`.
    pub fn parse(text: &str) -> Result<Self, BadUpstream> {
        let bad = || BadUpstream { given: text.to_owned() };
        let (place, tls) = match text.trim().strip_prefix("tls://") {
            Some(rest) => {
                let (place, name) = rest.split_once('#').ok_or_else(bad)?;
                (place, Some(name.to_owned()).filter(|name| !name.is_empty()).ok_or_else(bad)?.into())
            }
            None => (text.trim(), None::<String>),
        };
        let port = if tls.is_some() { 853 } else { 53 };
        let address = match (place.parse::<SocketAddr>(), place.trim_matches(['[', ']']).parse::<IpAddr>()) {
            (Ok(address), _) => address,
            (Err(_), Ok(address)) => SocketAddr::new(address, port),
            (Err(_), Err(_)) => return Err(bad()),
        };
        Ok(Self { address, tls })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tls {
            Some(name) => write!(f, "tls://{}#{name}", self.address),
            None => self.address.fmt(f),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Upstream {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Bounds of time, size and number.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Questions in a second from one address, on average; 0 is no bound. More are not answered.
    pub questions_per_second: u32,
    /// Questions that one address may ask at once after a pause.
    pub burst: u32,
    /// Bytes of an answer by datagram; longer ones are asked for again by stream.
    pub datagram_bytes: u16,
    /// Open connections in all, from the networks of `clients`.
    pub connections: usize,
    /// Open connections from one address of those.
    pub connections_per_client: usize,
    /// Open connections in all, from anywhere else; they take none of the others' places.
    pub connections_from_anywhere: usize,
    /// Open connections from one address of anywhere else; of IPv6, from one network of 64 bits, which a home has.
    pub connections_per_home: usize,
    /// Questions that one connection may have open.
    pub open_per_connection: usize,
    /// Seconds without a question after which a connection is closed.
    pub idle_seconds: u64,
    /// Questions that upstream servers may be asked at the same time.
    pub open_upstream: usize,
    /// Milliseconds for one server to answer, before the next is asked.
    pub upstream_milliseconds: u64,
    /// Milliseconds for all of them.
    pub answer_milliseconds: u64,
    /// Milliseconds after which an old answer is given where there is one, while servers are still asked.
    pub stale_after_milliseconds: u64,
    /// Seconds for which an old answer is kept beyond its time, for when no server answers.
    pub stale_seconds: u32,
    /// Seconds that an answer is kept here: at least.
    pub least_ttl: u32,
    /// Seconds that an answer is kept here: at most.
    pub most_ttl: u32,
    /// Seconds that a "no" is kept here at most.
    pub negative_ttl: u32,
    /// Seconds that clients may keep an answer at most: as late as that a rule by the clock reaches them.
    pub client_ttl: u32,
    /// Seconds that clients may keep that a name is closed.
    pub blocked_ttl: u32,
    /// Bytes of memory for answers.
    pub cache_bytes: usize,
    /// Seconds that open connections have when the resolver stops.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            questions_per_second: 300,
            burst: 2_000,
            datagram_bytes: 1232,
            connections: 4_000,
            connections_per_client: 100,
            connections_from_anywhere: 1_000,
            connections_per_home: 50,
            open_per_connection: 32,
            idle_seconds: 30,
            open_upstream: 2_000,
            upstream_milliseconds: 1_000,
            answer_milliseconds: 4_000,
            stale_after_milliseconds: 1_800,
            stale_seconds: 86_400,
            least_ttl: 5,
            most_ttl: 86_400,
            negative_ttl: 300,
            client_ttl: 300,
            blocked_ttl: 10,
            cache_bytes: 32 * 1024 * 1024,
            drain_seconds: 3,
        }
    }
}

impl Limits {
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }
}

//! What is about the machine: where the gateway listens, whom it serves, what it opens. What is about the
//! school's rules is in the policy and nowhere here.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use kernel::SchoolId;

use crate::{inspect::Roots, network::Network, pass::Clamd};

/// The settings of a gateway.
#[derive(Debug, Clone)]
pub struct Config {
    /// The school that it serves.
    pub school: SchoolId,
    /// The school's name, as block pages print it.
    pub school_name: String,
    /// Where the desk is, as people's browsers reach it: `http://127.0.0.1:8080`. Its host and port are
    /// always opened, wherever they are.
    pub desk_url: String,
    /// The networks that clients come from. Everybody else is hung up on.
    pub clients: Vec<Network>,
    /// Balancers that may say by the PROXY protocol whose connection they bring, and proxies that may ask by
    /// ICAP for others; nobody by default.
    pub proxies: Vec<Network>,
    /// Whether somebody of whom nothing is known is asked for a credential (407) instead of refused.
    pub challenge: bool,
    /// Ports that CONNECT may name. What goes through must be TLS.
    pub connect_ports: Vec<u16>,
    /// Destinations that are opened although they are not on the open internet.
    pub allow: Vec<Opening>,
    /// Where set, the gateway opens these destinations and nothing else, private or not.
    pub only: Option<Vec<Opening>>,
    /// Addresses of names that are not looked up: `site.example`, `site.example:443` (goes before), or
    /// `*.example` for all names below. What is written here is opened wherever it is.
    pub resolve: BTreeMap<String, Fixed>,
    /// The proxy of a provider further up, through which every site is reached but those that are fixed, opened here, or
    /// inside. It looks names up itself, and its own filter goes on deciding.
    pub parent: Option<SocketAddr>,
    /// The authorities that sites must have their certificates from, where a connection is opened.
    pub roots: Roots,
    /// The virus scanner. Where the policy wants files scanned and there is none, it is as if it were down.
    pub scanner: Option<Clamd>,
    /// The file by which browsers find the gateway (PAC), which it gives itself to whoever looks at it as if it were a
    /// site; none where there is no such file.
    pub pac: Option<String>,
    /// How the gateway names itself in `Via`; a request that has passed it before is refused.
    pub via: String,
    /// Bounds.
    pub limits: Limits,
}

impl Config {
    /// Settings for `school` with the desk at `desk_url`; all others at their defaults.
    pub fn new(school: SchoolId, school_name: impl Into<String>, desk_url: impl Into<String>) -> Self {
        Self {
            school,
            school_name: school_name.into(),
            desk_url: desk_url.into().trim_end_matches('/').to_owned(),
            clients: Network::local(),
            proxies: Vec::new(),
            challenge: false,
            connect_ports: vec![443],
            allow: Vec::new(),
            only: None,
            resolve: BTreeMap::new(),
            parent: None,
            roots: Roots::default(),
            scanner: None,
            pac: None,
            via: "gatehouse".to_owned(),
            limits: Limits::default(),
        }
    }
}

/// Bounds of time and size.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Open client connections in all, from the school's networks.
    pub connections: usize,
    /// Open client connections from one address of those.
    pub connections_per_client: usize,
    /// Open client connections in all, by ways in that are open to anywhere; they take none of the others' places.
    pub connections_from_anywhere: usize,
    /// Open client connections from one address of anywhere; of IPv6, from one network of 64 bits, which a home has.
    pub connections_per_home: usize,
    /// Bytes of a request's head, its first line included.
    pub header_bytes: usize,
    /// Header fields of a request.
    pub headers: usize,
    /// Seconds for a request's head to arrive; also how long a connection may wait for its next request.
    pub header_seconds: u64,
    /// Seconds for the first message of TLS in a tunnel.
    pub hello_seconds: u64,
    /// Seconds to look up a name.
    pub lookup_seconds: u64,
    /// Seconds to connect to a site.
    pub connect_seconds: u64,
    /// Seconds for a site to begin its answer.
    pub answer_seconds: u64,
    /// Seconds for which a site may be silent on a kept connection until the connection is asked whether it still leads
    /// anywhere; it has half as many to answer.
    pub alive_seconds: u64,
    /// Seconds without a byte after which a connection or tunnel is closed.
    pub idle_seconds: u64,
    /// Seconds between looks at whether an open tunnel is still permitted.
    pub watch_seconds: u64,
    /// Seconds that open requests and tunnels have when the gateway stops.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_client: 1_000,
            connections_from_anywhere: 2_000,
            connections_per_home: 200,
            header_bytes: 64 * 1024,
            headers: 100,
            header_seconds: 30,
            hello_seconds: 10,
            lookup_seconds: 5,
            connect_seconds: 10,
            answer_seconds: 60,
            alive_seconds: 20,
            idle_seconds: 300,
            watch_seconds: 1,
            drain_seconds: 10,
        }
    }
}

impl Limits {
    pub(crate) fn alive(&self) -> Duration {
        Duration::from_secs(self.alive_seconds)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }
}

/// A destination that the configuration opens: where all that is given fits. An opening that gives neither
/// host nor network fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The host as requests name it.
    #[serde(default)]
    pub host: Option<String>,
    /// The network that the address is in.
    #[serde(default)]
    pub network: Option<Network>,
    /// The port.
    #[serde(default)]
    pub port: Option<u16>,
}

impl Opening {
    /// Whether a connection to `address`, asked for as `host` and `port`, is meant.
    pub fn fits(&self, host: &str, port: u16, address: SocketAddr) -> bool {
        let Self { host: own_host, network, port: own_port } = self;
        (own_host.is_some() || network.is_some())
            && own_host.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(host))
            && network.is_none_or(|network| network.contains(address.ip()))
            && own_port.is_none_or(|own| own == port)
    }
}

/// The address of a name that is not looked up: with a port, or with the port that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// The address.
    pub address: IpAddr,
    /// The port to go to, whatever port was asked for.
    pub port: Option<u16>,
}

impl From<SocketAddr> for Fixed {
    fn from(address: SocketAddr) -> Self {
        Self { address: address.ip(), port: Some(address.port()) }
    }
}

impl<'de> serde::Deserialize<'de> for Fixed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        let address = text
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is not an address such as `127.0.0.1:8081`")))?;
        Ok(Self { address, port: None })
    }
}

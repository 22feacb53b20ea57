//! Where a connection may go. The gateway looks names up itself, checks each address, and connects to
//! exactly the addresses that it checked, so that a name that changes between look and leap gains nothing.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::either::Either;

use crate::{
    address::is_public,
    config::{Config, Fixed, Opening},
    lookups::Lookups,
    target::{Host, Target},
};

/// Looks names up. The system's resolver by default; tests and, later, the gateway's own DNS bring theirs.
#[async_trait::async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of `name`, in the order in which to try them.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait::async_trait]
impl Resolve for SystemResolver {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // With the dot at its end no search domain is added to the name.
        Ok(tokio::net::lookup_host((format!("{name}."), 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// All its addresses lie where the gateway does not go.
    #[error("the gateway does not go to that address")]
    Closed,
    /// The configuration names what is opened, and this is not named.
    #[error("the gateway is set to open other sites only")]
    NotNamed,
    /// The name could not be looked up.
    #[error("the name of the site cannot be looked up")]
    Lookup(#[source] io::Error),
    /// The name has no address.
    #[error("the name of the site has no address")]
    NoAddress,
    /// The lookup or connection took too long.
    #[error("the site did not answer in time")]
    TimedOut,
    /// The proxy further up did not open the way.
    #[error("the proxy further up does not open the site")]
    Parent(#[source] io::Error),
    /// No address took the connection.
    #[error("the site took no connection")]
    Connect(#[source] io::Error),
}

/// Looks names up, checks addresses, connects.
pub(crate) struct Destinations {
    names: Lookups,
    desk: Option<Opening>,
    allow: Vec<Opening>,
    only: Option<Vec<Opening>>,
    resolve: std::collections::BTreeMap<String, Fixed>,
    parent: Option<SocketAddr>,
    connect: Duration,
}

/// More addresses of one name are not tried.
const MOST_ADDRESSES: usize = 8;

/// After this long the next address is tried beside the one before (RFC 8305).
const NEXT_TRY: Duration = Duration::from_millis(250);

impl Destinations {
    pub(crate) fn new(config: &Config, resolver: Arc<dyn Resolve>) -> Self {
        let mut allow = config.allow.clone();
        let mut only = config.only.clone();
        let desk = desk_opening(&config.desk_url);
        if let Some(desk) = &desk {
            allow.push(desk.clone());
            only.iter_mut().for_each(|only| only.push(desk.clone()));
        }
        Self {
            desk,
            names: Lookups::new(resolver, Duration::from_secs(config.limits.lookup_seconds)),
            allow,
            only,
            resolve: config.resolve.iter().map(|(name, to)| (name.to_ascii_lowercase(), *to)).collect(),
            parent: config.parent,
            connect: Duration::from_secs(config.limits.connect_seconds),
        }
    }

    /// Whether this is the desk itself, on its own port.
    pub(crate) fn is_desk(&self, target: &Target) -> bool {
        let host = target.host.to_string();
        self.desk.as_ref().is_some_and(|desk| {
            desk.host.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&host)) && desk.port == Some(target.port)
        })
    }

    /// The addresses that a connection to `target` may go to; at least one.
    pub(crate) async fn check(&self, target: &Target) -> Result<Vec<SocketAddr>, DestinationError> {
        let host = target.host.to_string();
        if let Some(only) = &self.only {
            // Nobody is asked for a name that no opening could fit.
            let named =
                only.iter().any(|opening| opening.host.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(&host)));
            if !named {
                return Err(DestinationError::NotNamed);
            }
        }
        let (found, written) = match (self.fixed(&host, target.port), &target.host) {
            (Some(fixed), _) => (vec![SocketAddr::new(fixed.address, fixed.port.unwrap_or(target.port))], true),
            (None, Host::Address(address)) => (vec![SocketAddr::new(*address, target.port)], false),
            (None, Host::Name(name)) => (self.look_up(name, target.port).await?, false),
        };
        if found.is_empty() {
            return Err(DestinationError::NoAddress);
        }
        let fits = |list: &[Opening], address| list.iter().any(|opening| opening.fits(&host, target.port, address));
        let open = |address: &SocketAddr| match &self.only {
            Some(only) => fits(only, *address),
            None => written || is_public(address.ip()) || fits(&self.allow, *address),
        };
        let open: Vec<_> = found.into_iter().filter(open).take(MOST_ADDRESSES).collect();
        match (open.is_empty(), &self.only) {
            (false, _) => Ok(open),
            (true, Some(_)) => Err(DestinationError::NotNamed),
            (true, None) => Err(DestinationError::Closed),
        }
    }

    /// The proxy further up, where `target` is reached by it: a name that is not written here, or a public address.
    fn parent_of(&self, target: &Target) -> Result<Option<SocketAddr>, DestinationError> {
        let Some(parent) = self.parent else { return Ok(None) };
        let host = target.host.to_string();
        let named = |list: &[Opening]| {
            list.iter().any(|opening| {
                opening.host.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&host))
                    && opening.port.is_none_or(|port| port == target.port)
            })
        };
        if self.only.as_ref().is_some_and(|only| !named(only)) {
            return Err(DestinationError::NotNamed);
        }
        let inside = match &target.host {
            Host::Address(address) => !is_public(*address),
            Host::Name(_) => false,
        };
        let own = self.fixed(&host, target.port).is_some() || named(&self.allow) || inside;
        Ok(Some(parent).filter(|_| !own))
    }

    /// A connection on which `target` is asked for in clear: to the site, or to the proxy further up, which is told the
    /// whole address.
    pub(crate) async fn connect_plain(&self, target: &Target) -> Result<Hop, DestinationError> {
        match self.parent_of(target)? {
            Some(parent) => Ok(Either::Right(self.reach(vec![parent]).await?)),
            None => Ok(Either::Left(self.connect_direct(target).await?)),
        }
    }

    /// A connection to `target`, to an address that was checked, or through the proxy further up.
    pub(crate) async fn connect(&self, target: &Target) -> Result<TcpStream, DestinationError> {
        let Some(parent) = self.parent_of(target)? else { return self.connect_direct(target).await };
        let mut stream = self.reach(vec![parent]).await?;
        let asked = tokio::time::timeout(self.connect, ask_for(&mut stream, target)).await;
        match asked {
            Ok(Ok(())) => Ok(stream),
            Ok(Err(error)) => Err(DestinationError::Parent(error)),
            Err(_) => Err(DestinationError::TimedOut),
        }
    }

    async fn connect_direct(&self, target: &Target) -> Result<TcpStream, DestinationError> {
        let addresses = self.check(target).await?;
        self.reach(addresses).await
    }

    async fn reach(&self, addresses: Vec<SocketAddr>) -> Result<TcpStream, DestinationError> {
        match tokio::time::timeout(self.connect, connect_any(in_turn(addresses))).await {
            Ok(Ok(stream)) => {
                // Small messages are not held back. Where that cannot be set, they are slower and no more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set no-delay on a connection");
                }
                Ok(stream)
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(DestinationError::TimedOut),
            Ok(Err(error)) => Err(DestinationError::Connect(error)),
            Err(_) => Err(DestinationError::TimedOut),
        }
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, DestinationError> {
        let found = self.names.find(name).await?;
        Ok(found.iter().map(|address| SocketAddr::new(address.to_canonical(), port)).collect())
    }

    /// The address that the configuration gives the host.
    fn fixed(&self, host: &str, port: u16) -> Option<Fixed> {
        let exact = self.resolve.get(&format!("{host}:{port}")).or_else(|| self.resolve.get(host));
        let above = || {
            let mut rest = host;
            while let Some((_, parent)) = rest.split_once('.') {
                if let Some(found) = self.resolve.get(&format!("*.{parent}")) {
                    return Some(found);
                }
                rest = parent;
            }
            None
        };
        exact.or_else(above).copied()
    }
}

/// The desk is always opened.
fn desk_opening(desk_url: &str) -> Option<Opening> {
    let uri: hyper::Uri = desk_url.parse().ok()?;
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let host = Host::parse(uri.host()?).ok()?;
    Some(Opening { host: Some(host.to_string()), network: None, port: Some(uri.port_u16().unwrap_or(usual)) })
}

/// A connection to a site (left) or to the proxy further up (right).
pub(crate) type Hop = Either<TcpStream, TcpStream>;

/// The longest head with which a proxy answers.
const LONGEST_HEAD: usize = 16 * 1024;

/// Asks a proxy for a way to `target`. Nothing behind its answer is read: that is the site's.
async fn ask_for(stream: &mut TcpStream, target: &Target) -> io::Result<()> {
    let site = target.authority(0);
    stream.write_all(format!("CONNECT {site} HTTP/1.1\r\nHost: {site}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(io::Error::other("its answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let opened = head.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(1..5)).is_some_and(|status| status == b" 200");
    if opened { Ok(()) } else { Err(io::Error::other("it refuses")) }
}

/// IPv6 and IPv4 by turns, beginning with the first.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let six_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == six_first);
    let most = first.len().max(second.len());
    (0..most).flat_map(|place| [first.get(place), second.get(place)]).flatten().copied().collect()
}

/// The first connection that comes about. Each address is begun a little after the one before it, or at
/// once when that one fails.
async fn connect_any(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address to connect to");
    tries.extend(rest.next().map(TcpStream::connect));
    loop {
        tokio::select! {
            done = tries.next() => match done {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => {
                    last = error;
                    tries.extend(rest.next().map(TcpStream::connect));
                }
                None => return Err(last),
            },
            () = tokio::time::sleep(NEXT_TRY), if rest.len() > 0 => tries.extend(rest.next().map(TcpStream::connect)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(&'static [&'static str]);

    #[async_trait::async_trait]
    impl Resolve for Names {
        async fn lookup(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|text| text.parse().unwrap()).collect())
        }
    }

    fn config() -> Config {
        let school = kernel::SchoolId::from_parts(1, &[1; 10]);
        Config::new(school, "Willow Lane Primary", "http://127.0.0.1:8080")
    }

    async fn check(config: &Config, answers: &'static [&'static str], target: &str) -> Result<String, String> {
        let target = Target::of_connect(&target.parse().unwrap()).unwrap();
        let found = Destinations::new(config, Arc::new(Names(answers))).check(&target).await;
        found
            .map(|all| all.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" "))
            .map_err(|it| it.to_string())
    }

    const CLOSED: &str = "the gateway does not go to that address";

    #[tokio::test]
    async fn names_that_lead_inside_are_refused() {
        let config = config();
        for inside in [
            &["127.0.0.1"],
            &["10.0.0.1"],
            &["::1"],
            &["169.254.169.254"],
            &["::ffff:192.168.0.1"],
            &["64:ff9b::a00:1"],
        ] {
            assert_eq!(check(&config, inside, "site.example:80").await, Err(CLOSED.into()), "{inside:?}");
        }
        assert_eq!(check(&config, &["8.8.8.8"], "site.example:80").await, Ok("8.8.8.8:80".into()));
        // Of several addresses only those that are open are gone to.
        assert_eq!(check(&config, &["10.0.0.1", "8.8.8.8"], "site.example:80").await, Ok("8.8.8.8:80".into()));
        assert_eq!(check(&config, &[], "127.0.0.1:80").await, Err(CLOSED.into()));
        assert_eq!(check(&config, &[], "127.0.0.1:8080").await, Ok("127.0.0.1:8080".into()), "the desk");
        assert_eq!(check(&config, &[], "site.example:80").await, Err("the name of the site has no address".into()));
    }

    #[tokio::test]
    async fn the_configuration_opens_what_it_names() {
        let mut config = config();
        config.allow = vec![
            Opening { host: Some("mis.example".into()), network: None, port: Some(443) },
            Opening { host: None, network: Some(Network::parse("10.9.0.0/16").unwrap()), port: None },
            Opening { host: None, network: None, port: Some(22) },
        ];
        config.resolve.insert("site.willow-lane.test".into(), "127.0.0.1:9000".parse::<SocketAddr>().unwrap().into());
        config
            .resolve
            .insert("site.willow-lane.test:443".into(), "127.0.0.1:9443".parse::<SocketAddr>().unwrap().into());
        config.resolve.insert("*.below.test".into(), Fixed { address: "127.0.0.2".parse().unwrap(), port: None });
        assert_eq!(check(&config, &["10.0.0.1"], "mis.example:443").await, Ok("10.0.0.1:443".into()));
        assert_eq!(check(&config, &["10.0.0.1"], "mis.example:80").await, Err(CLOSED.into()));
        assert_eq!(check(&config, &["10.9.3.3"], "other.example:80").await, Ok("10.9.3.3:80".into()));
        assert_eq!(check(&config, &["10.0.0.1"], "other.example:22").await, Err(CLOSED.into()));
        assert_eq!(check(&config, &[], "site.willow-lane.test:80").await, Ok("127.0.0.1:9000".into()));
        assert_eq!(check(&config, &[], "site.willow-lane.test:443").await, Ok("127.0.0.1:9443".into()));
        assert_eq!(check(&config, &[], "a.b.below.test:81").await, Ok("127.0.0.2:81".into()));
        config.only = Some(vec![Opening { host: Some("site.willow-lane.test".into()), network: None, port: None }]);
        let not_named = Err("the gateway is set to open other sites only".to_owned());
        assert_eq!(check(&config, &[], "site.willow-lane.test:80").await, Ok("127.0.0.1:9000".into()));
        assert_eq!(check(&config, &["8.8.8.8"], "site.example:80").await, not_named);
        assert_eq!(check(&config, &["10.0.0.1"], "mis.example:443").await, not_named);
        assert_eq!(check(&config, &[], "127.0.0.1:8080").await, Ok("127.0.0.1:8080".into()), "the desk");
    }

    use crate::network::Network;

    #[test]
    fn both_kinds_of_address_have_their_turn() {
        let all = ["[2a00::1]:1", "[2a00::2]:1", "8.8.8.8:1"].map(|text| text.parse().unwrap());
        assert_eq!(in_turn(all.to_vec()), [all[0], all[2], all[1]]);
    }
}

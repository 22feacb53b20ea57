//! Whom a request is for: a host and a port, parsed once. Afterwards every part of the gateway sees the
//! same host: the decision, the name that is resolved, the `Host` header that goes on.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use hyper::{
    Request, Uri, header,
    http::uri::{Authority, Scheme},
};

/// A host as a request names it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in lower-case ASCII without a dot at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Why a request names nobody that the gateway could go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Not in the form that is used with a proxy.
    #[error("the request does not name its site in full")]
    NotAbsolute,
    /// Another protocol.
    #[error("the gateway carries http, and https by CONNECT")]
    Scheme,
    /// The name of a user in the address.
    #[error("an address must not hold a user name")]
    UserInfo,
    /// No host, or none that can exist.
    #[error("the request names no valid host")]
    Host,
    /// Two lengths of its body.
    #[error("the request says in two ways how long it is")]
    Length,
    /// No port, or port 0.
    #[error("the request names no valid port")]
    Port,
}

impl Host {
    /// Reads a name, an IPv4 address, or an IPv6 address with or without brackets. Numbers that only look
    /// like an address (`2130706433`, `0x7f.1`) are refused, because others read them as one.
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(BadTarget::Host)?;
            return inner.parse::<Ipv6Addr>().map(|it| Self::Address(it.into())).map_err(|_| BadTarget::Host);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let numeric = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
        let labels = name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        if name.len() > 253 || numeric || !labels {
            return Err(BadTarget::Host);
        }
        Ok(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.to_canonical().fmt(f),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host(..)")
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Target {
    /// The target of a request in absolute form: `http://host[:port]/path`.
    pub fn of_absolute(uri: &Uri) -> Result<Self, BadTarget> {
        let Some(scheme) = uri.scheme() else { return Err(BadTarget::NotAbsolute) };
        if *scheme != Scheme::HTTP {
            return Err(BadTarget::Scheme);
        }
        Self::of(uri, Some(80))
    }

    /// The target of a CONNECT: `host:port`.
    pub fn of_connect(uri: &Uri) -> Result<Self, BadTarget> {
        if uri.scheme().is_some() {
            return Err(BadTarget::Host);
        }
        Self::of(uri, None)
    }

    fn of(uri: &Uri, default_port: Option<u16>) -> Result<Self, BadTarget> {
        Self::of_authority(uri.authority().ok_or(BadTarget::Host)?, default_port)
    }

    /// The target that a `host[:port]` names.
    pub(crate) fn of_authority(authority: &Authority, default_port: Option<u16>) -> Result<Self, BadTarget> {
        if authority.as_str().contains('@') {
            return Err(BadTarget::UserInfo);
        }
        let host = Host::parse(authority.host())?;
        let rest = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        let port = match (rest.strip_prefix(':'), default_port) {
            (Some(digits), _) if !digits.is_empty() => digits.parse().map_err(|_| BadTarget::Port)?,
            (Some(_) | None, Some(port)) => port,
            (Some(_) | None, None) => return Err(BadTarget::Port),
        };
        if port == 0 {
            return Err(BadTarget::Port);
        }
        Ok(Self { host, port })
    }

    /// As it stands in a `Host` header and in an address: IPv6 in brackets, no port where it is `usual`.
    pub fn authority(&self, usual: u16) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            },
        };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

/// Whom a request is for that is not sent to a proxy: by its address, its `Host` field, or both where they say the same.
pub(crate) fn named<B>(request: &Request<B>, scheme: Scheme, port: u16) -> Result<Target, BadTarget> {
    if request.uri().scheme().is_some_and(|given| *given != scheme) {
        return Err(BadTarget::Scheme);
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let by_host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let host = Authority::try_from(host.as_bytes()).map_err(|_| BadTarget::Host)?;
            Some(Target::of_authority(&host, Some(port))?)
        }
        (None, _) => None,
        (Some(_), Some(_)) => return Err(BadTarget::Host),
    };
    let by_address = request.uri().authority().map(|it| Target::of_authority(it, Some(port))).transpose()?;
    match (by_address, by_host) {
        (Some(one), Some(two)) if one != two => Err(BadTarget::Host),
        (Some(target), _) | (None, Some(target)) => Ok(target),
        (None, None) => Err(BadTarget::Host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_form() {
        #[track_caller]
        fn check(given: &str, expected: &str) {
            assert_eq!(Host::parse(given).map(|host| host.to_string()).as_deref(), Ok(expected));
        }
        check("WWW.Games.Example.", "www.games.example");
        check("203.0.113.9", "203.0.113.9");
        check("127.0.0.1.", "127.0.0.1");
        check("[2001:db8::1]", "2001:db8::1");
        check("::1", "::1");
        check("[::ffff:10.0.0.1]", "10.0.0.1");
        check("a_b.example", "a_b.example");
        for bad in [
            "",
            ".",
            "a..b",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "127.1",
            "1.2.3.4.5",
            "-a.example",
            "a%2e.example",
            "a b",
            "[::1",
            "[fe80::1%eth0]",
            "ü.example",
        ] {
            assert_eq!(Host::parse(bad), Err(BadTarget::Host), "{bad}");
        }
    }

    #[test]
    fn targets_are_read_from_requests() {
        let absolute =
            |text: &str| Target::of_absolute(&text.parse().unwrap()).map(|it| (it.host.to_string(), it.port));
        assert_eq!(absolute("http://Site.example/x?y"), Ok(("site.example".into(), 80)));
        assert_eq!(absolute("http://site.example:8080/"), Ok(("site.example".into(), 8080)));
        assert_eq!(absolute("http://[2001:db8::1]:81/"), Ok(("2001:db8::1".into(), 81)));
        assert_eq!(absolute("/x"), Err(BadTarget::NotAbsolute));
        assert_eq!(absolute("https://site.example/"), Err(BadTarget::Scheme));
        assert_eq!(absolute("http://user:secret@site.example/"), Err(BadTarget::UserInfo));
        assert_eq!(absolute("http://site.example:0/"), Err(BadTarget::Port));
        let connect = |text: &str| Target::of_connect(&text.parse().unwrap()).map(|it| it.authority(443));
        assert_eq!(connect("site.example:443"), Ok("site.example".into()));
        assert_eq!(connect("[::1]:8443"), Ok("[::1]:8443".into()));
        assert_eq!(connect("site.example"), Err(BadTarget::Port));
    }

    #[test]
    fn a_request_names_one_site() {
        #[track_caller]
        fn check(uri: &str, hosts: &[&str], expected: Result<&str, BadTarget>) {
            let mut request = Request::new(());
            *request.uri_mut() = uri.parse().unwrap();
            for host in hosts {
                request.headers_mut().append(header::HOST, host.parse().unwrap());
            }
            assert_eq!(named(&request, Scheme::HTTPS, 443).map(|it| it.authority(443)), expected.map(str::to_owned));
        }
        check("/x", &["Site.example"], Ok("site.example"));
        check("/x", &["site.example:443"], Ok("site.example"));
        check("/x", &["site.example:8443"], Ok("site.example:8443"));
        check("https://site.example/x", &[], Ok("site.example"));
        check("https://site.example/x", &["site.example."], Ok("site.example"));
        check("https://site.example/x", &["games.example"], Err(BadTarget::Host));
        check("/x", &["site.example", "site.example"], Err(BadTarget::Host));
        check("/x", &[], Err(BadTarget::Host));
        check("/x", &["user@site.example"], Err(BadTarget::UserInfo));
        check("/x", &["site.example/y"], Err(BadTarget::Host));
        check("http://site.example/x", &[], Err(BadTarget::Scheme));
    }
}

//! The address of a request in canonical form: scheme, host, port, and the path where it is known.
//!
//! A path is known for plain HTTP and inspected connections. It is decoded once, its `.` and `..` are
//! resolved and its doubled slashes are one, so that no spelling of an address escapes an entry.

use std::fmt;

use crate::host::{BadHost, Host};

/// How the request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Inside TLS.
    Https,
}

impl Scheme {
    /// The word before `://`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where none is given.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// How it travels.
    pub scheme: Scheme,
    /// From whom.
    pub host: Host,
    /// On which port.
    pub port: u16,
    path: Option<String>,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Neither `http` nor `https` (nor `ws`, `wss`, which travel the same way).
    #[error("the address begins with neither http:// nor https://")]
    Scheme,
    /// The host cannot be read.
    #[error("the host of the address cannot be read")]
    Host(#[source] BadHost),
    /// The port is not a number from 1 to 65535.
    #[error("the port of the address is not a number from 1 to 65535")]
    Port,
}

impl Address {
    /// From its parts; `path` is as sent, with its query, or none where only the name is known.
    pub fn new(scheme: Scheme, host: Host, port: u16, path: Option<&str>) -> Self {
        Self { scheme, host, port, path: path.map(canonical_path) }
    }

    /// Reads `https://host:port/path?query` as browsers do: user information is dropped, backslashes are slashes.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text: String = text.trim().chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let (scheme, rest) = text.split_once(':').ok_or(BadAddress::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => Scheme::Http,
            "https" | "wss" => Scheme::Https,
            _ => return Err(BadAddress::Scheme),
        };
        let rest = rest.trim_start_matches(['/', '\\']);
        let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority)?;
        Ok(Self::new(scheme, host, port.unwrap_or(scheme.port()), Some(path)))
    }

    /// Reads the `host:port` of a CONNECT; no path is known.
    pub fn connect(authority: &str) -> Result<Self, BadAddress> {
        let (host, port) = split_port(authority)?;
        let port = port.unwrap_or(Scheme::Https.port());
        Ok(Self::new(Scheme::Https, host, port, None))
    }

    /// The canonical path with its query, where the path is known; begins with `/`.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The canonical path without its query: what the activity log keeps.
    pub fn path_only(&self) -> Option<&str> {
        self.path().map(|path| path.split('?').next().unwrap_or(path))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.id(), self.host)?;
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(self.path().unwrap_or("/"))
    }
}

fn split_port(authority: &str) -> Result<(Host, Option<u16>), BadAddress> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (authority, ""),
    };
    let port = match port {
        "" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0).ok_or(BadAddress::Port)?)
        }
        _ => return Err(BadAddress::Port),
    };
    Ok((Host::parse(host).map_err(BadAddress::Host)?, port))
}

/// A path, with its query, in the one form that entries are compared with.
pub(crate) fn canonical_path(text: &str) -> String {
    let text = text.split('#').next().unwrap_or(text);
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let bytes = percent_decode_deep(path.as_bytes());
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut is_folder = true;
    for part in bytes.split(|byte| matches!(byte, b'/' | b'\\')) {
        is_folder = matches!(part, b"" | b"." | b"..");
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let mut out = String::with_capacity(text.len() + 1);
    for part in &parts {
        out.push('/');
        push_encoded(&mut out, part, b"?#%");
    }
    if is_folder || parts.is_empty() {
        out.push('/');
    }
    if let Some(query) = query {
        out.push('?');
        push_encoded(&mut out, &percent_decode_deep(query.as_bytes()), b"#%");
    }
    out
}

/// Appends `bytes`, encoding what is not printable ASCII or is in `also`.
fn push_encoded(out: &mut String, bytes: &[u8], also: &[u8]) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in bytes {
        if byte.is_ascii_graphic() && !also.contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.extend(HEX.get(usize::from(byte >> 4)).into_iter().chain(HEX.get(usize::from(byte & 15))));
        }
    }
}

fn digit(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Decodes until nothing is left to decode, however deeply it was encoded (`%252541`), in one pass.
fn percent_decode_deep(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        out.push(*byte);
        while let [.., b'%', high, low] = out.as_slice() {
            let Some((high, low)) = digit(high).zip(digit(low)) else { break };
            out.truncate(out.len() - 3);
            out.push(high * 16 + low);
        }
    }
    out
}

/// Decodes every `%41` that is well formed, once, and leaves the others.
pub(crate) fn percent_decode_bytes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let pair = match (first, after) {
            (b'%', [high, low, ..]) => digit(high).zip(digit(low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high * 16 + low);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(given: &str, canonical: &str) {
        match Address::parse(given) {
            Ok(address) => assert_eq!(address.to_string(), canonical, "{given}"),
            Err(error) => assert_eq!(error.to_string(), canonical, "{given}"),
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_one() {
        for spelling in [
            "https://games.example/play/now",
            "HTTPS://Games.Example.:443/play/now",
            "https://somebody:secret@games.example/play/now#top",
            "https://good.example@games.example/play/now",
            "https:\\\\games.example\\play\\now",
            "https://games.example/a/../play/./now",
            "https://games.example/%70lay/n%6fw",
            "https://games.example/%2570lay/now",
            "https://games.example//play///now",
            "https://games.example/play%2Fnow",
            "https://games.example/../../play/now",
            " https://games.example/pl\tay/now\n",
        ] {
            check(spelling, "https://games.example/play/now");
        }
        check("http://games.example", "http://games.example/");
        check("http://games.example?x=%41", "http://games.example/?x=A");
        check("http://games.example:8080/a/", "http://games.example:8080/a/");
        check("http://0x7f.1/", "http://127.0.0.1/");
        check("http://[::1]:81/", "http://[::1]:81/");
        check("http://games.example/é%zz%", "http://games.example/%C3%A9%25zz%25");
        check("ftp://games.example/", "the address begins with neither http:// nor https://");
        check("http://games.example:99999/", "the port of the address is not a number from 1 to 65535");
        check("http://", "the host of the address cannot be read");
    }

    #[test]
    fn connect_knows_no_path() {
        let address = Address::connect("Games.Example:443").unwrap();
        assert_eq!((address.host.as_str(), address.port, address.path()), ("games.example", 443, None));
        assert_eq!(Address::connect("[::1]:8443").unwrap().port, 8443);
        assert!(Address::connect("games.example:x").is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_is_stable(text in "https?://\\PC{0,80}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
            }
        }

        #[test]
        fn canonical_paths_have_no_way_up(path in "[a./\\\\%2eEfF5c?#]{0,40}") {
            let path = canonical_path(&path);
            let only = path.split('?').next().unwrap();
            prop_assert!(only.starts_with('/') && !only.contains("//") && !only.contains("/../"), "{}", path);
            prop_assert_eq!(canonical_path(&path), path);
        }
    }
}

//! Ways round a filter that can be known by their names and shapes: private relays, names that hide others, unusual ports,
//! numbers instead of names, addresses inside addresses.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{
    address::{Address, percent_decode_bytes},
    host::Host,
    treatment::Bypass,
};

const TEXT: &str = include_str!("../data/bypass.toml");

/// Addresses inside an address are looked for this many times deep.
const DEPTH: usize = 3;
/// An address with more of them inside is none that a page has: it hides one among them.
const MOST: usize = 64;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dated: Option<toml::value::Datetime>,
    covers: Vec<String>,
    relays: Vec<String>,
    ports: Vec<u16>,
    keys: Vec<String>,
}

// A test reads the file; were it broken all the same, only 80 and 443 would be usual.
static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(TEXT).unwrap_or_else(|_| File { ports: vec![80, 443], ..File::default() }));

/// A way round the filter that a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A private relay.
    Relay,
    /// A host that is a number.
    Number,
    /// An unusual port.
    Port,
}

impl Way {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Relay => "a private relay",
            Self::Number => "a number instead of a name",
            Self::Port => "an unusual port",
        }
    }
}

/// Which way round the filter a request is, of those that are closed.
pub fn way(address: &Address, closed: Bypass) -> Option<Way> {
    if closed.relays && is_relay(&address.host) {
        return Some(Way::Relay);
    }
    if closed.numbers && address.host.address().is_some() {
        return Some(Way::Number);
    }
    (closed.ports && !FILE.ports.contains(&address.port)).then_some(Way::Port)
}

/// Whether a name is that of a private relay.
pub fn is_relay(host: &Host) -> bool {
    FILE.relays.iter().any(|relay| host.is_within(relay))
}

/// Whether a name that stands in the first message of TLS is known as one that hides others behind it, where that message
/// has something encrypted in it. Of a site of its own browsers send something empty in that place.
pub fn is_cover(host: &Host) -> bool {
    FILE.covers.iter().any(|cover| host.as_str() == cover)
}

/// The day on which the data was last looked over, as text.
pub fn dated() -> String {
    FILE.dated.map(|date| date.to_string()).unwrap_or_default()
}

/// The addresses that lie inside the path and query of `target`, as sent: `/proxy/https://a.test/b`,
/// `/browse?u=https%3A%2F%2Fa.test`, `/?url=a.test`, the same in Base64. Each is to be judged as if it were asked for
/// itself. None where there are more than anybody would look at.
pub fn nested(target: &str) -> Option<Vec<Address>> {
    let mut found = Vec::new();
    let mut text = target.as_bytes().to_vec();
    for _ in 0..DEPTH {
        look(&text, &mut found)?;
        let decoded = percent_decode_bytes(&text);
        if decoded == text {
            break;
        }
        text = decoded;
    }
    // `http`, and `HTTP`.
    let coded_places = target.match_indices("aHR0c").chain(target.match_indices("SFRUU"));
    for (nth, (place, _)) in coded_places.enumerate() {
        if nth >= MOST {
            return None;
        }
        if let Some(text) = target.get(place..).and_then(coded) {
            push(&text, &mut found)?;
        }
    }
    Some(found)
}

/// What begins like an address and is written in Base64.
fn coded(text: &str) -> Option<String> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let text = text.get(..end)?.replace('+', "-").replace('/', "_");
    let decoded = GeneralPurpose::new(&URL_SAFE, CONFIG).decode(text).ok()?;
    String::from_utf8(decoded).ok()
}

/// Looks for addresses in a text; none where there are too many.
fn look(text: &[u8], found: &mut Vec<Address>) -> Option<()> {
    let text = String::from_utf8_lossy(text);
    let lower = text.to_ascii_lowercase();
    // `http:/a.test` is how some write it where doubled slashes are one; browsers take `https:a.test` and `\` too, and
    // `//a.test` as a value.
    for scheme in ["http:", "https:", "=//"] {
        for (at, _) in lower.match_indices(scheme) {
            let rest = text.get(at + scheme.len()..).unwrap_or_default().trim_start_matches(['/', '\\']);
            let scheme = if scheme == "=//" { "https:" } else { scheme };
            push(&format!("{scheme}//{}", address_at_start(rest)), found)?;
        }
    }
    let Some((_, query)) = text.split_once('?') else { return Some(()) };
    for part in query.split(['&', ';']) {
        let Some((key, value)) = part.split_once('=') else { continue };
        let host = value.split(['/', '?', ':']).next().unwrap_or(value);
        let is_key = FILE.keys.iter().any(|known| key.eq_ignore_ascii_case(known));
        if is_key && kernel::sites::is_domain(&host.to_ascii_lowercase()) && !host.contains("://") {
            push(&format!("https://{value}"), found)?;
        }
    }
    Some(())
}

/// As much of a text as is an address: a host ends at whatever no host has, an address at what ends one in a query.
fn address_at_start(text: &str) -> &str {
    let in_host = |letter: char| letter.is_alphanumeric() || "-._:[]@%".contains(letter);
    let host = text.find(|letter| !in_host(letter)).unwrap_or(text.len());
    let goes_on = text.get(host..).is_some_and(|rest| rest.starts_with(['/', '?', '#']));
    let end = if goes_on { text.find(['&', '"', '\'', ' ', '<', '>']).unwrap_or(text.len()) } else { host };
    text.get(..end.max(host)).unwrap_or_default()
}

/// Notes an address; none where there are too many.
fn push(text: &str, found: &mut Vec<Address>) -> Option<()> {
    if let Ok(address) = Address::parse(text)
        && (address.host.as_str().contains('.') || address.host.address().is_some())
        && !found.contains(&address)
    {
        if found.len() >= MOST {
            return None;
        }
        found.push(address);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_data_is_read() {
        let file: File = toml::from_str(TEXT).unwrap();
        assert!(file.dated.is_some() && file.ports.contains(&443) && !file.keys.is_empty());
        assert!(file.covers.iter().chain(&file.relays).all(|name| kernel::sites::is_domain(name)));
    }

    #[test]
    fn ways_are_known_where_they_are_closed() {
        for (address, way) in [
            ("https://mask.icloud.com/", Some(Way::Relay)),
            ("https://192.0.2.1/", Some(Way::Number)),
            ("http://[2001:db8::1]/", Some(Way::Number)),
            ("https://a.test:8443/", Some(Way::Port)),
            ("http://a.test:443/", None),
            ("https://a.test/", None),
        ] {
            assert_eq!(super::way(&Address::parse(address).unwrap(), Bypass::ALL), way, "{address}");
            assert_eq!(super::way(&Address::parse(address).unwrap(), Bypass::default()), None);
        }
        let covers = |name: &str| is_cover(&Host::parse(name).unwrap());
        assert!(covers("cloudflare-ech.com") && !covers("www.cloudflare-ech.com") && !covers("a.test"));
    }

    #[test]
    fn addresses_inside_addresses_are_found() {
        #[track_caller]
        fn check(target: &str, expected: &[&str]) {
            let found: Vec<_> = nested(target).unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{target}");
        }
        check("/proxy/https://adult.test/a", &["https://adult.test/a"]);
        check("/proxy/https:/adult.test/a", &["https://adult.test/a"]);
        check("/browse?u=https%3A%2F%2Fadult.test%2Fa&b=4", &["https://adult.test/a"]);
        check("/browse?u=https%253A%252F%252Fadult.test", &["https://adult.test/"]);
        check("/?url=adult.test", &["https://adult.test/"]);
        check("/?U=adult.test/x", &["https://adult.test/x"]);
        check("/?u=aHR0cHM6Ly9nYW1lcy50ZXN0L3g", &["https://games.test/x"]);
        check("/?u=aHR0cDovL2dhbWVzLnRlc3Q=&v=1", &["http://games.test/"]);
        check("/?a=http://a.test&b=http://b.test", &["http://a.test/", "http://b.test/"]);
        check("/http://games.test/x?y", &["http://games.test/x?y"]);
        check("/web/2020/https://games.test/", &["https://games.test/"]);
        check("/?u=HTTPS://games.test:8443/x", &["https://games.test:8443/x"]);
        check("/?u=SFRUUFM6Ly9nYW1lcy50ZXN0L3g", &["https://games.test/x"]);
        check("/?url=https:games.test", &["https://games.test/"]);
        check("/?url=https:%5C%5Cgames.test", &["https://games.test/"]);
        check("/?url=//games.test/x", &["https://games.test/x"]);
        for end in [";x", ",", ")", "|y"] {
            check(&format!("/?url=https://games.test{end}"), &["https://games.test/"]);
        }
        check("/?domain=games.test", &["https://games.test/"]);
        let padded = |number: usize| {
            let padding: String = (0..number).map(|nth| format!("a{nth}=http://a{nth}.test&")).collect();
            nested(&format!("/?{padding}url=https://games.test/"))
        };
        assert!(padded(20).unwrap().iter().any(|found| found.host.as_str() == "games.test"));
        assert_eq!(padded(100), None);
        check("/about-http/x?q=https", &[]);
        check("/search?q=what+is+1.5", &[]);
        check("/a/b?c=d", &[]);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_little_is_found(target in "(/|\\?|&|=|%[0-9a-f]{2}|https?:/|aHR0c|[a-cL6.\\[\\]:é]){0,60}") {
            prop_assert!(nested(&target).is_none_or(|found| found.len() <= MOST));
        }
    }
}

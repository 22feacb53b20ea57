//! A host that a request names: a domain name in its one canonical form, or an address.
//!
//! Browsers read `2130706433`, `0x7f.1` and `0177.0.0.1` all as 127.0.0.1; so does this file, because
//! a host that the filter reads otherwise than the network does is a hole in the filter.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A host in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    text: String,
    address: Option<IpAddr>,
}

/// Why a text is not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHost {
    /// Nothing is there.
    #[error("the host is empty")]
    Empty,
    /// A label or the whole is longer than names can be.
    #[error("the host is longer than a name can be")]
    TooLong,
    /// A character that no host has, or an IDN that is not valid.
    #[error("the host has a character that no host can have")]
    BadCharacter,
    /// It ends in a number, and is not an IPv4 address in any form.
    #[error("the host is a number, but not an address")]
    BadAddress,
}

impl Host {
    /// Reads a host as browsers do: percent-decoded, IDN to ASCII, lower case, without the trailing dot, and
    /// IPv4 in decimal, hexadecimal, octal and short forms.
    pub fn parse(text: &str) -> Result<Self, BadHost> {
        if text.len() > 2048 {
            return Err(BadHost::TooLong);
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return inner.parse().map(Self::v6).map_err(|_| BadHost::BadAddress);
        }
        if is_canonical(text) {
            return Ok(Self { text: text.to_owned(), address: None });
        }
        let decoded = percent_decode(text).ok_or(BadHost::BadCharacter)?;
        let ascii = if decoded.is_ascii() && !decoded.to_ascii_lowercase().contains("xn--") {
            decoded.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii(&decoded).map_err(|_| BadHost::BadCharacter)?
        };
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if name.is_empty() {
            return Err(BadHost::Empty);
        }
        if name.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))) {
            return Err(BadHost::BadCharacter);
        }
        if ends_in_number(name) {
            return v4(name).map(Self::v4).ok_or(BadHost::BadAddress);
        }
        if name.split('.').any(str::is_empty) {
            return Err(BadHost::Empty);
        }
        if name.len() > 253 || name.split('.').any(|label| label.len() > 63) {
            return Err(BadHost::TooLong);
        }
        Ok(Self { text: name.to_owned(), address: None })
    }

    /// How the name is written in letters beyond the plain ones, where it has any: such a name can be made to look like
    /// another site's.
    pub fn in_other_letters(&self) -> Option<String> {
        let foreign = self.text.split('.').any(|label| label.starts_with("xn--"));
        foreign.then(|| idna::domain_to_unicode(&self.text).0)
    }

    /// An IPv4 address.
    pub fn v4(address: Ipv4Addr) -> Self {
        Self { text: address.to_string(), address: Some(IpAddr::V4(address)) }
    }

    /// An IPv6 address; one that carries an IPv4 address inside is that IPv4 address.
    pub fn v6(address: Ipv6Addr) -> Self {
        match address.to_ipv4_mapped() {
            Some(inner) => Self::v4(inner),
            None => Self { text: address.to_string(), address: Some(IpAddr::V6(address)) },
        }
    }

    /// The canonical text: lower-case ASCII without trailing dot; an IPv6 address without brackets.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address, where the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether the host is `domain` or lies below it. An address lies below nothing.
    pub fn is_within(&self, domain: &str) -> bool {
        match self.text.strip_suffix(domain) {
            Some("") => true,
            Some(rest) => self.address.is_none() && !domain.is_empty() && rest.ends_with('.'),
            None => false,
        }
    }

    /// The host and everything above it, longest first: `a.b.test`, `b.test`, `test`. An address alone.
    pub fn suffixes(&self) -> impl Iterator<Item = &str> {
        let mut next = Some(self.as_str());
        let is_name = self.address.is_none();
        std::iter::from_fn(move || {
            let this = next?;
            next = if is_name { this.split_once('.').map(|(_, rest)| rest) } else { None };
            Some(this)
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(IpAddr::V6(_)) => write!(f, "[{}]", self.text),
            Some(IpAddr::V4(_)) | None => f.write_str(&self.text),
        }
    }
}

impl std::str::FromStr for Host {
    type Err = BadHost;
    fn from_str(text: &str) -> Result<Self, BadHost> {
        Self::parse(text)
    }
}

/// Whether the text needs nothing done: the usual case, told without an allocation.
fn is_canonical(text: &str) -> bool {
    let mut label = 0usize;
    let mut first_of_last = 0u8;
    for byte in text.bytes() {
        match byte {
            b'.' if label == 0 => return false,
            b'.' => label = 0,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {
                if label == 0 {
                    first_of_last = byte;
                }
                label += 1;
                if label > 63 {
                    return false;
                }
            }
            _ => return false,
        }
    }
    label > 0 && text.len() <= 253 && !first_of_last.is_ascii_digit() && !text.contains("xn--")
}

/// Decodes `%41`; none where the result is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    String::from_utf8(crate::address::percent_decode_bytes(text.as_bytes())).ok()
}

/// Whether the last label is a number, so that browsers take the whole for an IPv4 address.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// IPv4 as browsers read it: one to four numbers, decimal, octal or hexadecimal, the last filling what is left.
fn v4(name: &str) -> Option<Ipv4Addr> {
    let mut numbers = Vec::with_capacity(4);
    for part in name.split('.') {
        if numbers.len() == 4 {
            return None;
        }
        numbers.push(number(part)?);
    }
    let (last, first) = numbers.split_last()?;
    let left = 4 - u32::try_from(first.len()).ok()?;
    if *last >= 1u64 << (8 * left) || first.iter().any(|number| *number > 255) {
        return None;
    }
    let mut whole = *last;
    for (place, number) in first.iter().enumerate() {
        whole |= number << (8 * (3 - place));
    }
    u32::try_from(whole).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x") {
        Some("") => return Some(0),
        Some(hex) => (hex, 16),
        None if part.len() > 1 && part.starts_with('0') => (part, 8),
        None => (part, 10),
    };
    if digits.is_empty() || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().filter(|number| *number <= u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(given: &str, canonical: &str) {
        match Host::parse(given) {
            Ok(host) => assert_eq!(host.as_str(), canonical, "{given}"),
            Err(error) => assert_eq!(error.to_string(), canonical, "{given}"),
        }
    }

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        check("Games.Example", "games.example");
        check("games.example.", "games.example");
        check("g%61mes.example", "games.example");
        check("bücher.example", "xn--bcher-kva.example");
        let letters = |text: &str| Host::parse(text).unwrap().in_other_letters();
        assert_eq!(letters("www.bücher.example").as_deref(), Some("www.bücher.example"));
        assert_eq!((letters("buecher.example"), letters("192.0.2.1")), (None, None));
        check("ＧＡＭＥＳ.example", "games.example");
        check("games。example", "games.example");
        check("my_host.example", "my_host.example");
        check("127.0.0.1", "127.0.0.1");
        check("2130706433", "127.0.0.1");
        check("0x7f.1", "127.0.0.1");
        check("0177.0.0.01", "127.0.0.1");
        check("0x7F000001", "127.0.0.1");
        check("10.1", "10.0.0.1");
        check("[::1]", "::1");
        check("[2001:DB8:0:0::1]", "2001:db8::1");
        check("[::ffff:127.0.0.1]", "127.0.0.1");
        check("1.2.3.4.5", "the host is a number, but not an address");
        check("256.1.1.1", "the host is a number, but not an address");
        check("08.1", "the host is a number, but not an address");
        check("games.example.08", "the host is a number, but not an address");
        check("", "the host is empty");
        check("a..b", "the host is empty");
        check("a b.example", "the host has a character that no host can have");
        check("a%00.example", "the host has a character that no host can have");
        check(&"a".repeat(64), "the host is longer than a name can be");
        check(&"a.".repeat(128), "the host is longer than a name can be");
    }

    #[test]
    fn within_ends_at_a_label() {
        let host = Host::parse("www.games.example").unwrap();
        assert!(host.is_within("games.example") && host.is_within("example") && host.is_within("www.games.example"));
        assert!(!host.is_within("ames.example") && !host.is_within("") && !host.is_within(".example"));
        assert!(!Host::parse("10.1.2.3").unwrap().is_within("2.3"));
        assert_eq!(host.suffixes().collect::<Vec<_>>(), ["www.games.example", "games.example", "example"]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,60}") {
            if let Ok(host) = Host::parse(&text) {
                prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
            }
        }

        #[test]
        fn every_form_of_an_address_is_the_same(number: u32) {
            let address = Ipv4Addr::from(number);
            let [a, b, c, d] = address.octets();
            for form in [
                format!("{number}"), format!("{number:#x}"), format!("0{number:o}"),
                format!("{a}.{}", number & 0xff_ffff), format!("{a:#x}.0{b:o}.{}", number & 0xffff),
                format!("{a}.{b}.{c}.{d}."), format!("[::ffff:{a}.{b}.{c}.{d}]"),
            ] {
                prop_assert_eq!(Host::parse(&form), Ok(Host::v4(address)), "{}", form);
            }
        }
    }
}

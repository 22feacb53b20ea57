//! Names that are answered here whatever the policy says: by which programs ask whether they may go round the resolver,
//! and those that mean nothing outside (RFC 6761, 6762, 6303, 7686, 9462).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a special name gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// It does not exist.
    NoName,
    /// It exists, and has nothing.
    Nothing,
    /// It is this machine.
    Loopback,
    /// The name of an address: nothing that can be visited, so the filter is not asked.
    Reverse,
}

/// By these names browsers and private relays ask whether they may use resolvers of their own; "no such name" means no.
const CANARIES: [&str; 3] = ["use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com"];

/// Tops that are never in the public tree.
const NOWHERE: [&str; 7] = ["onion", "invalid", "local", "localdomain", "alt", "lan", "internal"];

/// Whether a name, in lower case and without its last dot, is special. Zones that the school has of its own go before.
pub fn special(name: &str) -> Option<Special> {
    if name.is_empty() {
        return Some(Special::Reverse);
    }
    let top = name.rsplit('.').next().unwrap_or(name);
    if top == "localhost" {
        return Some(Special::Loopback);
    }
    if top == "arpa" {
        return Some(arpa(name));
    }
    let none = NOWHERE.contains(&top) || !name.contains('.') || CANARIES.iter().any(|canary| is_within(name, canary));
    none.then_some(Special::NoName)
}

/// Whether `name` is `domain` or below it.
pub(crate) fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn arpa(name: &str) -> Special {
    if is_within(name, "resolver.arpa") {
        return Special::Nothing;
    }
    if is_within(name, "home.arpa") {
        return Special::NoName;
    }
    match address_of(name) {
        Some(address) if !kernel::is_public(address) => Special::NoName,
        Some(_) | None => Special::Reverse,
    }
}

/// The address that a reverse name begins with; parts that are not given are zero.
fn address_of(name: &str) -> Option<IpAddr> {
    if let Some(parts) = name.strip_suffix(".in-addr.arpa") {
        let mut bytes = [0; 4];
        let mut parts = parts.rsplit('.');
        for place in &mut bytes {
            let Some(part) = parts.next() else { break };
            *place = part.parse().ok()?;
        }
        return Some(IpAddr::V4(Ipv4Addr::from(bytes)));
    }
    let mut bits = 0u128;
    let parts: Vec<&str> = name.strip_suffix(".ip6.arpa")?.rsplit('.').take(32).collect();
    for (at, part) in parts.iter().enumerate() {
        let digit = u128::from_str_radix(part, 16).ok().filter(|digit| *digit < 16)?;
        bits |= digit << (124 - 4 * at);
    }
    Some(IpAddr::V6(Ipv6Addr::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_names_are_known() {
        #[track_caller]
        fn check(name: &str, expected: Option<Special>) {
            assert_eq!(special(name), expected, "{name}");
        }
        check("use-application-dns.net", Some(Special::NoName));
        check("mask.icloud.com", Some(Special::NoName));
        check("a.mask-h2.icloud.com", Some(Special::NoName));
        check("icloud.com", None);
        check("unmask.icloud.com", None);
        check("printer.local", Some(Special::NoName));
        check("router", Some(Special::NoName));
        check("x.localhost", Some(Special::Loopback));
        check("_dns.resolver.arpa", Some(Special::Nothing));
        check("1.0.0.10.in-addr.arpa", Some(Special::NoName));
        check("168.192.in-addr.arpa", Some(Special::NoName));
        check("8.8.8.8.in-addr.arpa", Some(Special::Reverse));
        check("b._dns-sd._udp.0.0.10.in-addr.arpa", Some(Special::Reverse));
        check("d.f.ip6.arpa", Some(Special::NoName));
        check("6.0.6.2.ip6.arpa", Some(Special::Reverse));
        check("games.example", None);
        check("", Some(Special::Reverse));
    }
}

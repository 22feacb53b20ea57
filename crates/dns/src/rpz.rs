//! What is closed as a Response Policy Zone, so that a resolver that a school has already (BIND, Unbound, PowerDNS, Knot)
//! can use the lists: line by line, never all of it in memory. The caller has decided which names are closed.
//!
//! Less than what the gateway does: a zone knows no people, no times and no paths, and nobody is told why. Sealed lists are
//! never in it.

use std::net::IpAddr;

/// Seconds that an entry holds.
const TTL: u32 = 300;

/// What is said of closed names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// That they do not exist.
    NoName,
    /// That they are at the block page, which has these addresses.
    Page(Vec<IpAddr>),
}

/// What a zone is made of besides its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone<'a> {
    /// The name of the zone: `closed.school.test`. Entries are written below it.
    pub origin: &'a str,
    /// A number that grows with each new version.
    pub serial: u32,
    /// Whether every name is closed that the zone does not open.
    pub all: bool,
    /// Names that are open with all below them, as far as no longer name is closed: the desk, help for children, what a
    /// rule opens.
    pub open: &'a [&'a str],
    /// What is said of closed names.
    pub says: Closed,
}

/// The lines of the zone that closes `names`, each with its line end. What is no name is left out. A name that comes twice
/// makes the same line twice, which means the same as once. Of two names the longer one holds.
pub fn zone<'a, N>(zone: &'a Zone<'a>, names: N) -> impl Iterator<Item = String> + 'a
where
    N: IntoIterator<Item = String>,
    N::IntoIter: 'a,
{
    let origin = zone.origin.trim_end_matches('.');
    let head = [
        format!("$ORIGIN {origin}.\n"),
        format!("$TTL {TTL}\n"),
        format!("@ SOA localhost. root.localhost. {} 3600 600 604800 {TTL}\n", zone.serial),
        "@ NS localhost.\n".to_owned(),
    ];
    let room = 251usize.saturating_sub(origin.len());
    let open = zone.open.iter().filter(move |name| is_entry(name, room)).map(|name| both(name, "CNAME rpz-passthru."));
    let all = zone.all.then(|| zone.says.data().iter().map(|data| format!("* {data}\n")).collect());
    let closed = names
        .into_iter()
        .filter(move |name| is_entry(name, room))
        .map(|name| zone.says.data().iter().map(|data| both(&name, data)).collect());
    head.into_iter().chain(open).chain(all).chain(closed)
}

impl Closed {
    /// What stands behind a closed name.
    fn data(&self) -> Vec<String> {
        match self {
            Self::NoName => vec!["CNAME .".to_owned()],
            Self::Page(addresses) => addresses.iter().map(|address| format!("{} {address}", kind(address))).collect(),
        }
    }
}

/// The lines for a name and for all below it.
fn both(name: &str, data: &str) -> String {
    format!("{name} {data}\n*.{name} {data}\n")
}

fn kind(address: &IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "A",
        IpAddr::V6(_) => "AAAA",
    }
}

/// Whether a name can be written below the zone's, with a label for all below it, without any character that means
/// something in a zone's text.
fn is_entry(name: &str, room: usize) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    name.len() <= room && name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        rr::{Name, RecordType},
        serialize::txt::Parser,
    };

    use super::*;

    #[test]
    fn a_zone_is_one_for_other_programs() {
        let long = format!("{}.{}.{}.{}.example", "a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(55));
        let names = [
            "casino.example",
            "casino.example",
            "two.casino.example",
            "x.example\n@ NS evil.example.",
            "x.example;",
            "*.example",
            "Ünï.example",
            long.as_str(),
        ];
        let made = |says, all| {
            let zone = Zone {
                origin: "closed.school.test.",
                serial: 2_026_112_401,
                all,
                open: &["help.example", "b@d"],
                says,
            };
            super::zone(&zone, names.map(str::to_owned)).collect::<String>()
        };
        let text = made(Closed::NoName, false);
        assert_eq!(
            text,
            "$ORIGIN closed.school.test.\n$TTL 300\n\
             @ SOA localhost. root.localhost. 2026112401 3600 600 604800 300\n@ NS localhost.\n\
             help.example CNAME rpz-passthru.\n*.help.example CNAME rpz-passthru.\n\
             casino.example CNAME .\n*.casino.example CNAME .\n\
             casino.example CNAME .\n*.casino.example CNAME .\n\
             two.casino.example CNAME .\n*.two.casino.example CNAME .\n"
        );
        assert!(made(Closed::NoName, true).contains("\n* CNAME .\n"));
        let once = text.replacen("casino.example CNAME .\n*.casino.example CNAME .\n", "", 1);
        let page = Closed::Page(vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()]);
        for text in [once, made(page, true)] {
            let (origin, records) =
                Parser::new(text, None, Some(Name::from_ascii("closed.school.test.").unwrap())).parse().unwrap();
            assert_eq!(origin.to_ascii(), "closed.school.test.");
            assert!(records.keys().any(|key| key.record_type == RecordType::SOA));
            assert!(
                records
                    .keys()
                    .any(|key| { Name::from(&key.name).to_ascii() == "*.casino.example.closed.school.test." })
            );
        }
    }
}

//! The lists as a Response Policy Zone, so that a resolver that a school has already (BIND, Unbound, PowerDNS, Knot) can
//! use them: what is closed to one audience, line by line, never all of it in memory.
//!
//! Less than what the gateway does: a zone knows no people, no times and no paths, and nobody is told why. Sealed lists are
//! never in it.

use std::{collections::BTreeSet, net::IpAddr};

use filter::Category;

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
    /// The categories that are closed to the audience that the zone is for.
    pub closed: &'a BTreeSet<Category>,
    /// Names that stay open with all below them, whatever list has them: the desk, help for children, approved sites.
    pub open: &'a [&'a str],
    /// What is said of closed names.
    pub says: Closed,
}

/// The lines of the zone of `names`, each with its line end. Names that are open, in categories that are not closed, or
/// no names are left out. A name that comes twice makes the same line twice, which means the same as once.
pub fn zone<'a, N>(zone: &'a Zone<'a>, names: N) -> impl Iterator<Item = String> + 'a
where
    N: IntoIterator<Item = (Category, &'a str)>,
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
    let closed = names.into_iter().filter_map(move |(category, name)| {
        let closed = zone.closed.contains(&category) && is_entry(name, room) && !is_open(name, zone.open);
        closed.then(|| match &zone.says {
            Closed::NoName => both(name, "CNAME ."),
            Closed::Page(addresses) => {
                addresses.iter().map(|address| both(name, &format!("{} {address}", kind(address)))).collect()
            }
        })
    });
    head.into_iter().chain(open).chain(closed)
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

fn is_open(name: &str, open: &[&str]) -> bool {
    open.iter().any(|site| crate::special::is_within(name, site))
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        rr::{Name, RecordType},
        serialize::txt::Parser,
    };

    use super::*;

    fn category(name: &str) -> Category {
        Category::parse(name).unwrap()
    }

    #[test]
    fn a_zone_is_one_for_other_programs() {
        let long = format!("{}.{}.{}.{}.example", "a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(55));
        let names = [
            (category("gambling"), "casino.example"),
            (category("gambling"), "casino.example"),
            (category("games"), "games.example"),
            (category("gambling"), "two.casino.example"),
            (category("gambling"), "a.help.example"),
            (category("gambling"), "x.example\n@ NS evil.example."),
            (category("gambling"), "x.example;"),
            (category("gambling"), "*.example"),
            (category("gambling"), "Ünï.example"),
            (category("gambling"), long.as_str()),
        ];
        let closed = BTreeSet::from([category("gambling")]);
        let made = |says| {
            let zone = Zone {
                origin: "closed.school.test.",
                serial: 2_026_112_401,
                closed: &closed,
                open: &["help.example"],
                says,
            };
            super::zone(&zone, names).collect::<String>()
        };
        let text = made(Closed::NoName);
        assert_eq!(
            text,
            "$ORIGIN closed.school.test.\n$TTL 300\n\
             @ SOA localhost. root.localhost. 2026112401 3600 600 604800 300\n@ NS localhost.\n\
             help.example CNAME rpz-passthru.\n*.help.example CNAME rpz-passthru.\n\
             casino.example CNAME .\n*.casino.example CNAME .\n\
             casino.example CNAME .\n*.casino.example CNAME .\n\
             two.casino.example CNAME .\n*.two.casino.example CNAME .\n"
        );
        let once = text.replacen("casino.example CNAME .\n*.casino.example CNAME .\n", "", 1);
        for text in [once, made(Closed::Page(vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()]))] {
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

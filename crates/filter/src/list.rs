//! Reading lists of sites as others publish them, line by line, refusing what cannot be an entry and saying why.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::{
    address::canonical_path,
    host::{BadHost, Host},
};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListFormat {
    /// A domain or address a line: UT1's `domains`, plain lists. `*.x`, `.x` and `||x^` stand for `x`.
    Domains,
    /// A host with a path a line, with or without a scheme: UT1's `urls`.
    Urls,
    /// A hosts file: `0.0.0.0 name other-name`.
    Hosts,
}

/// One entry: a host and all below it, or a host with the beginning of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry<'a> {
    /// The host in canonical form.
    pub host: Cow<'a, str>,
    /// The beginning of the path in canonical form, without a slash at its end; none for the whole site.
    pub path: Option<String>,
}

/// Why a line is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhyRefused {
    /// The bytes are not UTF-8.
    #[error("the line is not text")]
    NotText,
    /// The line is longer than any address.
    #[error("the line is too long")]
    TooLong,
    /// The host cannot be read.
    #[error("the host cannot be read: {0}")]
    Host(BadHost),
    /// The entry would cover a whole top-level domain or registry.
    #[error("the entry would cover all sites of a top-level domain")]
    TooBroad,
    /// A wildcard elsewhere than at the front.
    #[error("a wildcard can only stand for whole labels at the front")]
    Wildcard,
    /// A hosts line with an address but no name, or a name but no address.
    #[error("the line of a hosts file needs an address and a name")]
    NoName,
}

/// A line that is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The number of the line, from 1.
    pub line: usize,
    /// Why.
    pub why: WhyRefused,
}

/// The longest path that an entry can have.
pub const LONGEST_PATH: usize = 1024;
const LONGEST_LINE: usize = 4096;

/// Names that hosts files have for the computer itself.
const OWN_NAMES: [&str; 12] = [
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
    "0.0.0.0",
];

/// Registries below which the British and their neighbours register names. An entry for one is a mistake of the list.
const REGISTRIES: [&str; 11] =
    ["gov.uk", "ltd.uk", "me.uk", "nhs.uk", "plc.uk", "police.uk", "sch.uk", "ne.jp", "or.jp", "or.kr", "or.at"];

/// Reads a list and gives each entry or refusal to `each`, in the order of the lines. Comments (`#`, `;`, `//`, `!`) and
/// blank lines are neither.
pub fn read_list(format: ListFormat, bytes: &[u8], mut each: impl FnMut(Result<ListEntry<'_>, Refused>)) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut start = 0;
    for (nth, end) in memchr_iter(b'\n', bytes).chain([bytes.len()]).enumerate() {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        let mut give = |result: Result<ListEntry<'_>, WhyRefused>| {
            each(result.map_err(|why| Refused { line: nth + 1, why }));
        };
        if line.len() > LONGEST_LINE {
            give(Err(WhyRefused::TooLong));
            continue;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            give(Err(WhyRefused::NotText));
            continue;
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';', '!']) || line.starts_with("//") {
            continue;
        }
        match format {
            ListFormat::Domains => give(domain(before_comment(line))),
            ListFormat::Urls => give(url(line)),
            ListFormat::Hosts => hosts(before_comment(line), give),
        }
    }
}

/// As [`read_list`], gathered.
pub fn parse_list(format: ListFormat, bytes: &[u8]) -> (Vec<ListEntry<'static>>, Vec<Refused>) {
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    read_list(format, bytes, |result| match result {
        Ok(entry) => entries.push(ListEntry { host: Cow::Owned(entry.host.into_owned()), path: entry.path }),
        Err(line) => refused.push(line),
    });
    (entries, refused)
}

/// A comment after an entry is set off by a space.
fn before_comment(line: &str) -> &str {
    line.find(" #").or_else(|| line.find("\t#")).map_or(line, |at| line.get(..at).unwrap_or(line)).trim_end()
}

fn hosts(line: &str, mut give: impl FnMut(Result<ListEntry<'_>, WhyRefused>)) {
    let mut words = line.split_whitespace();
    let address = words.next().and_then(|word| word.split('%').next()).map(str::parse::<std::net::IpAddr>);
    let mut any = false;
    for name in words {
        any = true;
        if !OWN_NAMES.contains(&name) {
            give(domain(name));
        }
    }
    if !any || !matches!(address, Some(Ok(_))) {
        give(Err(WhyRefused::NoName));
    }
}

fn domain(text: &str) -> Result<ListEntry<'_>, WhyRefused> {
    let text = text.strip_prefix("||").unwrap_or(text);
    let text = text.strip_suffix('^').unwrap_or(text);
    if text.contains('/') {
        return url(text);
    }
    let text = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
    if text.contains('*') {
        return Err(WhyRefused::Wildcard);
    }
    Ok(ListEntry { host: host(text)?, path: None })
}

fn url(text: &str) -> Result<ListEntry<'_>, WhyRefused> {
    let text = text.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '.'])).map_or(text, |(_, rest)| rest);
    let (authority, path) = match text.find(['/', '?']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        Some(_) | None => authority,
    };
    let name = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
    if name.contains('*') {
        return Err(WhyRefused::Wildcard);
    }
    let path = entry_path(path);
    if path.as_ref().is_some_and(|path| path.len() > LONGEST_PATH) {
        return Err(WhyRefused::TooLong);
    }
    Ok(ListEntry { host: host(name)?, path })
}

/// The path of an entry in the form that it is compared in; none where it is the whole site.
pub(crate) fn entry_path(path: &str) -> Option<String> {
    let mut path = canonical_path(path);
    path.truncate(path.trim_end_matches(['/', '?', '&']).len());
    (!path.is_empty()).then_some(path)
}

/// What countries put before their own ending for names that anybody may register: `com.sg`, `co.il`.
const SECOND: [&str; 7] = ["com", "co", "org", "net", "edu", "ac", "gob"];

/// Whether anybody may register names below this one: `co.uk`.
pub(crate) fn is_registry(domain: &str) -> bool {
    match domain.split_once('.') {
        None => true,
        Some((second, country)) => REGISTRIES.contains(&domain) || (country.len() == 2 && SECOND.contains(&second)),
    }
}

fn host(text: &str) -> Result<Cow<'_, str>, WhyRefused> {
    let host = Host::parse(text).map_err(WhyRefused::Host)?;
    if host.address().is_none() && is_registry(host.as_str()) {
        return Err(WhyRefused::TooBroad);
    }
    Ok(if host.as_str() == text { Cow::Borrowed(text) } else { Cow::Owned(host.as_str().to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a list says, an entry or `line: reason` a line.
    #[track_caller]
    fn check(format: ListFormat, list: &str, expected: &[&str]) {
        let mut found = Vec::new();
        read_list(format, list.as_bytes(), |result| {
            found.push(match result {
                Ok(entry) => format!("{}{}", entry.host, entry.path.unwrap_or_default()),
                Err(refused) => format!("{}: {}", refused.line, refused.why),
            });
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn plain_lists() {
        check(
            ListFormat::Domains,
            "\u{feff}# comment\r\nGames.Example\r\n\r\n*.casino.example\n.bet.example.\n||ads.example^\nbücher.example # why\n10.0.0.1\nplay.example/fun/",
            &[
                "games.example",
                "casino.example",
                "bet.example",
                "ads.example",
                "xn--bcher-kva.example",
                "10.0.0.1",
                "play.example/fun",
            ],
        );
        check(
            ListFormat::Domains,
            "com\nco.uk\na..example\na*.example\nx y.example\ncom.sg\nne.jp\n",
            &[
                "1: the entry would cover all sites of a top-level domain",
                "2: the entry would cover all sites of a top-level domain",
                "3: the host cannot be read: the host is empty",
                "4: a wildcard can only stand for whole labels at the front",
                "5: the host cannot be read: the host has a character that no host can have",
                "6: the entry would cover all sites of a top-level domain",
                "7: the entry would cover all sites of a top-level domain",
            ],
        );
    }

    #[test]
    fn lists_of_addresses() {
        check(
            ListFormat::Urls,
            "games.example/play/../Fun/?\nhttp://games.example:8080/%70lay?b=1\ngames.example/\n[::1]/a\nuser@games.example/x//y#z",
            &["games.example/Fun", "games.example/play?b=1", "games.example", "::1/a", "games.example/x/y"],
        );
    }

    #[test]
    fn hosts_files() {
        check(
            ListFormat::Hosts,
            "127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\nfe80::1%lo0 localhost\n0.0.0.0 games.example www.games.example # both\n127.0.0.1\tcasino.example\n0.0.0.0 0.0.0.0\ngames.example\n0.0.0.0",
            &[
                "games.example",
                "www.games.example",
                "casino.example",
                "7: the line of a hosts file needs an address and a name",
                "8: the line of a hosts file needs an address and a name",
            ],
        );
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_by_line() {
        let (entries, refused) = parse_list(ListFormat::Domains, b"a.example\n\xff\xfe\nb.example");
        assert_eq!(entries.len(), 2);
        assert_eq!(refused, [Refused { line: 2, why: WhyRefused::NotText }]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text in "[a-zA-Z0-9.*/:@#|^%\\[\\]? \t\r\n-]{0,200}") {
            for format in [ListFormat::Domains, ListFormat::Urls, ListFormat::Hosts] {
                parse_list(format, &bytes);
                for entry in parse_list(format, text.as_bytes()).0 {
                    let host = Host::parse(&entry.host);
                    prop_assert!(host.is_ok_and(|host| host.as_str() == entry.host) || entry.host.contains(':'));
                    if let Some(path) = entry.path {
                        prop_assert_eq!(entry_path(&path), Some(path));
                    }
                }
            }
        }
    }
}

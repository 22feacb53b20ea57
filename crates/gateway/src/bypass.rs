//! Ways round the filter that show in the request itself: hosts that are numbers, unusual ports, addresses
//! inside addresses (`/proxy?url=https://…`, `/http:/…`, the same in Base64), searches for pictures.
//!
//! Pure. The names of relays, anonymisers and resolvers are lists; what hides in DNS is the resolver's.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use filter::{Address, Carried, Decision, Opened, Treatment, Verdict, bypass::Way};

/// More of them in Base64 are not looked at: the first ones are what a proxy would load.
const MOST: usize = 4;

/// What a treatment stops about a request that is open by its address.
pub(crate) fn stopped(address: &Address, decision: &Decision, treatment: &Treatment) -> Option<Decision> {
    // What is refused stays refused, whatever else is on trial; nobody looks into visits of the desk and of help.
    if decision.refuses() || !decision.may_name_person() {
        return None;
    }
    let pictures = treatment
        .no_image_search
        .as_ref()
        .filter(|_| filter::safe_search::is_image_search(&address.host, address.path()))
        .map(|cited| Decision::carried(Carried::ImageSearch, cited));
    let way = treatment
        .bypass
        .as_ref()
        .filter(|cited| {
            filter::bypass::way(address, cited.value).is_some_and(|way| match way {
                Way::Relay => true,
                Way::Number | Way::Port => !is_opened_itself(decision),
            })
        })
        .map(|cited| Decision::carried(Carried::Bypass, cited));
    // What stops goes before what is only recorded.
    match (pictures, way) {
        (Some(pictures), Some(way)) if way.refuses() && !pictures.refuses() => Some(way),
        (Some(pictures), _) => Some(pictures),
        (None, way) => way,
    }
}

/// Whether this very site was opened: whoever did knew its number and its port.
fn is_opened_itself(decision: &Decision) -> bool {
    match decision.verdict {
        Verdict::Allow(Opened::Desk | Opened::Help | Opened::Unblock) => true,
        Verdict::Allow(Opened::Rule) => decision.entry.as_ref().is_some_and(|entry| entry.list.is_none()),
        Verdict::Allow(Opened::Default) | Verdict::Block(_) => false,
    }
}

/// The addresses that stand inside the path and query of an address, in Base64 too.
pub(crate) fn nested(path: &str) -> Vec<Address> {
    let mut found = filter::bypass::nested(path);
    for (place, _) in path.match_indices("aHR0c").take(MOST) {
        let decoded = path.get(place..).and_then(base64).and_then(|text| Address::parse(&text).ok());
        found.extend(decoded.filter(|address| !found.contains(address)));
    }
    found
}

fn base64(text: &str) -> Option<String> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let text = text.get(..end)?.replace('+', "-").replace('/', "_");
    let decoded = GeneralPurpose::new(&URL_SAFE, CONFIG).decode(text).ok()?;
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use filter::{Host, Scheme};
    use proptest::prelude::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn addresses_inside_addresses_are_found() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<_> = nested(address(text).path().unwrap()).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        }
        check("https://proxy.example/http://games.test/x?y", &["http://games.test/x?y"]);
        check("https://web.archive.example/web/2020/https://games.test/", &["https://games.test/"]);
        check("https://proxy.example/?url=https%3A%2F%2Fgames.test%2Fx&a=b", &["https://games.test/x"]);
        check("https://proxy.example/?url=https%253A%252F%252Fgames.test", &["https://games.test/"]);
        check("https://proxy.example/?u=HTTPS://games.test:8443/x", &["https://games.test:8443/x"]);
        check("https://proxy.example/?u=aHR0cHM6Ly9nYW1lcy50ZXN0L3g", &["https://games.test/x"]);
        check("https://proxy.example/?u=aHR0cDovL2dhbWVzLnRlc3Q=&v=1", &["http://games.test/"]);
        check("https://proxy.example/?a=http://a.test&b=http://b.test", &["http://a.test/", "http://b.test/"]);
        check("https://site.example/about-http/x?q=https", &[]);
        check("https://site.example/", &[]);
    }

    #[test]
    fn numbers_and_ports_are_closed_where_the_policy_says_so() {
        let clause = std::sync::Arc::new(filter::ClauseRef::default());
        let bypass = filter::Bypass::ALL;
        let cited = filter::Cited { value: bypass, clause, observed: false };
        let treatment = Treatment { bypass: Some(cited), ..Treatment::none() };
        let open = |opened| {
            let mut decision = Decision::unreadable();
            decision.verdict = Verdict::Allow(opened);
            decision
        };
        let check = |text: &str, opened| stopped(&address(text), &open(opened), &treatment).is_some();
        assert!(check("http://203.0.113.9/", Opened::Default));
        assert!(check("https://site.example:8443/", Opened::Default));
        assert!(!check("https://site.example/", Opened::Default));
        assert!(!check("http://203.0.113.9:8080/", Opened::Desk));
        // A site that is refused is not opened by something that is only on trial, and one on trial is no way round.
        let clause = std::sync::Arc::new(filter::ClauseRef::default());
        let trial = filter::Cited { value: bypass, clause, observed: true };
        let on_trial = Treatment { bypass: Some(trial), ..Treatment::none() };
        let number = address("http://203.0.113.9/");
        assert!(stopped(&number, &Decision::unreadable(), &on_trial).is_none());
        let observed = Decision { observed: true, ..Decision::unreadable() };
        assert!(stopped(&number, &observed, &treatment).is_some_and(|it| it.refuses()));
        let none = Treatment::none();
        assert!(stopped(&address("http://203.0.113.9/"), &open(Opened::Default), &none).is_none());
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "\\PC{0,60}(aHR0c|http:/)?\\PC{0,60}") {
            let host = Host::parse("site.example").unwrap();
            let address = Address::new(Scheme::Https, host, 443, Some(&path));
            prop_assert!(nested(address.path().unwrap()).len() <= 8 + MOST);
            nested(&path);
        }
    }
}

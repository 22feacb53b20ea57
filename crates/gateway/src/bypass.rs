//! Ways round the filter that show in the request itself: hosts that are numbers, unusual ports, searches for
//! pictures. Addresses inside addresses are found by `filter::bypass::nested`.
//!
//! Pure. The names of relays, anonymisers and resolvers are lists; what hides in DNS is the resolver's.

use filter::{Address, Carried, Decision, Opened, Treatment, Verdict, bypass::Way};

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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
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
}

//! What the clauses ask for besides opening and closing, where nothing of a request is known but its name: what a
//! resolver does. It is what the gateway does with connections that it does not open.
//!
//! A resolver cannot change what is asked. What can be kept safe only by that has another name here, or is closed.

use crate::{
    address::{Address, Scheme},
    bypass::{self, Way},
    decision::{Carried, Decision},
    host::Host,
    safe_search::{self, Wanted},
    treatment::Treatment,
};

/// What a treatment makes of a name that the rules leave open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lookup {
    /// What closes it; or would, where that is only on trial.
    pub stopped: Option<Decision>,
    /// The name under which it is looked up, where it is another: safe search, restricted video.
    pub alias: Option<&'static str>,
}

impl Lookup {
    /// Whether a treatment could make anything of this name. Hardly one is such a name, so this is asked before the rules.
    pub fn concerns(host: &Host) -> bool {
        safe_search::safe_by_name(host).is_some() || safe_search::is_image_search(host, None) || bypass::is_relay(host)
    }

    /// What `treatment` makes of `host`, about which this was decided.
    pub fn of(host: &Host, decision: &Decision, treatment: &Treatment) -> Self {
        let alias = safe_search::alias(host, Wanted::of(treatment));
        // What is refused stays refused, and nobody looks into visits of the desk and of help.
        if decision.refuses() || !decision.may_name_person() {
            return Self { stopped: None, alias };
        }
        let pictures = treatment
            .no_image_search
            .as_ref()
            .filter(|_| safe_search::is_image_search(host, None))
            .map(|cited| Decision::carried(Carried::ImageSearch, cited));
        let address = Address::new(Scheme::Https, host.clone(), Scheme::Https.port(), None);
        let relay = treatment
            .bypass
            .as_ref()
            .filter(|cited| bypass::way(&address, cited.value) == Some(Way::Relay))
            .map(|cited| Decision::carried(Carried::Bypass, cited));
        let search = safe_search::refusal_by_name(host, treatment);
        // What stops goes before what is only recorded.
        let stopped = [pictures, relay, search]
            .into_iter()
            .flatten()
            .reduce(|first, next| if next.refuses() && !first.refuses() { next } else { first });
        Self { stopped, alias }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        decision::{Opened, Reason, Verdict},
        rule::ClauseRef,
        treatment::{Bypass, Cited, Inspection, Restrict},
    };

    fn cited<T>(value: T, label: &str, observed: bool) -> Option<Cited<T>> {
        let clause = ClauseRef { label: label.to_owned(), ..ClauseRef::default() };
        Some(Cited { value, clause: Arc::new(clause), observed })
    }

    /// `safe.name`, `- search by safe`, `- image-search on trial`; empty where nothing is done.
    fn said(name: &str, opened: Opened, treatment: &Treatment) -> String {
        let host = Host::parse(name).unwrap();
        let lookup = Lookup::of(&host, &Decision::plain(Verdict::Allow(opened)), treatment);
        assert!(Lookup::concerns(&host) || lookup == Lookup::default(), "{name}");
        let stopped = lookup.stopped.map(|it| {
            let Verdict::Block(Reason::Carried(why)) = it.verdict else { panic!("{name}: {it:?}") };
            let label = &it.clause.as_ref().unwrap().label;
            let how = if it.observed { "on trial".to_owned() } else { format!("by {label}") };
            format!("- {} {how}", why.id())
        });
        lookup.alias.map(str::to_owned).into_iter().chain(stopped).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_has_no_safe_name_is_closed() {
        let safe = Treatment {
            safe_search: cited((), "safe", false),
            video: cited(Restrict::Moderate, "safe", false),
            ..Treatment::none()
        };
        for engine in ["search.yahoo.com", "www.qwant.com", "mojeek.com", "search.aol.com", "dogpile.com"] {
            assert_eq!(said(engine, Opened::Default, &safe), "- search by safe", "{engine}");
        }
        assert_eq!(said("www.google.co.uk", Opened::Rule, &safe), "forcesafesearch.google.com");
        assert_eq!(said("www.youtube.com", Opened::Default, &safe), "restrictmoderate.youtube.com");
        assert_eq!(said("school.example", Opened::Default, &safe), "");
        // What is opened elsewhere is closed here: a resolver changes nothing of what is asked.
        let opened = Treatment { inspection: Inspection::Opened(Arc::default()), ..safe.clone() };
        assert_eq!(said("search.yahoo.com", Opened::Default, &opened), "- search by safe");
        let trial = Treatment { safe_search: cited((), "safe", true), ..Treatment::none() };
        assert_eq!(said("search.yahoo.com", Opened::Default, &trial), "- search on trial");
        assert_eq!(said("www.google.com", Opened::Default, &trial), "");
        assert_eq!(said("search.yahoo.com", Opened::Help, &safe), "");
        assert_eq!(said("search.yahoo.com", Opened::Default, &Treatment::none()), "");
    }

    #[test]
    fn hosts_of_pictures_and_relays_are_closed() {
        let all = Treatment {
            safe_search: cited((), "safe", false),
            no_image_search: cited((), "pictures", false),
            bypass: cited(Bypass::ALL, "ways", false),
            ..Treatment::none()
        };
        assert_eq!(said("lens.google.com", Opened::Default, &all), "- image-search by pictures");
        assert_eq!(said("mask-api.icloud.com", Opened::Unblock, &all), "- bypass by ways");
        assert_eq!(said("www.google.com", Opened::Default, &all), "forcesafesearch.google.com");
        let trial = Treatment { no_image_search: cited((), "pictures", true), ..all };
        assert_eq!(
            said("images.google.com", Opened::Default, &trial),
            "forcesafesearch.google.com - image-search on trial"
        );
        assert_eq!(said("images.search.yahoo.com", Opened::Default, &trial), "- search by safe");
    }
}

//! Control `filter.bypass`: proxies, private tunnels and other ways round the filter are closed.
//! Why: one hole makes every other rule a matter of taste.

use ::filter::{Bypass as Ways, Measure};
use ::policy::{Binding, Policy, Words};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        categories,
        draft::{Draft, Drafts},
        judge_sites,
        measured::{Needs, judge},
    },
    judgement::{Judgement, listed},
};

/// A way round the filter that a school may leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// QUIC.
    Quic,
    /// Hidden names.
    HiddenNames,
    /// Numbers instead of names.
    Numbers,
    /// Unusual ports.
    Ports,
    /// Addresses inside addresses.
    Nested,
    /// Private relays and resolvers over HTTPS.
    Relays,
}

/// The terms of `filter.bypass`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bypass {
    /// The use, in the school's words.
    pub activity: Option<String>,
    /// What the school thinks of it.
    pub verdict: Option<String>,
    /// What the clause names, in the school's words.
    pub ways: Vec<String>,
    /// What is left open all the same.
    pub leave: Vec<Way>,
}

/// The categories that are closed.
const CATEGORIES: [&str; 3] = ["proxies", "vpn", "encrypted-dns"];

impl Bypass {
    fn closed(&self) -> Ways {
        let mut ways = Ways::ALL;
        for way in &self.leave {
            match way {
                Way::Quic => ways.quic = false,
                Way::HiddenNames => ways.hidden_names = false,
                Way::Numbers => ways.numbers = false,
                Way::Ports => ways.ports = false,
                Way::Nested => ways.nested = false,
                Way::Relays => ways.relays = false,
            }
        }
        ways
    }
}

impl Drafts for Bypass {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        vec![Draft::close(categories(&CATEGORIES)), Draft::ask("ways", Measure::Bypass(self.closed()))]
    }
}

impl ::policy::Terms for Bypass {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let ways = self.closed();
        let mut words = vec!["proxies", "private tunnels", "hidden look-ups of names"];
        for (closed, word) in [
            (ways.quic, "QUIC"),
            (ways.hidden_names, "connections that hide their name"),
            (ways.numbers, "sites named by number"),
            (ways.ports, "unusual ports"),
            (ways.nested, "addresses inside addresses"),
            (ways.relays, "private relays"),
        ] {
            words.extend(closed.then_some(word));
        }
        format!("closes {}", listed(&words))
    }
}

impl Built for Bypass {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "bypass";
    const EXAMPLE: &'static str = r#"{ who = "everyone" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let sites = judge_sites(&categories(&CATEGORIES), &kernel::Sites::default(), binding, policy, facts);
        let ways = judge(Needs::default(), &["bypass"], "ways round the filter were refused", binding, policy, facts);
        if sites.0.rank() > ways.0.rank() { sites } else { ways }
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::{treatment, verdict};

    #[test]
    fn ways_round_are_closed_and_a_school_may_leave_one() {
        let policy = "- No way round. `b: filter.bypass { who = \"pupils\", leave = [\"ports\"] }`\n";
        let ways = treatment(policy, "pupil year-9", "https://school.example:8443/").bypass.unwrap().value;
        assert!(ways.quic && ways.hidden_names && ways.nested && !ways.ports);
        assert!(!verdict(policy, "pupil year-9", "https://vpn.test/"));
        assert!(verdict(policy, "staff", "https://vpn.test/"));
    }
}

//! Control `filter.checks`: the filter tests itself, as each audience and from each network, into a log.
//! Why: a gate that nobody tries may have stood open for a year.

use std::collections::BTreeSet;

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{Every, SchoolTime, SiteItem, Sites, period::Unit};

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::{CheckFacts, Facts},
    judgement::{Judgement, count, due, kept, listed, not_kept, unknown},
};

/// The terms of `filter.checks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Checks {
    /// Sites that must be open for everybody, whatever else the rules say: domains or addresses.
    pub open: Sites,
    /// Sites that must be closed for everybody.
    pub closed: Sites,
}

/// What mends it where nothing was tried.
const RUN: &str = "Run the checks, on the desk. While the gateway runs, it does so itself each day.";

/// How often a binding asks for checks; once a month where it does not say.
pub fn how_often(binding: &Binding) -> Every {
    binding.common.every.unwrap_or(Every::new(1, Unit::Month))
}

impl ::policy::Terms for Checks {
    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let no_site = |site: &SiteItem| !matches!(site, SiteItem::Domain(_) | SiteItem::Address { .. });
        [("open", &self.open), ("closed", &self.closed)]
            .into_iter()
            .filter(|(_, sites)| sites.0.iter().any(no_site))
            .map(|(key, _)| {
                TermProblem::of(key, "only a site can be tried, not a category or a list")
                    .help("write domains or addresses, such as `open = \"bbc.co.uk\"`")
            })
            .collect()
    }

    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "tries itself out each day as each audience and on each network: what must be closed, what must be open, a harmless test virus, safe search, the ways round; keeps every result and what was done about it".to_owned()
    }
}

impl Built for Checks {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "checks";
    const EXAMPLE: &'static str = r#"{ every = "1 month", by = "network-manager" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let checks = match &facts.filtering.checks {
            Ok(checks) => checks,
            Err(why) => return unknown(now, why.clone()),
        };
        let Some(oldest) = checks.iter().map(|check| check.at).min() else {
            return not_kept(now, "The filter has never tried itself out.", RUN);
        };
        let unseen: Vec<_> = policy
            .front
            .networks
            .keys()
            .filter(|name| !checks.iter().any(|check| check.network == **name))
            .map(String::as_str)
            .collect();
        if !unseen.is_empty() {
            return not_kept(
                now,
                format!("It has not been tried on the network {}.", listed(&unseen)),
                "Run the checks, on the desk; they try each network that the policy names.",
            );
        }
        let unanswered: u64 = checks.iter().map(|check| check.unanswered).sum();
        if unanswered > 0 {
            return not_kept(
                now,
                format!(
                    "{} not as it should be, and nobody has acted.",
                    count(small(unanswered), "thing was", "things were")
                ),
                "Look at the log of checks, mend what is wrong, and write down what was done.",
            );
        }
        let last = SchoolTime::new(oldest).date();
        let by = how_often(binding).after(last);
        let day = kernel::time::date_in_words(last);
        if by < now.date() {
            return not_kept(now, format!("The oldest of the last checks is of {day}."), RUN);
        }
        let sum = |of: fn(&CheckFacts) -> u64| checks.iter().map(of).sum::<u64>();
        let (passed, failed, untried) = (sum(|it| it.passed), sum(|it| it.failed), sum(|it| it.unknown));
        // What could not be tried shows nothing.
        if passed == 0 {
            return unknown(now, format!("Of what was tried on {day}, nothing could be carried out."));
        }
        let mut statement = format!(
            "Tried on {day} as {} on each network: {passed} as they should be, {failed} not.",
            count(checks.iter().map(|it| it.audience.as_str()).collect::<BTreeSet<_>>().len(), "audience", "audiences")
        );
        if untried > 0 {
            statement.push_str(&format!(" {} could not be tried.", small(untried)));
        }
        if by <= now.date().saturating_add(jiff::Span::new().days(3)) {
            return due(now, by, statement, "Run the checks again.");
        }
        kept(now, statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{facts, front_policy};

    #[test]
    fn checks_are_fresh_on_every_network_and_acted_upon() {
        let policy = front_policy(
            "[networks]\nguest = { stands-for = \"guests\", addresses = [\"10.20.0.0/16\"] }\n",
            "- Tried. `a: filter.checks { every = \"1 month\" }`\n",
        );
        let (_, binding) = policy.bindings("filter", "checks").next().unwrap();
        let check = |day: &str, network: &str| CheckFacts {
            audience: "pupils".to_owned(),
            network: network.to_owned(),
            at: format!("{day}T10:00:00Z").parse().unwrap(),
            passed: 9,
            failed: 0,
            unknown: 0,
            unanswered: 0,
        };
        let mut facts = facts();
        let mut judge = |checks| {
            facts.filtering.checks = Ok(checks);
            Checks::default().standing(binding, &policy, &facts).0.id()
        };
        assert_eq!(judge(Vec::new()), "not-kept");
        assert_eq!(judge(vec![check("2026-11-20", "classrooms")]), "not-kept", "not on the guests' network");
        assert_eq!(judge(vec![check("2026-11-20", "guest")]), "kept");
        assert_eq!(judge(vec![check("2026-10-25", "guest")]), "due");
        assert_eq!(judge(vec![check("2026-10-01", "guest")]), "not-kept");
        let untried = CheckFacts { passed: 0, unknown: 9, ..check("2026-11-20", "guest") };
        assert_eq!(judge(vec![untried]), "unknown", "what was not tried shows nothing");
        assert_eq!(judge(vec![CheckFacts { unanswered: 1, ..check("2026-11-20", "guest") }]), "not-kept");
    }
}

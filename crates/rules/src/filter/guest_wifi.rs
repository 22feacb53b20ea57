//! Control `filter.guest-wifi`: guests and their devices are filtered too.
//! Why: a visitor's phone is in the same room as the children.

use ::policy::{Binding, Policy, Words};
use kernel::{AudienceAtom, Capacity, Place};

use crate::{
    built::Built,
    facts::Facts,
    filter::{gateway, rule_set::rule_set},
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// The terms of `filter.guest-wifi`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GuestWifi {}

/// The networks that a binding is about: those that it names, else those that stand for guests.
fn networks(binding: &Binding, policy: &Policy) -> Vec<String> {
    let places = binding.common.place.as_ref().map(::policy::Condition::parts).unwrap_or_default();
    let named = places.into_iter().filter_map(|place| match place {
        Place::Network(name) => Some(name.clone()),
        Place::School | Place::Home | Place::Trip | Place::ExamRoom => None,
    });
    let named: Vec<_> = named.collect();
    if !named.is_empty() {
        return named;
    }
    let guests = AudienceAtom::All(Capacity::Guest);
    let for_guests = policy
        .front
        .networks
        .iter()
        .filter(|(_, network)| network.stands_for.as_ref().is_some_and(|who| who.atoms().contains(&guests)));
    for_guests.map(|(name, _)| name.clone()).collect()
}

impl ::policy::Terms for GuestWifi {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "filters guests and their devices: by name, without opening what they encrypt".to_owned()
    }
}

impl Built for GuestWifi {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "guest-wifi";
    const EXAMPLE: &'static str = r#"{ who = "guests", where = "network:guest" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        if let Err(judgement) = gateway(facts) {
            return *judgement;
        }
        let networks = networks(binding, policy);
        if networks.is_empty() {
            return not_kept(
                now,
                "The policy names no network for guests.",
                "Name it under [networks], with its addresses and `stands-for = \"guests\"`.",
            );
        }
        let nowhere: Vec<_> = networks
            .iter()
            .filter(|name| policy.front.networks.get(*name).is_none_or(|network| network.addresses.is_empty()))
            .collect();
        if !nowhere.is_empty() {
            return not_kept(
                now,
                format!("It is not known which addresses the network {} has.", listed(&nowhere)),
                "Give its addresses under [networks].",
            );
        }
        if !rule_set(policy).profile_gaps(&[AudienceAtom::All(Capacity::Guest)]).is_empty() {
            return not_kept(now, "Nothing is ever closed for guests.", "Add a clause that closes something for them.");
        }
        let seen = match &facts.filtering.networks {
            Ok(seen) => seen,
            Err(why) => return unknown(now, why.clone()),
        };
        let silent: Vec<_> =
            networks.iter().filter(|name| seen.get(*name).is_none_or(|network| network.requests == 0)).collect();
        if !silent.is_empty() {
            return unknown(
                now,
                format!(
                    "Nothing has come through the gateway from the network {} in 28 days: perhaps nobody used it, perhaps it goes round.",
                    listed(&silent)
                ),
            );
        }
        let requests: u64 = networks.iter().filter_map(|name| seen.get(name)).map(|network| network.requests).sum();
        kept(now, format!("{requests} requests of guests were filtered in 28 days."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::NetworkFacts,
        filter::tests::{facts, front_policy},
    };

    #[test]
    fn a_network_is_filtered_where_it_is_known_and_comes_through() {
        let text = "[networks]\nguest = { stands-for = \"guests\", addresses = [\"10.20.0.0/16\"] }\n";
        let clause = "- Guests too. `g: filter.guest-wifi { who = \"guests\" }`\n";
        let judge = |front: &str, facts: &Facts| {
            let policy = front_policy(front, clause);
            let (_, binding) = policy.bindings("filter", "guest-wifi").next().unwrap();
            crate::standing::judge(binding, &policy, facts).0.id()
        };
        let mut facts = facts();
        assert_eq!(judge(text, &facts), "unknown");
        facts.filtering.networks = Ok([("guest".to_owned(), NetworkFacts { requests: 7, last: None })].into());
        assert_eq!(judge(text, &facts), "kept");
        assert_eq!(judge("", &facts), "not-kept");
        facts.filtering.networks = Ok(std::collections::BTreeMap::new());
        assert_eq!(judge(text, &facts), "unknown");
    }
}

//! The rules of a policy, put together for the engine.

use std::{collections::BTreeSet, sync::Arc};

use ::filter::{Action, ClauseRef, Gate, GateClause, Origin, Otherwise, Rule, RuleSet};
use ::policy::{Binding, Clause, Condition, Policy};
use kernel::{Place, Sites, When};

use crate::{access::gated_on_agreement, filter, judgement::listed_sites};

/// What a clause closes and what it opens.
pub(crate) trait SiteRules {
    /// What is closed.
    fn closed(&self) -> Sites;
    /// What is open.
    fn open(&self) -> Sites;
}

/// What the gateway does about sites, in words.
pub(crate) fn site_words(closed: &Sites, open: &Sites) -> String {
    match (closed.0.is_empty(), open.0.is_empty()) {
        (true, true) => "applies the filter of this policy to every request".to_owned(),
        (false, true) => format!("closes {}", listed_sites(&closed.0)),
        (true, false) => format!("keeps open {}", listed_sites(&open.0)),
        (false, false) => format!("closes {}, and keeps open {}", listed_sites(&closed.0), listed_sites(&open.0)),
    }
}

/// What a binding closes and opens; none where it is not about sites.
pub(crate) fn sites_of(binding: &Binding) -> Option<(Sites, Sites)> {
    fn of<T: ::policy::Terms + SiteRules>(binding: &Binding) -> Option<(Sites, Sites)> {
        binding.terms::<T>().ok().map(|terms| (terms.closed(), terms.open()))
    }
    if binding.control.module() != "filter" {
        return None;
    }
    match binding.control.name() {
        "categories" => of::<filter::categories::Categories>(binding),
        "social" => of::<filter::social::Social>(binding),
        "media-shopping" => of::<filter::media_shopping::MediaShopping>(binding),
        "user-level" => of::<filter::user_level::UserLevel>(binding),
        "approved-sites" => of::<filter::approved_sites::ApprovedSites>(binding),
        _ => None,
    }
}

/// A clause, as decisions cite it.
pub fn cite(clause: &Clause) -> Arc<ClauseRef> {
    Arc::new(ClauseRef { label: clause.key().to_owned(), number: clause.number.clone(), text: clause.text.clone() })
}

/// The rules of a policy. Sets that the desk keeps, unblocks and permits are added by who keeps them.
pub fn rule_set(policy: &Policy) -> RuleSet {
    let mut rules = Vec::new();
    for (clause, binding) in policy.all_bindings() {
        if !crate::ours(policy, binding) || binding.common.may {
            continue;
        }
        if let Some((closed, open)) = sites_of(binding) {
            let clause = cite(clause);
            for (action, sites, word) in [(Action::Block, closed, "closed"), (Action::Permit, open, "open")] {
                if !sites.0.is_empty() {
                    rules.extend(rules_of(binding, &clause, action, &sites, word));
                }
            }
        }
    }
    let clause_of = |name: &str| {
        policy
            .bindings("filter", name)
            .find(|(_, binding)| crate::ours(policy, binding))
            .map(|(clause, _)| cite(clause))
    };
    RuleSet {
        rules,
        unblocks: Vec::new(),
        treatments: Vec::new(),
        sets: ::filter::Sets::new(),
        otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
        gate: gate(policy),
        suspension: policy.bindings("access", "suspension").next().map(|(clause, _)| cite(clause)),
        sealed: clause_of("illegal-lists"),
        help: clause_of("help-sites"),
    }
}

/// One rule for each time and place that the binding names: any of them holds.
fn rules_of(binding: &Binding, clause: &Arc<ClauseRef>, action: Action, sites: &Sites, word: &str) -> Vec<Rule> {
    let times: Vec<Option<When>> = parts(binding.common.when.as_ref());
    let places: Vec<Option<Place>> = parts(binding.common.place.as_ref());
    let except = binding.common.except.clone().unwrap_or_default();
    let mut rules = Vec::new();
    for when in &times {
        for place in &places {
            let nth = if times.len() * places.len() > 1 { format!(":{}", rules.len() + 1) } else { String::new() };
            let mut rule = Rule::new(format!("{}:{word}{nth}", binding.key), action, sites.clone(), Arc::clone(clause));
            rule.who = binding.common.audience();
            rule.except = except.who.clone();
            rule.when = when.clone();
            rule.place = place.clone();
            rule.observe = binding.common.observe;
            rule.origin = Origin::Policy;
            rule.from = binding.common.from.and_then(begins);
            rules.push(rule);
        }
    }
    if !except.sites.0.is_empty() {
        let other = match action {
            Action::Block => Action::Permit,
            Action::Permit => Action::Block,
        };
        let mut rule = Rule::new(format!("{}:except", binding.key), other, except.sites, Arc::clone(clause));
        rule.who = binding.common.audience();
        rule.observe = binding.common.observe;
        rules.push(rule);
    }
    rules
}

/// The parts of a condition of which any must hold; one `None` where there is no condition. Conditions of which all
/// must hold are refused by the check.
fn parts<T: Clone>(condition: Option<&Condition<T>>) -> Vec<Option<T>> {
    match condition {
        None => vec![None],
        Some(condition) => condition.parts().into_iter().cloned().map(Some).collect(),
    }
}

/// The first moment of a day of the school.
fn begins(day: jiff::civil::Date) -> Option<jiff::Timestamp> {
    kernel::SchoolTime::parse(&format!("{day} 00:00")).ok().map(|at| at.timestamp())
}

/// The agreement gate, where a clause of the policy closes the internet to those who have not signed.
fn gate(policy: &Policy) -> Option<Gate> {
    let clauses: Vec<GateClause> = policy
        .bindings("access", "gated-on-agreement")
        .filter(|(_, binding)| gated_on_agreement::asks(policy, binding))
        .map(|(clause, binding)| GateClause {
            who: binding.common.audience(),
            clause: cite(clause),
            observe: binding.common.observe,
        })
        .collect();
    if clauses.is_empty() {
        return None;
    }
    let signed: BTreeSet<String> =
        policy.front.networks.iter().filter(|(_, network)| network.signed_for).map(|(name, _)| name.clone()).collect();
    Some(Gate { clauses, signed_networks: signed })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy that filters says something for everybody.
    fn policy(clauses: &str) -> Policy {
        let everyone =
            "- Adult sites are closed. `adult: filter.categories { who = \"everyone\", block = \"adult\" }`\n";
        crate::tests::policy(&format!("{clauses}{everyone}"))
    }

    #[test]
    fn clauses_become_rules_that_cite_them() {
        let policy = policy(
            "- Games are closed for pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`\n\
             - Chat is closed but for ours. `chat: filter.social { who = \"pupils\", block = \"chat\", permit = \"chat.school.example\" }`\n\
             - Told only. `told: filter.categories { inform = \"pupils\", block = \"adult\" }`\n",
        );
        let set = rule_set(&policy);
        let all: Vec<_> =
            set.rules.iter().map(|rule| (rule.id.as_str(), rule.action, rule.clause.number.as_str())).collect();
        assert_eq!(
            all,
            [
                ("games#1:closed", Action::Block, "1.1"),
                ("chat#1:closed", Action::Block, "1.2"),
                ("chat#1:open", Action::Permit, "1.2"),
                ("adult#1:closed", Action::Block, "1.4")
            ]
        );
        assert!(set.gate.is_none());
    }

    #[test]
    fn the_gate_cites_the_clause_that_binds_the_viewer() {
        let policy = crate::tests::policy(
            "- Outside groups sign first. `out: access.gated-on-agreement { who = \"outside\" }`\n\
             - Pupils sign first. `in: access.gated-on-agreement { who = \"pupils\" }`\n",
        );
        let gate = rule_set(&policy).gate.unwrap();
        let mut viewer = kernel::Viewer::unattributed(Place::School);
        viewer.subject.roles.insert(kernel::Role::Pupil);
        assert_eq!(gate.clause_for(&viewer).map(|it| it.clause.label.as_str()), Some("in"));
    }

    #[test]
    fn several_times_make_several_rules() {
        let policy = policy(
            "- Games. `games: filter.categories { who = \"pupils\", block = \"games\", when = [\"mon-fri 09:00-12:00\", \"mon-fri 13:00-15:00\"] }`\n",
        );
        assert_eq!(rule_set(&policy).rules.iter().filter(|rule| rule.id.starts_with("games#")).count(), 2);
    }
}

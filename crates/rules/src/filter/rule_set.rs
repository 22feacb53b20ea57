//! The rules of a policy, put together for the engine.

use std::{collections::BTreeSet, sync::Arc};

use ::filter::{Action, ByName, ClauseRef, Gate, Measure, OffSite, Origin, Otherwise, Rule, RuleSet, TreatmentRule};
use ::policy::{Binding, Clause, Condition, Policy};
use kernel::{Audience, Place, SiteItem, Sites, When};

use super::{
    draft::{Draft, Turn, drafts_of},
    off_site::Outside,
};
use crate::{access::gated_on_agreement, judgement::listed_sites};

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

/// The sites that a binding names in any way; none where it is not about sites.
pub(crate) fn sites_of(binding: &Binding) -> Option<Vec<Sites>> {
    drafts_of(binding).map(|drafts| drafts.into_iter().map(|draft| draft.sites).collect())
}

/// A clause, as decisions cite it.
pub fn cite(clause: &Clause) -> Arc<ClauseRef> {
    Arc::new(ClauseRef { label: clause.key().to_owned(), number: clause.number.clone(), text: clause.text.clone() })
}

/// The rules of a policy. Sets that the desk keeps, unblocks and permits are added by who keeps them.
pub fn rule_set(policy: &Policy) -> RuleSet {
    let mut rules = Vec::new();
    let mut treatments = Vec::new();
    for (clause, binding) in policy.all_bindings() {
        if !crate::ours(policy, binding) || binding.common.may {
            continue;
        }
        let clause = cite(clause);
        let drafts = drafts_of(binding).unwrap_or_default();
        let closes = drafts.iter().any(|draft| draft.action == Action::Block);
        for draft in &drafts {
            // Where a clause closes some sites and opens others, what it excepts is what it does not close.
            let excepts = draft.action == Action::Block || !closes;
            let made = rules_of(binding, &clause, draft, excepts);
            match &draft.measure {
                None => rules.extend(made),
                Some(measure) => treatments.extend(made.into_iter().map(|rule| treatment(rule, measure))),
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
        treatments,
        sets: ::filter::Sets::new(),
        otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
        gate: gate(policy),
        off_site: off_site(policy),
        suspension: policy.bindings("access", "suspension").next().map(|(clause, _)| cite(clause)),
        sealed: clause_of("illegal-lists"),
        help: clause_of("help-sites"),
    }
}

/// A rule with its measure. What spares from opening connections says so in its own way.
fn treatment(rule: Rule, measure: &Measure) -> TreatmentRule {
    let measure = match (rule.action, measure) {
        (Action::Permit, Measure::Inspect { .. }) => Measure::Splice(ByName::Exempt),
        (Action::Permit | Action::Block, measure) => measure.clone(),
    };
    TreatmentRule { rule, measure }
}

/// One rule for each time and place that the binding names: any of them holds. Where the draft `excepts`, another for the
/// sites that the binding excepts.
fn rules_of(binding: &Binding, clause: &Arc<ClauseRef>, draft: &Draft, excepts: bool) -> Vec<Rule> {
    let Draft { action, sites, word, .. } = draft;
    let action = *action;
    let times: Vec<Option<When>> = match draft.turn {
        Turn::Always => vec![None],
        Turn::AsSaid | Turn::AllBut(_) => parts(binding.common.when.as_ref()),
    };
    let places: Vec<Option<Place>> = match &draft.place {
        Some(place) => vec![Some(place.clone())],
        None => parts(binding.common.place.as_ref()),
    };
    let mut except = binding.common.except.clone().unwrap_or_default();
    let who = match &draft.turn {
        Turn::AsSaid | Turn::Always => binding.common.audience(),
        Turn::AllBut(who) => {
            let atoms = except.who.iter().chain([who]).flat_map(Audience::atoms).cloned().collect();
            except.who = Audience::any(atoms);
            Audience::everyone()
        }
    };
    let except_word = match &draft.measure {
        None => "except".to_owned(),
        Some(_) => format!("{word}:except"),
    };
    let other = match action {
        Action::Block => Action::Permit,
        Action::Permit => Action::Block,
    };
    let mut rules = Vec::new();
    let mut others = Vec::new();
    for when in &times {
        for place in &places {
            let nth = if times.len() * places.len() > 1 { format!(":{}", rules.len() + 1) } else { String::new() };
            let rule = |word: &str, action, sites: &Sites| {
                let id = format!("{}:{word}{nth}", binding.key);
                let mut rule = Rule::new(id, action, sites.clone(), Arc::clone(clause));
                rule.who = who.clone();
                rule.except = except.who.clone();
                rule.except_places = except.places.clone();
                rule.when = when.clone();
                rule.place = place.clone();
                rule.observe = binding.common.observe;
                rule.origin = Origin::Policy;
                rule.from = binding.common.from.and_then(begins);
                rule
            };
            rules.push(rule(word, action, sites));
            // Sites are excepted for whom, when and where the rest of the clause holds, and no further.
            if excepts && !except.sites.0.is_empty() {
                others.push(rule(&except_word, other, &except.sites));
            }
        }
    }
    rules.extend(others);
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
    let rules: Vec<Rule> = policy
        .bindings("access", "gated-on-agreement")
        .filter(|(_, binding)| gated_on_agreement::asks(policy, binding))
        .flat_map(|(clause, binding)| {
            rules_of(binding, &cite(clause), &Draft::close(Sites(vec![SiteItem::All])), false)
        })
        .collect();
    if rules.is_empty() {
        return None;
    }
    let signed: BTreeSet<String> =
        policy.front.networks.iter().filter(|(_, network)| network.signed_for).map(|(name, _)| name.clone()).collect();
    Some(Gate { rules, signed_networks: signed })
}

/// The clauses that close devices at home outside their hours.
fn off_site(policy: &Policy) -> Vec<OffSite> {
    let clauses = policy.bindings("filter", "off-site").filter(|(_, binding)| {
        crate::ours(policy, binding)
            && !binding.common.may
            && binding.terms::<super::off_site::OffSite>().is_ok_and(|terms| terms.outside == Outside::Closed)
    });
    let off_site = |(clause, binding): (&Clause, &Binding)| {
        let rules = rules_of(binding, &cite(clause), &Draft::close(Sites(vec![SiteItem::All])).at_home(), false);
        let hours: Vec<When> = parts(binding.common.when.as_ref()).into_iter().flatten().collect();
        rules.into_iter().map(move |rule| OffSite { rule: Arc::new(rule), hours: hours.clone() }).collect::<Vec<_>>()
    };
    clauses.flat_map(off_site).collect()
}

#[cfg(test)]
mod tests {
    use ::filter::Address;
    use kernel::SchoolTime;

    use super::*;
    use crate::filter::tests::{verdict, verdict_at};

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
        let (address, at) =
            (Address::parse("https://news.example/").unwrap(), SchoolTime::parse("2026-11-24 10:00").unwrap());
        let mut viewer = kernel::Viewer::unattributed(Place::School);
        viewer.subject.roles.insert(kernel::Role::Pupil);
        let rules = rule_set(&policy);
        let snapshot = ::filter::Snapshot::new(::filter::Parts { rules, ..::filter::Parts::default() });
        let decision =
            ::filter::decide(&::filter::Request { address: &address, viewer: &viewer, at: &at, found: &[] }, &snapshot);
        assert_eq!(decision.clause.map(|it| it.label.clone()).as_deref(), Some("in"));
    }

    #[test]
    fn the_gate_holds_from_when_and_where_its_clause_says() {
        let policy = crate::tests::policy(
            "- From January on, in lessons. `gate: access.gated-on-agreement { who = \"pupils\", from = 2027-01-01, when = [\"mon-fri 09:00-12:00\", \"mon-fri 13:00-15:00\"], where = \"school\", except = [\"year-6\", \"exam-room\"] }`\n",
        );
        let rules = rule_set(&policy).gate.unwrap().rules;
        assert_eq!(rules.len(), 2);
        for rule in rules {
            assert_eq!(rule.from, begins(jiff::civil::date(2027, 1, 1)));
            assert!(rule.when.is_some() && rule.place == Some(Place::School) && rule.except.is_some());
            assert_eq!(rule.except_places, [Place::ExamRoom]);
        }
    }

    #[test]
    fn a_site_is_excepted_where_the_clause_holds_and_no_further() {
        let clauses = "- No videos in lessons. `v: filter.categories { who = \"pupils\", block = \"video\", when = \"mon-fri 09:00-12:00\", where = \"school\", except = \"clips.example\" }`\n\
             - At home none. `h: filter.categories { who = \"everyone\", block = \"clips.example\", where = \"home\" }`\n";
        let set = rule_set(&policy(clauses));
        let except = set.rules.iter().find(|rule| rule.id == "v#1:except").unwrap();
        let closed = set.rules.iter().find(|rule| rule.id == "v#1:closed").unwrap();
        assert_eq!((except.action, &except.when, &except.place), (Action::Permit, &closed.when, &closed.place));
        assert!(closed.when.is_some() && closed.place == Some(Place::School));
        for (who, address, at, open) in [
            ("pupil year-5", "https://video.test/", "2026-11-24 10:00", false),
            ("pupil year-5", "https://clips.example/", "2026-11-24 10:00", true),
            ("pupil year-5 home", "https://clips.example/", "2026-11-24 10:00", false),
        ] {
            assert_eq!(verdict_at(clauses, who, address, at), open, "{who} {address} {at}");
        }
    }

    #[test]
    fn what_is_excepted_from_a_clause_to_come_is_as_it_is_until_then() {
        let clauses = "- No games. `g: filter.categories { who = \"everyone\", block = \"games\" }`\n\
             - From summer on, no videos for others than staff. `v: filter.categories { who = \"everyone\", block = \"video\", from = 2027-06-01, except = [\"staff\", \"games.test\"] }`\n";
        assert!(!verdict_at(clauses, "pupil year-5", "https://games.test/", "2026-11-24 10:00"));
        assert!(verdict_at(clauses, "pupil year-5", "https://games.test/", "2027-06-01 10:00"));
        // The clause is not for staff, and so neither is its exception.
        assert!(!verdict_at(clauses, "staff", "https://games.test/", "2027-06-01 10:00"));
    }

    #[test]
    fn a_clause_does_not_hold_at_a_place_that_it_excepts() {
        let clauses = "- No games. `g: filter.categories { who = \"everyone\", block = \"games\" }`\n\
             - This game is open at school. `o: filter.categories { who = \"pupils\", permit = \"games.test\", except = \"home\" }`\n\
             - Chat is closed but on a trip and on the guest network. `c: filter.social { who = \"pupils\", block = \"chat\", except = [\"trip\", \"network:classrooms\"] }`\n";
        for (who, address, open) in [
            ("pupil year-5", "https://games.test/", true),
            ("pupil year-5 network:classrooms", "https://games.test/", true),
            ("pupil year-5 home", "https://games.test/", false),
            ("pupil year-5", "https://chat.test/", false),
            ("pupil year-5 home", "https://chat.test/", false),
            ("pupil year-5 trip", "https://chat.test/", true),
            ("pupil year-5 network:classrooms", "https://chat.test/", true),
        ] {
            assert_eq!(verdict(clauses, who, address), open, "{who} {address}");
        }
    }

    #[test]
    fn a_clause_that_closes_and_opens_excepts_from_what_it_closes() {
        let clauses = "- Games at lunch. `g: filter.schedules { who = \"pupils\", only = \"games\", when = \"mon-fri 12:00-13:00\", except = \"games.test\" }`\n";
        for at in ["2026-11-24 10:00", "2026-11-24 12:30"] {
            assert!(verdict_at(clauses, "pupil year-5", "https://games.test/", at), "{at}");
        }
    }

    #[test]
    fn several_times_make_several_rules() {
        let policy = policy(
            "- Games. `games: filter.categories { who = \"pupils\", block = \"games\", when = [\"mon-fri 09:00-12:00\", \"mon-fri 13:00-15:00\"] }`\n",
        );
        assert_eq!(rule_set(&policy).rules.iter().filter(|rule| rule.id.starts_with("games#")).count(), 2);
    }
}

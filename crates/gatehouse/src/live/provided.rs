//! What the policy in force provides for beyond itself, read from its bindings for the area of traffic: who may change
//! filtering and whether alone, what a teacher may open, where failures go, which sites are approved.

use std::{collections::BTreeSet, sync::Arc};

use filter::{Action, ClauseRef, Measure, RuleSet};
use kernel::{Audience, Role, SiteItem, Sites, Within};
use policy::{Binding, Clause, Policy};
use rules::filter::rule_set::cite;
use traffic::provides::{Approving, Checking, Failures, LESSON_MINUTES, Provides, Unblocking};

/// Own terms of the controls that provide for changes. Each binding has a few of them.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Own {
    status: Option<String>,
    minimum_people: Option<u32>,
    /// What a teacher may open alone.
    open: Sites,
    /// The longest that a site is open for a class.
    longest: Option<Within>,
    purposes: Texts,
    sites: Sites,
    to: Texts,
    recipients: Texts,
    report_to: Texts,
    preview: bool,
}

/// One text, or several.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Texts {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

fn own(binding: &Binding) -> Own {
    // Terms that are read wrongly provide for nothing more than the clause itself.
    binding.terms::<Own>().unwrap_or_default()
}

/// The bindings of a control that ask something of this system.
fn bound<'p>(policy: &'p Policy, module: &str, name: &str) -> Vec<(&'p Clause, &'p Binding)> {
    policy
        .bindings(module, name)
        .filter(|(_, binding)| {
            rules::ours(policy, binding) && binding.common.inform.is_none() && binding.common.attest.is_none()
        })
        .collect()
}

fn first(bound: &[(&Clause, &Binding)]) -> Option<Arc<ClauseRef>> {
    bound.first().map(|(clause, _)| cite(clause))
}

/// What a policy provides for; `set` are its rules, and `calendar` is what its times mean.
pub(crate) fn provides(policy: &Policy, set: &RuleSet, calendar: kernel::Calendar) -> Provides {
    let (log, status, dual) = (
        bound(policy, "filter", "change-log"),
        bound(policy, "filter", "management-status"),
        bound(policy, "filter", "dual-control"),
    );
    let change = first(&log).or_else(|| first(&status)).or_else(|| first(&dual));
    let second = dual.iter().find(|(_, binding)| own(binding).minimum_people.is_none_or(|people| people >= 2));
    let second = second.map(|(clause, _)| cite(clause));
    Provides {
        status: status.iter().find_map(|(_, binding)| own(binding).status),
        lists: lists(set),
        unblock: unblock(policy),
        suspension: policy
            .bindings("access", "suspension")
            .find(|(_, binding)| rules::ours(policy, binding) && binding.common.inform.is_none())
            .map(|(clause, _)| cite(clause)),
        failures: failures(policy),
        checks: checks(policy),
        approved: approved(policy),
        permits: permits(policy, set).or_else(|| change.clone().filter(|_| second.is_none())),
        inspects: set.treatments.iter().any(|it| matches!(it.measure, Measure::Inspect { .. })),
        calendar,
        change,
        second,
    }
}

/// The lists that rules name.
fn lists(set: &RuleSet) -> Vec<String> {
    let named = set.rules.iter().flat_map(|rule| &rule.sites.0).filter_map(|site| match site {
        SiteItem::List(name) => Some(name.clone()),
        SiteItem::All
        | SiteItem::Category(_)
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::Register(_) => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the clause closes, by its label.
fn closed_by<'s>(set: &'s RuleSet, clause: &Clause) -> impl Iterator<Item = &'s SiteItem> {
    let label = clause.key().to_owned();
    set.rules
        .iter()
        .filter(move |rule| rule.action == Action::Block && rule.clause.label == label)
        .flat_map(|rule| &rule.sites.0)
}

/// What a teacher may open alone, and for how long anything is open to a class.
fn unblock(policy: &Policy) -> Option<Unblocking> {
    let all = bound(policy, "filter", "temporary-unblock");
    let (mut sites, mut minutes, mut purposes) = (Vec::new(), None, Vec::new());
    for (_, binding) in &all {
        let terms = own(binding);
        if rules::filter::temporary_unblock::is_for_every_teacher(binding) {
            sites.extend(terms.open.0.into_iter().filter(|site| *site != SiteItem::All));
        }
        // Of several clauses the shortest time holds: none promises more than the others.
        let longest = terms.longest.and_then(Within::minutes).and_then(|minutes| u32::try_from(minutes).ok());
        minutes = [minutes, longest].into_iter().flatten().min();
        purposes.extend(terms.purposes.into_vec());
    }
    let clause = first(&all)?;
    Some(Unblocking { clause, sites: Sites(sites), minutes: minutes.unwrap_or(LESSON_MINUTES).max(1), purposes })
}

fn failures(policy: &Policy) -> Option<Failures> {
    let all: Vec<_> =
        policy.bindings("filter", "failure-report").filter(|(_, binding)| rules::ours(policy, binding)).collect();
    let clause = first(&all)?;
    let texts = all.iter().flat_map(|(_, binding)| {
        let terms = own(binding);
        [terms.to, terms.recipients, terms.report_to].into_iter().flat_map(Texts::into_vec)
    });
    // Those who are roles of the school are told by this system; the others are outside.
    let providers: BTreeSet<String> = texts.filter(|text| Role::parse(text).is_err()).collect();
    let minutes = all.iter().find_map(|(_, binding)| binding.common.within.as_ref()?.minutes());
    let hours = minutes.map(|minutes| minutes.div_ceil(60)).and_then(|hours| u32::try_from(hours).ok());
    Some(Failures {
        clause,
        providers: providers.into_iter().collect(),
        hours: hours.unwrap_or(traffic::failures::service::USUAL_HOURS),
    })
}

fn checks(policy: &Policy) -> Option<Checking> {
    let all = bound(policy, "filter", "checks");
    let (mut tell, mut open, mut closed) = (Vec::new(), Sites::default(), Sites::default());
    for (_, binding) in &all {
        tell.extend(binding.common.by.iter().flat_map(|by| by.atoms().to_vec()));
        let terms = binding.terms::<rules::filter::checks::Checks>().unwrap_or_default();
        open.0.extend(terms.open.0);
        closed.0.extend(terms.closed.0);
    }
    Some(Checking { clause: first(&all)?, tell: Audience::any(tell), open, closed })
}

fn approved(policy: &Policy) -> Option<Approving> {
    let all = bound(policy, "filter", "approved-sites");
    let named = all.iter().flat_map(|(_, binding)| own(binding).sites.0).filter_map(|site| match site {
        SiteItem::List(name) => Some(name),
        SiteItem::All
        | SiteItem::Category(_)
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::Register(_) => None,
    });
    let mut lists: Vec<String> = Vec::new();
    for name in named {
        if !lists.contains(&name) {
            lists.push(name);
        }
    }
    let with_list =
        all.iter().find(|(_, binding)| own(binding).sites.0.iter().any(|site| matches!(site, SiteItem::List(_))));
    let opens = !lists.is_empty();
    if lists.is_empty() {
        lists.push("approved".to_owned());
    }
    let clause = with_list.or(all.first()).map(|(clause, _)| cite(clause))?;
    Some(Approving { clause, lists, opens, preview: all.iter().any(|(_, binding)| own(binding).preview) })
}

/// The clause under which a permit for closed sites may be given: one that itself says which sites are closed.
fn permits(policy: &Policy, set: &RuleSet) -> Option<Arc<ClauseRef>> {
    let all = bound(policy, "policy", "permits");
    all.iter().find(|(clause, _)| closed_by(set, clause).next().is_some()).map(|(clause, _)| cite(clause))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(name: &str) -> Provides {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let source = crate::cli::read_policy(&root.join("policies").join(name)).unwrap();
        let checked = policy::check(&source, &rules::controls(), jiff::civil::date(2026, 11, 22));
        let policy = checked.policy.unwrap_or_else(|| panic!("{name} has errors"));
        provides(&policy, &rules::filter::rule_set::rule_set(&policy), policy.front.calendar())
    }

    #[test]
    fn policies_provide_for_what_their_clauses_say() {
        let label = |clause: &Option<Arc<ClauseRef>>| clause.as_ref().map(|clause| clause.label.clone());
        let warblington = of("warblington");
        assert_eq!(label(&warblington.second).as_deref(), Some("war-053"));
        assert!(warblington.status.is_none() && warblington.permits.is_none_or(|clause| clause.label != "war-053"));
        let unblock = warblington.unblock.unwrap();
        assert!(unblock.sites.0.is_empty(), "all is asked for: {:?}", unblock.sites);
        assert!(warblington.approved.unwrap().opens);
        let clitherow = of("clitherow");
        assert_eq!(clitherow.status.as_deref(), Some("web-filtering-management"));
        assert!(clitherow.second.is_none() && clitherow.unblock.is_none() && clitherow.suspension.is_some());
        assert_eq!(clitherow.failures.unwrap().providers, ["LGfL", "technical-service-provider"]);
        assert!(clitherow.approved.unwrap().preview);
        let primary = of("primary");
        assert_eq!(label(&primary.change).as_deref(), Some("filter-changes"));
        assert!(primary.permits == primary.change && primary.suspension.is_none() && primary.second.is_none());
        let approved = primary.approved.unwrap();
        assert!(approved.opens && approved.preview && approved.lists == ["approved"]);
        assert_eq!((primary.unblock.unwrap().minutes, primary.failures.unwrap().hours), (60, 48));
        assert_eq!(label(&of("secondary").second).as_deref(), Some("filter-two"));
    }
}

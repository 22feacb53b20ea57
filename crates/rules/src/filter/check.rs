//! What a check of a whole policy asks of its filtering clauses.

use ::filter::Category;
use ::policy::{Binding, Code, Condition, Policy, PolicyCheck, Reporter};
use kernel::SiteItem;

use super::rule_set::{rule_set, sites_of};

/// Categories that nobody knows, times that cannot be combined, rules that contradict each other.
#[derive(Debug)]
pub struct FilterCheck;

impl PolicyCheck for FilterCheck {
    fn check(&self, policy: &Policy, report: &mut Reporter<'_>) {
        for (_, binding) in policy.all_bindings() {
            let Some((closed, open)) = sites_of(binding) else { continue };
            for site in closed.0.iter().chain(&open.0) {
                check_category(site, binding, report);
            }
            if names_all(binding.common.when.as_ref()) || names_all(binding.common.place.as_ref()) {
                report
                    .error(
                        Code::BAD_TERM,
                        binding.span,
                        "a rule about sites cannot ask for all of several times or places",
                        "here",
                    )
                    .help("give the time that they have in common a name in `[times]`");
            }
        }
        check_conflicts(policy, report);
    }
}

fn check_category(site: &SiteItem, binding: &Binding, report: &mut Reporter<'_>) {
    if let SiteItem::Category(name) = site
        && let Err(bad) = Category::parse(name)
    {
        let help = format!("write {}", bad.expected);
        report.error(Code::BAD_TERM, binding.span, format!("there is no category `{name}`"), "here").help(help);
    }
}

fn names_all<T>(condition: Option<&Condition<T>>) -> bool {
    match condition {
        Some(Condition::All(parts)) => parts.len() > 1,
        Some(Condition::Any(parts)) => parts.iter().any(|part| names_all(Some(part))),
        Some(Condition::One(_)) | None => false,
    }
}

/// A site that is closed and open to the same people at the same time by two clauses that are equally narrow. Where it
/// depends on who is in a class or group, the decision closes; only what is certain is an error.
fn check_conflicts(policy: &Policy, report: &mut Reporter<'_>) {
    for conflict in rule_set(policy).conflicts(&policy.front.calendar()) {
        let span_of = |id: &str| {
            let key = id.split(':').next().unwrap_or(id);
            policy.all_bindings().find(|(_, binding)| binding.key == key).map(|(_, binding)| binding.span)
        };
        let (Some(block), Some(permit)) = (span_of(&conflict.block), span_of(&conflict.permit)) else { continue };
        if !conflict.certain {
            continue;
        }
        let also = report.spot(permit, "opened here");
        let message = format!("`{}` is closed and open to the same people at the same time", conflict.site);
        report.error(Code::CONFLICT, block, message, "closed here").also(also).help(
            "make one of them narrower: an address instead of a category, a class instead of all pupils, or a time",
        );
    }
}

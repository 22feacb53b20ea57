//! Control `policy.review`: when the policy is reviewed next, and sooner when something changes.
//! Why: a policy about technology is out of date soon after it is written.

use ::policy::{Binding, Policy, TermProblem, Words};
use jiff::{Span, civil::Date};
use kernel::{Standing, time::date_in_words};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, due, kept, not_kept},
};

/// How long before a review it counts as due.
const NOTICE_DAYS: i64 = 60;

/// The terms of `policy.review`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Review {
    /// Whether the policy is reviewed sooner when technology, law or risks change.
    pub on_change: bool,
    /// The month or day on which the clause says that the next review is due.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub due: Option<Date>,
}

impl ::policy::Terms for Review {
    fn in_words(&self, binding: &Binding, _: &Words) -> String {
        let every = binding.common.every.map(|every| format!(" at least every {every}")).unwrap_or_default();
        let change = if self.on_change { ", and counts each version that came sooner" } else { "" };
        format!("watches that the policy is reviewed{every}, says so {NOTICE_DAYS} days before{change}")
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        Vec::new()
    }
}

impl Built for Review {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "review";
    const EXAMPLE: &'static str = r#"{ every = "12 months", by = "online-safety-lead", on-change = true }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let today = now.date();
        let mend = "Review the policy, set the date of the next review at its top, and bring it into force.";
        let Some(review) = self.due.or(policy.front.review) else {
            return not_kept(now, "The policy gives no date of its next review.", mend);
        };
        if let (Some(every), Some(issued)) = (binding.common.every, policy.front.issued) {
            let latest = every.after(issued);
            if review > latest {
                return not_kept(
                    now,
                    format!(
                        "The next review is set for {}, later than {every} after {}.",
                        date_in_words(review),
                        date_in_words(issued)
                    ),
                    format!("Set the review for {} or sooner.", date_in_words(latest)),
                );
            }
        }
        if review < today {
            return not_kept(now, format!("The review was due on {}.", date_in_words(review)), mend);
        }
        if self.on_change && binding.common.every.is_none() {
            let sooner = facts.policy.enacted.len().saturating_sub(1);
            let evidence = kernel::Evidence::new(
                format!("{} came into force after the first.", count(sooner, "version", "versions")),
                now.timestamp(),
            );
            return (Standing::Reserved { used: u64::try_from(sooner).unwrap_or(u64::MAX) }, evidence);
        }
        let statement = format!("The next review is on {}.", date_in_words(review));
        if review <= today.saturating_add(Span::new().days(NOTICE_DAYS)) {
            return due(now, review, statement, "Review the policy.");
        }
        kept(now, statement)
    }
}

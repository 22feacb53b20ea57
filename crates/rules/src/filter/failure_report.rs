//! Control `filter.failure-report`: failures of filtering are reported, logged, and passed on to the provider.
//! Why: whoever sees through a hole knows where it is.

use ::policy::{Binding, Policy, Words};
use kernel::{Role, SchoolTime, Within};

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, due, kept, listed, not_kept, unknown},
};

/// A report that is older and not answered is overdue where the clause does not say how soon.
const USUAL_DAYS: i64 = 7;

/// The terms of `filter.failure-report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FailureReport {
    /// To whom reports are passed on, in the school's words.
    pub to: Option<String>,
    /// The same, where there are several.
    pub recipients: Vec<String>,
    /// Who hears of it, in the school's words; those of them who have no role here are passed on to.
    pub report_to: Vec<String>,
    /// What is reported, in the school's words.
    pub what: Vec<String>,
    /// What makes somebody report, in the school's words.
    pub trigger: Option<String>,
    /// Under which category incidents of the kind are kept.
    pub category: Option<String>,
    /// When the clause holds, in the school's words.
    pub condition: Option<String>,
}

impl FailureReport {
    /// Those outside to whom reports are passed on: people with a role of the school read them at the desk.
    pub fn providers(&self) -> Vec<&str> {
        let named = self.to.iter().chain(&self.recipients).chain(&self.report_to).map(String::as_str);
        named.filter(|name| Role::parse(name).is_err()).collect()
    }
}

impl ::policy::Terms for FailureReport {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let to = match self.providers().as_slice() {
            [] => String::new(),
            providers => format!(", and keeps which were passed on to {}", listed(providers).replace('-', " ")),
        };
        format!("takes reports of what should have been closed or open, from the page of a block and from the desk{to}")
    }
}

impl Built for FailureReport {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "failure-report";
    const EXAMPLE: &'static str = r#"{ by = "network-manager", to = "our provider", within = "1 day" }"#;

    fn standing(&self, binding: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let reports = match &facts.filtering.reports {
            Ok(reports) => reports,
            Err(why) => return unknown(now, why.clone()),
        };
        let minutes = binding.common.within.and_then(Within::minutes).and_then(|it| i64::try_from(it).ok());
        let limit = now.timestamp().as_second() - minutes.unwrap_or(USUAL_DAYS * 24 * 60).saturating_mul(60);
        if let Some(oldest) = reports.oldest_open.filter(|at| at.as_second() < limit) {
            let day = kernel::time::date_in_words(SchoolTime::new(oldest).date());
            return not_kept(
                now,
                format!(
                    "{} no answer, the oldest since {day}.",
                    count(small(reports.open), "report has", "reports have")
                ),
                "Answer them, on the page of reports.",
            );
        }
        if !self.providers().is_empty() && reports.not_passed_on > 0 {
            return not_kept(
                now,
                format!(
                    "{} not been passed on to {}.",
                    count(small(reports.not_passed_on), "failure has", "failures have"),
                    listed(&self.providers()).replace('-', " ")
                ),
                "Pass them on, on the page of reports.",
            );
        }
        if let (false, Some(since)) = (self.providers().is_empty(), reports.kept_here_since) {
            let day = SchoolTime::new(since).date();
            let statement = format!(
                "{} answered and not passed on to {}, and nobody has said why not.",
                count(small(reports.kept_here), "failure was", "failures were"),
                listed(&self.providers()).replace('-', " ")
            );
            let mend = "Pass them on, or say why not, on the page of reports.";
            let by = day.saturating_add(jiff::Span::new().days(USUAL_DAYS));
            let (standing, evidence) =
                if by < now.date() { not_kept(now, statement, mend) } else { due(now, by, statement, mend) };
            return (standing, evidence.link("Failures of the filter", "/filter/failures"));
        }
        let (standing, evidence) = kept(
            now,
            format!(
                "{} in the last year, {} of them passed on.",
                count(small(reports.all), "failure was reported", "failures were reported"),
                reports.passed_on
            ),
        );
        let evidence = evidence.figure("Without an answer yet", reports.open);
        (standing, evidence.link("Failures of the filter", "/filter/failures"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::ReportFacts,
        filter::tests::{facts, policy},
    };

    #[test]
    fn reports_are_answered_and_passed_on() {
        let policy = policy("- Reported. `a: filter.failure-report { to = \"LGfL\", within = \"2 days\" }`\n");
        let (_, binding) = policy.bindings("filter", "failure-report").next().unwrap();
        let terms: FailureReport = binding.terms().unwrap();
        let mut facts = facts();
        let mut judge = |reports| {
            facts.filtering.reports = Ok(reports);
            terms.standing(binding, &policy, &facts).0.id()
        };
        let open = |day: &str| ReportFacts {
            open: 1,
            oldest_open: Some(format!("{day}T10:00:00Z").parse().unwrap()),
            ..ReportFacts::default()
        };
        assert_eq!(judge(ReportFacts::default()), "kept");
        assert_eq!(judge(open("2026-11-23")), "kept");
        assert_eq!(judge(open("2026-11-20")), "not-kept");
        assert_eq!(judge(ReportFacts { not_passed_on: 1, ..ReportFacts::default() }), "not-kept");
        let here = |day: &str| ReportFacts {
            kept_here: 2,
            kept_here_since: Some(format!("{day}T10:00:00Z").parse().unwrap()),
            ..ReportFacts::default()
        };
        assert_eq!(judge(here("2026-11-23")), "due");
        assert_eq!(judge(here("2026-11-10")), "not-kept");
    }

    #[test]
    fn who_has_no_role_here_is_passed_on_to() {
        let policy = policy(
            "- A breach. `a: filter.failure-report { report-to = [\"safeguarding-lead\", \"PSS\"], what = [\"filtering breach\"] }`\n",
        );
        let (_, binding) = policy.bindings("filter", "failure-report").next().unwrap();
        let terms: FailureReport = binding.terms().unwrap();
        assert_eq!(terms.providers(), ["PSS"]);
    }
}

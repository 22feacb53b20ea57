//! Control `filter.change-log`: every change to filtering is logged, with who, when and why.
//! Why: a hole in the filter has a day on which somebody made it.

use ::policy::{Binding, Policy, Words};
use jiff::Timestamp;
use kernel::SchoolTime;

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::{ChangeFacts, Facts},
    judgement::{Judgement, count, due, kept, not_kept, unknown},
};

/// The terms of `filter.change-log`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ChangeLog {}

impl ::policy::Terms for ChangeLog {
    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        let mut said =
            "keeps every change to filtering beyond the policy in the ledger: who, when, what and why".to_owned();
        if let Some(by) = binding.common.by.as_ref().filter(|_| binding.common.every.is_some()) {
            said.push_str(&format!("; asks {} to look it over", words.audience(by)));
        }
        said
    }
}

impl Built for ChangeLog {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "change-log";
    const EXAMPLE: &'static str = r#"{ by = "network-manager", every = "1 term" }"#;

    fn standing(&self, binding: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let changes = match &facts.filtering.changes {
            Ok(changes) => changes,
            Err(why) => return unknown(now, why.clone()),
        };
        if changes.without_reason > 0 {
            return not_kept(
                now,
                format!("{} no reason.", count(small(changes.without_reason), "change has", "changes have")),
                "Write the reasons down, on the page of changes.",
            );
        }
        let statement = format!(
            "{} in the last year, each with who, when and why.",
            count(small(changes.all), "change", "changes")
        );
        if binding.common.by.is_some() && binding.common.every.is_none() {
            return not_kept(
                now,
                format!("The clause says who looks the log over and not how often, so nobody is asked. {statement}"),
                "Write `every` beside `by` in the policy, such as `every = \"1 term\"`.",
            );
        }
        if let Some(every) = binding.common.every {
            let looked = match looked_over(binding, changes, facts) {
                Ok(looked) => looked,
                Err(why) => return unknown(now, why),
            };
            let Some(looked) = looked.map(|at| SchoolTime::new(at).date()) else {
                return not_kept(
                    now,
                    "Nobody of those whom the clause names has looked the log of changes over yet.",
                    "Look it over and say so, on the page of changes.",
                );
            };
            let by = every.after(looked);
            if by < now.date() {
                return not_kept(
                    now,
                    format!("The log was last looked over on {}.", kernel::time::date_in_words(looked)),
                    "Look it over and say so, on the page of changes.",
                );
            }
            if by <= now.date().saturating_add(jiff::Span::new().days(14)) {
                return due(now, by, statement, "Look the log of changes over.");
            }
        }
        let (standing, evidence) = kept(now, statement);
        (standing, evidence.link("Changes", "/filter/changes"))
    }
}

/// When one of those whom the clause names last looked the log over; anybody, where it names nobody.
fn looked_over(binding: &Binding, changes: &ChangeFacts, facts: &Facts) -> Result<Option<Timestamp>, String> {
    let Some(by) = &binding.common.by else { return Ok(changes.looked_over.values().copied().max()) };
    let people = facts.people.as_ref().map_err(Clone::clone)?;
    let named = people.iter().filter(|person| by.contains(&person.subject));
    Ok(named.filter_map(|person| changes.looked_over.get(&person.id).copied()).max())
}

#[cfg(test)]
mod tests {
    use kernel::{PersonId, Role, Subject};

    use super::*;
    use crate::{
        facts::PersonFacts,
        filter::tests::{facts, policy},
    };

    #[test]
    fn changes_need_reasons_and_somebody_who_looks() {
        let policy = policy(
            "- Logged. `a: filter.change-log` `filter.change-log { every = \"1 year\" }` `filter.change-log { by = \"network-manager\" }`\n",
        );
        let bindings: Vec<_> = policy.bindings("filter", "change-log").map(|(_, binding)| binding).collect();
        let mut facts = facts();
        let mut judge = |nth: usize, changes: ChangeFacts| {
            facts.filtering.changes = Ok(changes);
            ChangeLog::default().standing(bindings[nth], &policy, &facts).0.id()
        };
        let by = PersonId::from_parts(1, &[1; 10]);
        let at = |text: &str| [(by, text.parse::<Timestamp>().unwrap())].into();
        assert_eq!(judge(0, ChangeFacts::default()), "kept");
        assert_eq!(judge(0, ChangeFacts { without_reason: 2, ..ChangeFacts::default() }), "not-kept");
        assert_eq!(judge(1, ChangeFacts::default()), "not-kept");
        assert_eq!(judge(2, ChangeFacts::default()), "not-kept", "nobody is asked to look");
        let looked = |day: &str| ChangeFacts { looked_over: at(&format!("{day}T09:00:00Z")), ..ChangeFacts::default() };
        assert_eq!(judge(1, looked("2026-10-01")), "kept");
        assert_eq!(judge(1, looked("2025-11-30")), "due");
        assert_eq!(judge(1, looked("2025-11-01")), "not-kept");
    }

    #[test]
    fn the_look_of_those_whom_the_clause_names_counts() {
        let policy = policy("- Each year. `a: filter.change-log { every = \"1 year\", by = \"network-manager\" }`\n");
        let (_, binding) = policy.bindings("filter", "change-log").next().unwrap();
        let person = |nth: u64, role: Role| PersonFacts {
            id: PersonId::from_parts(nth, &[1; 10]),
            subject: Subject { roles: [role].into(), ..Subject::default() },
            account: true,
            password: true,
            signed: std::collections::BTreeSet::new(),
        };
        let mut facts = facts();
        facts.people = Ok(vec![person(1, Role::NetworkManager), person(2, Role::Headteacher)]);
        let mut judge = |nth: u64| {
            let at = "2026-10-01T09:00:00Z".parse().unwrap();
            let looked_over = [(PersonId::from_parts(nth, &[1; 10]), at)].into();
            facts.filtering.changes = Ok(ChangeFacts { looked_over, ..ChangeFacts::default() });
            ChangeLog::default().standing(binding, &policy, &facts).0.id()
        };
        assert_eq!((judge(1), judge(2)), ("kept", "not-kept"));
    }
}

//! Control `filter.dual-control`: filtering is not the sole responsibility of one person.
//! Why: nobody should be able, or have, to answer for the gate alone.

use ::policy::{Binding, Policy, TermProblem, Words};

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::Facts,
    filter::wired,
    judgement::{Judgement, count, due, kept, not_kept, unknown},
};

/// The terms of `filter.dual-control`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DualControl {
    /// How many people have to stand behind a change; two where nothing is said.
    pub minimum_people: Option<u32>,
}

impl DualControl {
    /// How many people have to stand behind a change.
    pub fn people(&self) -> u32 {
        self.minimum_people.unwrap_or(2)
    }
}

/// How many people have to stand behind a change to filtering: the most that any clause asks; none where none does.
pub fn people_needed(policy: &Policy) -> Option<u32> {
    let ours = policy.bindings("filter", "dual-control").filter(|(_, binding)| crate::built::ours(policy, binding));
    ours.filter_map(|(_, binding)| binding.terms::<DualControl>().ok()).map(|terms| terms.people()).max()
}

impl ::policy::Terms for DualControl {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        format!("lets a change to filtering count only when {} people stand behind it", self.people())
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        match self.people() {
            2..=5 => Vec::new(),
            _ => vec![
                TermProblem::of("minimum-people", "from 2 to 5 people stand behind a change")
                    .help("write `minimum-people = 2`"),
            ],
        }
    }
}

impl Built for DualControl {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "dual-control";
    const EXAMPLE: &'static str = r#"{ minimum-people = 2 }"#;

    fn keeps(&self) -> bool {
        wired(Self::NAME)
    }

    fn standing(&self, _: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let changes = match &facts.filtering.changes {
            Ok(changes) => changes,
            Err(why) => return unknown(now, why.clone()),
        };
        let able = match &facts.people {
            Ok(people) => {
                let may = |subject| super::management_status::may_change(policy, subject).is_none_or(|(may, _)| may);
                people.iter().filter(|person| person.account && may(&person.subject)).count()
            }
            Err(why) => return unknown(now, why.clone()),
        };
        if able < usize::try_from(self.people()).unwrap_or(usize::MAX) {
            return not_kept(
                now,
                format!("Only {} could stand behind a change.", count(able, "person", "people")),
                "Give a second person the status, on the page of responsibilities.",
            );
        }
        if changes.single_person > 0 {
            return not_kept(
                now,
                format!(
                    "{} one person alone.",
                    count(small(changes.single_person), "change rests on", "changes rest on")
                ),
                "Let a second person confirm or undo them, on the page of changes.",
            );
        }
        let statement = format!(
            "{} in the last year, each with {} people behind it.",
            count(small(changes.all), "change", "changes"),
            self.people()
        );
        if changes.waiting > 0 {
            return due(now, now.date(), statement, "A change waits for a second person.");
        }
        kept(now, statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{ChangeFacts, PersonFacts},
        filter::tests::{facts, policy},
    };
    use kernel::{PersonId, Role, Subject};

    #[test]
    fn two_people_stand_behind_each_change() {
        let policy = policy("- Two. `a: filter.dual-control { minimum-people = 2 }` `filter.management-status`\n");
        assert_eq!(people_needed(&policy), Some(2));
        let (_, binding) = policy.bindings("filter", "dual-control").next().unwrap();
        let person = |nth: u64| PersonFacts {
            id: PersonId::from_parts(nth, &[1; 10]),
            subject: Subject { roles: [Role::NetworkManager].into(), ..Subject::default() },
            account: true,
            password: true,
            signed: std::collections::BTreeSet::new(),
        };
        let mut facts = facts();
        facts.filtering.changes = Ok(ChangeFacts::default());
        facts.people = Ok(vec![person(1)]);
        let judge = |facts: &Facts| DualControl::default().standing(binding, &policy, facts).0.id();
        assert_eq!(judge(&facts), "not-kept", "one person cannot be two");
        facts.people = Ok(vec![person(1), person(2)]);
        assert_eq!(judge(&facts), "kept");
        facts.filtering.changes = Ok(ChangeFacts { waiting: 1, ..ChangeFacts::default() });
        assert_eq!(judge(&facts), "due");
        facts.filtering.changes = Ok(ChangeFacts { single_person: 1, ..ChangeFacts::default() });
        assert_eq!(judge(&facts), "not-kept");
    }
}

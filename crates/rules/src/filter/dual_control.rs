//! Control `filter.dual-control`: filtering is not the sole responsibility of one person.
//! Why: nobody should be able, or have, to answer for the gate alone.

use ::policy::{Binding, Policy, TermProblem, Words};

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::Facts,
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
        // The desk asks for one more person, and cannot ask for a third.
        self.people() == 2
    }

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let changes = match &facts.filtering.changes {
            Ok(changes) => changes,
            Err(why) => return unknown(now, why.clone()),
        };
        let able = changes.able.len();
        if able < usize::try_from(self.people()).unwrap_or(usize::MAX) {
            let able = match able {
                0 => "Nobody".to_owned(),
                able => format!("Only {}", count(able, "person", "people")),
            };
            return not_kept(
                now,
                format!("{able} could stand behind a change."),
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
        if changes.waiting > 0 {
            let waiting = count(small(changes.waiting), "change waits", "changes wait");
            let statement = format!("{waiting} for a second person; until then nothing changes.");
            return due(now, now.date(), statement, "Let a second person agree or not, on the page of changes.");
        }
        kept(
            now,
            format!(
                "{} asked for in the last year; none holds without {} people behind it.",
                count(small(changes.all), "change was", "changes were"),
                self.people()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::ChangeFacts,
        filter::tests::{facts, policy},
    };
    use kernel::PersonId;

    #[test]
    fn two_people_stand_behind_each_change() {
        let policy = policy("- Two. `a: filter.dual-control { minimum-people = 2 }` `filter.management-status`\n");
        let (_, binding) = policy.bindings("filter", "dual-control").next().unwrap();
        let mut facts = facts();
        let mut judge = |people: u64, changes: ChangeFacts| {
            let able = (1..=people).map(|nth| PersonId::from_parts(nth, &[1; 10])).collect();
            facts.filtering.changes = Ok(ChangeFacts { able, ..changes });
            DualControl::default().standing(binding, &policy, &facts).0.id()
        };
        assert_eq!(judge(0, ChangeFacts::default()), "not-kept");
        assert_eq!(judge(1, ChangeFacts::default()), "not-kept", "one person cannot be two");
        assert_eq!(judge(2, ChangeFacts::default()), "kept");
        assert_eq!(judge(2, ChangeFacts { waiting: 1, ..ChangeFacts::default() }), "due");
        assert_eq!(judge(2, ChangeFacts { single_person: 1, ..ChangeFacts::default() }), "not-kept");
        let terms = |people| DualControl { minimum_people: Some(people) };
        assert!(!terms(3).keeps() && terms(2).keeps());
    }
}

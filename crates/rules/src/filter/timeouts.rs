//! Control `filter.timeouts`: connections that stand idle, or go on for too long, are ended.
//! Why: what nobody uses any more is a door that stands open.

use ::filter::{Measure, TimeOut};
use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Within;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        measured::{Needs, judge},
    },
    judgement::Judgement,
};

/// After how many idle minutes a connection ends where the clause does not say.
const USUAL_MINUTES: u64 = 5;

/// The terms of `filter.timeouts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Timeouts {
    /// After how long a connection ends over which nothing passes; five minutes where nothing is said.
    pub idle: Option<Within>,
    /// After how long any connection ends.
    pub longest: Option<Within>,
    /// Where the clause holds, in the school's words.
    pub condition: Option<String>,
}

impl Timeouts {
    fn value(&self) -> TimeOut {
        let seconds = |within: Within| within.minutes().and_then(|it| u32::try_from(it.saturating_mul(60)).ok());
        let usual = u32::try_from(USUAL_MINUTES * 60).unwrap_or(u32::MAX);
        TimeOut { idle: self.idle.map_or(Some(usual), seconds), longest: self.longest.and_then(seconds) }
    }
}

impl Drafts for Timeouts {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        vec![Draft::ask("time-out", Measure::TimeOut(self.value()))]
    }
}

impl ::policy::Terms for Timeouts {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let value = self.value();
        let mut words = Vec::new();
        words.extend(value.idle.map(|it| format!("ends a connection after {} idle minutes", it / 60)));
        words.extend(value.longest.map(|it| format!("ends any connection after {} minutes", it / 60)));
        words.join("; ")
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let given = [("idle", self.idle), ("longest", self.longest)];
        let bad = given
            .into_iter()
            .filter(|(_, within)| within.is_some_and(|within| !matches!(within.minutes(), Some(1..=1440))));
        bad.map(|(key, _)| TermProblem::of(key, "a time-out is from 1 minute to 24 hours").help("write \"10 minutes\""))
            .collect()
    }
}

impl Built for Timeouts {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "timeouts";
    const EXAMPLE: &'static str = r#"{ idle = "10 minutes", longest = "4 hours" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge(Needs::default(), &["time-out"], "connections were ended", binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::treatment;

    #[test]
    fn idle_connections_end() {
        let policy = "- Time-outs. `t: filter.timeouts { condition = \"where-practicable\" }`\n\
                      - Pupils. `u: filter.timeouts { who = \"pupils\", idle = \"2 minutes\", longest = \"1 hour\" }`\n";
        let value = |who: &str| treatment(policy, who, "https://school.example/").time_out.unwrap().value;
        assert_eq!((value("staff").idle, value("staff").longest), (Some(300), None));
        assert_eq!((value("pupil year-5").idle, value("pupil year-5").longest), (Some(120), Some(3600)));
    }
}

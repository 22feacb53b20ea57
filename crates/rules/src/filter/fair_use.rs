//! Control `filter.fair-use`: large transfers that hinder others are limited.
//! Why: one film loaded in Room 4 is a lesson that stands still in Room 5.

use ::filter::{Measure, Transfers};
use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        measured::{Needs, judge},
    },
    judgement::{Judgement, listed_sites},
};

/// The limit of one transfer where the clause gives none.
const USUAL_MB: u32 = 500;

/// The terms of `filter.fair-use`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FairUse {
    /// The use, in the school's words.
    pub activity: Option<String>,
    /// What the school thinks of it.
    pub verdict: Option<String>,
    /// The most megabytes of one transfer; 500 where neither this nor `rate-kb` is given.
    pub limit_mb: Option<u32>,
    /// The most kilobytes a second of one person or device.
    pub rate_kb: Option<u32>,
    /// Sites that are closed for this reason, such as file sharing.
    pub block: Sites,
    /// Sites that are not limited.
    pub permit: Sites,
}

impl FairUse {
    fn limits(&self) -> Transfers {
        let usual = self.rate_kb.is_none().then_some(USUAL_MB);
        Transfers {
            bytes: self.limit_mb.or(usual).map(|mb| u64::from(mb) * 1_000_000),
            per_second: self.rate_kb.map(|kb| u64::from(kb) * 1_000),
        }
    }
}

impl Drafts for FairUse {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let measure = Measure::Transfers(self.limits());
        vec![
            Draft::ask("transfers", measure.clone()),
            Draft::spare("unlimited", self.permit.clone(), measure),
            Draft::close(self.block.clone()),
        ]
    }
}

impl ::policy::Terms for FairUse {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let limits = self.limits();
        let mut words = Vec::new();
        words.extend(limits.bytes.map(|bytes| format!("stops transfers of more than {} MB", bytes / 1_000_000)));
        words.extend(limits.per_second.map(|bytes| format!("slows each device to {} kB a second", bytes / 1_000)));
        if !self.block.0.is_empty() {
            words.push(format!("closes {}", listed_sites(&self.block.0)));
        }
        words.join("; ")
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let zero = [("limit-mb", self.limit_mb), ("rate-kb", self.rate_kb)];
        let zero = zero.into_iter().filter(|(_, value)| *value == Some(0));
        zero.map(|(key, _)| TermProblem::of(key, "nothing at all could be loaded").help("write at least 1")).collect()
    }
}

impl Built for FairUse {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "fair-use";
    const EXAMPLE: &'static str = r#"{ who = "pupils", when = "mon-fri 09:00-15:30", limit-mb = 500 }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge(Needs::default(), &["size"], "transfers were stopped for their size", binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::treatment;

    #[test]
    fn the_narrower_clause_sets_the_limit_and_equal_ones_the_smaller() {
        let policy = "- Fair. `a: filter.fair-use { who = \"everyone\", limit-mb = 500 }`\n\
                      - Staff. `b: filter.fair-use { who = \"staff\", limit-mb = 2000 }`\n\
                      - Pupils. `c: filter.fair-use { who = \"pupils\", limit-mb = 100, permit = \"school.example\" }` `filter.fair-use { who = \"pupils\", rate-kb = 2000 }`\n";
        let limits = |who: &str, site: &str| treatment(policy, who, site).transfers.map(|it| it.value);
        assert_eq!(limits("staff", "http://a.test/").unwrap().bytes, Some(2_000_000_000));
        let pupil = limits("pupil year-5", "http://a.test/").unwrap();
        assert_eq!((pupil.bytes, pupil.per_second), (Some(100_000_000), Some(2_000_000)));
        assert_eq!(limits("pupil year-5", "http://school.example/"), None);
        assert_eq!(limits("nobody", "http://a.test/").unwrap().bytes, Some(100_000_000), "the strictest");
    }
}

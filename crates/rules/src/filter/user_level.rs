//! Control `filter.user-level`: what is open follows the person, their age and stage.
//! Why: what helps a pupil of fifteen may harm a child of five.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        judge_sites,
        rule_set::{SiteRules, site_words},
    },
    judgement::Judgement,
};

/// The terms of `filter.user-level`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserLevel {
    /// What is closed to those in `who`.
    pub closed: Sites,
    /// What is open to them.
    pub open: Sites,
}

impl SiteRules for UserLevel {
    fn closed(&self) -> Sites {
        self.closed.clone()
    }

    fn open(&self) -> Sites {
        self.open.clone()
    }
}

impl ::policy::Terms for UserLevel {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        if self.closed.0.is_empty() && self.open.0.is_empty() {
            return "decides for each person by role, year and class, and holds whoever is not known to the strictest rules".to_owned();
        }
        site_words(&self.closed, &self.open)
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let sites = !self.closed.0.is_empty() || !self.open.0.is_empty();
        if sites && binding.common.who.is_none() {
            return vec![
                TermProblem::whole("this names sites but not for whom").help("add `who`, such as `who = \"ks1\"`"),
            ];
        }
        Vec::new()
    }
}

impl Built for UserLevel {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "user-level";
    const EXAMPLE: &'static str = r#"{ who = "ks1", closed = "video" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge_sites(&self.closed, &self.open, binding, policy, facts)
    }
}

//! Control `filter.categories`: sites are closed by category.
//! Why: nobody can know each site, but lists know millions.

use ::policy::{Binding, Policy, Words};
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

/// The terms of `filter.categories`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Categories {
    /// What is closed; without it and without `permit` the clause asks only that the filter is applied.
    pub block: Option<Sites>,
    /// What stays open although it is of a closed category.
    pub permit: Sites,
}

impl SiteRules for Categories {
    fn closed(&self) -> Sites {
        self.block.clone().unwrap_or_default()
    }

    fn open(&self) -> Sites {
        self.permit.clone()
    }
}

impl ::policy::Terms for Categories {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        site_words(&self.closed(), &self.open())
    }
}

impl Built for Categories {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "categories";
    const EXAMPLE: &'static str = r#"{ who = "everyone", block = ["adult", "gambling", "hate"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge_sites(&self.closed(), &self.open(), binding, policy, facts)
    }
}

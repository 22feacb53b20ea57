//! Control `filter.social`: chat and social networks are closed, except approved ones.
//! Why: strangers meet children there.

use ::policy::{Binding, Policy, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        closed_or_usual, judge_sites,
        rule_set::{SiteRules, site_words},
    },
    judgement::Judgement,
};

/// The terms of `filter.social`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Social {
    /// What is closed; social networks and chat where neither this nor `permit` is given.
    pub block: Option<Sites>,
    /// What stays open although it is of a closed category.
    pub permit: Sites,
}

impl SiteRules for Social {
    fn closed(&self) -> Sites {
        closed_or_usual(self.block.as_ref(), &self.permit, &["social-networks", "chat"])
    }

    fn open(&self) -> Sites {
        self.permit.clone()
    }
}

impl ::policy::Terms for Social {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        site_words(&self.closed(), &self.open())
    }
}

impl Built for Social {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "social";
    const EXAMPLE: &'static str =
        r#"{ who = "pupils", block = ["social-networks", "chat"], permit = "platform.school.example" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge_sites(&self.closed(), &self.open(), binding, policy, facts)
    }
}

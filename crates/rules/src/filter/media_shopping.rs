//! Control `filter.media-shopping`: music, media downloads and shopping are closed, except approved ones.
//! Why: they cost money, break copyright and take the lesson away.

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

/// The terms of `filter.media-shopping`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MediaShopping {
    /// What is closed; music, downloads and shopping where neither this nor `permit` is given.
    pub block: Option<Sites>,
    /// What stays open although it is of a closed category.
    pub permit: Sites,
}

impl SiteRules for MediaShopping {
    fn closed(&self) -> Sites {
        closed_or_usual(self.block.as_ref(), &self.permit, &["music", "downloads", "shopping"])
    }

    fn open(&self) -> Sites {
        self.permit.clone()
    }
}

impl ::policy::Terms for MediaShopping {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        site_words(&self.closed(), &self.open())
    }
}

impl Built for MediaShopping {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "media-shopping";
    const EXAMPLE: &'static str = r#"{ who = "pupils", block = ["music", "downloads", "shopping"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge_sites(&self.closed(), &self.open(), binding, policy, facts)
    }
}

//! Control `filter.approved-sites`: sites that staff have looked at and approved stay open.
//! Why: a lesson must not fail because a list is wrong about a good site.

use ::policy::{Binding, Policy, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{judge_sites, rule_set::SiteRules},
    judgement::{Judgement, listed_sites, not_built},
};

/// By what approved sites are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arranged {
    /// By the age of the pupils.
    Age,
    /// By subject.
    Subject,
}

/// The terms of `filter.approved-sites`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ApprovedSites {
    /// The approved sites, always open to those in `who`.
    pub sites: Sites,
    /// Whether staff look at every site before a class uses it.
    pub preview: bool,
    /// What needs no new look, in the school's words, such as "cached".
    pub spares: Vec<String>,
    /// By what the approved sites are arranged for pupils.
    pub arranged: Vec<Arranged>,
}

impl SiteRules for ApprovedSites {
    fn closed(&self) -> Sites {
        Sites::default()
    }

    fn open(&self) -> Sites {
        self.sites.clone()
    }
}

impl ::policy::Terms for ApprovedSites {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        if self.sites.0.is_empty() {
            return "cannot yet keep which sites staff have looked at".to_owned();
        }
        format!("keeps open {}, whatever a list says of them", listed_sites(&self.sites.0))
    }
}

impl Built for ApprovedSites {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "approved-sites";
    const EXAMPLE: &'static str = r#"{ who = "pupils", sites = ["bbc.co.uk", "nrich.maths.org"] }"#;

    fn keeps(&self) -> bool {
        !self.sites.0.is_empty() && !self.preview && self.arranged.is_empty()
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if !self.keeps() {
            return not_built(&facts.now, "Gatehouse does not keep yet which sites staff have looked at.");
        }
        judge_sites(&Sites::default(), &self.sites, binding, policy, facts)
    }
}

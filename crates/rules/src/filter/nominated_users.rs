//! Control `filter.nominated-users`: some uses only for those whom the school names.
//! Why: what a job needs is not for everybody.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        judge_sites,
    },
    judgement::{Judgement, listed_sites, not_built},
};

/// The terms of `filter.nominated-users`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NominatedUsers {
    /// What is closed to everyone but those in `who`.
    pub sites: Sites,
    /// What they use it for.
    pub purpose: Option<String>,
}

impl Drafts for NominatedUsers {
    fn drafts(&self, binding: &Binding) -> Vec<Draft> {
        vec![Draft::close(self.sites.clone()).all_but(binding.common.audience())]
    }
}

impl ::policy::Terms for NominatedUsers {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        if self.sites.0.is_empty() {
            return "does not know which sites this is about".to_owned();
        }
        format!("closes {} to everyone else", listed_sites(&self.sites.0))
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let names = binding.common.who.as_ref().is_some_and(|who| who != &kernel::Audience::everyone());
        if !self.sites.0.is_empty() && !names {
            return vec![
                TermProblem::whole("this names sites but not who may use them")
                    .help("add `who`, such as `who = \"group:media-team\"`"),
            ];
        }
        Vec::new()
    }
}

impl Built for NominatedUsers {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "nominated-users";
    const EXAMPLE: &'static str = r#"{ who = "role:business-manager", sites = "shopping" }"#;

    fn keeps(&self) -> bool {
        !self.sites.0.is_empty()
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if !self.keeps() {
            return not_built(&facts.now, "The clause names no site that is for nominated users alone.");
        }
        judge_sites(&self.sites, &Sites::default(), binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::verdict;

    #[test]
    fn everyone_else_is_kept_out() {
        let policy = "- Shops. `s: filter.nominated-users { who = \"role:business-manager\", sites = \"shopping\" }`\n";
        assert!(verdict(policy, "business-manager", "https://shopping.test/"));
        for who in ["staff", "pupil year-5", "nobody"] {
            assert!(!verdict(policy, who, "https://shopping.test/"), "{who}");
        }
    }
}

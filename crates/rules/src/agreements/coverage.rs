//! Control `agreements.coverage`: who has signed and who has not.
//! Why: the one who has not signed is the one to talk with.

use ::policy::{Binding, Policy, TermProblem, Words};

use crate::{built::Built, facts::Facts, judgement::Judgement};

/// The terms of `agreements.coverage`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Coverage {
    /// How many of each hundred must have signed; 100 where nothing is said.
    pub percent: Option<u8>,
}

impl ::policy::Terms for Coverage {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        format!(
            "shows who has signed and who has not, and counts it as kept from {} of each 100 on",
            self.percent.unwrap_or(100)
        )
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        match self.percent {
            Some(percent) if !(1..=100).contains(&percent) => {
                vec![TermProblem::of("percent", format!("{percent} is not from 1 to 100"))]
            }
            Some(_) | None => Vec::new(),
        }
    }
}

impl Built for Coverage {
    const MODULE: &'static str = "agreements";
    const NAME: &'static str = "coverage";
    const EXAMPLE: &'static str = r#"{ who = ["staff", "pupils"], percent = 95 }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let who = binding.common.who.clone().unwrap_or_else(crate::access::users);
        super::sign::judge_signatures(&who, None, self.percent.unwrap_or(100), policy, facts)
    }
}

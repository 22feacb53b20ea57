//! Control `access.idle-lock`: a session that nobody uses ends by itself.
//! Why: a screen that was left open is somebody else's login.

use ::policy::{Binding, Combined, Policy, TermProblem, Words};
use kernel::Subject;

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept},
};

/// Minutes where a policy gives none.
pub const USUAL_MINUTES: u64 = 15;

/// The terms of `access.idle-lock`: the time is the common `within`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IdleLock {}

fn minutes_of(binding: &Binding) -> u64 {
    binding.common.within.and_then(kernel::Within::minutes).unwrap_or(USUAL_MINUTES)
}

/// After how many idle minutes this person's session ends: the shortest that any clause asks.
pub fn minutes(policy: &Policy, subject: &Subject) -> u64 {
    policy
        .bindings("access", "idle-lock")
        .filter(|(_, binding)| crate::built::ours(policy, binding) && binding.common.audience().contains(subject))
        .map(|(_, binding)| minutes_of(binding))
        .min()
        .unwrap_or(USUAL_MINUTES)
}

impl ::policy::Terms for IdleLock {
    fn in_words(&self, binding: &Binding, _: &Words) -> String {
        format!(
            "ends a session at the desk after {} minutes without use; the gateway knows the device as long as it is in use",
            minutes_of(binding)
        )
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        match binding.common.within {
            None => Vec::new(),
            Some(within) => match within.minutes() {
                Some(1..=480) => Vec::new(),
                Some(_) | None => vec![
                    TermProblem::of("within", format!("`{within}` is not from 1 minute to 8 hours"))
                        .help("write `within = \"15 minutes\"`"),
                ],
            },
        }
    }

    fn combine(&self, _: &Binding, _: &Self, _: &Binding) -> Combined {
        // The shorter holds.
        Combined::Fine
    }
}

impl Built for IdleLock {
    const MODULE: &'static str = "access";
    const NAME: &'static str = "idle-lock";
    const ONE: bool = true;
    const EXAMPLE: &'static str = r#"{ who = "staff", within = "15 minutes" }"#;

    fn standing(&self, binding: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let (standing, evidence) = kept(
            &facts.now,
            format!(
                "Sessions at the desk end after {} idle minutes. Gatehouse does not see the screens of computers.",
                minutes_of(binding)
            ),
        );
        (standing, evidence.figure("Sessions ended for idleness in 28 days", facts.desk.idle_ends))
    }
}

//! Control `access.password-strength`: passwords that others do not guess.
//! Why: length and not being a common password are what keeps guesses out (the advice of the National Cyber
//! Security Centre); rules about signs and capitals are not.

use ::policy::{Binding, Combined, Policy, TermProblem, Words};
use kernel::{Audience, Subject};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept},
};

/// What no policy can go below (also the least of the Department for Education's digital standards for adults).
pub const LEAST: u8 = 8;

/// The length where a policy gives none.
pub const USUAL: u8 = 10;

/// The terms of `access.password-strength`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PasswordStrength {
    /// The least number of characters, 8 to 64; 10 where nothing is said.
    pub min_length: Option<u8>,
}

/// The least length of a password for this person: the longest that any clause asks.
pub fn min_length(policy: &Policy, subject: &Subject) -> u8 {
    policy
        .bindings("access", "password-strength")
        .filter(|(_, binding)| crate::built::ours(policy, binding) && binding.common.audience().contains(subject))
        .filter_map(|(_, binding)| binding.terms::<PasswordStrength>().ok())
        .map(|terms| terms.min_length.unwrap_or(USUAL))
        .max()
        .unwrap_or(LEAST)
}

impl ::policy::Terms for PasswordStrength {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let length = self.min_length.unwrap_or(USUAL);
        format!(
            "takes no password shorter than {length} characters, none of the common ones, and none that holds the person's name"
        )
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        match self.min_length {
            Some(length) if !(LEAST..=64).contains(&length) => {
                vec![
                    TermProblem::of("min-length", format!("{length} is not from {LEAST} to 64"))
                        .help("write at least 8"),
                ]
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn combine(&self, _: &Binding, _: &Self, _: &Binding) -> Combined {
        // The longer holds.
        Combined::Fine
    }
}

impl Built for PasswordStrength {
    const MODULE: &'static str = "access";
    const NAME: &'static str = "password-strength";
    const ONE: bool = true;
    const EXAMPLE: &'static str = r#"{ who = "staff", min-length = 12 }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let words = binding.common.who.as_ref().map_or_else(
            || Audience::everyone().in_words(&|role| policy.front.title_of(role)),
            |who| who.in_words(&|role| policy.front.title_of(role)),
        );
        let length = self.min_length.unwrap_or(USUAL);
        kept(
            &facts.now,
            format!("The desk refuses passwords of fewer than {length} characters and common ones, for {words}."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Role;

    #[test]
    fn the_longest_length_that_binds_the_person_counts() {
        let policy = crate::tests::policy(
            "- Strong. `a: access.password-strength { who = \"staff\", min-length = 12 }`\n\
             - All. `b: access.password-strength { who = \"everyone\", min-length = 9 }`\n",
        );
        let of = |role| min_length(&policy, &Subject { roles: [role].into(), ..Subject::default() });
        assert_eq!(of(Role::Teacher), 12);
        assert_eq!(of(Role::Pupil), 9);
    }
}

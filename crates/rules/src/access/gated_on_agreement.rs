//! Control `access.gated-on-agreement`: no signed agreement, no access.
//! Why: whoever uses the internet in school has read what it is for.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{Signed, Subject};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept, listed, not_built, not_kept, unknown},
};

/// What a signature opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Opens {
    /// The internet, through the gateway.
    Internet,
    /// School e-mail.
    Email,
    /// The school network.
    Network,
    /// Equipment.
    Equipment,
    /// The school's website where one signs in to it.
    Website,
    /// Blogs and learning platforms.
    Platforms,
    /// Records of pupils.
    PupilRecords,
}

impl Opens {
    fn words(self) -> &'static str {
        match self {
            Self::Internet => "the internet",
            Self::Email => "e-mail",
            Self::Network => "the network",
            Self::Equipment => "equipment",
            Self::Website => "the website",
            Self::Platforms => "learning platforms",
            Self::PupilRecords => "pupil records",
        }
    }
}

/// The terms of `access.gated-on-agreement`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GatedOnAgreement {
    /// What the signature opens; the internet where nothing is said.
    pub opens: Vec<Opens>,
}

impl GatedOnAgreement {
    pub(crate) fn gates_internet(&self) -> bool {
        self.opens.is_empty() || self.opens.contains(&Opens::Internet)
    }

    fn beyond(&self) -> Vec<&'static str> {
        self.opens.iter().filter(|opens| **opens != Opens::Internet).map(|opens| opens.words()).collect()
    }
}

/// Whether a binding closes the internet to those who have not signed, in earnest or on trial.
pub(crate) fn asks(policy: &Policy, binding: &Binding) -> bool {
    crate::built::ours(policy, binding)
        && !binding.common.may
        && binding.terms::<GatedOnAgreement>().is_ok_and(|terms| terms.gates_internet())
}

/// Whether a binding is for this person, and does not except them.
fn binds(binding: &Binding, subject: &Subject) -> bool {
    let except = binding.common.except.as_ref().and_then(|except| except.who.as_ref());
    binding.common.audience().contains(subject) && !except.is_some_and(|except| except.contains(subject))
}

/// Whether the gate asks a signature of this person, and whether it has it. `has_signed` says whether the person
/// signed the agreement that binds them. Whether the gate closes or is on trial, the gate itself knows.
pub fn signed(policy: &Policy, subject: &Subject, has_signed: bool) -> Signed {
    let gated = policy
        .bindings("access", "gated-on-agreement")
        .any(|(_, binding)| asks(policy, binding) && binds(binding, subject));
    match (gated, has_signed) {
        (_, true) => Signed::Yes,
        (true, false) => Signed::No,
        (false, false) => Signed::NotAsked,
    }
}

impl ::policy::Terms for GatedOnAgreement {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let mut text = String::new();
        if self.gates_internet() {
            text.push_str("opens nothing but the desk and the help sites in the gateway until the agreement is signed");
        }
        let beyond = self.beyond();
        if !beyond.is_empty() {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&format!("does not yet open {} itself", listed(&beyond)));
        }
        text
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        if self.gates_internet() && binding.common.except.as_ref().is_some_and(|it| !it.sites.0.is_empty()) {
            return vec![
                TermProblem::of("except", "before the signature nothing is open but the desk and help for children")
                    .help("except people or places, or put the sites on the list of help"),
            ];
        }
        Vec::new()
    }
}

impl Built for GatedOnAgreement {
    const MODULE: &'static str = "access";
    const NAME: &'static str = "gated-on-agreement";
    const EXAMPLE: &'static str = r#"{ who = ["staff", "pupils"], opens = ["internet"] }"#;

    fn keeps(&self) -> bool {
        self.gates_internet()
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        if !self.gates_internet() {
            return not_built(
                now,
                format!("Gatehouse does not open {} yet, so it cannot wait for a signature.", listed(&self.beyond())),
            );
        }
        match &facts.gateway {
            Err(why) => return unknown(now, why.clone()),
            Ok(gateway) if !gateway.running => {
                return not_kept(now, "The gateway is not running.", "Start it, or look why it does not start.");
            }
            Ok(_) => {}
        }
        let who = binding.common.audience();
        let people = match facts.people_in(&who) {
            Ok(people) => people.into_iter().filter(|person| binds(binding, &person.subject)).collect::<Vec<_>>(),
            Err(why) => return unknown(now, why),
        };
        let unbound = policy.agreements.iter().all(|agreement| !agreement.audience.overlaps(&who));
        if unbound {
            return not_kept(
                now,
                "The policy has no agreement for those whom this clause binds.",
                "Add one to the folder agreements of the policy.",
            );
        }
        let waiting = people.iter().filter(|person| person.signed.is_empty()).count();
        let mut statement = format!("The gateway waits for the signature of {waiting} of {} people.", people.len());
        let beyond = self.beyond();
        if !beyond.is_empty() {
            statement.push_str(&format!(" Gatehouse does not open {} itself.", listed(&beyond)));
        }
        let (standing, evidence) = kept(now, statement);
        (standing, evidence.link("Who has signed", "/agreements/coverage"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Role;

    #[test]
    fn only_those_whom_the_clause_binds_must_sign() {
        let policy = crate::tests::policy("- Sign first. `gate: access.gated-on-agreement { who = \"pupils\" }`\n");
        let of = |role, has| signed(&policy, &Subject { roles: [role].into(), ..Subject::default() }, has);
        assert_eq!(of(Role::Pupil, false), Signed::No);
        assert_eq!(of(Role::Pupil, true), Signed::Yes);
        assert_eq!(of(Role::Teacher, false), Signed::NotAsked);
    }

    #[test]
    fn whom_the_clause_excepts_need_not_sign() {
        let policy = crate::tests::policy(
            "- Sign first. `gate: access.gated-on-agreement { who = [\"pupils\", \"staff\"], except = \"role:office\" }`\n",
        );
        let of = |role| signed(&policy, &Subject { roles: [role].into(), ..Subject::default() }, false);
        assert_eq!(of(Role::Teacher), Signed::No);
        assert_eq!(of(Role::Office), Signed::NotAsked);
    }

    #[test]
    fn no_site_is_excepted_from_the_gate() {
        let clause = |except: &str| {
            format!("- Sign first. `gate: access.gated-on-agreement {{ who = \"pupils\", except = \"{except}\" }}`\n")
        };
        let message = "before the signature nothing is open but the desk and help for children";
        assert_eq!(crate::filter::tests::errors(&clause("sums.example")), [message]);
        assert_eq!(crate::filter::tests::errors(&clause("home")), [] as [&str; 0]);
    }

    #[test]
    fn a_gate_on_trial_is_asked_and_says_that_it_is_on_trial() {
        let policy = crate::tests::policy(
            "- Sign first. `gate: access.gated-on-agreement { who = \"pupils\", observe = true }`\n",
        );
        let pupil = Subject { roles: [Role::Pupil].into(), ..Subject::default() };
        assert_eq!(signed(&policy, &pupil, false), Signed::No);
        assert!(
            crate::filter::rule_set::rule_set(&policy).gate.is_some_and(|gate| gate.rules.iter().all(|it| it.observe))
        );
    }
}

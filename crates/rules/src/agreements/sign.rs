//! Control `agreements.sign`: read, understood, signed, with date.
//! Why: a rule that somebody has signed is a rule that they know.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Audience;

use crate::{
    built::Built,
    facts::{Facts, PersonFacts},
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The full name.
    Name,
    /// The signature.
    Signature,
    /// The day.
    Date,
    /// The class.
    Class,
    /// The role in the school.
    Role,
    /// The names of the children.
    Children,
}

/// The terms of `agreements.sign`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sign {
    /// The agreement, by its file name under `agreements/`; each person's own where nothing is said.
    pub agreement: Option<String>,
    /// How many of each hundred must have signed; 100 where nothing is said.
    pub percent: Option<u8>,
    /// What the signature covers, in the school's words.
    pub covers: Option<String>,
    /// What the form asks for.
    pub fields: Vec<Field>,
}

pub(crate) fn has_signed(policy: &Policy, person: &PersonFacts, agreement: Option<&str>) -> bool {
    let name =
        agreement.or_else(|| super::agreement_for(policy, &person.subject).map(|agreement| agreement.name.as_str()));
    name.is_some_and(|name| person.signed.contains(name))
}

/// Judges whether enough of those in `who` have signed.
pub(crate) fn judge_signatures(
    who: &Audience,
    agreement: Option<&str>,
    percent: u8,
    policy: &Policy,
    facts: &Facts,
) -> Judgement {
    let now = &facts.now;
    let people = match facts.people_in(who) {
        Ok(people) => people,
        Err(why) => return unknown(now, why),
    };
    let titles = |role| policy.front.title_of(role);
    let without: Vec<_> = who
        .atoms()
        .iter()
        .filter(|group| {
            let group = Audience::of((*group).clone());
            policy.agreements.iter().all(|agreement| !agreement.audience.overlaps(&group))
        })
        .map(|group| group.in_words(&titles))
        .collect();
    if agreement.is_none() && !without.is_empty() {
        return not_kept(
            now,
            format!("There is no agreement for {}.", listed(&without)),
            "Add one to the folder agreements of the policy.",
        );
    }
    if people.is_empty() {
        return not_kept(now, "Nobody whom this clause binds is on the roll.", "Bring in your people.");
    }
    let signed = people.iter().filter(|person| has_signed(policy, person, agreement)).count();
    let statement = format!("{signed} of {} have signed.", people.len());
    if signed * 100 < usize::from(percent) * people.len() {
        let (standing, evidence) = not_kept(now, statement, "See who has not, and ask them to sign.");
        return (standing, evidence.link("Who has signed", "/agreements/coverage"));
    }
    let (standing, evidence) = kept(now, statement);
    (standing, evidence.link("Who has signed", "/agreements/coverage"))
}

impl ::policy::Terms for Sign {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let which = self
            .agreement
            .as_ref()
            .map_or("the agreement that is theirs".to_owned(), |name| format!("the agreement \"{name}\""));
        let covers = self.covers.as_ref().map(|covers| format!(", which covers {covers}")).unwrap_or_default();
        format!(
            "asks for a signature under {which}{covers}, keeps it with its date and wording, and counts who has not signed"
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

impl Built for Sign {
    const MODULE: &'static str = "agreements";
    const NAME: &'static str = "sign";
    const EXAMPLE: &'static str = r#"{ who = "pupils", agreement = "pupils" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if let Some(name) = &self.agreement
            && policy.agreement(name).is_none()
        {
            return not_kept(
                &facts.now,
                format!("The policy has no agreement \"{name}\"."),
                format!("Add agreements/{name}.md to the policy."),
            );
        }
        let who = binding.common.who.clone().unwrap_or_else(crate::access::users);
        judge_signatures(&who, self.agreement.as_deref(), self.percent.unwrap_or(100), policy, facts)
    }
}

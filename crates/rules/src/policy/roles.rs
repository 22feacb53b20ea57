//! Control `policy.roles`: who holds each responsibility, with deputies.
//! Why: a duty that nobody holds is not done.

use std::collections::BTreeSet;

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Role;

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, listed, not_kept, unknown},
};

/// The terms of `policy.roles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Roles {
    /// The roles that somebody must hold.
    pub roles: Vec<Role>,
    /// How many people must hold each; 1 where nothing is said.
    pub holders: Option<usize>,
    /// Whether each must have somebody who stands in.
    pub deputies: bool,
    /// Whether one person holds all of these roles.
    pub same_person: bool,
    /// What those who hold them answer for, in a few words.
    pub duty: Option<String>,
}

impl ::policy::Terms for Roles {
    fn in_words(&self, _: &Binding, words: &Words) -> String {
        let titles: Vec<_> = self.roles.iter().map(|role| format!("the {}", words.title(*role))).collect();
        let together = if self.same_person { ", and that one person holds them together" } else { "" };
        let deputies = if self.deputies { ", each with a deputy" } else { "" };
        match titles.as_slice() {
            [] => "keeps the list of who holds which responsibility".to_owned(),
            titles => format!("keeps who is {}{deputies}{together}", listed(titles)),
        }
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        if self.same_person && self.roles.len() < 2 {
            return vec![TermProblem::of(
                "same-person",
                "one person can hold several roles only where `roles` names at least two",
            )];
        }
        match self.holders {
            Some(0) => vec![TermProblem::of("holders", "at least 1 person holds a role")],
            Some(_) | None => Vec::new(),
        }
    }
}

impl Built for Roles {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "roles";
    const EXAMPLE: &'static str = r#"{ roles = ["safeguarding-lead", "online-safety-lead"], deputies = true }"#;

    fn standing(&self, _: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let held = match &facts.holders {
            Ok(held) => held,
            Err(why) => return unknown(now, why.clone()),
        };
        let mend = "Say who holds it, on the page of responsibilities.";
        let wanted = self.holders.unwrap_or(1);
        let of = |role: &Role| held.get(role).map(|role| role.holders.len()).unwrap_or_default();
        if self.roles.is_empty() {
            let filled = held.values().filter(|role| !role.holders.is_empty()).count();
            return if filled == 0 {
                not_kept(now, "Nobody holds any responsibility yet.", mend)
            } else {
                kept(now, format!("{} held by somebody.", count(filled, "responsibility is", "responsibilities are")))
            };
        }
        let vacant: Vec<_> =
            self.roles.iter().filter(|role| of(role) < wanted).map(|role| policy.front.title_of(*role)).collect();
        if !vacant.is_empty() {
            let why = if wanted == 1 {
                format!("Nobody holds the role of {}.", listed(&vacant))
            } else {
                format!("Fewer than {wanted} people hold the role of {}.", listed(&vacant))
            };
            return not_kept(now, why, mend);
        }
        if self.deputies {
            let alone = self.roles.iter().filter(|role| held.get(role).is_none_or(|role| role.deputies.is_empty()));
            let alone: Vec<_> = alone.map(|role| policy.front.title_of(*role)).collect();
            if !alone.is_empty() {
                return not_kept(now, format!("Nobody stands in for the {}.", listed(&alone)), mend);
            }
        }
        if self.same_person {
            let mut sets = self.roles.iter().filter_map(|role| held.get(role)).map(|role| role.holders.clone());
            let first: BTreeSet<_> = sets.next().unwrap_or_default();
            let common = sets.fold(first, |all, next| all.intersection(&next).copied().collect());
            if common.is_empty() {
                return not_kept(now, "No one person holds these roles together.", mend);
            }
        }
        let titles: Vec<_> = self.roles.iter().map(|role| policy.front.title_of(*role)).collect();
        let (standing, evidence) = kept(now, format!("Somebody holds the role of {}.", listed(&titles)));
        (standing, evidence.link("Who holds what", "/people/roles"))
    }
}

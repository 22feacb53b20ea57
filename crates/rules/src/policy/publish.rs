//! Control `policy.publish`: those whom the policy binds can read the version that is in force.
//! Why: nobody can keep a rule that lies in a drawer.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{AudienceAtom, Capacity};

use crate::{
    built::Built,
    facts::{Facts, Shown},
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// One place, or several.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Places {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Places {
    fn all(&self) -> Vec<String> {
        match self {
            Self::One(place) => vec![place.clone()],
            Self::Many(places) => places.clone(),
        }
    }
}

/// The terms of `policy.publish`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Publish {
    /// Where it is found: "website", "staffroom", "induction pack".
    pub places: Option<Places>,
    /// The same, where it is one place.
    pub place: Option<String>,
}

impl Publish {
    /// Every place that the clause names.
    pub fn all(&self) -> Vec<String> {
        let own = self.places.iter().flat_map(Places::all).chain(self.place.clone());
        own.map(|place| place.trim().to_owned()).filter(|place| !place.is_empty()).collect()
    }
}

/// Every place that a policy names, each once.
pub fn places(policy: &Policy) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for (_, binding) in policy.bindings("policy", "publish") {
        let Ok(terms) = binding.terms::<Publish>() else { continue };
        for place in terms.all() {
            if !places.iter().any(|it| same_place(it, &place)) {
                places.push(place);
            }
        }
    }
    places
}

/// Whether two words mean one place: "web-site", "website" and "school website" do.
pub fn same_place(one: &str, two: &str) -> bool {
    let plain = |text: &str| {
        let word: String = text.to_lowercase().chars().filter(|char| char.is_alphanumeric()).collect();
        word.strip_prefix("school").map_or(word.clone(), str::to_owned)
    };
    plain(one) == plain(two)
}

/// Whether everybody of whom the binding speaks can sign in at the desk, where the policy is always to be read.
fn all_sign_in(binding: &Binding) -> bool {
    let signs_in = |atom: &AudienceAtom| match atom {
        AudienceAtom::All(capacity) => match capacity {
            Capacity::Staff | Capacity::Pupil | Capacity::Governor => true,
            Capacity::Parent | Capacity::Volunteer | Capacity::Contractor | Capacity::Guest | Capacity::Outside => {
                false
            }
        },
        AudienceAtom::Role(role) => match role.capacity() {
            Capacity::Staff | Capacity::Pupil | Capacity::Governor => true,
            Capacity::Parent | Capacity::Volunteer | Capacity::Contractor | Capacity::Guest | Capacity::Outside => {
                false
            }
        },
        AudienceAtom::Years(..) | AudienceAtom::Stage(_) | AudienceAtom::Class(_) | AudienceAtom::Group(_) => true,
        AudienceAtom::Joiners => true,
        AudienceAtom::Everyone | AudienceAtom::Relation(_) => false,
    };
    binding.common.who.as_ref().is_some_and(|who| who.atoms().iter().all(signs_in))
}

impl ::policy::Terms for Publish {
    fn in_words(&self, binding: &Binding, _: &Words) -> String {
        let places = self.all();
        if !places.is_empty() {
            return format!("watches that the version in force is found here: {}", listed(&places));
        }
        if all_sign_in(binding) {
            return "shows the version in force to everybody who signs in".to_owned();
        }
        "shows the version in force on a page that anybody can read without signing in".to_owned()
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let bad = |place: &String| place.chars().count() > 60 || place.chars().any(char::is_control);
        if self.all().iter().any(bad) {
            return vec![TermProblem::whole("a place has a name of at most 60 letters")];
        }
        Vec::new()
    }
}

impl Built for Publish {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "publish";
    const EXAMPLE: &'static str = r#"{ places = ["website", "staffroom"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let version = &policy.front.version;
        let published = match &facts.policy.published {
            Ok(published) => published,
            Err(why) => return unknown(now, why.clone()),
        };
        let mend = "Say on the page of publishing who may read it and where it is found.";
        let places = self.all();
        if places.is_empty() && all_sign_in(binding) {
            let (standing, evidence) =
                kept(now, format!("Everybody who signs in can read version {version} under Policy."));
            return (standing, evidence.link("The policy to read", "/policy/print"));
        }
        if places.is_empty() {
            if !published.open {
                return not_kept(now, "The policy is not open to be read without signing in.", mend);
            }
            let (standing, evidence) = kept(now, format!("Anybody can read version {version} on the public page."));
            return (standing, evidence.link("The public page", "/policy/published"));
        }
        let mut missing = Vec::new();
        let mut old = Vec::new();
        for place in &places {
            match published.places.iter().find(|(name, _)| same_place(name, place)).map(|(_, shown)| shown) {
                Some(Shown::Link) if published.open => {}
                Some(Shown::Copy) => {}
                Some(Shown::OldCopy) => old.push(place),
                Some(Shown::Link) | None => missing.push(place),
            }
        }
        if !missing.is_empty() {
            return not_kept(now, format!("The policy is not found here yet: {}.", listed(&missing)), mend);
        }
        if !old.is_empty() {
            return not_kept(
                now,
                format!("An older version than {version} is found here: {}.", listed(&old)),
                "Put the version in force there, and say so on the page of publishing.",
            );
        }
        let (standing, evidence) = kept(now, format!("Version {version} is found here: {}.", listed(&places)));
        (standing, evidence.link("Publishing", "/policy/publish"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_however_it_is_written() {
        assert!(same_place("web-site", "School website"));
        assert!(!same_place("staffroom", "website"));
        let policy = crate::tests::policy(
            "- It is on the website. `a: policy.publish { places = \"school website\" }`\n\
             - And there again. `b: policy.publish { place = \"web-site\" }`\n\
             - In the staffroom. `c: policy.publish { places = [\"staffroom\"] }`\n",
        );
        assert_eq!(places(&policy), ["school website", "staffroom"]);
    }
}

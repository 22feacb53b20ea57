//! Control `policy.approve`: a version is in force with the approval of the bodies that the policy names.
//! Why: a rule that nobody answerable has agreed to is one person's opinion.

use ::policy::{Binding, Clause, Policy, TermProblem, Words};
use kernel::{Audience, AudienceAtom, Capacity, Role, time::date_in_words};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// The terms of `policy.approve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Approve {
    /// A body that no role of the school stands for, such as "PTA"; whoever may put the policy in force says for it.
    pub example: Option<String>,
}

/// A body that approves a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The word that it is stored under: `governors`, `role:slt`, `other:PTA`.
    pub id: String,
    /// As the school calls it.
    pub title: String,
    /// Who speaks for it: one who is in this group. None where no role of the school does.
    pub who: Option<Audience>,
    /// The labels or numbers of the clauses that name it; none where only the front matter does.
    pub clauses: Vec<String>,
    /// The bodies that come before it, by their words.
    pub after: Vec<String>,
}

impl Body {
    /// As it stands in a sentence: "the Leadership team", "governors".
    pub fn in_words(&self) -> String {
        if self.id.starts_with("role:") || self.who.is_none() {
            format!("the {}", self.title)
        } else {
            self.title.clone()
        }
    }
}

/// The group that stands for a body: `role:governor` and `governors` are one body.
fn normal(atom: &AudienceAtom) -> AudienceAtom {
    const GENERAL: [(Role, Capacity); 5] = [
        (Role::Governor, Capacity::Governor),
        (Role::Staff, Capacity::Staff),
        (Role::Parent, Capacity::Parent),
        (Role::Pupil, Capacity::Pupil),
        (Role::Volunteer, Capacity::Volunteer),
    ];
    match atom {
        AudienceAtom::Role(role) => GENERAL
            .iter()
            .find(|row| row.0 == *role)
            .map_or_else(|| AudienceAtom::Role(*role), |row| AudienceAtom::All(row.1)),
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => atom.clone(),
    }
}

/// The word under which the approval of a group is stored, however the policy writes the group.
pub fn body_id(atom: &AudienceAtom) -> String {
    normal(atom).to_string()
}

/// The words of the bodies that a binding names; those of the front matter where it names none.
fn named(binding: &Binding, policy: &Policy) -> Vec<Body> {
    let title = |role: Role| policy.front.title_of(role);
    let of = |atom: &AudienceAtom| {
        let atom = normal(atom);
        let words = atom.in_words(&title);
        Body {
            id: atom.to_string(),
            title: words.strip_prefix("the ").map_or(words.clone(), str::to_owned),
            who: Some(Audience::of(atom)),
            clauses: Vec::new(),
            after: Vec::new(),
        }
    };
    let other = binding.terms::<Approve>().ok().and_then(|terms| terms.example).map(|name| Body {
        id: format!("other:{}", name.trim()),
        title: name.trim().to_owned(),
        who: None,
        clauses: Vec::new(),
        after: Vec::new(),
    });
    let by = binding.common.by.as_ref();
    let atoms = match (by, &other) {
        (Some(by), _) => by.atoms(),
        (None, Some(_)) => &[],
        (None, None) => policy.front.approval.as_ref().map_or(&[][..], |asked| asked.atoms()),
    };
    atoms.iter().map(of).chain(other).collect()
}

/// Every body that a policy names in its front matter and in its clauses, each once.
pub fn bodies(policy: &Policy) -> Vec<Body> {
    let mut bodies: Vec<Body> = Vec::new();
    let mut add = |body: Body, clause: Option<&Clause>| {
        let at = bodies.iter().position(|it| it.id == body.id);
        let at = at.unwrap_or_else(|| {
            bodies.push(body);
            bodies.len() - 1
        });
        if let (Some(clause), Some(body)) = (clause, bodies.get_mut(at)) {
            body.clauses.push(clause.key().to_owned());
        }
    };
    for atom in policy.front.approval.iter().flat_map(|asked| asked.atoms()) {
        let atom = normal(atom);
        let words = atom.in_words(&|role| policy.front.title_of(role));
        let title = words.strip_prefix("the ").map_or(words.clone(), str::to_owned);
        let who = Some(Audience::of(atom.clone()));
        add(Body { id: atom.to_string(), title, who, clauses: Vec::new(), after: Vec::new() }, None);
    }
    for (clause, binding) in asked(policy) {
        named(binding, policy).into_iter().for_each(|body| add(body, Some(clause)));
    }
    for (_, binding) in asked(policy) {
        let before: Vec<String> = asked(policy)
            .filter(|(clause, _)| binding.common.after.iter().any(|label| clause.label.as_ref() == Some(label)))
            .flat_map(|(_, earlier)| named(earlier, policy))
            .map(|body| body.id)
            .collect();
        let own: Vec<String> = named(binding, policy).into_iter().map(|body| body.id).collect();
        for body in bodies.iter_mut().filter(|body| own.contains(&body.id)) {
            body.after.extend(before.iter().filter(|id| **id != body.id).cloned());
        }
    }
    bodies
}

/// The bindings that ask for an approval, not for telling or confirming something about it.
fn asked(policy: &Policy) -> impl Iterator<Item = (&Clause, &Binding)> {
    policy
        .bindings("policy", "approve")
        .filter(|(_, binding)| binding.common.inform.is_none() && binding.common.attest.is_none())
}

impl ::policy::Terms for Approve {
    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        let who = match (&binding.common.by, &self.example) {
            (Some(by), _) => words.audience(by),
            (None, Some(name)) => name.clone(),
            (None, None) => "all whom the policy names".to_owned(),
        };
        format!("puts a version in force only with the approval of {who}, and keeps who approved it and when")
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        match &self.example {
            Some(name) if name.trim().is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) => {
                vec![TermProblem::of("example", "a body has a name of at most 60 letters")]
            }
            Some(_) | None => Vec::new(),
        }
    }
}

impl Built for Approve {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "approve";
    const EXAMPLE: &'static str = r#"{ by = "governor", after = "slt-agrees" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let approvals = match &facts.policy.approvals {
            Ok(approvals) => approvals,
            Err(why) => return unknown(now, why.clone()),
        };
        let bodies = named(binding, policy);
        if bodies.is_empty() {
            return not_kept(
                now,
                "The policy does not say who approves it.",
                "Name them at the top of policy.md, as `approval = [\"slt\", \"governors\"]`.",
            );
        }
        let version = &policy.front.version;
        let given = |body: &Body| approvals.iter().filter(|it| it.body == body.id).map(|it| it.on).max();
        let missing: Vec<_> = bodies.iter().filter(|body| given(body).is_none()).map(|body| &body.title).collect();
        if !missing.is_empty() {
            return not_kept(
                now,
                format!("Version {version} is in force without the approval of {}.", listed(&missing)),
                "Ask them to approve it, on the page of approvals.",
            );
        }
        let said: Vec<_> = bodies
            .iter()
            .filter_map(|body| Some(format!("{} on {}", body.title, date_in_words(given(body)?))))
            .collect();
        let (standing, evidence) = kept(now, format!("Version {version} was approved by {}.", listed(&said)));
        (standing, evidence.link("Approvals", "/policy/approvals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_however_it_is_written() {
        let policy = crate::tests::policy(
            "- The leadership team agrees first. `one: policy.approve { by = \"slt\" }`\n\
             - Then the governors. `two: policy.approve { by = \"governor\", after = \"one\" }`\n\
             - The governing body, that is. `three: policy.approve { by = \"governors\" }`\n\
             - The PTA too. `four: policy.approve { example = \"PTA\" }`\n\
             - Governors confirm it. `five: policy.approve { attest = \"governor\" }`\n",
        );
        let bodies = bodies(&policy);
        let seen: Vec<_> = bodies.iter().map(|it| (it.id.as_str(), it.clauses.len(), it.after.len())).collect();
        assert_eq!(seen, [("role:slt", 1, 0), ("governors", 2, 1), ("other:PTA", 1, 0)]);
        assert_eq!(bodies[1].after, ["role:slt"]);
        assert!(bodies[2].who.is_none());
    }
}

//! Control `policy.document`: the policy itself, with its version, author, owner, dates and legal status.
//! Why: nobody can keep a rule whose wording, age and owner they cannot find.

use ::policy::{Binding, Block, Heading, Policy, TermProblem, Words};
use kernel::Role;

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// What a version must show of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Its number.
    Version,
    /// Who wrote it.
    Author,
    /// The day it was issued.
    Issued,
    /// The day of its next review.
    Review,
}

/// The terms of `policy.document`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Document {
    /// What every version must show of itself; version, date of issue and date of review where nothing is said.
    pub shows: Vec<Shown>,
    /// The role that writes the policy.
    pub author: Option<Role>,
    /// The role that owns it.
    pub owner: Option<Role>,
    /// Its legal status, such as "statutory".
    pub legal_status: Option<String>,
    /// Into how many numbered parts it is set out.
    pub parts: Option<usize>,
    /// An appendix that it must have, by its number.
    pub appendix: Option<u32>,
    /// A subject that it must deal with.
    pub subject: Option<String>,
    /// Whether it also binds conduct outside school.
    pub out_of_school: bool,
}

fn headings(policy: &Policy) -> impl Iterator<Item = &Heading> {
    policy.main.blocks.iter().filter_map(|block| match block {
        Block::Heading(heading) => Some(heading),
        Block::Paragraph(_) | Block::List(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => None,
    })
}

/// The author that any clause of the policy names.
fn author(policy: &Policy) -> Option<Role> {
    policy.bindings("policy", "document").find_map(|(_, binding)| binding.terms::<Document>().ok()?.author)
}

/// The number of the first clause that deals with a subject: that has a word of the stem of each of its long words.
fn deals_with<'p>(policy: &'p Policy, subject: &str, own: &Binding) -> Option<&'p str> {
    let stem = |word: &str| word.chars().take(5).collect::<String>();
    let words: Vec<String> =
        subject.to_lowercase().split_whitespace().filter(|word| word.chars().count() > 4).map(stem).collect();
    let own = |clause: &&::policy::Clause| clause.bindings.iter().any(|binding| binding.key == own.key);
    let has = |clause: &&::policy::Clause| {
        let text = format!("{} {}", clause.text, clause.around).to_lowercase();
        !words.is_empty() && words.iter().all(|word| text.contains(word.as_str()))
    };
    policy.clauses.iter().filter(|clause| !own(clause)).find(has).map(|clause| clause.number.as_str())
}

/// The level of the numbered parts: the highest that more than one heading has.
fn top_level(policy: &Policy) -> u8 {
    (1..=6).find(|level| headings(policy).filter(|heading| heading.level == *level).count() > 1).unwrap_or(1)
}

/// How many parts it has: the headings of the highest level, without a front part "0 Contents" and without appendices.
fn parts(policy: &Policy) -> usize {
    let level = top_level(policy);
    let beside = |text: &str| {
        let text = text.to_lowercase();
        ["0 ", "appendix", "appendices", "annex"].iter().any(|word| text.starts_with(word))
    };
    headings(policy).filter(|heading| heading.level == level && !beside(&heading.text)).count()
}

impl ::policy::Terms for Document {
    fn in_words(&self, _: &Binding, words: &Words) -> String {
        let mut parts = vec!["shows this policy as it is in force, with its version and dates".to_owned()];
        if let Some(author) = self.author {
            parts.push(format!("names the {} as its author", words.title(author)));
        }
        if let Some(owner) = self.owner {
            parts.push(format!("names the {} as its owner", words.title(owner)));
        }
        if let Some(status) = &self.legal_status {
            parts.push(format!("gives its legal status as {status}"));
        }
        if let Some(count) = self.parts {
            parts.push(format!("checks that it has {count} parts"));
        }
        if let Some(number) = self.appendix {
            parts.push(format!("checks that it has an appendix {number}"));
        }
        if let Some(subject) = &self.subject {
            parts.push(format!("checks that it deals with {subject}"));
        }
        if self.out_of_school {
            parts.push("says that it binds outside school as well".to_owned());
        }
        listed(&parts)
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        match self.parts {
            Some(0) => vec![TermProblem::of("parts", "a policy has at least 1 part")],
            Some(_) | None => Vec::new(),
        }
    }
}

impl Built for Document {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "document";
    const EXAMPLE: &'static str =
        r#"{ shows = ["version", "author", "issued", "review"], owner = "online-safety-lead" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let shows: &[Shown] =
            if self.shows.is_empty() { &[Shown::Version, Shown::Issued, Shown::Review] } else { &self.shows };
        let mut missing = Vec::new();
        for shown in shows {
            let (there, what) = match shown {
                Shown::Version => (!policy.front.version.trim().is_empty(), "its version"),
                Shown::Author => (self.author.or_else(|| author(policy)).is_some(), "its author"),
                Shown::Issued => (policy.front.issued.is_some(), "the date on which it was issued"),
                Shown::Review => (policy.front.review.is_some(), "the date of its next review"),
            };
            if !there {
                missing.push(what);
            }
        }
        if !missing.is_empty() {
            return not_kept(
                now,
                format!("The policy does not show {}.", listed(&missing)),
                "Add it at the top of policy.md and bring the new version into force.",
            );
        }
        for role in self.author.iter().chain(&self.owner) {
            match &facts.holders {
                Err(why) => return unknown(now, why.clone()),
                Ok(holders) if holders.get(role).is_none_or(|role| role.holders.is_empty()) => {
                    return not_kept(
                        now,
                        format!("Nobody holds the role of {}.", policy.front.title_of(*role)),
                        "Say who holds it, on the page of responsibilities.",
                    );
                }
                Ok(_) => {}
            }
        }
        let parts = parts(policy);
        if let Some(count) = self.parts.filter(|count| *count != parts) {
            return not_kept(
                now,
                format!("The policy has {parts} parts, not {count}."),
                "Mend the clause or the headings.",
            );
        }
        if let Some(number) = self.appendix {
            let wanted = format!("appendix {number}");
            let found = headings(policy).any(|heading| heading.text.to_lowercase().starts_with(&wanted));
            if !found {
                return not_kept(
                    now,
                    format!("The policy has no appendix {number}."),
                    format!("Add a heading \"Appendix {number}\" with its text."),
                );
            }
        }
        let mut said = format!("Version {} is in force.", policy.front.version);
        if let Some(subject) = &self.subject {
            let Some(number) = deals_with(policy, subject, binding) else {
                return not_kept(
                    now,
                    format!("No other clause of the policy deals with {subject}."),
                    format!("Add a clause about {subject}."),
                );
            };
            said.push_str(&format!(" Clause {number} deals with {subject}."));
        }
        let (standing, evidence) = kept(now, said);
        (standing, evidence.figure("Clauses", policy.clauses.len()).link("Versions", "/policy/versions"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_and_appendices_are_no_parts() {
        let policy = crate::tests::policy(
            "- This policy has 2 parts. `a: policy.document { parts = 2 }`\n\n## 1.1 At school\n\nHere.\n\n\
             # 2 Safety\n\nAlways.\n\n# 0 Contents\n\nWhat is where.\n\n# Appendix 1 Agreement\n\nSigned.\n",
        );
        assert_eq!(parts(&policy), 2);
    }
}

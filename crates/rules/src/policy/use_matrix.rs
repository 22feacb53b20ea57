//! Control `policy.use-matrix`: each activity is acceptable, at certain times, for nominated users, with permission,
//! unacceptable, or illegal. What names sites becomes the rules of the filter: the table in the policy is the rule set.
//! Why: nobody should need two tables, one to read and one that counts.

use std::{fmt, sync::Arc};

use ::filter::ClauseRef;
use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{Audience, Sites};

use crate::{
    built::Built,
    facts::{BeyondFacts, Facts},
    filter::{
        beyond::{covered, judge_firm},
        categories::{USUAL_POINTS, by_words, said},
        draft::{Draft, Drafts},
        illegal_lists::IllegalLists,
        judge_sites,
        rule_set::cite,
    },
    judgement::{Judgement, listed_sites, not_built},
};

/// What a school thinks of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Acceptable, allowed.
    Acceptable,
    /// Acceptable at certain times: those of `when`.
    AtTimes,
    /// Acceptable for nominated users: those of `nominated`.
    ForNominated,
    /// Only with permission.
    WithPermission,
    /// Unacceptable, not allowed, banned.
    Unacceptable,
    /// Unacceptable and illegal.
    Illegal,
}

/// The words that policies use, the first of each as it is printed.
const WORDS: [(Verdict, &[&str]); 6] = [
    (Verdict::Acceptable, &["acceptable", "allowed"]),
    (Verdict::AtTimes, &["acceptable at certain times", "allowed at certain times"]),
    (Verdict::ForNominated, &["acceptable for nominated users", "allowed for nominated users"]),
    (Verdict::WithPermission, &["allowed only with permission", "only with permission", "with permission"]),
    (Verdict::Unacceptable, &["unacceptable", "not acceptable", "not allowed", "banned"]),
    (Verdict::Illegal, &["unacceptable and illegal", "illegal"]),
];

impl Verdict {
    /// Reads the words of a policy, however they are written large and small.
    pub fn parse(text: &str) -> Result<Self, kernel::BadText> {
        let lower = text.trim().to_lowercase();
        let found = WORDS.iter().find(|(_, words)| words.contains(&lower.as_str()));
        let all = || WORDS.iter().filter_map(|(_, words)| words.first()).map(|word| format!("`{word}`"));
        found
            .map(|(verdict, _)| *verdict)
            .ok_or_else(|| kernel::BadText::new(text, format!("a verdict: {}", all().collect::<Vec<_>>().join(", "))))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = WORDS.iter().find(|(verdict, _)| verdict == self);
        f.write_str(words.and_then(|(_, words)| words.first()).copied().unwrap_or_default())
    }
}

impl<'de> serde::Deserialize<'de> for Verdict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Verdict {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Verdict".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<_> = WORDS.iter().filter_map(|(_, words)| words.first()).collect();
        schemars::json_schema!({ "type": "string", "examples": words })
    }
}

/// The terms of `policy.use-matrix`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UseMatrix {
    /// The activity, in the school's words.
    pub activity: Option<String>,
    /// The technology, in the school's words.
    pub technology: Option<String>,
    /// What the school thinks of it.
    pub verdict: Option<Verdict>,
    /// The sites that it is about.
    pub sites: Sites,
    /// Who may, where it is for nominated users.
    pub nominated: Option<Audience>,
    /// The verdicts that the table knows.
    pub verdicts: Vec<Verdict>,
    /// What breaking it may lead to, in the school's words.
    pub may_lead_to: Option<String>,
    /// Where it holds, in the school's words.
    pub condition: Option<String>,
    /// What people do, in the school's words.
    pub actions: Vec<String>,
    /// What it is about, in the school's words.
    pub objects: Vec<String>,
    /// How many rows of the table it is about.
    pub rows: Option<u32>,
    /// Which devices it is about, in the school's words.
    pub devices: Vec<String>,
    /// What use is for, in the school's words.
    pub uses: Vec<String>,
    /// What use is for, in the school's words.
    pub purposes_of_use: Vec<String>,
    /// Who decides what is reasonable, in the school's words.
    pub deciders: Vec<String>,
}

impl UseMatrix {
    fn closed(&self) -> Sites {
        match self.verdict {
            Some(
                Verdict::AtTimes
                | Verdict::ForNominated
                | Verdict::WithPermission
                | Verdict::Unacceptable
                | Verdict::Illegal,
            ) => self.sites.clone(),
            Some(Verdict::Acceptable) | None => Sites::default(),
        }
    }

    fn open(&self) -> Sites {
        match self.verdict {
            Some(Verdict::Acceptable) => self.sites.clone(),
            Some(
                Verdict::AtTimes
                | Verdict::ForNominated
                | Verdict::WithPermission
                | Verdict::Unacceptable
                | Verdict::Illegal,
            )
            | None => Sites::default(),
        }
    }
}

/// The clause that closes a site as illegal, if one does. `site` comes with what the lists know of it.
pub fn closed_as_illegal(policy: &Policy, site: &BeyondFacts) -> Option<Arc<ClauseRef>> {
    let rows = policy.bindings("policy", "use-matrix").filter(|(_, binding)| crate::ours(policy, binding));
    let mut illegal = rows.filter(|(_, binding)| {
        let terms = binding.terms::<UseMatrix>();
        terms.is_ok_and(|terms| terms.verdict == Some(Verdict::Illegal) && covered(&terms.sites, site))
    });
    illegal.next().map(|(clause, _)| cite(clause))
}

impl Drafts for UseMatrix {
    fn drafts(&self, binding: &Binding) -> Vec<Draft> {
        let sites = || self.sites.clone();
        match self.verdict {
            None => Vec::new(),
            Some(Verdict::Acceptable) => vec![Draft::open(sites())],
            Some(Verdict::AtTimes) if binding.common.when.is_none() => vec![Draft::close(sites())],
            Some(Verdict::AtTimes) => vec![Draft::close(sites()).always(), Draft::open(sites())],
            Some(Verdict::ForNominated) => match &self.nominated {
                Some(nominated) => vec![Draft::close(sites()).all_but(nominated.clone())],
                None => vec![Draft::close(sites())],
            },
            // What is permitted to somebody is a rule of its own, made by the act that permits.
            Some(Verdict::WithPermission) => vec![Draft::close(sites())],
            Some(Verdict::Unacceptable) => {
                let mut drafts = vec![Draft::close(sites())];
                drafts.extend(by_words(&self.sites, USUAL_POINTS));
                drafts
            }
            Some(Verdict::Illegal) => vec![Draft::close(sites()).always()],
        }
    }
}

impl ::policy::Terms for UseMatrix {
    fn in_words(&self, _: &Binding, words: &Words) -> String {
        let sites = listed_sites(&self.sites.0);
        match (self.verdict, self.sites.0.is_empty()) {
            (None, _) => "cannot see this; the agreement says it, and people keep to it".to_owned(),
            (Some(Verdict::Illegal), true) => {
                "blocks what the sealed lists of illegal material hold, for everyone".to_owned()
            }
            (Some(verdict), true) => format!("cannot see this; it is {verdict}, and people keep to it"),
            (Some(Verdict::Acceptable), false) => format!("keeps open {sites}"),
            (Some(Verdict::AtTimes), false) => format!("keeps open {sites} at these times, and closed at all others"),
            (Some(Verdict::ForNominated), false) => match &self.nominated {
                Some(who) => format!("closes {sites} to everyone but {}", words.audience(who)),
                None => format!("closes {sites}"),
            },
            (Some(Verdict::WithPermission), false) => format!("closes {sites} until permission is given"),
            (Some(Verdict::Unacceptable), false) => format!("closes {sites}{}", said(&self.sites, USUAL_POINTS)),
            (Some(Verdict::Illegal), false) => format!("closes {sites}"),
        }
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let mut problems = Vec::new();
        let has_sites = !self.sites.0.is_empty();
        if has_sites && self.verdict.is_none() {
            problems.push(
                TermProblem::of("sites", "the sites have no verdict").help("add `verdict`, such as `\"unacceptable\"`"),
            );
        }
        if has_sites && self.verdict == Some(Verdict::AtTimes) && binding.common.when.is_none() {
            problems.push(
                TermProblem::of("verdict", "it is acceptable at certain times, but no time is given")
                    .help("add `when`, such as `when = \"lunch\"`"),
            );
        }
        if has_sites && self.verdict == Some(Verdict::ForNominated) && self.nominated.is_none() {
            problems.push(
                TermProblem::of("verdict", "it is acceptable for nominated users, but none are named")
                    .help("add `nominated`, such as `nominated = \"group:media-team\"`"),
            );
        }
        if self.nominated.is_some() && self.verdict != Some(Verdict::ForNominated) {
            problems.push(
                TermProblem::of("nominated", "nominated users belong to the verdict for them")
                    .help("write `verdict = \"acceptable for nominated users\"`"),
            );
        }
        if self.verdict == Some(Verdict::Illegal) && binding.common.except.is_some() {
            problems
                .push(TermProblem::of("except", "what is illegal is closed to everyone").help("take `except` away"));
        }
        problems
    }
}

impl Built for UseMatrix {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "use-matrix";
    const EXAMPLE: &'static str =
        r#"{ activity = "Online games", verdict = "acceptable at certain times", when = "lunch", sites = "games" }"#;

    fn keeps(&self) -> bool {
        self.verdict.is_some_and(|verdict| !self.sites.0.is_empty() || verdict == Verdict::Illegal)
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if !self.keeps() {
            return not_built(
                &facts.now,
                "No list of sites knows it: the agreement says it, and people keep to it or do not.",
            );
        }
        if self.sites.0.is_empty() {
            return IllegalLists::default().standing(binding, policy, facts);
        }
        let firm = (self.verdict == Some(Verdict::Illegal)).then(|| judge_firm(binding, policy, facts)).flatten();
        firm.unwrap_or_else(|| judge_sites(&self.closed(), &self.open(), binding, policy, facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{errors, verdict, verdict_at};

    const TABLE: &str = "| Activity | Verdict | |\n|---|---|---|\n\
        | Pornography | Unacceptable | Closed. `a: policy.use-matrix { verdict = \"unacceptable\", sites = \"adult\" }` |\n\
        | Games that teach | Acceptable | Open. `b: policy.use-matrix { verdict = \"acceptable\", sites = \"educational-games\" }` |\n\
        | Other games | Acceptable at certain times | `c: policy.use-matrix { verdict = \"acceptable at certain times\", when = \"mon-fri 12:15-13:05\", sites = \"games\" }` |\n\
        | Shops | Acceptable for nominated users | `d: policy.use-matrix { verdict = \"acceptable for nominated users\", nominated = \"staff\", sites = \"shopping\" }` |\n\
        | Chat | Only with permission | `e: policy.use-matrix { verdict = \"only with permission\", sites = \"chat\" }` |\n\
        | Private business | Unacceptable | `f: policy.use-matrix { verdict = \"unacceptable\" }` |\n";

    #[test]
    fn the_table_is_the_rule_set() {
        for (who, site, time, open) in [
            ("staff", "adult.test", "2026-11-24 12:30", false),
            ("pupil year-5", "educational-games.test", "2026-11-24 10:00", true),
            ("pupil year-5", "games.test", "2026-11-24 12:30", true),
            ("pupil year-5", "games.test", "2026-11-24 10:00", false),
            ("pupil year-5", "shopping.test", "2026-11-24 10:00", false),
            ("staff", "shopping.test", "2026-11-24 10:00", true),
            ("staff", "chat.test", "2026-11-24 10:00", false),
        ] {
            assert_eq!(verdict_at(TABLE, who, &format!("https://{site}/"), time), open, "{who} {site} {time}");
        }
        assert!(verdict(TABLE, "nobody", "https://educational-games.test/"));
    }

    #[test]
    fn a_row_without_sites_is_not_counted_as_kept() {
        let policy = crate::filter::tests::policy(TABLE);
        let controls = crate::controls();
        let control = controls.find("policy.use-matrix").unwrap();
        let kept: Vec<_> = policy
            .bindings("policy", "use-matrix")
            .filter(|(_, binding)| control.keeps(binding, &policy.front))
            .filter_map(|(clause, _)| clause.label.clone())
            .collect();
        assert_eq!(kept, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn rows_that_contradict_are_an_error() {
        let given = "- Yes. `a: policy.use-matrix { verdict = \"acceptable\", sites = \"games\" }`\n\
                     - No. `b: policy.use-matrix { verdict = \"not allowed\", sites = \"games\" }`\n";
        assert_eq!(errors(given), ["`games` is closed and open to the same people at the same time"]);
        let timeless =
            "- When? `a: policy.use-matrix { verdict = \"acceptable at certain times\", sites = \"games\" }`\n";
        assert_eq!(errors(timeless), ["it is acceptable at certain times, but no time is given"]);
        let odd = "- What? `a: policy.use-matrix { verdict = \"perhaps\", sites = \"games\" }`\n";
        assert_eq!(errors(odd).len(), 1);
    }

    #[test]
    fn verdicts_are_read_as_policies_write_them() {
        for (text, verdict) in [
            ("Unacceptable and illegal", Verdict::Illegal),
            ("Not allowed", Verdict::Unacceptable),
            ("banned", Verdict::Unacceptable),
            ("Allowed only with permission", Verdict::WithPermission),
            ("Acceptable at certain times", Verdict::AtTimes),
            ("allowed", Verdict::Acceptable),
        ] {
            assert_eq!(Verdict::parse(text), Ok(verdict), "{text}");
        }
    }
}

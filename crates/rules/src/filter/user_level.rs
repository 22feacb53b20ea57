//! Control `filter.user-level`: what is open follows the person, their age and stage.
//! Why: what helps a pupil of fifteen may harm a child of five.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{AudienceAtom, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        judge_sites,
        rule_set::{SiteRules, rule_set, site_words},
    },
    judgement::{Judgement, not_kept},
};

/// The terms of `filter.user-level`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserLevel {
    /// What is closed to those in `who`.
    pub closed: Sites,
    /// What is open to them.
    pub open: Sites,
}

impl SiteRules for UserLevel {
    fn closed(&self) -> Sites {
        self.closed.clone()
    }

    fn open(&self) -> Sites {
        self.open.clone()
    }
}

impl ::policy::Terms for UserLevel {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        if self.closed.0.is_empty() && self.open.0.is_empty() {
            return "decides for each person by role, year and class, and holds whoever is not known to the strictest rules".to_owned();
        }
        site_words(&self.closed, &self.open)
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let sites = !self.closed.0.is_empty() || !self.open.0.is_empty();
        if sites && binding.common.who.is_none() {
            return vec![
                TermProblem::whole("this names sites but not for whom").help("add `who`, such as `who = \"ks1\"`"),
            ];
        }
        Vec::new()
    }
}

/// Whether some rule is for people of some age, class or group among those whom the clause binds.
fn differs(binding: &Binding, policy: &Policy) -> bool {
    let level = |atom: &AudienceAtom| match atom {
        AudienceAtom::Years(..) | AudienceAtom::Stage(_) | AudienceAtom::Class(_) | AudienceAtom::Group(_) => true,
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Role(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => false,
    };
    let bound = binding.common.audience();
    let rules = rule_set(policy).rules;
    rules.iter().any(|rule| bound.overlaps(&rule.who) && rule.who.atoms().iter().any(level))
}

impl Built for UserLevel {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "user-level";
    const EXAMPLE: &'static str = r#"{ who = "ks1", closed = "video" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if self.closed.0.is_empty() && self.open.0.is_empty() && !differs(binding, policy) {
            return not_kept(
                &facts.now,
                "No rule of this policy differs by age, class or group for those whom the clause binds.",
                "Say what is closed or open to whom, such as `filter.user-level { who = \"ks1\", closed = \"video\" }`.",
            );
        }
        judge_sites(&self.closed, &self.open, binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::{facts, policy, verdict};

    #[test]
    fn without_sites_some_rule_has_to_differ_by_age() {
        let standing = |clauses: &str| {
            let policy = policy(&format!(
                "- By age. `a: filter.user-level`\n- Young. `b: filter.user-level {{ who = \"ks2\" }}`\n{clauses}"
            ));
            let judge = |key: &str| {
                let (_, binding) = policy.all_bindings().find(|(_, binding)| binding.key == key).unwrap();
                crate::standing::judge(binding, &policy, &facts()).0.id()
            };
            [judge("a#1"), judge("b#1")]
        };
        assert_eq!(standing(""), ["not-kept", "not-kept"]);
        assert_eq!(
            standing("- Games. `g: filter.categories { who = \"pupils\", block = \"games\" }`\n"),
            ["not-kept", "not-kept"]
        );
        assert_eq!(
            standing("- Video. `v: filter.user-level { who = \"ks1\", closed = \"video\" }`\n"),
            ["kept", "not-kept"]
        );
    }

    #[test]
    fn only_what_is_named_is_open() {
        let only = "- Only ours. `a: filter.user-level { who = \"ks2\", closed = \"all\" }` `filter.approved-sites { who = \"ks2\", sites = \"maths.test\" }`\n";
        assert!(verdict(only, "pupil year-5", "https://maths.test/"));
        assert!(!verdict(only, "pupil year-5", "https://other.test/"));
        assert!(verdict(only, "pupil year-9", "https://other.test/"));
    }
}

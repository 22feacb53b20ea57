//! Control `filter.illegal-lists`: illegal material is always blocked, for everyone; nobody can unblock it.
//! Why: seeing it harms a child, and having it is a crime.

use ::policy::{Binding, Policy, TermProblem, Words};

use crate::{
    built::Built,
    facts::Facts,
    filter::gateway,
    judgement::{Judgement, count, kept, not_kept, unknown},
};

/// A sealed list that is older is not fresh.
const FRESH_DAYS: i64 = 8;

/// The terms of `filter.illegal-lists`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IllegalLists {
    /// What the clause names as illegal, in its words.
    pub material: Vec<String>,
}

impl ::policy::Terms for IllegalLists {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "blocks what the sealed lists of illegal material hold, for everyone, before any other rule; no role, rule or command lifts it".to_owned()
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        let mut problems = Vec::new();
        for (key, given) in [
            ("except", binding.common.except.is_some()),
            ("unless", binding.common.unless.is_some()),
            ("when", binding.common.when.is_some()),
            ("where", binding.common.place.is_some()),
            ("observe", binding.common.observe),
            ("from", binding.common.from.is_some()),
        ] {
            if given {
                problems.push(
                    TermProblem::of(key, "illegal material is blocked for everyone, everywhere, always")
                        .help(format!("take `{key}` away")),
                );
            }
        }
        problems
    }
}

impl Built for IllegalLists {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "illegal-lists";
    const EXAMPLE: &'static str = "";

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        if let Err(judgement) = gateway(facts) {
            return *judgement;
        }
        let lists = match &facts.lists {
            Ok(lists) => lists,
            Err(why) => return unknown(now, why.clone()),
        };
        let fresh_from = now.timestamp().as_second() - FRESH_DAYS * 24 * 3600;
        let sealed: Vec<_> = lists.iter().filter(|list| list.sealed).collect();
        if sealed.is_empty() {
            return not_kept(
                now,
                "No sealed list of illegal material is loaded.",
                "Ask the Internet Watch Foundation or your provider for its list, and add it: gatehouse lists add --sealed. Until then keep the filter that your provider gives you.",
            );
        }
        let fresh = sealed.iter().filter(|list| list.fetched.is_some_and(|at| at.as_second() >= fresh_from)).count();
        if fresh == 0 {
            return not_kept(
                now,
                format!("No sealed list is younger than {FRESH_DAYS} days."),
                "Update it: gatehouse lists update.",
            );
        }
        kept(
            now,
            format!(
                "{} loaded, the newest within {FRESH_DAYS} days.",
                count(sealed.len(), "sealed list is", "sealed lists are")
            ),
        )
    }
}

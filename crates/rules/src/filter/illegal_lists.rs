//! Control `filter.illegal-lists`: illegal material is always blocked, for everyone; nobody can unblock it.
//! Why: seeing it harms a child, and having it is a crime.

use ::policy::{Binding, Policy, TermProblem, Words};
use jiff::civil::Date;
use kernel::{Every, SchoolTime};

use crate::{
    built::Built,
    facts::{Facts, FeedFacts},
    filter::gateway,
    judgement::{Judgement, count, kept, listed, not_kept, unknown},
    monitor::activity_log,
};

/// Within so many days the test entries of a feed are tried.
const TESTED_DAYS: i64 = 2;

/// The terms of `filter.illegal-lists`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IllegalLists {
    /// What the clause names as illegal, in its words.
    pub material: Vec<String>,
    /// How long it is kept that something was refused; as long as activity where nothing is said.
    pub keep: Option<Every>,
}

/// The first day of which it is still kept on `today` that something was refused: by the shortest time that any clause
/// gives, and with the activity where none does.
pub fn first_kept_day(policy: Option<&Policy>, today: Date) -> Date {
    let bindings = policy.into_iter().flat_map(|policy| policy.bindings("filter", "illegal-lists"));
    bindings
        .filter_map(|(_, binding)| binding.terms::<IllegalLists>().ok()?.keep)
        .map(|keep| activity_log::before(today, keep))
        .max()
        .unwrap_or_else(|| activity_log::first_kept_day(policy, today))
}

impl ::policy::Terms for IllegalLists {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let keep = self.keep.map_or("as long as activity".to_owned(), |keep| format!("for {keep}"));
        format!(
            "blocks what the sealed lists of illegal material hold, for everyone, before any other rule; no role, rule or command lifts it; keeps {keep} that something was refused"
        )
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
        let (lists, feeds) = match (&facts.lists, &facts.filtering.feeds) {
            (Ok(lists), Ok(feeds)) => (lists, feeds),
            (Err(why), _) | (_, Err(why)) => return unknown(now, why.clone()),
        };
        if !lists.iter().any(|list| list.sealed) {
            return not_kept(
                now,
                "No sealed list of illegal material is loaded.",
                "Ask the Internet Watch Foundation or your provider for its feed and the key to it, and take it in: gatehouse lists add --sealed --key-file. Until then keep the filter that your provider gives you.",
            );
        }
        if feeds.is_empty() {
            return not_kept(
                now,
                "The sealed list came as a plain file: nothing says of which day it is, or that the school may use it.",
                "Take in a feed under licence: gatehouse lists add --sealed --key-file.",
            );
        }
        let names = |feeds: Vec<&FeedFacts>| {
            let names: Vec<_> = feeds.iter().map(|feed| feed.list.as_str()).collect();
            listed(&names)
        };
        let stale: Vec<_> = feeds.iter().filter(|feed| feed.fresh_until < now.timestamp()).collect();
        if let Some(first) = stale.first() {
            let day = kernel::time::date_in_words(SchoolTime::new(first.dated).date());
            return not_kept(
                now,
                format!("The feed {} is not fresh any more: it is of {day}.", names(stale)),
                "Take in the next one: gatehouse lists update. What is loaded is still refused.",
            );
        }
        let missed: Vec<_> = feeds.iter().filter(|feed| feed.missed).collect();
        if !missed.is_empty() {
            return not_kept(
                now,
                format!("A test entry of the feed {} was let through.", names(missed)),
                "Tell your provider, and look at the checks of the filter.",
            );
        }
        let statement = format!(
            "{} loaded and fresh, the newest of {}.",
            count(feeds.len(), "feed is", "feeds are"),
            feeds
                .iter()
                .map(|feed| feed.dated)
                .max()
                .map_or_else(String::new, |dated| { kernel::time::date_in_words(SchoolTime::new(dated).date()) })
        );
        // A feed that has just come has until the next day's checks.
        let since = |feed: &FeedFacts| feed.tested.unwrap_or(feed.loaded).as_second() + TESTED_DAYS * 24 * 3600;
        if feeds.iter().any(|feed| since(feed) < now.timestamp().as_second()) {
            return not_kept(
                now,
                format!("{statement} Their test entries were not tried for {TESTED_DAYS} days."),
                "Run the checks of the filter, on the desk.",
            );
        }
        match super::waits(lists.iter().filter(|list| list.sealed), facts) {
            Some((standing, evidence)) => (standing, evidence.link("Lists of sites", "/filter/lists")),
            None => kept(now, statement),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::ListFacts,
        filter::tests::{facts, front_policy},
    };

    #[test]
    fn what_was_refused_is_kept_as_the_clause_says_and_else_as_activity_is() {
        let first = |clauses: &str| {
            let policy = front_policy("", clauses);
            first_kept_day(Some(&policy), jiff::civil::date(2026, 11, 24)).to_string()
        };
        let log = "- It is recorded. `log: monitor.activity-log { keep = \"6 months\" }`\n";
        assert_eq!(first("- Always. `a: filter.illegal-lists { keep = \"3 years\" }`\n"), "2023-11-24");
        assert_eq!(first(&format!("{log}- Always. `a: filter.illegal-lists`\n")), "2026-05-24");
        assert_eq!(first("- Always. `a: filter.illegal-lists`\n"), "2025-11-24");
    }

    #[test]
    fn a_fresh_feed_that_holds_keeps_the_clause_and_a_plain_file_does_not() {
        let policy = front_policy("", "- Always. `a: filter.illegal-lists`\n");
        let (_, binding) = policy.bindings("filter", "illegal-lists").next().unwrap();
        let at = |text: &str| format!("{text}Z").parse().unwrap();
        let mut facts = facts();
        let feed = FeedFacts {
            list: "one".to_owned(),
            issuer: "Feed Makers".to_owned(),
            dated: at("2026-11-24T06:00:00"),
            fresh_until: at("2026-11-25T06:00:00"),
            loaded: at("2026-11-24T07:00:00"),
            tested: None,
            missed: false,
        };
        let mut judge = |sealed: bool, feeds: Vec<FeedFacts>| {
            let list = ListFacts {
                name: "one".to_owned(),
                categories: Default::default(),
                entries: 1,
                fetched: None,
                sealed: true,
                fault: None,
                smaller: None,
            };
            facts.lists = Ok(if sealed { vec![list] } else { Vec::new() });
            facts.filtering.feeds = Ok(feeds);
            IllegalLists::default().standing(binding, &policy, &facts).0.id()
        };
        assert_eq!(judge(false, Vec::new()), "not-kept");
        assert_eq!(judge(false, vec![feed.clone()]), "not-kept", "the gateway does not hold it");
        assert_eq!(judge(true, Vec::new()), "not-kept", "a plain file");
        assert_eq!(judge(true, vec![feed.clone()]), "kept");
        let stale = FeedFacts { fresh_until: at("2026-11-24T06:30:00"), ..feed.clone() };
        assert_eq!(judge(true, vec![feed.clone(), stale]), "not-kept");
        assert_eq!(judge(true, vec![FeedFacts { missed: true, ..feed.clone() }]), "not-kept");
        let old = FeedFacts { loaded: at("2026-11-20T07:00:00"), ..feed };
        assert_eq!(judge(true, vec![old.clone()]), "not-kept", "nobody tried it");
        assert_eq!(judge(true, vec![FeedFacts { tested: Some(at("2026-11-24T09:00:00")), ..old }]), "kept");
    }
}

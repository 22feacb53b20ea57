//! Control `filter.schedules`: some uses only at certain times.
//! Why: a game at lunch is a break; in a lesson it is the end of the lesson.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        judge_sites,
    },
    judgement::{Judgement, listed_sites, not_built},
};

/// The terms of `filter.schedules`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Schedules {
    /// The use, in the school's words.
    pub activity: Option<String>,
    /// What is closed at the times of `when`.
    pub closed: Sites,
    /// What is open at the times of `when`.
    pub open: Sites,
    /// What is open at the times of `when` and closed at all others.
    pub only: Sites,
}

impl Drafts for Schedules {
    fn drafts(&self, binding: &Binding) -> Vec<Draft> {
        if binding.common.when.is_none() {
            return Vec::new();
        }
        vec![
            Draft::close(self.closed.clone()),
            Draft::open(self.open.clone()),
            Draft { word: "otherwise", ..Draft::close(self.only.clone()).always() },
            Draft { word: "only", ..Draft::open(self.only.clone()) },
        ]
    }
}

impl Schedules {
    fn names_sites(&self) -> bool {
        [&self.closed, &self.open, &self.only].iter().any(|sites| !sites.0.is_empty())
    }
}

impl ::policy::Terms for Schedules {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let mut parts = Vec::new();
        for (sites, what, end) in [
            (&self.closed, "closes", ""),
            (&self.open, "keeps open", ""),
            (&self.only, "keeps open", " at these times, and closed at all others"),
        ] {
            if !sites.0.is_empty() {
                parts.push(format!("{what} {}{end}", listed_sites(&sites.0)));
            }
        }
        match (parts.is_empty(), &self.activity) {
            (false, _) => parts.join("; "),
            (true, Some(activity)) => format!("does not know which sites \"{activity}\" is about"),
            (true, None) => "does not know which sites this is about".to_owned(),
        }
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        if self.names_sites() && binding.common.when.is_none() {
            return vec![
                TermProblem::whole("this says what changes with the time, but not the time")
                    .help("add `when`, such as `when = \"lunch\"`"),
            ];
        }
        Vec::new()
    }
}

impl Built for Schedules {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "schedules";
    const EXAMPLE: &'static str = r#"{ who = "pupils", when = "lunch", only = "games" }"#;

    fn keeps(&self) -> bool {
        self.names_sites()
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        if !self.keeps() {
            return not_built(&facts.now, "The clause names no site that could be open or closed at these times.");
        }
        let closed = Sites(self.closed.0.iter().chain(&self.only.0).cloned().collect());
        judge_sites(&closed, &self.open, binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::verdict_at;

    #[test]
    fn what_is_open_only_at_times_is_closed_at_others() {
        let policy = "- Games at lunch. `g: filter.schedules { who = \"pupils\", when = \"mon-fri 12:15-13:05\", only = \"games\" }`\n\
                      - No chat in lessons. `c: filter.schedules { who = \"pupils\", when = \"mon-fri 09:00-12:15\", closed = \"chat\" }`\n\
                      - Video in lessons. `v: filter.categories { who = \"pupils\", block = \"video\" }` `filter.schedules { who = \"pupils\", when = \"mon-fri 09:00-12:15\", open = \"video\" }`\n";
        for (site, time, open) in [
            ("games.test", "2026-11-24 12:30", true),
            ("games.test", "2026-11-24 10:00", false),
            ("games.test", "2026-11-22 12:30", false),
            ("chat.test", "2026-11-24 10:00", false),
            ("chat.test", "2026-11-24 12:30", true),
            ("video.test", "2026-11-24 10:00", true),
            ("video.test", "2026-11-24 12:30", false),
        ] {
            assert_eq!(verdict_at(policy, "pupil year-5", &format!("https://{site}/"), time), open, "{site} {time}");
        }
    }
}

//! Control `filter.safe-search`: searches show what suits children, and search engines made for children are open.
//! Why: a search for homework is a second away from what no child should see.

use ::filter::{Measure, Restrict, safe_search};
use ::policy::{Binding, Policy, Words};
use kernel::{SiteItem, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        categories,
        draft::{Draft, Drafts},
        measured::{Needs, judge},
    },
    judgement::{Judgement, listed},
};

/// How far video is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Video {
    /// Not at all.
    Off,
    /// Moderately.
    #[default]
    Moderate,
    /// Strictly.
    Strict,
}

/// The terms of `filter.safe-search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SafeSearch {
    /// Search engines that the school uses, as it calls them; those made for children are kept open.
    pub engines: Vec<String>,
    /// Whether all other search engines are closed.
    pub only: bool,
    /// How far YouTube is restricted.
    pub video: Video,
}

impl SafeSearch {
    /// The sites of the engines that the clause names.
    fn named(&self) -> Sites {
        let child = self.engines.iter().filter_map(|name| safe_search::child_engine(name)).flatten().cloned();
        let other = self.engines.iter().filter(|_| self.only);
        let other = other.filter_map(|name| safe_search::engine_named(name)).flat_map(safe_search::engine_sites);
        Sites(child.chain(other).filter_map(|site| SiteItem::parse(&site).ok()).collect())
    }

    /// Names that stand for no engine that is known.
    fn unknown(&self) -> Vec<&str> {
        let known = |name: &str| safe_search::child_engine(name).is_some() || safe_search::engine_named(name).is_some();
        self.engines.iter().map(String::as_str).filter(|name| !known(name)).collect()
    }
}

impl Drafts for SafeSearch {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let mut drafts = vec![Draft::ask("safe-search", Measure::SafeSearch), Draft::open(self.named())];
        match self.video {
            Video::Off => {}
            Video::Moderate => drafts.push(Draft::ask("video", Measure::Video(Restrict::Moderate))),
            Video::Strict => drafts.push(Draft::ask("video", Measure::Video(Restrict::Strict))),
        }
        if self.only {
            drafts.push(Draft::close(categories(&["search-engines"])));
        }
        drafts
    }
}

impl ::policy::Terms for SafeSearch {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let mut words =
            "asks search engines for results that suit children, and closes those that cannot be asked".to_owned();
        match self.video {
            Video::Off => {}
            Video::Moderate => words.push_str("; YouTube is restricted moderately"),
            Video::Strict => words.push_str("; YouTube is restricted strictly"),
        }
        let open: Vec<_> = self.engines.iter().filter(|name| !self.unknown().contains(&name.as_str())).collect();
        if !open.is_empty() {
            words.push_str(&format!("; keeps open {}", listed(&open)));
        }
        if self.only {
            words.push_str(", and no other search engine");
        }
        let unknown = self.unknown();
        if !unknown.is_empty() {
            words.push_str(&format!("; it knows no search engine called {}", listed(&unknown)));
        }
        words
    }
}

impl Built for SafeSearch {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "safe-search";
    const EXAMPLE: &'static str = r#"{ who = "pupils", engines = ["Kiddle"], video = "strict" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge(
            Needs { safe_names: true, ..Needs::default() },
            // What is made safe goes through; nothing counts it.
            &[],
            "",
            binding,
            policy,
            facts,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{treatment, verdict};

    #[test]
    fn searches_are_made_safe_for_those_whom_the_clause_binds() {
        let policy = "- Younger pupils search safely. `s: filter.safe-search { who = \"ks2\", video = \"strict\" }`\n\
                      - All pupils search safely. `t: filter.safe-search { who = \"pupils\" }`\n";
        let five = treatment(policy, "pupil year-5", "https://www.google.com/");
        assert_eq!(five.safe_search.map(|it| it.clause.label.clone()).as_deref(), Some("s"));
        assert_eq!(five.video.map(|it| it.value), Some(Restrict::Strict));
        let nine = treatment(policy, "pupil year-9", "https://www.google.com/");
        assert_eq!(nine.video.map(|it| it.value), Some(Restrict::Moderate));
        assert_eq!(treatment(policy, "staff", "https://www.google.com/").safe_search, None);
    }

    #[test]
    fn only_the_engines_that_the_school_names_are_open() {
        let policy = "- Only these. `s: filter.safe-search { who = \"pupils\", engines = [\"KidRex\", \"Google Safe Search\"], only = true }`\n";
        for (site, open) in [
            ("https://kidrex.org/", true),
            ("https://www.google.co.uk/", true),
            ("https://search-engines.test/", false),
            ("https://school.example/", true),
        ] {
            assert_eq!(verdict(policy, "pupil year-5", site), open, "{site}");
        }
    }
}

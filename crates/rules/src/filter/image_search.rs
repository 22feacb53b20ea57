//! Control `filter.image-search`: raw searches for images are closed.
//! Why: a picture cannot be unseen, and a search for pictures shows hundreds at once.

use ::filter::Measure;
use ::policy::{Binding, Policy, Words};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        measured::{Needs, judge},
    },
    judgement::Judgement,
};

/// When images may be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Never.
    #[default]
    Never,
    /// Where somebody watches, which the gateway cannot see.
    Watched,
}

/// The terms of `filter.image-search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ImageSearch {
    /// Engines that the clause names as examples; all that are known are meant.
    pub engines: Vec<String>,
    /// When images may be searched for.
    pub choice: Choice,
    /// An example in the school's words.
    pub example: Option<String>,
}

impl Drafts for ImageSearch {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        match self.choice {
            Choice::Never => vec![Draft::ask("images", Measure::NoImageSearch)],
            Choice::Watched => Vec::new(),
        }
    }
}

impl ::policy::Terms for ImageSearch {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        match self.choice {
            Choice::Never => "closes the searches for images of every search engine that it knows",
            Choice::Watched => "cannot see whether somebody watches while images are searched for",
        }
        .to_owned()
    }
}

impl Built for ImageSearch {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "image-search";
    const EXAMPLE: &'static str = r#"{ who = "pupils", choice = "never" }"#;

    fn keeps(&self) -> bool {
        self.choice == Choice::Never
    }

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let needs = Needs { opened: true, ..Needs::default() };
        judge(needs, &["image-search"], "searches for images were closed", binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::treatment;

    #[test]
    fn pupils_do_not_search_for_images() {
        let policy = "- Never. `i: filter.image-search { who = \"pupils\", engines = [\"Google image search\"], choice = \"never\" }`\n";
        assert!(treatment(policy, "pupil year-5", "https://images.google.com/").no_image_search.is_some());
        assert!(treatment(policy, "staff", "https://images.google.com/").no_image_search.is_none());
        assert!(treatment(policy, "nobody", "https://images.google.com/").no_image_search.is_some());
    }
}

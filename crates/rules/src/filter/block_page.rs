//! Control `filter.block-page`: whoever meets a block is told why, and how to report or ask for help.
//! Why: a closed gate without a word teaches a child nothing, and makes an adult look for a way around.

use ::policy::{Binding, Policy, Words};

use crate::{
    built::Built,
    facts::Facts,
    filter::gateway,
    judgement::{Judgement, kept},
};

/// What a block page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Why the site is closed.
    Why,
    /// Which clause says so.
    Clause,
    /// How to ask for the site.
    Ask,
    /// How to tell someone.
    Tell,
}

/// The terms of `filter.block-page`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BlockPage {
    /// What the page says; all of it where nothing is said.
    pub says: Vec<Says>,
}

impl BlockPage {
    /// Whether it asks for a part; the page has all of them, whatever the clause names.
    pub(crate) fn says_less(&self) -> bool {
        let all = [Says::Why, Says::Clause, Says::Ask, Says::Tell];
        !self.says.is_empty() && all.iter().any(|part| !self.says.contains(part))
    }
}

impl ::policy::Terms for BlockPage {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "shows a page in words that fit the reader's age: why, which clause, how to ask for the site, and whom to tell; for encrypted sites the desk shows it"
            .to_owned()
    }
}

impl Built for BlockPage {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "block-page";
    const EXAMPLE: &'static str = r#"{ says = ["why", "clause", "ask", "tell"] }"#;

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let gateway = match gateway(facts) {
            Ok(gateway) => gateway,
            Err(judgement) => return *judgement,
        };
        let shown: u64 = gateway.blocked.values().sum();
        kept(
            &facts.now,
            format!("{shown} blocks in 28 days, each with its reason, its clause and a way to ask and to tell."),
        )
    }
}

//! Control `filter.categories`: sites are closed by category.
//! Why: nobody can know each site, but lists know millions.

use ::filter::{Category, Kind, Measure};
use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{SiteItem, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        judge_sites,
        rule_set::site_words,
    },
    judgement::Judgement,
};

/// The terms of `filter.categories`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Categories {
    /// What is closed; without it and without `permit` the clause asks only that the filter is applied.
    pub block: Option<Sites>,
    /// What stays open although it is of a closed category.
    pub permit: Sites,
    /// How many points the words of a page have to reach so that it counts as one of a closed category of harm; 100
    /// where nothing is said, and 0 where words do not count.
    pub points: Option<u32>,
}

/// The points where the clause does not say: three plain words of the matter, or several milder ones.
pub(crate) const USUAL_POINTS: u32 = 100;

impl Categories {
    fn closed(&self) -> Sites {
        self.block.clone().unwrap_or_default()
    }

    fn points(&self) -> Option<u32> {
        Some(self.points.unwrap_or(USUAL_POINTS)).filter(|points| *points > 0)
    }
}

/// For each category of harm among `sites`, that pages count as one of it by their words too.
pub(crate) fn by_words(sites: &Sites, points: u32) -> Vec<Draft> {
    let named = sites.0.iter().filter_map(|site| match site {
        SiteItem::Category(name) => Category::parse(name).ok(),
        SiteItem::All
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::List(_)
        | SiteItem::Register(_) => None,
    });
    let harm = named.filter(|category| category.kind() == Kind::Harm);
    harm.map(|category| Draft::ask(category.name(), Measure::Text { category, points })).collect()
}

/// The same as the end of a sentence; empty where no category is one of harm.
pub(crate) fn said(sites: &Sites, points: u32) -> String {
    if by_words(sites, points).is_empty() {
        return String::new();
    }
    format!("; pages too whose words reach {points} points for harm of these kinds, where they can be read")
}

impl Drafts for Categories {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let mut drafts = vec![Draft::close(self.closed()), Draft::open(self.permit.clone())];
        drafts.extend(self.points().into_iter().flat_map(|points| by_words(&self.closed(), points)));
        drafts
    }
}

impl ::policy::Terms for Categories {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let mut words = site_words(&self.closed(), &self.permit);
        words.extend(self.points().map(|points| said(&self.closed(), points)));
        words
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        if self.points.is_some() && by_words(&self.closed(), USUAL_POINTS).is_empty() {
            return vec![
                TermProblem::of("points", "no category of harm is closed here whose words could count")
                    .help("take `points` away"),
            ];
        }
        Vec::new()
    }
}

impl Built for Categories {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "categories";
    const EXAMPLE: &'static str = r#"{ who = "everyone", block = ["adult", "gambling", "hate"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge_sites(&self.closed(), &self.permit, binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::{errors, treatment};

    #[test]
    fn pages_are_judged_by_their_words_for_those_whom_the_clause_binds() {
        let policy = "- Closed. `a: filter.categories { who = \"pupils\", block = [\"violence\", \"games\"] }`\n\
                      - Sooner. `b: filter.categories { who = \"year-5\", block = \"violence\", points = 60 }`\n\
                      - By name. `c: filter.categories { who = \"pupils\", block = \"drugs\", points = 0 }`\n";
        let text = |who: &str| {
            let given = treatment(policy, who, "https://school.example/").text;
            given.into_iter().map(|(category, cited)| (category.name(), cited.value)).collect::<Vec<_>>()
        };
        assert_eq!(text("staff"), [("adult", 100)]);
        assert_eq!(text("pupil year-9"), [("adult", 100), ("violence", 100)]);
        assert_eq!(text("pupil year-5"), [("adult", 100), ("violence", 60)]);
    }

    #[test]
    fn points_need_a_category_that_words_can_show() {
        let given = errors("- Games. `a: filter.categories { who = \"pupils\", block = \"games\", points = 50 }`\n");
        assert_eq!(given, ["no category of harm is closed here whose words could count"]);
    }
}

//! Control `filter.approved-sites`: sites that staff have looked at and approved stay open.
//! Why: a lesson must not fail because a list is wrong about a good site.

use ::policy::{Binding, Policy, Words};
use kernel::{SiteItem, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{judge_sites, rule_set::SiteRules, temporary_unblock::small},
    judgement::{Judgement, count, kept, listed, listed_sites, not_kept, unknown},
};

/// By what approved sites are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arranged {
    /// By the age of the pupils.
    Age,
    /// By subject.
    Subject,
}

/// The terms of `filter.approved-sites`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ApprovedSites {
    /// The approved sites, always open to those in `who`.
    pub sites: Sites,
    /// Whether staff look at every site before a class uses it.
    pub preview: bool,
    /// What needs no new look, in the school's words, such as "cached".
    pub spares: Vec<String>,
    /// By what the approved sites are arranged for pupils.
    pub arranged: Vec<Arranged>,
}

impl SiteRules for ApprovedSites {
    fn closed(&self) -> Sites {
        Sites::default()
    }

    fn open(&self) -> Sites {
        self.sites.clone()
    }
}

impl ::policy::Terms for ApprovedSites {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let mut all = Vec::new();
        if !self.sites.0.is_empty() {
            all.push(format!("keeps open {}, whatever a list says of them", listed_sites(&self.sites.0)));
        }
        if self.preview || self.sites.0.is_empty() {
            all.push("counts a site as approved only when one of the staff has looked at it and said so".to_owned());
        }
        if !self.arranged.is_empty() {
            let by = self.arranged.iter().map(|by| match by {
                Arranged::Age => "age",
                Arranged::Subject => "subject",
            });
            all.push(format!(
                "shows pupils what is approved as a page of links by {}",
                listed(&by.collect::<Vec<_>>())
            ));
        }
        all.join("; ")
    }
}

impl Built for ApprovedSites {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "approved-sites";
    const EXAMPLE: &'static str = r#"{ who = "pupils", sites = ["bbc.co.uk", "nrich.maths.org"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let own = !self.sites.0.is_empty();
        let judged = own.then(|| judge_sites(&Sites::default(), &self.sites, binding, policy, facts));
        let on_list = self.sites.0.iter().any(|site| matches!(site, SiteItem::List(_)));
        let shown = self.preview || !self.arranged.is_empty() || !own;
        let due = match judged {
            Some(judgement) if judgement.0.id() == "kept" && (on_list || shown) => None,
            // Whether somebody has looked at what stands on the list says more than that it is due.
            Some(judgement) if judgement.0.id() == "due" && shown => Some(judgement),
            // Sites that the clause itself names are open, whatever stands on the list.
            Some(judgement) => return judgement,
            None => None,
        };
        let approved = match &facts.filtering.approved {
            Ok(approved) => approved,
            Err(why) => return unknown(now, why.clone()),
        };
        if shown && approved.all == 0 {
            return not_kept(
                now,
                match approved.waiting {
                    0 => "No site is approved yet.".to_owned(),
                    waiting => format!("Nobody has looked at {} yet.", count(small(waiting), "site", "sites")),
                },
                "Look at sites and put them on the list, on the page of approved sites.",
            );
        }
        if let Some(judgement) = due {
            return judgement;
        }
        let looked = if self.preview { "; somebody has looked at each" } else { "" };
        let (standing, evidence) = kept(
            now,
            format!(
                "{} approved, in {}{looked}.",
                count(small(approved.all), "site is", "sites are"),
                count(small(approved.subjects), "subject", "subjects")
            ),
        );
        let evidence = evidence.link("Approved sites", "/filter/approved");
        (standing, evidence.figure("Waiting for a look", approved.waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::ApprovedFacts,
        filter::tests::{facts, policy},
    };

    #[test]
    fn what_staff_approved_is_counted_and_what_the_clause_names_is_open() {
        let policy = policy(
            "- One. `a: filter.approved-sites { who = \"pupils\", sites = \"bbc.co.uk\" }`\n\
             - Two. `b: filter.approved-sites { who = \"pupils\", sites = \"list:approved\" }`\n\
             - Three. `c: filter.approved-sites { preview = true, arranged = [\"age\", \"subject\"] }`\n",
        );
        let bindings: Vec<_> = policy.bindings("filter", "approved-sites").map(|(_, binding)| binding).collect();
        let mut facts = facts();
        let mut judge = |all: u64, waiting: u64| {
            facts.filtering.approved = Ok(ApprovedFacts { all, waiting, subjects: all });
            facts.filtering.on_lists = Ok([("approved".to_owned(), all)].into());
            let judge = |binding: &&Binding| {
                let terms: ApprovedSites = binding.terms().unwrap();
                terms.standing(binding, &policy, &facts).0.id()
            };
            bindings.iter().map(judge).collect::<Vec<_>>()
        };
        assert_eq!(judge(0, 2), ["kept", "due", "not-kept"]);
        assert_eq!(judge(1, 2), ["kept", "kept", "kept"]);
    }
}

//! Control `filter.help-sites`: help for children is open to everybody at all times, and visits are not listed by person.
//! Why: a child who looks for help must find it, and must not be watched while looking.

use ::policy::{Binding, Policy, Words};
use kernel::Sites;

use crate::{
    built::Built,
    facts::Facts,
    filter::gateway,
    judgement::{Judgement, kept, listed_sites, not_kept},
};

/// The terms of `filter.help-sites`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HelpSites {
    /// Sites besides those that are always open (Childline, CEOP and others).
    pub sites: Sites,
}

/// The help sites that policies add to those that are always open.
pub fn sites(policy: &Policy) -> Sites {
    let all = policy
        .bindings("filter", "help-sites")
        .filter(|(_, binding)| crate::built::ours(policy, binding))
        .filter_map(|(_, binding)| binding.terms::<HelpSites>().ok());
    Sites(all.flat_map(|terms| terms.sites.0).collect())
}

impl ::policy::Terms for HelpSites {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let more =
            if self.sites.0.is_empty() { String::new() } else { format!(", with {}", listed_sites(&self.sites.0)) };
        format!(
            "keeps help for children open to everybody, suspended and unsigned too{more}, and lists no visit by person"
        )
    }
}

impl Built for HelpSites {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "help-sites";
    const EXAMPLE: &'static str = r#"{ sites = ["childline.org.uk"] }"#;

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let gateway = match gateway(facts) {
            Ok(gateway) => gateway,
            Err(judgement) => return *judgement,
        };
        if gateway.help_sites == 0 {
            return not_kept(&facts.now, "The gateway knows no help site.", "Name them in the clause.");
        }
        kept(
            &facts.now,
            format!(
                "{} help sites are open to everybody; visits are counted, never listed by person.",
                gateway.help_sites
            ),
        )
    }
}

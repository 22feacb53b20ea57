//! Control `filter.off-site`: devices on loan are filtered at home too, in the hours that the policy says.
//! Why: a school's laptop in a bedroom is still the school's.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{Place, SiteItem, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        gateway, wired,
    },
    judgement::{Judgement, count, kept, not_kept, unknown},
};

/// What holds at home outside the hours of `when`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// The same rules.
    #[default]
    Filtered,
    /// Everything is closed but the desk and help for children.
    Closed,
}

/// The terms of `filter.off-site`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OffSite {
    /// What holds at home outside the hours of `when`.
    pub outside: Outside,
}

impl Drafts for OffSite {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let all = || Sites(vec![SiteItem::All]);
        let home = Some(Place::Home);
        match self.outside {
            Outside::Filtered => Vec::new(),
            Outside::Closed => vec![
                Draft { place: home.clone(), ..Draft::close(all()).always() },
                Draft { place: home, ..Draft::open(all()) },
            ],
        }
    }
}

impl ::policy::Terms for OffSite {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        match self.outside {
            Outside::Filtered => "filters devices on loan wherever they are, by the rules of this policy",
            Outside::Closed => {
                "filters devices on loan wherever they are; at home, outside these hours, closes everything but the desk and help for children"
            }
        }
        .to_owned()
    }

    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        if self.outside == Outside::Closed && binding.common.when.is_none() {
            return vec![
                TermProblem::of("outside", "this closes what lies outside the hours, but no hours are given")
                    .help("add `when`, such as `when = \"mon-fri 16:00-21:00\"`"),
            ];
        }
        Vec::new()
    }
}

impl Built for OffSite {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "off-site";
    const EXAMPLE: &'static str = r#"{ who = "pupils", when = "mon-fri 16:00-21:00", outside = "closed" }"#;

    fn keeps(&self) -> bool {
        wired(Self::NAME)
    }

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        if let Err(judgement) = gateway(facts) {
            return *judgement;
        }
        let off_site = match &facts.filtering.off_site {
            Ok(off_site) => off_site,
            Err(why) => return unknown(now, why.clone()),
        };
        if !off_site.running {
            return not_kept(
                now,
                "The gateway does not listen for devices away from school.",
                "Give it an address that they can reach: [gateway.tls] in gatehouse.toml.",
            );
        }
        let devices = usize::try_from(off_site.devices).unwrap_or(usize::MAX);
        if devices == 0 {
            return not_kept(now, "No device on loan has a token.", "Give each its token, on the page Devices.");
        }
        let (standing, evidence) =
            kept(now, format!("{} a token of its own.", count(devices, "device on loan has", "devices on loan have")));
        (standing, evidence.figure("Came through the gateway from elsewhere in 28 days", off_site.seen))
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::tests::verdict_at;

    #[test]
    fn outside_the_hours_home_is_closed_and_inside_them_filtered() {
        let policy = "- At home. `o: filter.off-site { who = \"pupils\", when = \"mon-fri 16:00-21:00\", outside = \"closed\" }`\n";
        for (who, site, time, open) in [
            ("pupil year-9 home", "school.example", "2026-11-24 17:00", true),
            ("pupil year-9 home", "adult.test", "2026-11-24 17:00", false),
            ("pupil year-9 home", "school.example", "2026-11-24 22:00", false),
            ("pupil year-9", "school.example", "2026-11-24 22:00", true),
            ("staff home", "school.example", "2026-11-24 22:00", true),
        ] {
            assert_eq!(verdict_at(policy, who, &format!("https://{site}/"), time), open, "{who} {site} {time}");
        }
    }
}

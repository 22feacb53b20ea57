//! Control `filter.off-site`: devices on loan are filtered at home too, in the hours that the policy says.
//! Why: a school's laptop in a bedroom is still the school's.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{Evidence, Standing};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        draft::{Draft, Drafts},
        gateway,
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
    /// What is closed outside the hours is no rule among others, which a narrower one could open: `rule_set` says it.
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        Vec::new()
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
        if self.outside == Outside::Closed && binding.common.except.as_ref().is_some_and(|it| !it.sites.0.is_empty()) {
            return vec![
                TermProblem::of("except", "outside the hours everything is closed but the desk and help for children")
                    .help("except people, or put the sites on the list of help"),
            ];
        }
        Vec::new()
    }
}

impl Built for OffSite {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "off-site";
    const EXAMPLE: &'static str = r#"{ who = "pupils", when = "mon-fri 16:00-21:00", outside = "closed" }"#;

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
                "Give it an address that they can reach: `listen-tls` under [gateway] in gatehouse.toml.",
            );
        }
        let number = |many: u64| usize::try_from(many).unwrap_or(usize::MAX);
        let without = number(off_site.lent.saturating_sub(off_site.devices));
        if off_site.lent == 0 {
            return not_kept(
                now,
                "No device is entered as lent, so the gateway would know none of them at home.",
                "Enter each loan in the register of loans, and give the device its code on the page Devices.",
            );
        }
        if without > 0 {
            return not_kept(
                now,
                format!(
                    "{} no code, so that the gateway turns them away.",
                    count(without, "device on loan has", "devices on loan have")
                ),
                "Give each its code, on the page Devices.",
            );
        }
        let devices = count(number(off_site.devices), "device on loan has", "devices on loan have");
        if off_site.requests == 0 {
            let evidence = Evidence::new(
                format!("{devices} a code; nothing has come from elsewhere in 28 days."),
                now.timestamp(),
            );
            return (Standing::Untried, evidence);
        }
        let (standing, evidence) = kept(now, format!("{devices} a code."));
        (standing, evidence.figure("Requests from elsewhere in 28 days", off_site.requests))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        facts::OffSiteFacts,
        filter::tests::{facts, policy, verdict_at},
    };

    #[test]
    fn each_device_on_loan_has_a_code_and_something_came() {
        let policy = policy("- At home. `o: filter.off-site { who = \"pupils\" }`\n");
        let (_, binding) = policy.all_bindings().next().unwrap();
        let mut facts = facts();
        for (running, lent, devices, requests, standing) in [
            (false, 2, 2, 9, "not-kept"),
            (true, 0, 0, 9, "not-kept"),
            (true, 2, 1, 9, "not-kept"),
            (true, 2, 2, 0, "untried"),
            (true, 2, 2, 9, "kept"),
        ] {
            facts.filtering.off_site = Ok(OffSiteFacts { running, lent, devices, requests });
            let judged = crate::standing::judge(binding, &policy, &facts);
            assert_eq!(judged.0.id(), standing, "{lent} {devices} {requests}");
        }
    }

    #[test]
    fn outside_the_hours_home_is_closed_and_inside_them_filtered() {
        let policy = "- At home. `o: filter.off-site { who = \"pupils\", when = \"mon-fri 16:00-21:00\", outside = \"closed\" }`\n\
             - Sums are open. `s: filter.categories { who = \"pupils\", permit = [\"sums.example\", \"education\"] }`\n\
             - Only these. `l: filter.categories { who = \"pupils\", block = \"news\" }`\n";
        for (who, site, time, open) in [
            ("pupil year-9 home", "school.example", "2026-11-24 17:00", true),
            ("pupil year-9 home", "adult.test", "2026-11-24 17:00", false),
            ("pupil year-9 home", "school.example", "2026-11-24 22:00", false),
            // A permit opens nothing outside the hours, and the hours open nothing that a clause closes.
            ("pupil year-9 home", "sums.example", "2026-11-24 22:00", false),
            ("pupil year-9 home", "education.test", "2026-11-24 22:00", false),
            ("pupil year-9 home", "sums.example", "2026-11-24 17:00", true),
            ("pupil year-9 home", "news.test", "2026-11-24 17:00", false),
            ("pupil year-9", "school.example", "2026-11-24 22:00", true),
            ("nobody home", "sums.example", "2026-11-24 22:00", false),
            ("staff home", "school.example", "2026-11-24 22:00", true),
        ] {
            assert_eq!(verdict_at(policy, who, &format!("https://{site}/"), time), open, "{who} {site} {time}");
        }
    }
}

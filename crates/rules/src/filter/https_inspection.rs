//! Control `filter.https-inspection`: encrypted connections of the school's devices are opened, so that what passes
//! can be judged; never for what is nobody's business.
//! Why: nearly everything is encrypted, and a name alone does not say what a page holds.

use ::filter::{ByName, Measure, pinned};
use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{SiteItem, Sites};

use crate::{
    built::Built,
    facts::Facts,
    filter::{
        categories,
        draft::{Draft, Drafts},
        measured::{Needs, judge},
    },
    judgement::{Judgement, listed_sites},
};

/// The terms of `filter.https-inspection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HttpsInspection {
    /// What is never opened; banking and health where nothing is said.
    pub exempt: Option<Sites>,
    /// Networks on which there are none but devices of the school.
    pub school_networks: Vec<String>,
    /// Which protocols, in the school's words.
    pub protocols: Vec<String>,
    /// What for, in the school's words.
    pub purposes: Vec<String>,
}

impl HttpsInspection {
    fn exempt(&self) -> Sites {
        self.exempt.clone().unwrap_or_else(|| categories(&["banking", "health"]))
    }
}

/// Whether a policy has encrypted connections opened for anybody.
pub fn asked(policy: &Policy) -> bool {
    policy
        .bindings("filter", "https-inspection")
        .any(|(_, binding)| crate::built::ours(policy, binding) && !binding.common.observe && !binding.common.may)
}

impl Drafts for HttpsInspection {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let pinned = pinned::sites().filter_map(|site| SiteItem::parse(site).ok()).collect();
        vec![
            Draft::ask("opened", Measure::Inspect { networks: self.school_networks.iter().cloned().collect() }),
            Draft::spare("exempt", self.exempt(), Measure::Splice(ByName::Exempt)),
            Draft::spare("pinned", Sites(pinned), Measure::Splice(ByName::Pinned)),
        ]
    }
}

impl ::policy::Terms for HttpsInspection {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        format!(
            "opens encrypted connections of devices that the school owns; never {}, help for children, or programs that trust no certificate but their own; personal devices are judged by the name of the site",
            listed_sites(&self.exempt().0)
        )
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let bad = self.school_networks.iter().filter(|name| !kernel::place::is_word(name));
        bad.map(|name| {
            TermProblem::of("school-networks", format!("`{name}` is not the name of a network"))
                .help("write the name that `[networks]` gives it")
        })
        .collect()
    }
}

impl Built for HttpsInspection {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "https-inspection";
    const EXAMPLE: &'static str = r#"{ who = "pupils", exempt = ["banking", "health"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        judge(Needs { opened: true, ..Needs::default() }, &[], "", binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use ::filter::{ByName, Inspection};

    use crate::filter::tests::treatment;

    #[test]
    fn the_schools_devices_are_opened_and_nothing_private_is() {
        let policy = "- We look in. `i: filter.https-inspection { who = \"pupils\", school-networks = [\"classrooms\"] }`\n\
                      - Help. `h: filter.help-sites { sites = [\"childline.org.uk\"] }`\n";
        #[track_caller]
        fn check(policy: &str, who: &str, address: &str, why: Option<ByName>) {
            let given = match treatment(policy, who, address).inspection {
                Inspection::Opened(clause) => {
                    assert_eq!(clause.label, "i");
                    None
                }
                Inspection::ByName(why, _) => Some(why),
            };
            assert_eq!(given, why, "{who} {address}");
        }
        check(policy, "pupil year-5 owned", "https://school.example/", None);
        check(policy, "pupil year-5", "https://school.example/", Some(ByName::NotOurs));
        check(policy, "pupil year-5 personal", "https://school.example/", Some(ByName::NotOurs));
        check(policy, "pupil year-5 network:classrooms", "https://school.example/", None);
        check(policy, "pupil year-5 network:guest", "https://school.example/", Some(ByName::NotOurs));
        check(policy, "pupil year-5 owned", "https://banking.test/", Some(ByName::Exempt));
        check(policy, "pupil year-5 owned", "https://www.childline.org.uk/", Some(ByName::Private));
        check(policy, "pupil year-5 owned", "https://windowsupdate.com/", Some(ByName::Pinned));
        check(policy, "staff owned", "https://school.example/", Some(ByName::NotAsked));
        let trial = "- On trial. `i: filter.https-inspection { who = \"pupils\", observe = true }`\n";
        check(trial, "pupil year-5 owned", "https://school.example/", Some(ByName::OnTrial));
    }
}

//! Control `filter.executables`: programs cannot be downloaded.
//! Why: a program from anywhere can do on a school's computer whatever its writer likes.

use std::collections::BTreeSet;

use ::filter::{FileClass, Measure};
use ::policy::{Binding, Policy, Words};
use kernel::Sites;

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

/// What counts as a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Include {
    /// Files that a computer runs.
    Executables,
    /// Programs and the packages that install them.
    Programs,
    /// Files of commands.
    Scripts,
    /// Documents with macros.
    Macros,
    /// Archives that cannot be looked into: with a password, within another archive, or of a kind that is not read (7z, rar).
    LockedArchives,
}

/// What is done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// They are stopped.
    #[default]
    Forbid,
    /// They pass.
    Allow,
}

/// The terms of `filter.executables`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Executables {
    /// What counts as a program; programs, what installs them and files of commands where nothing is said.
    pub include: Vec<Include>,
    /// Whether they are stopped.
    pub decision: Choice,
    /// Sites from which programs may come; updates of computers always may.
    pub permit: Sites,
    /// Another document that says more.
    pub detail_in: Option<String>,
}

impl Executables {
    fn classes(&self) -> BTreeSet<FileClass> {
        let mut classes: BTreeSet<_> = [FileClass::InArchives].into();
        let usual = [Include::Executables, Include::Programs, Include::Scripts];
        let include = if self.include.is_empty() { &usual[..] } else { &self.include };
        for one in include {
            match one {
                Include::Executables => classes.extend([FileClass::Programs, FileClass::ScriptFiles]),
                Include::Programs => classes.extend([FileClass::Programs, FileClass::Installers]),
                Include::Scripts => classes.extend([FileClass::ScriptFiles]),
                Include::Macros => classes.extend([FileClass::Macros]),
                Include::LockedArchives => classes.extend([FileClass::LockedArchives]),
            }
        }
        classes
    }
}

impl Drafts for Executables {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        let measure = Measure::Files(self.classes());
        match self.decision {
            Choice::Allow => {
                vec![Draft::spare("files", Sites(vec![kernel::SiteItem::All]), measure)]
            }
            Choice::Forbid => vec![
                Draft::ask("files", measure.clone()),
                Draft::spare("updates", categories(&["updates"]), measure.clone()),
                Draft::spare("from", self.permit.clone(), measure),
            ],
        }
    }
}

impl ::policy::Terms for Executables {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        if self.decision == Choice::Allow {
            return "lets programs through".to_owned();
        }
        let mut what = vec!["programs"];
        what.extend(self.classes().contains(&FileClass::Installers).then_some("what installs them"));
        what.extend(self.classes().contains(&FileClass::ScriptFiles).then_some("files of commands"));
        what.extend(self.classes().contains(&FileClass::Macros).then_some("documents with macros"));
        let archives = if self.classes().contains(&FileClass::LockedArchives) {
            what.push("archives that cannot be looked into");
            "in archives too"
        } else {
            "also in archives that can be looked into"
        };
        let from = if self.permit.0.is_empty() {
            String::new()
        } else {
            format!(" and what comes from {}", listed_sites(&self.permit.0))
        };
        format!(
            "stops {}, {archives}, by what they are and not by their names alone; updates of computers{from} pass",
            crate::judgement::listed(&what)
        )
    }
}

impl Built for Executables {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "executables";
    const EXAMPLE: &'static str = r#"{ who = "everyone", permit = "apps.school.example" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let needs = Needs { opened: true, ..Needs::default() };
        judge(needs, &["file"], "programs were stopped", binding, policy, facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::treatment;

    #[test]
    fn programs_are_stopped_but_for_updates_and_the_sites_that_are_named() {
        let policy = "- No programs. `p: filter.executables { who = \"everyone\", permit = \"apps.school.example\" }`\n\
                      - No macros for pupils. `m: filter.executables { who = \"pupils\", include = [\"programs\", \"macros\"] }`\n";
        let files = |who: &str, address: &str| treatment(policy, who, address).files.map(|it| it.value);
        let usual: BTreeSet<_> =
            [FileClass::Programs, FileClass::Installers, FileClass::ScriptFiles, FileClass::InArchives].into();
        assert_eq!(files("staff", "http://school.example/"), Some(usual));
        let locked =
            "- No. `p: filter.executables { who = \"everyone\", include = [\"programs\", \"locked-archives\"] }`\n";
        assert!(treatment(locked, "staff", "http://a.test/").files.unwrap().value.contains(&FileClass::LockedArchives));
        assert!(files("pupil year-5", "http://school.example/").unwrap().contains(&FileClass::Macros));
        assert_eq!(files("staff", "http://apps.school.example/"), None);
    }
}

//! `gatehouse policy …`: check, show, compare, render, label and enact policies. All but `enact` work without a
//! database.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use kernel::Clock as _;
use policy::{Checked, Source, SourceFile};

use super::{Outcome, say};
use crate::clock::SystemClock;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what is wrong in a policy.
    Check(Check),
    /// Print the policy as Gatehouse reads it.
    Show(Folder),
    /// Say what is different between two policies, in words.
    Diff(Diff),
    /// Print the policy as a web page.
    Render(Folder),
    /// Write the labels that are missing.
    Label(Folder),
    /// Print the JSON Schema of all terms.
    Schema,
    /// Print the reference of the language.
    Reference,
    /// Print who may do what: as built in, and what each policy changes.
    Rights(Rights),
    /// Say what a draft would have changed in the past weeks.
    Simulate(super::simulate::Simulate),
    /// Say which entries of the school's calendar the names of times in a policy stand for.
    Calendar(super::calendar::Calendar),
    /// Bring a policy into force.
    Enact(super::serve::Enact),
}

#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// The folder of the policy.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Rights {
    /// The folders of policies.
    folders: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder of the policy.
    folder: PathBuf,
    /// For machines.
    #[arg(long)]
    json: bool,
    /// End with 1 where there is a warning.
    #[arg(long)]
    strict: bool,
    /// Show each clause that stands on a control that is not built; else they are counted.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The folder of the policy as it was.
    old: PathBuf,
    /// The folder of the policy as it will be.
    new: PathBuf,
}

impl PolicyCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Check(it) => it.run(),
            Self::Calendar(it) => it.run(config),
            Self::Show(it) => with_policy(&it.folder, |checked| {
                if let Some(policy) = &checked.policy {
                    for file in &policy::show(policy).files {
                        say(format_args!("<!-- {} -->", file.path));
                        say(&file.text);
                    }
                }
                Ok(())
            }),
            Self::Diff(it) => it.run(),
            Self::Render(it) => with_policy(&it.folder, |checked| {
                if let Some(policy) = &checked.policy {
                    let words = policy::Words::of(policy, SystemClock.school_time().date());
                    say(policy::render::page(policy, &controls_of(policy), &words, policy::Detail::System));
                }
                Ok(())
            }),
            Self::Label(it) => label(&it.folder),
            Self::Schema => {
                say(serde_json::to_string_pretty(&policy::schema(&rules::controls()))?);
                Ok(Outcome::Well)
            }
            Self::Reference => {
                say(policy::reference(&rules::controls()));
                Ok(Outcome::Well)
            }
            Self::Rights(it) => it.run(),
            Self::Simulate(it) => it.run(config),
            Self::Enact(it) => it.run(config),
        }
    }
}

/// Reads and checks the policy in a folder.
pub(crate) fn check_folder(folder: &Path) -> anyhow::Result<(Source, Checked)> {
    let source = read_folder(folder)?;
    let today = SystemClock.school_time().date();
    let checked = rules::check(&source, today);
    Ok((source, checked))
}

/// The controls that a policy may name.
fn controls_of(policy: &policy::Policy) -> Arc<policy::Registry> {
    rules::controls_of(&policy.source).registry
}

fn with_policy(folder: &Path, print: impl FnOnce(&Checked) -> anyhow::Result<()>) -> anyhow::Result<Outcome> {
    let (_, checked) = check_folder(folder)?;
    if checked.has_errors() {
        for diagnostic in checked.diagnostics.iter().filter(|it| it.severity == policy::Severity::Error) {
            eprint(diagnostic);
        }
        return Ok(Outcome::Refused);
    }
    print(&checked)?;
    Ok(Outcome::Well)
}

/// Prints a diagnostic to standard error.
pub(crate) fn eprint(diagnostic: &policy::Diagnostic) {
    use io::Write as _;
    drop(writeln!(io::stderr().lock(), "{diagnostic}\n"));
}

impl Check {
    fn run(self) -> anyhow::Result<Outcome> {
        let (_, checked) = check_folder(&self.folder)?;
        if self.json {
            say(serde_json::to_string_pretty(&checked.to_json())?);
        } else {
            say(checked.to_text(!self.all));
        }
        Ok(match (checked.has_errors(), self.strict && checked.has_warnings()) {
            (true, _) => Outcome::Refused,
            (false, true) => Outcome::Look,
            (false, false) => Outcome::Well,
        })
    }
}

impl Rights {
    fn run(self) -> anyhow::Result<Outcome> {
        let mut policies = Vec::new();
        for folder in &self.folders {
            let (_, checked) = check_folder(folder)?;
            let Some(policy) = checked.policy else {
                checked.diagnostics.iter().filter(|it| it.severity == policy::Severity::Error).for_each(eprint);
                return Ok(Outcome::Refused);
            };
            let name =
                folder.file_name().map_or_else(|| folder.display().to_string(), |it| it.to_string_lossy().into());
            policies.push((name, policy));
        }
        say(crate::rights::document(&policies).trim_end());
        Ok(Outcome::Well)
    }
}

impl Diff {
    fn run(self) -> anyhow::Result<Outcome> {
        let (_, old) = check_folder(&self.old)?;
        let (_, new) = check_folder(&self.new)?;
        match (&old.policy, &new.policy) {
            (Some(old), Some(new)) => {
                let today = SystemClock.school_time().date();
                let (old_words, new_words) = (policy::Words::of(old, today), policy::Words::of(new, today));
                let controls = rules::controls_of_both(&old.source, &new.source);
                say(policy::diff(old, new, &controls.registry, &old_words, &new_words).to_text());
                Ok(Outcome::Well)
            }
            (None, _) | (_, None) => {
                for diagnostic in old.diagnostics.iter().chain(&new.diagnostics) {
                    if diagnostic.severity == policy::Severity::Error {
                        eprint(diagnostic);
                    }
                }
                Ok(Outcome::Refused)
            }
        }
    }
}

fn label(folder: &Path) -> anyhow::Result<Outcome> {
    let source = read_folder(folder)?;
    let labelled = policy::label(&source);
    for (before, after) in source.files.iter().zip(&labelled.source.files) {
        if before.text != after.text {
            let path = folder.join(&after.path);
            let beside = path.with_extension("md.new");
            fs::write(&beside, &after.text).with_context(|| format!("cannot write {}", beside.display()))?;
            fs::rename(&beside, &path).with_context(|| format!("cannot replace {}", path.display()))?;
            say(format_args!("{} has its labels.", path.display()));
        }
    }
    Ok(Outcome::Well)
}

/// The files of a policy folder, and of the folders in it.
pub(crate) fn read_folder(folder: &Path) -> anyhow::Result<Source> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot read the policy folder {}", next.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("cannot read {}", next.display()))?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if Source::takes(&inside) {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {} as text", path.display()))?;
                files.push(SourceFile { path: inside, text });
            }
        }
    }
    Ok(Source::new(files))
}

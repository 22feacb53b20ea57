//! `gatehouse people …`: the roll comes in from OneRoster files; somebody holds each responsibility.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use people::people::{Asked, Importer, apply, from_folder, from_zip, import_roles, preview};
use rules::people::roster::words::Detail;
use webkit::permit::{MayImportPeople, MayManageRoles};

use super::{Outcome, block_on, may_not, open, say};

#[derive(Debug, Subcommand)]
pub(crate) enum PeopleCommand {
    /// Say what an import would change, and change it with `--apply`.
    Import(Import),
    /// Say who holds which responsibility, from a file `person,role,deputy`.
    Roles(Roles),
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A folder or zip of OneRoster 1.1 or 1.2 files.
    from: PathBuf,
    /// Make the change that is shown.
    #[arg(long)]
    apply: bool,
    /// The username of the person who does it; may be left out while nobody is on the roll.
    #[arg(long = "as", value_name = "USERNAME")]
    by: Option<String>,
    /// How many may leave, where they are more than an import takes by itself.
    #[arg(long, value_name = "NUMBER")]
    allow_leavers: Option<usize>,
    /// The identifier of the school, where the files hold several.
    #[arg(long)]
    school: Option<String>,
    /// Name each person.
    #[arg(long)]
    names: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Roles {
    /// The file: `person,role,deputy`.
    file: PathBuf,
    /// The username of the person who does it; without it, it is an act of the installation.
    #[arg(long = "as", value_name = "USERNAME")]
    by: Option<String>,
}

impl PeopleCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Import(it) => block_on(it.run(config)),
            Self::Roles(it) => block_on(it.run(config)),
        }
    }
}

impl Import {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let files = if self.from.is_dir() {
            from_folder(&self.from)?
        } else {
            let bytes = std::fs::read(&self.from).with_context(|| format!("cannot read {}", self.from.display()))?;
            from_zip(&bytes)?
        };
        let installation = open(config).await?;
        let now = installation.clock.now();
        let importer = match &self.by {
            None => Importer::FirstStart,
            Some(username) => {
                let session = installation.act_as(username, now).await?;
                Importer::Person(
                    MayImportPeople::ask(&session, &installation.rights(now).await?)
                        .map_err(|denied| may_not(username, denied))?,
                )
            }
        };
        let mut asked = Asked { school: self.school, allow_leavers: self.allow_leavers, shown: None };
        let shown = preview(&installation.school, importer, &files, &asked, now).await?;
        say(shown.in_words(if self.names { Detail::People } else { Detail::Counts }));
        if let Some(too_many) = &shown.too_many {
            say(too_many);
            return Ok(Outcome::Refused);
        }
        if !self.apply {
            say("Nothing has been changed. Add --apply to change it.");
            return Ok(if shown.difference.refused.is_empty() { Outcome::Well } else { Outcome::Look });
        }
        asked.shown = Some(shown.digest);
        let applied = apply(&installation.school, importer, &files, &asked, now).await?;
        say(format_args!(
            "Done: {} joined, {} changed, {} left, {} stayed as they were.",
            applied.joined, applied.changed, applied.left, applied.unchanged
        ));
        Ok(if applied.refused == 0 { Outcome::Well } else { Outcome::Look })
    }
}

impl Roles {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let installation = open(config).await?;
        let now = installation.clock.now();
        let permit = match &self.by {
            None => None,
            Some(username) => {
                let session = installation.act_as(username, now).await?;
                Some(
                    MayManageRoles::ask(&session, &installation.rights(now).await?)
                        .map_err(|denied| may_not(username, denied))?,
                )
            }
        };
        let done = import_roles(&installation.school, permit.as_ref(), &name, &bytes, now).await?;
        say(format_args!("{} responsibilities were given, {} were held already.", done.given, done.held));
        for row in &done.refused {
            say(format_args!("Refused: {row}"));
        }
        Ok(if done.refused.is_empty() { Outcome::Well } else { Outcome::Look })
    }
}

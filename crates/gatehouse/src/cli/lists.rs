//! `gatehouse lists …`: the filter's lists of sites.

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use filter::Category;
use kernel::SchoolTime;
use traffic::lists::{Format, NewList, Source, service};
use webkit::{Permit as _, permit::MayManageLists};

use super::{Outcome, block_on, may_not, open, say};

#[derive(Debug, Subcommand)]
pub(crate) enum ListsCommand {
    /// Add a list, from a file, a folder or an address of the web.
    Add(Add),
    /// Bring one list or all up to date.
    Update(Update),
    /// Say which lists there are, and how old they are.
    Status,
    /// Write what is closed to somebody as a Response Policy Zone, for a resolver that the school has already.
    Rpz(super::rpz::Rpz),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// A short name: lower-case letters, digits, hyphens.
    name: String,
    /// A folder or archive as UT1 makes them, or a file of domains or hosts; a path or an address of the web.
    source: String,
    /// The category of all entries; else the names of folders and files say it.
    #[arg(long)]
    category: Option<String>,
    /// `domains` or `hosts`.
    #[arg(long, default_value = "domains")]
    format: String,
    /// Under which licence it may be used.
    #[arg(long)]
    licence: Option<String>,
    /// It is a list of illegal material: kept sealed, never shown, lifted by nobody.
    #[arg(long)]
    sealed: bool,
    /// The username of the person who does it.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The list; all where none is named.
    name: Option<String>,
    /// The username of the person who does it.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
}

impl ListsCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Add(it) => block_on(it.run(config)),
            Self::Update(it) => block_on(it.run(config)),
            Self::Status => block_on(status(config)),
            Self::Rpz(it) => it.run(config),
        }
    }
}

impl Add {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let category = self.category.as_deref().map(Category::parse).transpose()?;
        let format = Format::parse(&self.format)
            .with_context(|| format!("`{}` is not a format: write `domains` or `hosts`", self.format))?;
        let installation = open(config).await?;
        let now = installation.clock.now();
        let session = installation.act_as(&self.by, now).await?;
        let may = MayManageLists::ask(&session, &installation.rights(now).await?)
            .map_err(|denied| may_not(&self.by, denied))?;
        if self.sealed {
            let (school, folder) = (&installation.school, installation.lists());
            let source = Source::parse(&self.source);
            let added = service::add_sealed(school, &folder, &self.name, &source, may.by().into(), now).await?;
            say(format_args!(
                "{}: {} entries are sealed; {} lines were refused.",
                added.name, added.entries, added.refused
            ));
            return Ok(Outcome::Well);
        }
        let list =
            NewList { name: self.name, source: Source::parse(&self.source), format, category, licence: self.licence };
        let added = service::add(&installation.school, &installation.lists(), list, may.by().into(), now).await?;
        say(format_args!(
            "{}: {} entries are in use; {} lines were refused.",
            added.name, added.entries, added.refused
        ));
        Ok(Outcome::Well)
    }
}

impl Update {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let installation = open(config).await?;
        let now = installation.clock.now();
        let session = installation.act_as(&self.by, now).await?;
        let may = MayManageLists::ask(&session, &installation.rights(now).await?)
            .map_err(|denied| may_not(&self.by, denied))?;
        let lists = installation.lists();
        let all = service::update(&installation.school, &lists, self.name.as_deref(), may.by().into(), now).await?;
        let mut outcome = Outcome::Well;
        for updated in all {
            match updated.fault {
                Some(fault) => {
                    outcome = Outcome::Look;
                    say(format_args!("{}: {fault}. The last good copy stays in use.", updated.name));
                }
                None if updated.changed => say(format_args!("{}: {} entries.", updated.name, updated.entries)),
                None => say(format_args!("{}: unchanged.", updated.name)),
            }
        }
        Ok(outcome)
    }
}

async fn status(config: &Path) -> anyhow::Result<Outcome> {
    let installation = open(config).await?;
    let mut outcome = Outcome::Well;
    for list in service::all(&installation.school).await? {
        let fetched = list.fetched.map_or("never".to_owned(), |at| SchoolTime::new(at).day_in_words());
        say(format_args!("{}: {} entries, {} refused, fetched {fetched}", list.name, list.entries, list.refused));
        if list.sealed {
            say("    sealed: its entries are never shown");
        } else {
            let licence = list.licence.as_deref().unwrap_or("licence not given");
            say(format_args!("    from {}, {licence}", list.source));
        }
        if let Some(fault) = list.fault {
            outcome = Outcome::Look;
            say(format_args!("    {fault}. The last good copy is in use."));
        }
    }
    Ok(outcome)
}

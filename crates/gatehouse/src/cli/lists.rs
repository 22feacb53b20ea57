//! `gatehouse lists …`: the filter's lists of sites.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use filter::Category;
use jiff::Timestamp;
use kernel::{Clock as _, SchoolTime};
use traffic::lists::{FeedHead, FeedKey, Format, NewList, Source, Updated, feeds, seal_feed, service};
use webkit::{Permit as _, permit::MayManageLists};

use super::{Outcome, block_on, may_not, open, say};
use crate::clock::SystemClock;

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
    /// Encrypt a list as a sealed feed: for whoever makes such feeds, and to try how one is taken in.
    Seal(Seal),
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
    /// The file of the key to a sealed feed, as its issuer gave it. Without it a sealed list is a plain file, which keeps
    /// no clause.
    #[arg(long, requires = "sealed", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The username of the person who does it.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
}

#[derive(Debug, Args)]
pub(crate) struct Seal {
    /// The list: an address a line, such as `site.example/path`.
    list: PathBuf,
    /// Where the feed is written.
    feed: PathBuf,
    /// The file of its key: 64 hexadecimal digits. A new key is made where there is no such file.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Who makes the feed.
    #[arg(long)]
    issuer: String,
    /// Under which licence it is given.
    #[arg(long)]
    licence: String,
    /// An entry by which the feed is tried, harmless and of the issuer's own; more than one may be given.
    #[arg(long = "test", value_name = "ADDRESS", required = true)]
    tests: Vec<String>,
    /// The moment that its content is of, such as `2026-11-24T06:00:00Z`; now where nothing is said.
    #[arg(long, value_name = "TIME")]
    dated: Option<Timestamp>,
    /// For how many hours from then it is fresh.
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    fresh_hours: u32,
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
            Self::Seal(it) => it.run(),
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
            let by = may.by().into();
            let added = match &self.key_file {
                Some(file) => feeds::add(school, &folder, &self.name, &source, &read_key(file)?, by, now).await?,
                None => service::add_sealed(school, &folder, &self.name, &source, by, now).await?,
            };
            if let Some(fault) = added.fault {
                say(format_args!("{}: {fault}. What was loaded before is still refused.", added.name));
                return Ok(Outcome::Look);
            }
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
        say_shared(&added);
        Ok(Outcome::Well)
    }
}

/// Says where a list has names whole under which many owners have sites.
fn say_shared(updated: &Updated) {
    if updated.shared > 0 {
        say(format_args!(
            "    {} of them are names that many owners share, such as blogspot.com: the desk says which, at /filter/lists.",
            updated.shared
        ));
    }
}

impl Seal {
    fn run(self) -> anyhow::Result<Outcome> {
        let lines = std::fs::read_to_string(&self.list)
            .with_context(|| format!("the list {} cannot be read", self.list.display()))?;
        let key = if self.key_file.exists() {
            read_key(&self.key_file)?
        } else {
            let key = FeedKey::fresh()?;
            write_secret(&self.key_file, &key.to_text())?;
            key
        };
        let dated = self.dated.unwrap_or_else(|| SystemClock.now());
        let head = FeedHead { issuer: self.issuer, licence: self.licence, dated, fresh_hours: self.fresh_hours };
        let feed = seal_feed(&head, &lines, &self.tests, &key)?;
        std::fs::write(&self.feed, feed).with_context(|| format!("{} cannot be written", self.feed.display()))?;
        say(format_args!(
            "The feed is written to {}. Its key is in {}: give both, by different ways.",
            self.feed.display(),
            self.key_file.display()
        ));
        Ok(Outcome::Well)
    }
}

fn read_key(file: &Path) -> anyhow::Result<FeedKey> {
    let text = std::fs::read_to_string(file).with_context(|| format!("the key {} cannot be read", file.display()))?;
    Ok(FeedKey::parse(&text)?)
}

/// Writes a file that the owner alone can read.
fn write_secret(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    let written = opened.and_then(|mut file| writeln!(file, "{text}"));
    written.with_context(|| format!("the key cannot be written to {}", file.display()))
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
            match &updated.fault {
                Some(fault) => {
                    outcome = Outcome::Look;
                    say(format_args!("{}: {fault}. The last good copy stays in use.", updated.name));
                }
                None if updated.changed => {
                    say(format_args!("{}: {} entries.", updated.name, updated.entries));
                    say_shared(&updated);
                }
                None => say(format_args!("{}: unchanged.", updated.name)),
            }
        }
        Ok(outcome)
    }
}

async fn status(config: &Path) -> anyhow::Result<Outcome> {
    let installation = open(config).await?;
    let mut outcome = Outcome::Well;
    let feeds = feeds::all(&installation.school).await?;
    for list in service::all(&installation.school).await? {
        let fetched = list.fetched.map_or("never".to_owned(), |at| SchoolTime::new(at).day_in_words());
        say(format_args!("{}: {} entries, {} refused, fetched {fetched}", list.name, list.entries, list.refused));
        if let Some(feed) = feeds.iter().find(|feed| feed.list == list.name) {
            let day = |at| SchoolTime::new(at).day_in_words();
            let (dated, until) = (day(feed.dated), day(feed.fresh_until));
            say(format_args!("    sealed: a feed of {}, of {dated}, fresh until {until}", feed.issuer));
            let stale = (!feed.is_fresh(installation.clock.now())).then_some("it is not fresh any more");
            if let Some(fault) = feed.fault.as_deref().or(stale) {
                outcome = Outcome::Look;
                say(format_args!("    {fault}. What was loaded before is still refused."));
            }
        } else if list.sealed {
            say("    sealed: its entries are never shown; it is a plain file, and keeps no clause");
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

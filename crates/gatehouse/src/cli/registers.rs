//! `gatehouse registers …`: files that machines send into registers, by the same rules as the pages of the desk.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use engines::{Engines, registers::Book};

use super::{Outcome, block_on, open, say};
use crate::live::Live;

#[derive(Debug, Subcommand)]
pub(crate) enum RegistersCommand {
    /// Say what a file would add to a register and change in it, and do it with `--apply`.
    Import(Import),
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The register, by its control: `assets.hardware`.
    control: String,
    /// A table (CSV, Excel); for `malware.endpoint-status` also the report of a console or device manager.
    file: PathBuf,
    /// The username of the person who does it, and who may.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
    /// Make the change that is shown.
    #[arg(long)]
    apply: bool,
}

impl RegistersCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Import(it) => block_on(it.run(config)),
        }
    }
}

impl Import {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let installation = open(config).await?;
        let now = installation.clock.now();
        let session = installation.act_as(&self.by, now).await?;
        let live = Live::new(installation.clone());
        let access = people::access::Access::new(installation.store.clone(), std::sync::Arc::new(live.clone()))?;
        live.set_access(access);
        live.rebuild(now).await?;
        let engines = Engines::new(installation.store.clone(), std::sync::Arc::new(live));
        ::registers::join(&engines);
        let book = Book::open(&engines, &session, &self.control, now).await?;
        let book = book.with_context(|| format!("there is no register `{}` that {} reads", self.control, self.by))?;
        let writer = book.writer().with_context(|| format!("{} does not write in `{}`", self.by, self.control))?;
        let bringing = ::registers::look(&writer, &name, bytes, now).await?;
        let faults = bringing.faults();
        say(format_args!(
            "{} new, {} changed, {} there already as they are; {} left out.",
            bringing.added(),
            bringing.changed(),
            bringing.same(),
            faults.len()
        ));
        for assumed in bringing.assumed() {
            say(assumed);
        }
        for fault in &faults {
            say(format_args!("Left out: {fault}"));
        }
        let outcome = if faults.is_empty() { Outcome::Well } else { Outcome::Look };
        if bringing.added() + bringing.changed() == 0 {
            return Ok(outcome);
        }
        if !self.apply {
            say("Nothing has been changed. Add --apply to change it.");
            return Ok(outcome);
        }
        let (added, changed) = writer.bring_in(bringing).await.context("the register was not changed")?;
        say(format_args!("Done: {added} new, {changed} changed."));
        Ok(outcome)
    }
}

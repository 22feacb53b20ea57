//! `gatehouse ledger …`: the ledger of acts leaves the house, and is verified without the system.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Subcommand;
use kernel::{Digest, SchoolTime};
use store::ledger::{Report, Trust, verify_export};

use super::{Outcome, block_on, open, say};

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Write the whole chain to a file.
    Export {
        /// The file to write; it must not exist.
        file: PathBuf,
    },
    /// Say whether an export is whole; needs no database.
    Verify {
        /// The export.
        file: PathBuf,
        /// The public key that the ledger should be signed with, from an earlier report.
        #[arg(long)]
        key: Option<String>,
    },
    /// Say whether the ledger of this installation is whole.
    Check,
}

impl LedgerCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Export { file } => block_on(export(config, &file)),
            Self::Verify { file, key } => verify(&file, key.as_deref()),
            Self::Check => block_on(async {
                let installation = open(config).await?;
                let report = installation.school.ledger().verify().await.context("cannot read the ledger")?;
                Ok(print(&report))
            }),
        }
    }
}

async fn export(config: &Path, path: &Path) -> anyhow::Result<Outcome> {
    let installation = open(config).await?;
    let file = File::create_new(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut writer = BufWriter::new(file);
    let now = installation.clock.now();
    let exported = installation.school.ledger().export(&mut writer, now).await.context("cannot export the ledger")?;
    writer.flush().with_context(|| format!("cannot write {}", path.display()))?;
    say(format_args!(
        "{} entries and {} checkpoints are in {}.",
        exported.entries,
        exported.checkpoints,
        path.display()
    ));
    say(format_args!("The newest entry is number {} with hash {}.", exported.newest.seq, exported.newest.hash));
    Ok(Outcome::Well)
}

fn verify(path: &Path, key: Option<&str>) -> anyhow::Result<Outcome> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let public_key = key.map(Digest::parse).transpose()?;
    let trust = Trust { public_key, seen: Vec::new() };
    let report =
        verify_export(BufReader::new(file), &trust).with_context(|| format!("cannot verify {}", path.display()))?;
    Ok(print(&report))
}

fn print(report: &Report) -> Outcome {
    say(format_args!("Ledger of {}, signed with the key {}.", report.name, report.public_key));
    if let Some((first, last)) = report.span {
        let (first, last) = (SchoolTime::new(first), SchoolTime::new(last));
        say(format_args!("{} entries from {} to {}.", report.entries, first.in_tables(), last.in_tables()));
    }
    for erasure in &report.erasures {
        let at = SchoolTime::new(erasure.at);
        say(format_args!("Entry {}: details were erased on {}.", erasure.entry, at.day_in_words()));
    }
    for fault in &report.faults {
        say(format_args!("WRONG: {fault}"));
    }
    if report.is_whole() {
        say("The ledger is whole.");
        Outcome::Well
    } else {
        Outcome::Look
    }
}

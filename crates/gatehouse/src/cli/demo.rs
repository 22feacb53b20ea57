//! `gatehouse demo …`: a school to try Gatehouse with, and its roll as files.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use rules::people::roster::demo;

use super::{Outcome, block_on, say};
use crate::demo::Demonstration;

#[derive(Debug, Subcommand)]
pub(crate) enum DemoCommand {
    /// Write the roll of a believable primary school as OneRoster files.
    School(School),
    /// Start the demonstration school: desk, gateway and a site of its own, on this computer alone.
    Start(Start),
}

#[derive(Debug, Args)]
pub(crate) struct School {
    /// The folder to write to; it must be empty or not be there.
    folder: PathBuf,
    /// How many pupils.
    #[arg(long, default_value_t = 420)]
    pupils: u32,
    /// Equal seeds give equal schools.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Where everything is kept.
    #[arg(long, default_value = "data")]
    folder: PathBuf,
    /// Where the desk listens; on loopback.
    #[arg(long, default_value = "127.0.0.1:8080")]
    desk: SocketAddr,
    /// Where the gateway listens; on loopback.
    #[arg(long, default_value = "127.0.0.1:3128")]
    gateway: SocketAddr,
    /// Where the demonstration's own web site listens; on loopback.
    #[arg(long, default_value = "127.0.0.1:8090")]
    site: SocketAddr,
    /// The folder of the policy of a first start.
    #[arg(long, default_value = "policies/primary")]
    policy: PathBuf,
    /// How many pupils the school of a first start has.
    #[arg(long, default_value_t = 420)]
    pupils: u32,
    /// A folder of real lists to add at a first start, as UT1 makes them.
    #[arg(long)]
    lists: Option<PathBuf>,
}

impl DemoCommand {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        match self {
            Self::School(it) => it.run(),
            Self::Start(it) => it.run(),
        }
    }
}

impl School {
    fn run(self) -> anyhow::Result<Outcome> {
        let folder = &self.folder;
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut there = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        anyhow::ensure!(there.next().is_none(), "{} is not empty; nothing has been written", folder.display());
        for (name, text) in demo::school(self.pupils, self.seed) {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        say(format_args!("{} holds the roll of a school of {} pupils.", folder.display(), self.pupils));
        Ok(Outcome::Well)
    }
}

impl Start {
    fn run(self) -> anyhow::Result<Outcome> {
        for (name, address) in [("--desk", self.desk), ("--gateway", self.gateway), ("--site", self.site)] {
            anyhow::ensure!(
                address.ip().is_loopback(),
                "{name} {address}: the demonstration stays on loopback addresses"
            );
        }
        block_on(async {
            let running = Demonstration {
                folder: self.folder,
                desk: self.desk,
                gateway: self.gateway,
                site: self.site,
                policy: self.policy,
                pupils: self.pupils,
                lists: self.lists,
            }
            .start()
            .await?;
            let told = super::serve::Told::listen()?;
            say(running.words());
            told.heard().await;
            say("Stopping.");
            running.stop().await?;
            Ok(Outcome::Well)
        })
    }
}

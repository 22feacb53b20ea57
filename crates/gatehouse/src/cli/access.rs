//! `gatehouse access …`: a way in for somebody who has forgotten the password and whom nobody at the desk can help.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use people::access::{Access, welcome::RESET_WORKS_FOR};
use webkit::{Permit as _, permit::MayManageAccounts};

use super::{Outcome, block_on, may_not, open, say};
use crate::live::Live;

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Make a link with which somebody chooses a new password, once, within a day.
    Reset(Reset),
}

#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// The username of the person who has forgotten the password.
    username: String,
    /// The username of the person who does it; may be the same.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
}

impl AccessCommand {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::Reset(it) => block_on(it.run(config)),
        }
    }
}

impl Reset {
    async fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let installation = open(config).await?;
        let (school, now) = (&installation.school, installation.clock.now());
        let session = installation.act_as(&self.by, now).await?;
        let may = MayManageAccounts::ask(&session, &installation.rights(now).await?)
            .map_err(|denied| may_not(&self.by, denied))?;
        let person = installation.act_as(&self.username, now).await?.person();
        let access = Access::new(installation.store.clone(), Arc::new(Live::new(installation.clone())))
            .context("accounts cannot be opened")?;
        let link = access.invite_again(school, may.by(), person, now).await.context("no link was made")?;
        say(format_args!(
            "{} opens this link, once, within {} hours, and chooses a new password:",
            self.username,
            RESET_WORKS_FOR.as_hours()
        ));
        say(format_args!("  {}{link}", installation.config.desk.url));
        Ok(Outcome::Well)
    }
}

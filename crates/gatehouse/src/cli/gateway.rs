//! `gatehouse gateway` starts the gateway and the resolver without the desk.

use std::path::Path;

use clap::Args;

use super::{
    Outcome, block_on, open, say,
    serve::{Told, doors},
};
use crate::app::Gates;

#[derive(Debug, Args)]
pub(crate) struct Gateway {}

impl Gateway {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        block_on(async {
            let told = Told::listen()?;
            let gates = Gates::start(open(config).await?).await?;
            say(format_args!("Gatehouse of {}, without its desk", gates.live.installation().school.name()));
            doors(&gates.live.installation().config, &gates.gateway, &gates.resolver);
            told.heard().await;
            say("Stopping: open connections get a few seconds.");
            gates.stop().await?;
            Ok(Outcome::Well)
        })
    }
}

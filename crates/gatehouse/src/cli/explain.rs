//! `gatehouse explain`: the trace of a decision, for any person, time and address.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use filter::{Address, Verdict};
use kernel::{PersonId, Place, SchoolTime, Viewer};

use super::{Outcome, block_on, open, say};
use crate::live::Live;

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The address.
    address: String,
    /// For whom: a username; without it for somebody of whom nothing is known.
    #[arg(long = "as", value_name = "USERNAME")]
    who: Option<String>,
    /// When, as `2026-11-24 10:15`; now where nothing is said.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Where: `home`, `trip`, `exam-room` or `network:NAME`; at school where nothing is said.
    #[arg(long = "in", value_name = "PLACE", default_value = "school")]
    place: String,
}

impl Explain {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let address = Address::parse(&self.address).with_context(|| format!("`{}` is not an address", self.address))?;
        let place = Place::parse(&self.place)?;
        block_on(async {
            let installation = open(config).await?;
            let now = installation.clock.now();
            let at = match &self.at {
                Some(text) => SchoolTime::parse(text)?,
                None => SchoolTime::new(now),
            };
            let person: Option<PersonId> = match &self.who {
                Some(username) => Some(installation.act_as(username, now).await?.person()),
                None => None,
            };
            let live = Live::new(installation.clone());
            let access = people::access::Access::new(installation.store.clone(), std::sync::Arc::new(live.clone()))?;
            live.set_access(access);
            live.rebuild(now).await?;
            let Some(in_force) = live.policy() else { anyhow::bail!("no policy is in force") };
            if let Place::Network(name) = &place {
                anyhow::ensure!(
                    in_force.policy.front.networks.contains_key(name),
                    "the policy names no network `{name}`"
                );
            }
            let viewer = match person {
                Some(person) => {
                    Viewer { place, ..live.viewer(person, at.timestamp()).context("this person is not on the roll")? }
                }
                None => live.nobody_at(place),
            };
            let (decision, steps) = live.explain(&viewer, &at, &address);
            // Whoever sits at this computer has not said who they are.
            let by = store::Actor::Gatehouse;
            traffic::matches::service::asked(&installation.school, decision.sealed, by, now).await?;
            let who = self.who.as_deref().unwrap_or("somebody who is not known");
            say(format_args!("{} for {who}, {} at {}", self.address, at.day_in_words(), at.clock_in_words()));
            say(format_args!("by version {} of the policy", in_force.version.version));
            for (nth, step) in steps.iter().enumerate() {
                say(format_args!("  {:>2}  {}", nth + 1, step.says));
            }
            say(match (decision.verdict, decision.observed) {
                (Verdict::Allow(_), _) => "Open.",
                (Verdict::Block(_), true) => "Open, because the clause is on trial; it would be closed.",
                (Verdict::Block(_), false) => "Closed.",
            });
            if let Some(clause) = &decision.clause {
                say(format_args!("Clause {}: {}", clause.number, clause.text));
            }
            Ok(Outcome::Well)
        })
    }
}

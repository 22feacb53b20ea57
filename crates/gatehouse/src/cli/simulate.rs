//! `gatehouse policy simulate`: what a draft would have changed in the past weeks.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use activity::{ActivityLog as _, LocalLog, Options};
use anyhow::Context as _;
use clap::Args;
use filter::what_if::{Change, Turn};
use kernel::SchoolTime;
use serde_json::json;

use super::{Outcome, backup::whole_activity, block_on, open, policy::check_folder, say};
use crate::{
    installation::Installation,
    live::Live,
    what_if::{MOST_DAYS, Replay, USUAL_DAYS, replay},
};

/// How many lines of a kind are printed for people.
const LINES: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The folder of the draft.
    draft: PathBuf,
    /// How many days are decided again, today among them.
    #[arg(long, default_value_t = USUAL_DAYS, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_DAYS)))]
    days: u16,
    /// For machines: every change.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let (_, checked) = check_folder(&self.draft)?;
        let Some(draft) = checked.policy else {
            for diagnostic in checked.diagnostics.iter().filter(|it| it.severity == policy::Severity::Error) {
                super::policy::eprint(diagnostic);
            }
            return Ok(Outcome::Refused);
        };
        block_on(async {
            let installation = open(config).await?;
            let now = installation.clock.now();
            let live = Live::new(installation.clone());
            let access = people::access::Access::new(installation.store.clone(), Arc::new(live.clone()))?;
            live.set_access(access);
            live.rebuild(now).await?;
            anyhow::ensure!(live.policy().is_some(), "no policy is in force to compare the draft with");
            // The running desk holds the log: what is read is a copy, which goes again whatever happens.
            let scratch = installation.config.data.folder.join(format!("what-if-{}", now.as_millisecond()));
            let replayed = self.read(&installation, &live, &draft, &scratch, &SchoolTime::new(now)).await;
            if scratch.exists() {
                fs::remove_dir_all(&scratch).with_context(|| format!("cannot clear {}", scratch.display()))?;
            }
            let replayed = replayed?;
            // Whoever sits at this computer has not said who they are.
            let sealed = replayed.outlook.sealed.iter().copied();
            traffic::matches::service::asked(&installation.school, sealed, store::Actor::Gatehouse, now).await?;
            if self.json {
                say(serde_json::to_string_pretty(&as_json(&replayed))?);
            } else {
                print(&replayed);
            }
            Ok(Outcome::Well)
        })
    }

    async fn read(
        &self,
        installation: &Installation,
        live: &Live,
        draft: &policy::Policy,
        scratch: &Path,
        now: &SchoolTime,
    ) -> anyhow::Result<Replay> {
        let folder = whole_activity(installation, scratch).await?;
        let log = LocalLog::open(&folder, Arc::clone(&installation.clock), Options::default())
            .context("cannot open the activity log")?;
        let then = live.supposing(draft, None, now.timestamp()).await?;
        let replayed = replay(live, &log, then, self.days, now).await;
        log.close().await.context("cannot close the activity log")?;
        replayed
    }
}

fn print(replay: &Replay) {
    let outlook = &replay.outlook;
    let (from, to) = (kernel::time::date_in_words(replay.from), kernel::time::date_in_words(replay.to));
    say(format_args!("{} requests from {from} to {to}, decided again.", outlook.requests));
    for (turn, what) in [(Turn::Closes, "Newly blocked"), (Turn::Opens, "Newly open")] {
        let (requests, sites) = (outlook.requests_that(turn), outlook.sites_that(turn));
        say(format_args!("\n{what}: {requests} requests, {sites} sites"));
        let changes: Vec<&Change> = outlook.changes.iter().filter(|change| change.turn == turn).collect();
        for change in changes.iter().take(LINES) {
            let clause =
                change.clause.as_ref().map_or_else(|| "no clause".to_owned(), |it| format!("clause {}", it.number));
            let first = SchoolTime::new(change.first).in_tables();
            say(format_args!(
                "  {:>8}  {}  {}, {clause}, first {first}",
                change.requests, change.site, change.audience
            ));
        }
        if changes.len() > LINES {
            say(format_args!("  and {} lines more: --json has them all", changes.len() - LINES));
        }
    }
    if replay.unreadable > 0 {
        say(format_args!("\n{} requests have an address that cannot be read; they are left out.", replay.unreadable));
    }
    if !replay.complete {
        say("\nPart of the activity log could not be read; its requests are missing.");
    }
}

fn as_json(replay: &Replay) -> serde_json::Value {
    let outlook = &replay.outlook;
    let change = |change: &Change| {
        json!({
            "turn": change.turn.id(),
            "site": change.site,
            "audience": change.audience,
            "category": change.category,
            "clause": change.clause.as_ref().map(|clause| clause.label.as_str()),
            "requests": change.requests,
            "first": change.first.to_string(),
        })
    };
    json!({
        "from": replay.from.to_string(),
        "to": replay.to.to_string(),
        "requests": outlook.requests,
        "closed-today": outlook.closed_today,
        "closes": outlook.requests_that(Turn::Closes),
        "opens": outlook.requests_that(Turn::Opens),
        "unreadable": replay.unreadable,
        "complete": replay.complete,
        "changes": outlook.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

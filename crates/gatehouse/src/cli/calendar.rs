//! `gatehouse policy calendar`: which entries of the school's calendar the names of times in a policy stand for. It asks
//! the calendars anew and keeps nothing, so that a word can be tried before the policy is in force.

use std::path::{Path, PathBuf};

use clap::Args;
use kernel::{Clock as _, SchoolTime};
use traffic::Calendars;

use super::{Outcome, block_on, read_policy, say};
use crate::{clock::SystemClock, config::Config};

/// So many entries to come are shown of each name.
const SHOWN: usize = 5;

#[derive(Debug, Args)]
pub(crate) struct Calendar {
    /// The folder of the policy.
    folder: PathBuf,
}

impl Calendar {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let config = Config::read(config)?;
        let now = SystemClock.now();
        let checked = rules::check(&read_policy(&self.folder)?, SchoolTime::new(now).date());
        let Some(policy) = checked.policy else {
            say("The policy cannot be read: see `gatehouse policy check`.");
            return Ok(Outcome::Refused);
        };
        if config.school.calendars.is_empty() {
            say("No calendar is named: `calendars` under [school] in gatehouse.toml.");
            return Ok(Outcome::Look);
        }
        let calendars = block_on(async { Ok(Calendars::asked(&config.school.calendars, now).await) })?;
        let mut outcome = Outcome::Well;
        if let Some(fault) = calendars.fault() {
            outcome = Outcome::Look;
            say(format_args!("A calendar cannot be read: {fault}."));
        }
        if calendars.unread() > 0 {
            outcome = Outcome::Look;
            say(format_args!("Entries that cannot be read, and hold for nothing: {}.", calendars.unread()));
        }
        for (name, word) in &policy.front.calendars {
            let entries = calendars.entries(word);
            if entries.is_empty() {
                outcome = Outcome::Look;
                let words: Vec<_> = calendars.words().into_keys().collect();
                say(format_args!("{name}: no event in the calendar bears the word `{word}`."));
                if let Some(near) = policy::nearest(word, words.iter().map(String::as_str)) {
                    say(format_args!("    Did you mean `{near}`?"));
                }
                say(format_args!(
                    "    Words found: {}.",
                    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
                ));
                continue;
            }
            say(format_args!("{name}: {} called `{word}`, {} to come.", entries.len(), calendars.to_come(word, now)));
            let clock = SchoolTime::new(now);
            let clock = clock.date().to_datetime(clock.clock());
            for entry in entries.iter().filter(|entry| entry.to > clock).take(SHOWN) {
                let at = |moment: jiff::civil::DateTime| moment.strftime("%a %-d %b %Y %H:%M").to_string();
                say(format_args!("    {} to {}: {}", at(entry.from), at(entry.to), entry.name));
            }
        }
        Ok(outcome)
    }
}

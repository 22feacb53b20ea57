//! `policy`: the policy in force, its versions, and where each clause stands.

pub mod amendments;
pub mod api;
pub mod build;
pub mod chart;
mod clause_page;
pub mod diff;
pub mod errors;
pub mod history;
pub mod pages;
pub(crate) mod prose;
pub mod publish;
pub mod published;
pub mod service;
pub mod standings;
pub mod states;
pub mod version;
pub(crate) mod version_page;
pub mod views;
pub mod wording;

use std::collections::BTreeSet;

use jiff::civil::Date;
use policy::{Binding, Policy, Registry, Seen, Words};

/// What is done about what nobody but a person can see.
const ASKS: &str = "asks whether this is so, and keeps the answers";

/// Says what the system does about a binding, as the end of the sentence "The system: …".
pub(crate) struct Speaker<'a> {
    registry: &'a Registry,
    words: Words,
    /// The systems that somebody is asked about.
    asked: BTreeSet<String>,
}

impl<'a> Speaker<'a> {
    /// Speaks of `policy` on `today`.
    pub(crate) fn new(policy: &Policy, registry: &'a Registry, today: Date) -> Self {
        let systems = policy.front.systems.iter().filter(|(_, system)| system.seen == Seen::Attest);
        let asked = systems.map(|(name, _)| name.clone()).collect();
        Self { registry, words: Words::of(policy, today), asked }
    }

    /// What is done about a binding whose control is not built: whoever answers for it is asked, or people are told. None
    /// where nothing is.
    fn asks_or_tells(&self, binding: &Binding) -> Option<&'static str> {
        match (&binding.common.attest, &binding.common.inform) {
            (Some(_), _) => Some(ASKS),
            (None, Some(_)) => Some("tells people of this"),
            (None, None) => self.is_of_others(binding).then_some(ASKS),
        }
    }

    /// Whether a binding is about other systems alone, of which somebody is asked.
    fn is_of_others(&self, binding: &Binding) -> bool {
        let common = &binding.common;
        let asks = common.attest.is_none() && common.inform.is_none() && !common.may;
        asks && !common.systems.is_empty() && common.systems.iter().all(|name| self.asked.contains(name))
    }

    /// "blocks gambling and games: for pupils, during lesson."
    pub(crate) fn say(&self, binding: &Binding) -> String {
        match self.registry.get(&binding.control) {
            Some(control) if !control.card().built => {
                let sentence = self.words.sentence(&**control, binding);
                let does = self.asks_or_tells(binding).unwrap_or("cannot do this yet");
                format!("{does} ({}).", sentence.trim_end_matches('.'))
            }
            // What another system does is not claimed for this one.
            Some(control) if self.is_of_others(binding) => {
                let sentence = self.words.sentence(&**control, binding);
                format!("{ASKS} ({}).", sentence.trim_end_matches('.'))
            }
            Some(control) => self.words.sentence(&**control, binding),
            None => "this program no longer knows what to do about it.".to_owned(),
        }
    }
}

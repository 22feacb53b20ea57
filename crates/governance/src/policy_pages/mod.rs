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

use jiff::civil::Date;
use policy::{Binding, Policy, Registry, Words};

/// Says what the system does about a binding, as the end of the sentence "The system: …".
pub(crate) struct Speaker<'a> {
    registry: &'a Registry,
    words: Words,
}

impl<'a> Speaker<'a> {
    /// Speaks of `policy` on `today`.
    pub(crate) fn new(policy: &Policy, registry: &'a Registry, today: Date) -> Self {
        Self { registry, words: Words::of(policy, today) }
    }

    /// "blocks gambling and games: for pupils, during lesson."
    pub(crate) fn say(&self, binding: &Binding) -> String {
        match self.registry.get(&binding.control) {
            Some(control) if !control.card().built => {
                let sentence = self.words.sentence(&**control, binding);
                format!("cannot do this yet ({}).", sentence.trim_end_matches('.'))
            }
            Some(control) => self.words.sentence(&**control, binding),
            None => "this program no longer knows what to do about it.".to_owned(),
        }
    }
}

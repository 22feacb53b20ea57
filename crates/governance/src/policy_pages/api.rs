//! The policy page as JSON, by the same permit.

use jiff::Timestamp;
use kernel::{Link, Standing};

use super::{build::Ground, service::InForce};

/// The policy in force with the standing of each clause.
#[derive(Debug, serde::Serialize)]
pub struct PolicyAnswer {
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The digest of its source.
    pub digest: String,
    /// Since when it is in force.
    pub since: Timestamp,
    /// Its clauses, in the order of the text.
    pub clauses: Vec<ClauseAnswer>,
}

/// A clause.
#[derive(Debug, serde::Serialize)]
pub struct ClauseAnswer {
    /// The number as printed.
    pub number: String,
    /// The lasting label.
    pub label: Option<String>,
    /// The heading above it.
    pub section: String,
    /// What it says.
    pub text: String,
    /// The standing of the worst binding; none for background.
    #[serde(flatten)]
    pub standing: Option<Standing>,
    /// Days on which it was kept, of all that are known.
    pub days_kept: Option<usize>,
    /// All days that are known.
    pub days: Option<usize>,
    /// What it binds.
    pub bindings: Vec<BindingAnswer>,
}

/// A binding.
#[derive(Debug, serde::Serialize)]
pub struct BindingAnswer {
    /// What it is known by.
    pub key: String,
    /// The control.
    pub control: String,
    /// What the system does, in words.
    pub system: String,
    /// Its standing.
    #[serde(flatten)]
    pub standing: Standing,
    /// The sentence that shows it.
    pub evidence: String,
    /// Pages that show more, of those that the reader may open.
    pub links: Vec<Link>,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// The answer for a reader who may open what `may_open` says.
pub fn answer(in_force: &InForce, ground: &Ground<'_>, may_open: &dyn Fn(&str) -> bool) -> PolicyAnswer {
    let clauses = in_force.policy.clauses.iter().map(|clause| {
        let history = ground.states.history(clause);
        ClauseAnswer {
            number: clause.number.clone(),
            label: clause.label.clone(),
            section: clause.section.clone(),
            text: clause.text.clone(),
            standing: ground.states.of_clause(clause, ground.now).map(|state| state.standing),
            days_kept: history.as_ref().map(super::history::History::kept),
            days: history.as_ref().map(super::history::History::total),
            bindings: clause
                .bindings
                .iter()
                .map(|binding| {
                    let state = ground.states.of(&binding.key, ground.now);
                    BindingAnswer {
                        key: binding.key.clone(),
                        control: binding.control.to_string(),
                        system: ground.say(binding),
                        evidence: state.evidence.statement,
                        links: state.evidence.links.into_iter().filter(|link| may_open(&link.href)).collect(),
                        standing: state.standing,
                        since: state.since,
                    }
                })
                .collect(),
        }
    });
    PolicyAnswer {
        title: in_force.policy.front.title.clone(),
        version: in_force.policy.front.version.clone(),
        digest: in_force.digest().to_string(),
        since: in_force.version.from,
        clauses: clauses.collect(),
    }
}

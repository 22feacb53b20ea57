//! Requests that are alike: what a decision asks is the same for all of them, so that weeks of a school are decided again
//! in seconds.

use jiff::Timestamp;

use crate::{
    row::Who,
    words::{Outcome, Scheme},
};

/// The minutes within which requests count as made at the same time. Times of a policy begin and end at such minutes
/// nearly always (`12:15`), so that hardly a request falls on the other side.
pub const ALIKE_MINUTES: i64 = 5;

/// Requests of the same few minutes that differ in nothing that a decision asks, and how many they were. Visits to help
/// sites are never among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Alike {
    /// When the first of them came.
    pub at: Timestamp,
    /// Who asked; without the device, which no decision asks.
    pub who: Who,
    /// By which protocol.
    pub scheme: Scheme,
    /// The name or address that was asked for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path, where it was seen.
    pub path: Option<String>,
    /// What became of them.
    pub outcome: Outcome,
    /// How many they were; at least 1.
    pub rows: u64,
}

// What a person looked at never gets into the program's own log by way of `{:?}`.
impl std::fmt::Debug for Alike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Alike({}, {}, ..)", self.outcome, self.rows)
    }
}

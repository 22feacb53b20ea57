//! The ledger: what was done, by whom, to whom, under which clause; one chain of hashes a school,
//! which nobody can change unseen. It holds acts, not what pupils look at.
//!
//! The chain has identifiers and words of the program only. What else is to be known about an act lies
//! beside it, encrypted under a key for each subject; where that key is destroyed, the chain still
//! verifies, and an entry of its own says when that was done and under which clause.

mod append;
mod chain;

pub use chain::{Checkpoint, Entry};

pub(crate) use append::{Recorded, append, lock_head};
pub(crate) use chain::GENESIS;

use crate::School;

/// The name of the act that erases the details about a subject.
pub const ERASE: &str = "ledger.erase";

/// The ledger of one school.
pub struct Ledger {
    school: School,
}

impl Ledger {
    pub(crate) fn new(school: School) -> Self {
        Self { school }
    }
}

//! The ledger: what was done, by whom, to whom, under which clause; one chain of hashes a school,
//! which nobody can change unseen. It holds acts, not what pupils look at.
//!
//! The chain has identifiers and words of the program only. What else is to be known about an act lies
//! beside it, encrypted under a key for each subject; where that key is destroyed, the chain still
//! verifies, and an entry of its own says when that was done and under which clause.

mod append;
mod chain;
mod check;
mod checkpoint;
mod export;
mod fault;
mod read;
mod verify;

pub use chain::{Checkpoint, Entry, sha256_of};
pub use check::{Erasure, Report};
pub use export::Exported;
pub use fault::Fault;
pub use read::{Details, Which};
pub use verify::{Trust, VerifyError, verify_export};

pub(crate) use append::{Recorded, append, lock_head};
pub(crate) use chain::GENESIS;

use crate::School;

/// The name of the act that erases the details about its subject: doing the act erases them.
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

//! Registers, attestations and notices at work: the pages, imports, exports and tasks that declarations come with.

pub mod attestations;
pub mod notices;
pub mod registers;
pub mod roll;
mod state;

pub use state::{Engines, InForce, Person, Ports};
pub(crate) use state::stored;

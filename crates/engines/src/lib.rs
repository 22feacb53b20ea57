//! Registers, attestations and notices at work: the pages, imports, exports and tasks that declarations come with.

pub mod attestations;
pub mod due;
pub mod files;
pub mod notices;
pub mod registers;
pub mod roll;
mod state;
mod typed;

pub(crate) use state::stored;
pub use state::{Engines, InForce, Person, Ports};

//! Registers, attestations and notices at work: the pages, imports, exports and tasks that declarations come with.

pub mod attestations;
pub mod due;
pub mod files;
pub mod notices;
mod opens;
pub mod registers;
pub mod roll;
pub mod standings;
mod state;
mod typed;

pub use opens::opens;
pub(crate) use state::stored;
pub use state::{Engines, InForce, Offer, Person, Ports};

/// The routes of all engines.
pub fn routes(engines: Engines) -> webkit::Routes {
    registers::pages::routes()
        .merge(attestations::pages::routes())
        .merge(notices::pages::routes())
        .merge(due::routes())
        .with_state(engines)
}

//! The area of learning: what its registers need beyond their declarations. The map of what is taught, surveys that
//! nobody's name stands in, and who has had which training.

mod fields;
pub mod map;
mod state;
pub mod surveys;
pub mod training;

pub use state::{Learning, Waiting};

use webkit::Routes;

/// The routes of this area. The lists of its registers lead to their pages.
pub fn routes(state: Learning) -> Routes {
    state.engines().offer(map::OFFERS.into_iter().chain(surveys::OFFERS).chain(training::OFFERS));
    map::pages::routes().merge(surveys::routes()).merge(training::pages::routes()).with_state(state)
}

//! The area of traffic: the filter's lists and explanations, and the views of the activity log.

pub mod filter_pages;
pub mod lists;
pub mod monitor;
mod state;

pub use state::{Asker, Explained, Gate, Refusal, Traffic};

use webkit::Routes;

/// The routes of this area.
pub fn routes(state: Traffic) -> Routes {
    monitor::routes().merge(filter_pages::routes()).with_state(state)
}

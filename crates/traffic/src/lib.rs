//! The area of traffic: the filter's lists and explanations, changes to filtering beyond the policy, and the views of
//! the activity log.

mod act_error;
pub mod answers;
pub mod approved;
mod calendars;
pub mod certificate;
pub mod changes;
pub mod checks;
pub mod effective;
pub mod facts;
pub mod failures;
pub mod filter_pages;
mod forms;
pub mod lists;
pub mod matches;
pub mod monitor;
pub mod permits;
pub mod provides;
pub mod requests;
pub mod retention;
mod state;
pub mod suspensions;
pub mod unblocks;
pub mod waiting;
pub mod what_if;

pub use act_error::ActError;
pub use calendars::Calendars;
pub use effective::{Changes, Effective, Suspended};
pub use facts::{ChangeCounts, FilterFacts, ReportCounts, UnblockCounts, facts};
pub use provides::Provides;
pub use state::{Asker, Explained, Gate, Refusal, Traffic};

use webkit::Routes;

/// The routes of this area.
pub fn routes(state: Traffic) -> Routes {
    monitor::routes()
        .merge(filter_pages::routes())
        .merge(changes::routes())
        .merge(requests::routes())
        .merge(unblocks::routes())
        .merge(suspensions::routes())
        .merge(failures::routes())
        .merge(checks::routes())
        .merge(matches::routes())
        .merge(approved::routes())
        .merge(certificate::routes())
        .merge(permits::routes())
        .merge(what_if::routes())
        .with_state(state)
}

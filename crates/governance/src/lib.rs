//! The policy in force, its page and its standings; its drafts and their approval; agreements.

pub mod agreements;
pub mod drafts;
mod ledger;
pub mod policy_pages;
pub mod review;
pub mod start;
mod state;
pub mod waiting;

pub use agreements::coverage::{Roll, RollPerson};
pub use policy_pages::{
    service::{By, EnactError, Enacted, Enactment, InForce, Policies, PolicyError, Version},
    standings::FactsSource,
};
pub use state::Governance;

use webkit::Routes;

/// The routes of this area.
pub fn routes(state: Governance) -> Routes {
    policy_pages::pages::routes()
        .merge(policy_pages::publish::routes())
        .merge(policy_pages::amendments::routes())
        .merge(drafts::pages::routes())
        .merge(drafts::clause_pages::routes())
        .merge(drafts::approvals_pages::routes())
        .merge(start::pages::routes())
        .merge(agreements::pages::routes())
        .merge(review::pages::routes())
        .with_state(state)
}

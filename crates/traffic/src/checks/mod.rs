//! The filter's checks of itself (`filter.checks`): the runs of the gateway, checks that people do by hand from a device,
//! and what was done about what was not as it should be. Who runs them against the gateway is the binary.

mod form;
mod pages;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let see = Who::May(Action::SeeChanges);
    let handle = Who::May(Action::HandleFailures);
    Routes::new()
        .get("/filter/checks", see, pages::all)
        .get("/filter/checks/new", handle, form::form)
        .post("/filter/checks/new", handle, form::enter)
        .post("/filter/checks/run", handle, pages::begin)
        .get("/filter/checks/{id}", see, pages::one)
        .post("/filter/checks/{id}/act", handle, pages::act)
}

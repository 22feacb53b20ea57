//! Failures of the filter that people report (`filter.failure-report`): a form for everybody, a log, passing on to the
//! provider, an answer within the time that the policy gives.

mod pages;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let report = Who::May(Action::ReportFailure);
    let handle = Who::May(Action::HandleFailures);
    Routes::new()
        .get("/filter/failures/report", report, pages::form)
        .post("/filter/failures/report", report, pages::report)
        .get("/filter/failures", handle, pages::all)
        .get("/filter/failures.csv", handle, pages::export)
        .post("/filter/failures/{id}/escalate", handle, pages::escalate)
        .post("/filter/failures/{id}/answer", handle, pages::answer)
}

//! Sites that staff have found good (`filter.approved-sites`): open to those for whom they were approved, and a page of
//! links for pupils, arranged by subject.

mod pages;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let approve = Who::May(Action::ApproveSites);
    Routes::new()
        .get("/sites", Who::SignedIn, pages::links)
        .get("/filter/approved", approve, pages::all)
        .post("/filter/approved", approve, pages::add)
        .post("/filter/approved/{id}/preview", approve, pages::preview)
        .post("/filter/approved/{id}/remove", approve, pages::remove)
        .section("Sites for lessons", "/sites", Who::SignedIn, 43)
}

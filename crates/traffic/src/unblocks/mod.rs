//! A teacher opens a site or a category to a class for the lesson (`filter.temporary-unblock`): in two taps, from what
//! the policy opens to it, closed again by itself.

mod pages;
pub mod service;

pub use service::{Known, NewUnblock, Word, may_grant, may_open};

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let open = Who::May(Action::OpenForClass);
    Routes::new()
        .get("/filter/open", open, pages::choose)
        .post("/filter/open", open, pages::open)
        .post("/filter/open/{id}/close", open, pages::close)
        .section("Open a site", "/filter/open", open, 44)
}

//! Permits: sites that are closed to others, opened to a person, a role or a group for a time, by those whom the policy
//! lets (`policy.permits`). Other parts of the system add rows of their own.

mod pages;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let grant = Who::May(Action::GrantPermits);
    Routes::new().get("/filter/permits", grant, pages::all).post("/filter/permits", grant, pages::grant).post(
        "/filter/permits/{id}/end",
        grant,
        pages::end,
    )
}

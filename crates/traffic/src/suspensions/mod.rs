//! Stopping somebody's use of the internet for a time (`access.suspension`), by those whom the policy lets. Why is kept
//! encrypted and out of every log; it ends by itself.

mod pages;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let stop = Who::May(Action::SuspendAccess);
    Routes::new().get("/filter/suspensions", stop, pages::all).post("/filter/suspensions", stop, pages::suspend).post(
        "/filter/suspensions/{id}/end",
        stop,
        pages::end,
    )
}

//! Pages of `monitor`: the activity of the school without names, the live view of what was just refused, and looks at
//! one person's activity, each of which is an act with a reason.

mod look;
mod pages;
pub(crate) mod rows;

pub use look::{PSEUDONYM, pseudonym};

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let see = Who::May(Action::SeeActivity);
    Routes::new()
        .get("/monitor/activity", see, pages::activity)
        .get("/monitor/live", see, pages::live)
        .get("/monitor/look", see, look::ask)
        .post("/monitor/look", see, look::open)
        .get("/monitor/look/{id}", see, look::show)
        .section("Activity", "/monitor/activity", see, 40)
}

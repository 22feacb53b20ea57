//! Pages of `filter`: why a site is open or closed, what this device was refused, and the lists.

mod lists;
mod refused;
mod smaller;
mod trace;
mod why;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let explain = Who::May(Action::Explain);
    Routes::new()
        .get("/filter/why", explain, why::why)
        .get("/filter/refused", Who::Public, refused::refused)
        .get("/filter/lists", Who::May(Action::SeeLists), lists::lists)
        .get("/filter/lists/{list}", Who::May(Action::ManageLists), smaller::look)
        .post("/filter/lists/{list}", Who::May(Action::ManageLists), smaller::accept)
        .section("Filter", "/filter/why", explain, 45)
}

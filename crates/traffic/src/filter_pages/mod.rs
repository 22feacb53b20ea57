//! Pages of `filter`: why a site is open or closed, what this device was refused, asking for a site, and the lists.

mod lists;
mod refused;
mod requests;
mod trace;
mod why;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let explain = Who::May(Action::Explain);
    let ask = Who::May(Action::AskForSite);
    let answer = Who::May(Action::AnswerRequests);
    Routes::new()
        .get("/filter/why", explain, why::why)
        .get("/filter/refused", Who::Public, refused::refused)
        .get("/filter/ask", ask, requests::ask)
        .post("/filter/ask", ask, requests::asked)
        .get("/filter/requests", answer, requests::all)
        .post("/filter/requests/{id}", answer, requests::answer)
        .get("/filter/lists", Who::May(Action::SeeLists), lists::lists)
        .section("Filter", "/filter/why", explain, 45)
}

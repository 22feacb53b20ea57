//! Sites that people ask for: from the page that refused one, and from staff. Answered with words, and where the policy
//! lets: opened for the lesson, or added for longer.

mod ask_page;
mod queue_page;
pub mod service;

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let ask = Who::May(Action::AskForSite);
    let answer = Who::May(Action::AnswerRequests);
    Routes::new()
        .get("/filter/ask", ask, ask_page::ask)
        .post("/filter/ask", ask, ask_page::asked)
        .get("/filter/requests", answer, queue_page::all)
        .post("/filter/requests/{id}", answer, queue_page::answer)
}

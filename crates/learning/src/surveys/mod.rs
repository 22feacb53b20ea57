//! Surveys: asked of pupils by year, of parents, staff and governors; answered without a name; read as counts.
//!
//! The survey is an entry of the register `learning.pupil-voice`. An answer is a row of `learning_survey_answer` and
//! nothing else: no actor, no entry in the ledger, no time but the day. docs/security.md says what is and is not known.

mod answer;
mod chart;
pub(crate) mod once;
pub mod questions;
mod results;
pub mod service;
mod staff;
pub mod tally;

use engines::Offer;
use webkit::{Routes, Who};

use crate::Learning;

/// The register.
pub const CONTROL: &str = "learning.pupil-voice";
/// The address of its list.
pub(crate) const LIST: &str = "/registers/learning/pupil-voice";

/// What the list of the register leads to.
pub(crate) const OFFERS: [Offer; 2] = [
    Offer {
        control: CONTROL,
        title: "Surveys and what they say",
        href: "/registers/learning/pupil-voice/surveys",
        writes: false,
    },
    Offer {
        control: CONTROL,
        title: "Make a survey",
        href: "/registers/learning/pupil-voice/surveys/new",
        writes: true,
    },
];

/// The routes of surveys.
pub(crate) fn routes() -> Routes<Learning> {
    Routes::new()
        .get("/surveys", Who::SignedIn, answer::waiting)
        .get("/surveys/{id}", Who::Named, answer::ask)
        .post("/surveys/{id}", Who::Named, answer::answer)
        .get("/surveys/{id}/results", Who::Named, results::show)
        .get("/surveys/{id}/counts.csv", Who::Named, results::csv)
        .get("/registers/learning/pupil-voice/surveys", Who::Named, staff::list)
        .get("/registers/learning/pupil-voice/surveys/new", Who::Named, staff::new)
        .post("/registers/learning/pupil-voice/surveys/new", Who::Named, staff::make)
}

//! What was refused because a sealed list of illegal material holds it (`filter.illegal-lists`): when, on which device,
//! by which clause, under which digest. The address is kept sealed; the safeguarding lead opens it, with a reason that
//! stands in the ledger, for the police.

mod names;
mod pages;
pub mod service;

pub(crate) use names::{CLOSED_TO_ALL, NEVER_NAMED, SealedNames};

use webkit::{Action, Routes, Who};

use crate::Traffic;

pub(crate) fn routes() -> Routes<Traffic> {
    let opens = Who::May(Action::OpenSealed);
    Routes::new().get("/filter/sealed", opens, pages::all).post("/filter/sealed/{id}/open", opens, pages::open)
}

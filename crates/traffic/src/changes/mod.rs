//! Changes to what is open and closed, beyond the policy and as far as it provides for them
//! (`filter.change-log`, `filter.management-status`, `filter.dual-control`): asked for with a reason, agreed to by a
//! second person where the policy wants one, undone, kept for ever in the ledger.

pub mod import;
mod import_pages;
mod known;
mod lines;
mod list_page;
mod new_page;
mod one_page;
pub mod service;
pub mod status;
mod status_page;

pub(crate) use lines::waiting_titles;
pub use lines::waits_for_second;
pub(crate) use list_page::cite;
pub(crate) use one_page::change_of;
pub use service::{Asked, New, Sort};

use filter::ClauseRef;
use webkit::{Action, RouteRow, Routes, Who};

use crate::Traffic;

/// The largest file of sites.
const FILE: usize = 4 << 20;

/// Why a site that the policy calls illegal is not opened.
pub(crate) fn illegal(clause: &ClauseRef) -> String {
    format!("The policy calls this site illegal in clause {}, and no change opens what is illegal", clause.number)
}

pub(crate) fn routes() -> Routes<Traffic> {
    let see = Who::May(Action::SeeChanges);
    let change = Who::May(Action::ChangeFilter);
    let roles = Who::May(Action::ManageRoles);
    Routes::new()
        .get("/filter/changes", see, list_page::all)
        .get("/filter/changes.csv", see, list_page::export)
        .post("/filter/changes/looked-over", see, list_page::look_over)
        .get("/filter/changes/new", change, new_page::form)
        .post("/filter/changes/new", change, new_page::ask)
        .get("/filter/changes/{id}", see, one_page::one)
        .post("/filter/changes/{id}/agree", change, list_page::agree)
        .post("/filter/changes/{id}/disagree", change, list_page::disagree)
        .post("/filter/changes/{id}/undo", change, list_page::undo)
        .get("/filter/changes/import", change, import_pages::form)
        .row(RouteRow::post("/filter/changes/import", change).up_to(FILE), import_pages::read)
        .get("/filter/changes/import/{id}", change, import_pages::show)
        .post("/filter/changes/import/{id}", change, import_pages::apply)
        .get("/filter/status", roles, status_page::holders)
        .post("/filter/status", roles, status_page::give)
        .post("/filter/status/{id}/end", roles, status_page::end)
        .section("Changes", "/filter/changes", see, 46)
}

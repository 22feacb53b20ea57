//! Pages of registers: all of them, one as a list, an entry, its form, its steps, several entries together.

mod bulk;
mod change;
mod entry;
mod fields;
mod form;
mod index;
pub(super) mod list;
mod merge;
pub(super) mod narrowing;
mod new;
pub(super) mod opened;
pub(super) mod rows;
mod step;

use webkit::{RouteRow, Routes, Who};

use crate::Engines;

/// The most bytes of a form with files.
const WITH_FILES: usize = 25 * 1024 * 1024;

/// The routes of registers.
pub fn routes() -> Routes<Engines> {
    let named = Who::Named;
    let files = |path| RouteRow::post(path, named).up_to(WITH_FILES);
    Routes::new()
        .get("/registers", Who::SignedIn, index::index)
        .get("/registers/{module}/{control}", named, list::list)
        .post("/registers/{module}/{control}", named, list::find)
        .get("/registers/{module}/{control}/new", named, new::new)
        .row(files("/registers/{module}/{control}/new"), new::enter)
        .post("/registers/{module}/{control}/bulk", named, bulk::bulk)
        .post("/registers/{module}/{control}/none", named, new::none)
        .get("/registers/{module}/{control}/{id}", named, entry::entry)
        .get("/registers/{module}/{control}/{id}/edit", named, change::edit)
        .row(files("/registers/{module}/{control}/{id}/edit"), change::change)
        .get("/registers/{module}/{control}/{id}/end", named, change::end)
        .post("/registers/{module}/{control}/{id}/end", named, change::ended)
        .get("/registers/{module}/{control}/{id}/move/{move}", named, step::ask)
        .row(files("/registers/{module}/{control}/{id}/move/{move}"), step::take)
        .get("/registers/{module}/{control}/{id}/files/{file}", named, entry::file)
        .merge(super::transfer::routes())
        .merge(super::print::routes())
        .merge(super::labels::routes())
        .merge(super::feed::routes())
        .merge(super::api::routes())
        .section("Registers", "/registers", Who::SignedIn, 40)
}

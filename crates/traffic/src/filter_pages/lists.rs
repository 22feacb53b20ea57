//! `/filter/lists`: which lists the filter rests on, how old each is, and what went wrong.

use askama::Template;
use axum::extract::State;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Cell, State as Mark, Table},
    permit::MaySeeLists,
};

use crate::{Traffic, lists::service};

#[derive(Template)]
#[template(path = "filter/lists.html")]
struct ListsPage {
    page: Page,
    lead: String,
    table: Table,
    empty: bool,
}

/// The categories of a list; of many, how many and a few of them.
fn categories<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| name.replace('-', " ")).collect();
    match names.get(..6) {
        Some(first) if names.len() > 8 => format!("{} categories, such as {}", names.len(), first.join(", ")),
        Some(_) | None => names.join(", "),
    }
}

pub(crate) async fn lists(State(state): State<Traffic>, visit: Visit, may: MaySeeLists) -> PageResult {
    let school = state.school(may.school()).await?;
    let lists = service::all(&school).await.map_err(PageError::internal)?;
    let entries: u64 = lists.iter().map(|list| list.entries).sum();
    let mut table = Table::new("Lists of sites", ["List", "Categories", "Entries", "Brought up to date", "State"]);
    for list in &lists {
        let source = if list.sealed { "Sealed: its entries are never shown".to_owned() } else { list.source.clone() };
        table.push([
            Cell::sub(list.name.clone(), source),
            Cell::text(categories(&list.categories)),
            Cell::figure(list.entries),
            Cell::text(
                list.fetched.map(|at| kernel::SchoolTime::new(at).day_in_words()).unwrap_or_else(|| "Never".to_owned()),
            ),
            Cell::State(match &list.fault {
                None => Mark::good("In use"),
                Some(_) => Mark::due("The last good copy is in use"),
            }),
        ]);
    }
    html(&ListsPage {
        page: visit.page("Lists of sites").back("Filter", "/filter/why"),
        lead: match lists.len() {
            0 => "No list is in use.".to_owned(),
            1 => format!("1 list with {entries} entries."),
            more => format!("{more} lists with {entries} entries."),
        },
        empty: table.is_empty(),
        table,
    })
}

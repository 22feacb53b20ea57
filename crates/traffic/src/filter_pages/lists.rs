//! `/filter/lists`: which lists the filter rests on, how old each is, and what went wrong.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use filter::{Category, Shared};
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Cell, State as Mark, Table},
    permit::MaySeeLists,
};

use crate::{Traffic, forms, lists::service};

#[derive(Template)]
#[template(path = "filter/lists.html")]
struct ListsPage {
    page: Page,
    lead: String,
    table: Table,
    thin: usize,
    by_category: Table,
    smaller: Vec<Waits>,
    failed: Vec<Failed>,
    shared: Table,
    some_shared: bool,
    nightly: Option<String>,
    may_accept: bool,
    empty: bool,
}

/// A list that came back much smaller or changed, and is not in force.
struct Waits {
    name: String,
    how: &'static str,
    says: String,
}

/// A list that could not be brought up to date.
struct Failed {
    name: String,
    why: String,
    since: String,
}

/// The categories of a list; of many, how many and a few of them.
fn categories<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| name.replace('-', " ")).collect();
    match names.get(..6) {
        Some(first) if names.len() > 8 => format!("{} categories, such as {}", names.len(), first.join(", ")),
        Some(_) | None => names.join(", "),
    }
}

/// With fewer entries than this a category closes its best-known sites and little more.
const THIN: u64 = 1_000;

/// What each category stands for and how many entries all lists together have of it, the thinnest first; and how many
/// are thin. What no list has is there as well: a rule for it closes nothing.
fn by_category(listed: Vec<(String, Category, u64)>) -> (usize, Table) {
    let mut counts: BTreeMap<Category, (u64, BTreeSet<String>)> = BTreeMap::new();
    for (list, category, entries) in listed {
        let count = counts.entry(category).or_default();
        count.0 += entries;
        count.1.insert(list);
    }
    let mut rows: Vec<_> =
        Category::all().map(|category| (counts.remove(&category).unwrap_or_default(), category)).collect();
    rows.sort_by_key(|((entries, _), category)| (*entries, category.name()));
    let thin = rows.iter().filter(|((entries, _), _)| *entries < THIN).count();
    let mut table = Table::new("What the lists know of each category", ["Category", "Entries", "Lists", "How thick"]);
    for ((entries, lists), category) in rows {
        table.push([
            Cell::sub(category.name().replace('-', " "), category.says()),
            Cell::figure(entries),
            Cell::text(Vec::from_iter(lists).join(", ")),
            Cell::State(match entries {
                0 => Mark::bad("No list has it"),
                1..THIN => Mark::due("Thin"),
                THIN.. => Mark::good("Filled"),
            }),
        ]);
    }
    (thin, table)
}

/// The names that lists have whole though many owners have sites below them.
fn shared(found: Vec<(String, Option<Category>, Shared)>) -> Table {
    let mut table = Table::new("Names that many owners share", ["Name", "Lists", "One owner’s site"]);
    let mut names: BTreeMap<&str, (Shared, BTreeSet<String>)> = BTreeMap::new();
    for (list, category, shared) in found {
        let of = category.map_or(list.clone(), |category| format!("{list}, {}", category.name().replace('-', " ")));
        names.entry(shared.host).or_insert_with(|| (shared, BTreeSet::new())).1.insert(of);
    }
    for (host, (shared, lists)) in names {
        table.push([Cell::text(host), Cell::text(Vec::from_iter(lists).join("; ")), Cell::text(shared.example())]);
    }
    table
}

pub(crate) async fn lists(State(state): State<Traffic>, visit: Visit, may: MaySeeLists) -> PageResult {
    let school = state.school(may.school()).await?;
    let lists = service::all(&school).await.map_err(PageError::internal)?;
    let entries: u64 = lists.iter().map(|list| list.entries).sum();
    let mut table = Table::new("Lists of sites", ["List", "Categories", "Entries", "Brought up to date", "State"]);
    for list in &lists {
        let licence = list.licence.as_deref().unwrap_or("not given");
        let source = match list.sealed {
            true => format!("Sealed: its entries are never shown. Licence: {licence}"),
            false => format!("{}. Licence: {licence}", list.source),
        };
        table.push([
            Cell::sub(list.name.clone(), source),
            Cell::text(categories(&list.categories)),
            Cell::figure(list.entries),
            Cell::text(
                list.fetched.map(|at| kernel::SchoolTime::new(at).day_in_words()).unwrap_or_else(|| "Never".to_owned()),
            ),
            Cell::State(match (&list.held, &list.fault) {
                (Some(held), _) => Mark::bad(format!("Not taken: {}", held.how())),
                (None, Some(_)) => Mark::due("The last good copy is in use"),
                (None, None) => Mark::good("In use"),
            }),
        ]);
    }
    let (thin, by_category) = by_category(state.gate().listed(school.id()));
    let smaller = lists.iter().filter_map(|list| {
        let held = list.held.as_ref()?;
        let since = forms::when(held.since.as_millisecond(), visit.now());
        let says = format!("It came {since} with {}", held.in_words());
        Some(Waits { name: list.name.clone(), how: held.how(), says })
    });
    let failed = lists.iter().filter(|list| list.held.is_none()).filter_map(|list| {
        let since = list.fetched.map(|at| kernel::SchoolTime::new(at).day_in_words());
        let since = since.unwrap_or_else(|| "the day it was added".to_owned());
        Some(Failed { name: list.name.clone(), why: list.fault.clone()?, since })
    });
    let shared = shared(state.gate().shared(school.id()));
    html(&ListsPage {
        some_shared: !shared.is_empty(),
        shared,
        smaller: smaller.collect(),
        failed: failed.collect(),
        nightly: state.gate().renewal().map(|from| from.strftime("%H:%M").to_string()),
        may_accept: visit.may(Action::ManageLists),
        page: visit.page("Lists of sites").back("Filter", "/filter/why"),
        lead: match lists.len() {
            0 => "No list is in use.".to_owned(),
            1 => format!("1 list with {entries} entries."),
            more => format!("{more} lists with {entries} entries."),
        },
        empty: table.is_empty(),
        thin,
        by_category,
        table,
    })
}

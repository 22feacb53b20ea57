//! All registers that somebody reads, by module, with how many entries they have and what is due in them.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use webkit::{Page, PageResult, Session, Visit, html, kit::State as Mark};

use crate::{
    Engines,
    registers::{
        Book, Counts,
        words::{self, figure},
    },
};

#[derive(Template)]
#[template(path = "registers/index.html")]
struct IndexPage {
    page: Page,
    says: String,
    modules: Vec<Module>,
    /// Registers that no clause asks for and that have no entries.
    others: Vec<(String, String)>,
}

struct Module {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    title: String,
    href: String,
    waits: String,
    number: String,
    due: Option<Mark>,
    due_href: String,
}

/// The registers.
pub(super) async fn index(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let books = Book::all(&engines, &session, visit.now()).await?;
    let counts = Book::counts_of_all(&books).await?;
    let says = says(&books, &counts);
    let mut modules: Vec<(String, Module)> = Vec::new();
    let mut others = Vec::new();
    for book in &books {
        let counted = counts.get(&book.control()).copied().unwrap_or_default();
        if counted.all() == 0 && book.clauses().is_empty() {
            others.push((book.declaration().title.clone(), book.address()));
            continue;
        }
        let module = &book.declaration().module;
        let row = row(book, counted);
        match modules.last_mut().filter(|(name, _)| name == module) {
            Some((_, last)) => last.rows.push(row),
            None => modules.push((module.clone(), Module { title: words::module_title(module), rows: vec![row] })),
        }
    }
    let mut modules: Vec<Module> = modules.into_iter().map(|(_, module)| module).collect();
    modules.sort_by(|one, two| one.title.cmp(&two.title));
    others.sort();
    html(&IndexPage { page: visit.page("Registers"), says, modules, others })
}

fn says(books: &[Book], counts: &HashMap<String, Counts>) -> String {
    let late: u64 = counts.values().map(|one| one.overdue).sum();
    let due: u64 = counts.values().map(|one| one.due).sum();
    let waits = |book: &&Book| {
        counts.get(&book.control()).copied().unwrap_or_default().all() == 0 && !book.clauses().is_empty()
    };
    let empty = books.iter().filter(waits).count();
    let mut says = match (late, due) {
        (0, 0) => "Nothing in them is due.".to_owned(),
        (0, due) => format!("{} due soon.", things(due)),
        (late, 0) => format!("{} overdue.", things(late)),
        (late, due) => format!("{} overdue, and {} more due soon.", things(late), figure(due)),
    };
    match empty {
        0 => {}
        1 => says.push_str(" 1 waits for its first entry."),
        more => says.push_str(&format!(" {more} wait for their first entry.")),
    }
    says
}

fn things(number: u64) -> String {
    if number == 1 { "1 thing is".to_owned() } else { format!("{} things are", figure(number)) }
}

fn row(book: &Book, counts: Counts) -> Row {
    let register = book.register();
    let due = match (counts.overdue, counts.due) {
        (0, 0) => None,
        (0, due) => Some(Mark::due(format!("{} due", figure(due)))),
        (late, _) => Some(Mark::bad(format!("{} overdue", figure(late)))),
    };
    let waiting = counts.all() == 0 && !book.clauses().is_empty();
    Row {
        title: book.declaration().title.clone(),
        href: book.address(),
        due_href: format!("{}?show=due", book.address()),
        number: if counts.all() == 0 { "Nothing yet".to_owned() } else { words::count(register, counts.open) },
        waits: if waiting { register.first.clone() } else { String::new() },
        due,
    }
}

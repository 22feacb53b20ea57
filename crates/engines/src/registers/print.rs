//! A register on paper: the list as it is narrowed, with the day, who printed it, and what was asked for in words.

use askama::Template;
use axum::extract::Query;
use kernel::time::date_in_words;
use webkit::{Page, PageResult, Routes, Session, Visit, Who, html};

use super::{
    Asked, Book, Shown, keys,
    pages::{
        narrowing::{Narrowing, is_private},
        opened::Opened,
        rows::{Cells, Head, Row, head, row},
    },
    words::{count, figure, state_label},
};
use crate::Engines;

/// The most entries on paper.
const MOST: u64 = 2_000;

/// The route.
pub(super) fn routes() -> Routes<Engines> {
    Routes::new().get("/registers/{module}/{control}/print", Who::Named, print)
}

#[derive(Template)]
#[template(path = "registers/print.html")]
struct PrintPage {
    page: Page,
    title: String,
    school: String,
    says: String,
    printed: String,
    more: Option<String>,
    head: Vec<Head>,
    rows: Vec<Row>,
}

async fn print(
    visit: Visit,
    session: Session,
    opened: Opened,
    Query(pairs): Query<Vec<(String, String)>>,
) -> PageResult {
    let book = &opened.book;
    let query = Narrowing::of(pairs);
    let mut asked = query.asked(book);
    if is_private(book.register()) {
        asked.find = String::new();
    }
    (asked.offset, asked.limit) = (0, Some(MOST));
    let listed = book.list(&asked).await?;
    let names = book.names(&listed.entries).await?;
    let cells = Cells { book, names: &names, with_clause: asked.clause.is_none(), columns: &query.columns };
    let time = visit.school_time();
    html(&PrintPage {
        page: visit.page(book.declaration().title.clone()).back(book.declaration().title.clone(), book.address()),
        title: book.declaration().title.clone(),
        school: book.school().name().to_owned(),
        says: format!("{}: {}.", count(book.register(), listed.total), in_words(book, &asked)),
        printed: format!(
            "Printed on {} at {} by {}",
            date_in_words(time.date()),
            time.clock().strftime("%H:%M"),
            session.full_name()
        ),
        more: (listed.total > MOST).then(|| {
            format!("The first {} stand here. Narrow the list, or export it, to see the others.", figure(MOST))
        }),
        head: head(book, &asked, &[], cells.with_clause, cells.columns).into_iter().map(Head::plain).collect(),
        rows: listed.entries.iter().map(|kept| row(&cells, kept)).collect(),
    })
}

/// What a list is narrowed to, in words: "what is open, Kind Laptop, with “server” in it".
pub(super) fn in_words(book: &Book, asked: &Asked) -> String {
    let register = book.register();
    let shown = match (&asked.state, asked.shown) {
        (Some(state), _) => format!("those with the state “{}”", state_label(register, state)),
        (None, Shown::Open) => "what is open".to_owned(),
        (None, Shown::Ended) => "what is done with".to_owned(),
        (None, Shown::All) => "everything".to_owned(),
        (None, Shown::Due) => "what is due or overdue".to_owned(),
        (None, Shown::Overdue) => "what is overdue".to_owned(),
    };
    let mut parts = vec![shown];
    if let Some(clause) = asked.clause.as_deref().and_then(|label| book.clause(label)) {
        parts.push(format!("for clause {}", clause.number));
    }
    for (name, value) in &asked.holds {
        let field = book.access().fields(register).find(|field| field.name.as_str() == name);
        if let Some(field) = field.filter(|field| keys::filters(field)) {
            parts.push(format!("{} {}", field.column, said(field, value)));
        }
    }
    let find = asked.find.trim();
    if !find.is_empty() {
        parts.push(format!("with “{find}” in it"));
    }
    parts.join(", ")
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are said as they are typed")]
fn said(field: &declare::Field, value: &str) -> String {
    match &field.kind {
        declare::FieldKind::Choice { choices, .. } => {
            choices.iter().find(|choice| choice.name == value).map_or(value, |choice| choice.label.as_str()).to_owned()
        }
        declare::FieldKind::Year { .. } => {
            kernel::Year::parse(value).map_or_else(|_| value.to_owned(), kernel::Year::title)
        }
        _ => value.to_owned(),
    }
}

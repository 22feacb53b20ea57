//! Labels for things that the school owns: its number, what it is, and a code that a telephone's camera opens as the
//! page of its entry.

use askama::Template;
use axum::{Form, extract::Query};
use declare::{FieldKind, Value};
use qrcode::{Color, EcLevel, QrCode};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Routes, Visit, Who,
    error::refused,
    html,
    kit::{Field, Mistakes},
};

use super::{
    Book, Kept,
    list::Asked,
    pages::{
        narrowing::{Narrowing, encoded, is_private},
        opened::Opened,
    },
    words::{Names, count},
};
use crate::Engines;

/// The most labels at once: ten sheets.
const MOST: usize = 240;
/// How many stand on a sheet.
const SHEET: usize = 24;
/// How many entries can be chosen from.
const OFFERED: u64 = 500;

/// The routes.
pub(super) fn routes() -> Routes<Engines> {
    Routes::new().get("/registers/{module}/{control}/labels", Who::Named, choose).post(
        "/registers/{module}/{control}/labels",
        Who::Named,
        print,
    )
}

/// Whether a register's entries can wear labels: things that the school owns, each with a number of its own.
pub(super) fn has_labels(book: &Book) -> bool {
    book.declaration().module == "assets" && number(book).is_some()
}

/// The field that has the number: words that only one entry may have, which every reader sees.
fn number(book: &Book) -> Option<&declare::Field> {
    let fits = |field: &&declare::Field| {
        field.unique && field.private.is_none() && matches!(field.kind, FieldKind::Text { lines: false, .. })
    };
    book.register().fields.iter().find(fits)
}

struct Offer {
    id: String,
    title: String,
    says: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "registers/labels_choose.html")]
struct ChoosePage {
    page: Page,
    title: String,
    says: String,
    mistakes: Mistakes,
    first: Field,
    offers: Vec<Offer>,
    /// "All 30 devices", where they are no more than go into one printing.
    all: Option<String>,
    /// Whether all of them were chosen.
    every: bool,
    address: String,
}

async fn choose(visit: Visit, opened: Opened, Query(pairs): Query<Vec<(String, String)>>) -> PageResult {
    let book = opened.book;
    if !has_labels(&book) {
        return Err(PageError::NotFound);
    }
    html(&choose_page(&visit, &book, pairs, Mistakes::new(), "1", &[], false).await?)
}

/// What the list asks for, to choose from.
fn asked(book: &Book, pairs: &[(String, String)]) -> Asked {
    let mut asked = Narrowing::of(pairs.to_vec()).asked(book);
    if is_private(book.register()) {
        asked.find = String::new();
    }
    (asked.offset, asked.limit) = (0, Some(OFFERED));
    asked
}

async fn choose_page(
    visit: &Visit,
    book: &Book,
    pairs: Vec<(String, String)>,
    mistakes: Mistakes,
    first: &str,
    chosen: &[Uuid],
    every: bool,
) -> Result<ChoosePage, PageError> {
    let listed = book.list(&asked(book, &pairs)).await?;
    let names = book.names(&listed.entries).await?;
    let title = format!("Labels for {}", book.register().items);
    let page = visit.page(title.clone()).back(book.declaration().title.clone(), book.address());
    Ok(ChoosePage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title,
        says: match listed.total {
            0 => "There is nothing to make labels for yet.".to_owned(),
            total if total > OFFERED => {
                format!(
                    "The first {OFFERED} of {} stand here: narrow the list to see others.",
                    count(book.register(), total)
                )
            }
            total => format!("{} to choose from.", count(book.register(), total)),
        },
        first: Field::text("first", "Begin with which label of the sheet?")
            .hint("From 1 to 24: a sheet that has been begun can be used again. Sheets of 3 by 8 labels, A4.")
            .value(first)
            .width("2")
            .numeric()
            .check(&mistakes),
        mistakes,
        offers: listed
            .entries
            .iter()
            .map(|kept| {
                let (number, says) = words(book, kept, &names);
                Offer { id: kept.entry.id.to_string(), title: number, says, chosen: chosen.contains(&kept.entry.id) }
            })
            .collect(),
        all: (2..=MOST as u64).contains(&listed.total).then(|| format!("All {}", count(book.register(), listed.total))),
        every,
        address: match encoded(&pairs) {
            pairs if pairs.is_empty() => format!("{}/labels", book.address()),
            pairs => format!("{}/labels?{pairs}", book.address()),
        },
    })
}

/// The number of an entry, and what it is: its first other words that every reader sees and that name nobody.
fn words(book: &Book, kept: &Kept, names: &Names) -> (String, String) {
    let own = number(book);
    let said = own.and_then(|field| match kept.entry.value(&field.name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    });
    let others = book.register().fields.iter().filter(|field| {
        let plain = matches!(field.kind, FieldKind::Text { lines: false, .. } | FieldKind::Choice { many: false, .. });
        plain && field.private.is_none() && !field.unique && book.register().columns.contains(&field.name)
    });
    let others: Vec<String> =
        others.filter_map(|field| Some(names.say(field, kept.entry.value(&field.name)?))).take(2).collect();
    (said.unwrap_or_else(|| kept.title.clone()), others.join(", "))
}

/// A label, or the place of one that has been used.
struct Label {
    number: String,
    says: String,
    code: Option<Code>,
}

/// A code as a picture: how many squares it has on a side, and the dark ones as a path.
struct Code {
    side: usize,
    path: String,
}

#[derive(Template)]
#[template(path = "registers/labels.html")]
struct LabelsPage {
    page: Page,
    school: String,
    sheets: Vec<Vec<Label>>,
}

async fn print(
    visit: Visit,
    opened: Opened,
    Query(pairs): Query<Vec<(String, String)>>,
    Form(sent): Form<Vec<(String, String)>>,
) -> PageResult {
    let book = opened.book;
    if !has_labels(&book) {
        return Err(PageError::NotFound);
    }
    let text = |name: &str| sent.iter().find(|(known, _)| known == name).map(|(_, text)| text.trim());
    let mut ids: Vec<Uuid> = Vec::new();
    for (_, text) in sent.iter().filter(|(name, _)| name == "id") {
        ids.extend(Uuid::parse_str(text).ok().filter(|id| !ids.contains(id)));
    }
    let all = text("all").is_some();
    if all {
        ids = book.list(&asked(&book, &pairs)).await?.entries.iter().map(|kept| kept.entry.id).collect();
    }
    let mut mistakes = Mistakes::new();
    let begin = text("first").unwrap_or("1");
    let first = begin.parse::<usize>().ok().filter(|nth| (1..=SHEET).contains(nth));
    if first.is_none() {
        mistakes.add("first", "Enter a number from 1 to 24");
    }
    if ids.is_empty() {
        mistakes.add("labels", "Choose at least one");
    } else if ids.len() > MOST {
        mistakes.add("labels", format!("Choose at most {MOST} at once"));
    }
    let Some(first) = first.filter(|_| mistakes.is_empty()) else {
        let ticked = if all { &[][..] } else { ids.as_slice() };
        return refused(&choose_page(&visit, &book, pairs, mistakes, begin, ticked, all).await?);
    };
    let chosen = book.some(&ids).await?;
    let names = book.names(&chosen).await?;
    let mut labels: Vec<Label> =
        (1..first).map(|_| Label { number: String::new(), says: String::new(), code: None }).collect();
    for kept in &chosen {
        let (number, says) = words(&book, kept, &names);
        let address = visit.absolute(&format!("{}/{}", book.address(), kept.entry.id));
        labels.push(Label { number, says, code: Some(code(&address)?) });
    }
    let mut sheets = Vec::new();
    while !labels.is_empty() {
        let rest = labels.split_off(SHEET.min(labels.len()));
        sheets.push(std::mem::replace(&mut labels, rest));
    }
    html(&LabelsPage {
        page: visit
            .page(format!("Labels for {}", book.register().items))
            .back("Choose others", format!("{}/labels", book.address())),
        school: book.school().name().to_owned(),
        sheets,
    })
}

/// The code of an address.
fn code(address: &str) -> Result<Code, PageError> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(PageError::internal)?;
    let side = code.width();
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(side).enumerate() {
        let mut at = 0;
        for run in colors.chunk_by(|one, two| one == two) {
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", at + 4, row + 4, run.len(), run.len()));
            }
            at += run.len();
        }
    }
    // Four bare squares on each side are part of the code.
    Ok(Code { side: side + 8, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_square_by_square() {
        let address =
            "https://gatehouse.willow-lane.example/registers/assets/hardware/01930000-0000-7000-8000-000000000001";
        let drawn = code(address).unwrap();
        let dark = QrCode::with_error_correction_level(address, EcLevel::M).unwrap();
        let expected = dark.to_colors().iter().filter(|color| **color == Color::Dark).count();
        let lengths = drawn.path.split('h').skip(1).step_by(2).map(|run| run.split('v').next().unwrap());
        assert_eq!(lengths.map(|run| run.parse::<usize>().unwrap()).sum::<usize>(), expected);
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "the first corner has seven squares");
        assert_eq!(drawn.side, dark.width() + 8);
    }
}

//! The pages of files: a file is sent, what it would do is shown, somebody says yes.

pub(super) mod asking;
mod leaving;
mod said;

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{Form, extract::Query, response::Response};
use declare::{Field as Declared, Required, Rows};
use webkit::{
    Page, PageError, PageResult, RouteRow, Routes, Session, Visit, Who,
    error::refused,
    html,
    kit::{Choice, Choices, Clear, Field, Mistakes},
    upload::Upload,
};

use self::said::{button, of, says, takes};
use super::{
    heading::{self, ENTERED, letters},
    held::Held,
    limits::MOST_BYTES,
    look::{self, How, Look, LookError},
    rows::{Fault, LeftOut},
};
use crate::{
    Engines,
    registers::{
        Book,
        error::RegisterError,
        pages::{list::within, narrowing::encoded, opened::Opened},
        words::{Names, count, figure},
    },
};

/// How many rows of each kind a page shows.
const SHOWN: usize = 100;

/// The routes of files.
pub(crate) fn routes() -> Routes<Engines> {
    let named = Who::Named;
    Routes::new()
        .get("/registers/{module}/{control}/import", named, form)
        .row(RouteRow::post("/registers/{module}/{control}/import", named).up_to(MOST_BYTES + 64 * 1024), send)
        .get("/registers/{module}/{control}/import/look", named, shown)
        .post("/registers/{module}/{control}/import/apply", named, apply)
        .get("/registers/{module}/{control}/export.csv", named, leaving::export_csv)
        .get("/registers/{module}/{control}/export.xlsx", named, leaving::export_xlsx)
}

/// The ways from a list to its files: what is asked for stays asked for.
pub(crate) fn tools(book: &Book, pairs: &[(String, String)], empty: bool) -> Vec<(String, String)> {
    let mut tools = Vec::new();
    let clause = pairs.iter().find(|(name, _)| name == "clause").map(|(_, label)| label.as_str());
    if book.access().writes() {
        tools.push(("Bring in from a file".to_owned(), within(&format!("{}/import", book.address()), clause)));
    }
    if !empty {
        let asked: Vec<(String, String)> = pairs.iter().filter(|(name, _)| name != "choose").cloned().collect();
        let to = |end: &str| match encoded(&asked) {
            query if query.is_empty() => format!("{}/{end}", book.address()),
            query => format!("{}/{end}?{query}", book.address()),
        };
        tools.push(("Excel".to_owned(), to("export.xlsx")));
        tools.push(("CSV".to_owned(), to("export.csv")));
        tools.push(("Print".to_owned(), to("print")));
        if crate::registers::labels::has_labels(book) {
            tools.push(("Labels".to_owned(), to("labels")));
        }
    }
    tools
}

/// A column that a file may have, for the form that asks for it.
struct Known {
    heading: String,
    takes: String,
    required: bool,
}

#[derive(Template)]
#[template(path = "registers/import.html")]
struct FormPage {
    page: Page,
    title: String,
    items: String,
    mistakes: Mistakes,
    file: Field,
    clause: String,
    known: Vec<Known>,
    address: String,
}

fn form_page(visit: &Visit, book: &Book, clause: &str, mistakes: Mistakes) -> FormPage {
    let register = book.register();
    let title = format!("Bring in {} from a file", register.items);
    let page = visit.page(title.clone()).back(book.declaration().title.clone(), within(&book.address(), some(clause)));
    let mut known: Vec<Known> = book
        .access()
        .form(register)
        .filter(|field| heading::comes_in(field))
        .map(|field| Known {
            heading: heading::heading(register, field),
            takes: takes(field),
            required: field.required == Required::Yes,
        })
        .collect();
    if register.rows == Rows::Clause && clause.is_empty() {
        let takes = "The number or label of the clause".to_owned();
        known.insert(0, Known { heading: "Clause".to_owned(), takes, required: true });
    }
    FormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title,
        items: register.items.clone(),
        file: Field::file("file", "The file")
            .hint("Excel, LibreOffice or CSV, up to 15 MB. You see what it would change before anything is saved.")
            .check(&mistakes),
        clause: clause.to_owned(),
        address: book.address(),
        known,
        mistakes,
    }
}

fn some(clause: &str) -> Option<&str> {
    Some(clause).filter(|clause| !clause.is_empty())
}

#[derive(serde::Deserialize)]
struct OfClause {
    #[serde(default)]
    clause: String,
}

/// Asks for a file.
async fn form(visit: Visit, opened: Opened, Query(of): Query<OfClause>) -> PageResult {
    opened.writer()?;
    html(&form_page(&visit, &opened.book, known_clause(&opened.book, &of.clause), Mistakes::new()))
}

fn known_clause<'a>(book: &Book, clause: &'a str) -> &'a str {
    if book.clause(clause).is_some() { clause } else { "" }
}

/// Takes a file, and lets it wait.
async fn send(visit: Visit, session: Session, opened: Opened, upload: Upload) -> PageResult {
    opened.writer()?;
    let book = &opened.book;
    let clause = known_clause(book, upload.text("clause").unwrap_or_default());
    let again = |text: String| {
        let mut mistakes = Mistakes::new();
        mistakes.add("file", text);
        refused(&form_page(&visit, book, clause, mistakes))
    };
    let Some(part) = upload.files("file").next().cloned() else {
        return again("Choose the file that has the table".to_owned());
    };
    let now = visit.now();
    let taken =
        tokio::task::spawn_blocking(move || Held::take(part.file.as_deref().unwrap_or_default(), &part.bytes, now));
    match taken.await.map_err(PageError::internal)? {
        Ok((held, sheet)) => {
            book.engines.imports().hold(session.id(), &book.control(), held, now);
            let how = How { sheet, clause: some(clause).map(str::to_owned), ..How::default() };
            Ok(webkit::see_other(&look_address(book, &how)))
        }
        Err(why) => again(why.to_string()),
    }
}

fn look_address(book: &Book, how: &How) -> String {
    format!("{}/import/look?{}", book.address(), encoded(&pairs(how)))
}

/// The words of an address for a dry run.
fn pairs(how: &How) -> Vec<(String, String)> {
    let mut pairs = vec![("sheet".to_owned(), how.sheet.to_string())];
    pairs.extend(how.clause.iter().map(|clause| ("clause".to_owned(), clause.clone())));
    pairs.extend(how.head.map(|head| ("head".to_owned(), head.to_string())));
    pairs.extend(how.columns.iter().map(|(at, key)| (format!("c{at}"), key.clone())));
    pairs.extend(asking::pairs(&how.words, &how.days));
    pairs
}

fn how_of(book: &Book, pairs: &[(String, String)]) -> How {
    let text = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    let columns: BTreeMap<usize, String> =
        pairs.iter().filter_map(|(name, key)| Some((name.strip_prefix('c')?.parse().ok()?, key.clone()))).collect();
    let moved = text("from").is_some_and(|from| Some(from) != text("sheet"));
    let (words, days) = asking::read(pairs);
    How {
        words,
        days,
        sheet: text("sheet").and_then(|text| text.parse().ok()).unwrap_or(0),
        // The headings of another sheet stand elsewhere.
        head: text("head").filter(|_| !moved).and_then(|text| text.trim().parse().ok()),
        columns,
        clause: text("clause").and_then(|clause| some(known_clause(book, clause))).map(str::to_owned),
    }
}

/// A column of the sheet, with the select that says what it is.
struct Column {
    id: String,
    letter: String,
    heading: String,
    sample: String,
    chosen: String,
}

/// An entry that would change.
struct Change {
    row: String,
    title: String,
    href: String,
    lines: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "registers/import_look.html")]
struct LookPage {
    page: Page,
    file: String,
    says: Vec<String>,
    button: Option<String>,
    clear: Option<Clear>,
    sheet: usize,
    sheets: Vec<String>,
    head: usize,
    clause: String,
    columns: Vec<Column>,
    choices: Vec<Choice>,
    missing: Vec<String>,
    /// What is asked about words.
    words: Vec<Choices>,
    /// What is asked about days without a day.
    days: Vec<Choices>,
    /// What the form of words keeps: the sheet, its headings, its columns.
    kept: Vec<(String, String)>,
    /// What the form of columns keeps: the words.
    meant: Vec<(String, String)>,
    faults: Vec<Fault>,
    more_faults: usize,
    left_out: Vec<LeftOut>,
    changes: Vec<Change>,
    more_changes: usize,
    hidden: Vec<(String, String)>,
    digest: String,
    changed: bool,
    address: String,
}

/// Shows what the file would do. Nothing is changed.
async fn shown(
    visit: Visit,
    session: Session,
    opened: Opened,
    Query(asked): Query<Vec<(String, String)>>,
) -> PageResult {
    opened.writer()?;
    let book = &opened.book;
    let how = how_of(book, &asked);
    let Some(held) = book.engines.imports().get(session.id(), &book.control(), visit.now()) else {
        let form = format!("{}/import", book.address());
        return Ok(visit.see_other_saying(
            &within(&form, how.clause.as_deref()),
            "Send the file again: it waits for half an hour.",
        ));
    };
    match look::look(book, Arc::clone(&held), how.clone()).await {
        Ok(look) => html(&look_page(&visit, book, &held, &how, look, false).await?),
        Err(LookError::Unreadable(why)) => {
            let mut mistakes = Mistakes::new();
            mistakes.add("file", why.to_string());
            refused(&form_page(&visit, book, how.clause.as_deref().unwrap_or_default(), mistakes))
        }
        Err(LookError::Register(error)) => Err(error.into()),
        Err(LookError::Broken(error)) => Err(PageError::internal(error)),
    }
}

async fn look_page(
    visit: &Visit,
    book: &Book,
    held: &Held,
    how: &How,
    look: Look,
    changed: bool,
) -> Result<LookPage, PageError> {
    let register = book.register();
    let plan = &look.plan;
    let names = book.names_of(plan.change.iter().take(SHOWN).flat_map(|one| [&one.before.values, &one.values])).await?;
    let mapped = |key: &str| look.columns.iter().any(|column| column.target.as_deref() == Some(key));
    let missing: Vec<String> = book
        .access()
        .fields(register)
        .filter(|field| field.required == Required::Yes && !mapped(field.name.as_str()))
        .map(|field| heading::heading(register, field))
        .collect();
    let mut choices = vec![Choice::new("", "Leave out")];
    choices.extend(look.targets.iter().map(|target| {
        let label = if target.key == ENTERED { "Entered (Gatehouse notes this itself)" } else { target.label.as_str() };
        Choice::new(target.key.clone(), label)
    }));
    let chosen = How {
        head: Some(look.head),
        columns: look.columns.iter().map(|column| (column.at, column.target.clone().unwrap_or_default())).collect(),
        ..how.clone()
    };
    let back = within(&format!("{}/import", book.address()), how.clause.as_deref());
    let nothing = plan.add.is_empty() && plan.change.is_empty();
    Ok(LookPage {
        page: visit.page(format!("Bring in {}", register.items)).back("Choose another file", back),
        file: held.name.clone(),
        says: says(book, &look),
        button: (!nothing).then(|| button(book, &look)),
        clear: (nothing && plan.faults.is_empty() && plan.same > 0)
            .then(|| Clear::new("Everything in this file is there already.", "Nothing has to be brought in.")),
        sheet: how.sheet,
        sheets: if held.sheets.len() > 1 { held.sheets.clone() } else { Vec::new() },
        head: look.head,
        clause: how.clause.clone().unwrap_or_default(),
        columns: look.columns.iter().map(column).collect(),
        choices,
        missing,
        words: asking::of_words(&look.words),
        days: asking::of_days(&look.words),
        kept: pairs(&How { words: BTreeMap::new(), days: BTreeMap::new(), ..chosen.clone() }),
        more_faults: plan.faults.len().saturating_sub(SHOWN),
        left_out: plan.left_out.iter().take(SHOWN).cloned().collect(),
        more_changes: plan.change.len().saturating_sub(SHOWN),
        changes: plan.change.iter().take(SHOWN).map(|one| change(book, one, &names)).collect(),
        meant: pairs(&chosen).into_iter().filter(|(name, _)| name.starts_with(['w', 'd'])).collect(),
        hidden: pairs(&chosen),
        digest: plan.digest(),
        faults: look.plan.faults.into_iter().take(SHOWN).collect(),
        changed,
        address: book.address(),
    })
}

fn column(column: &heading::Column) -> Column {
    Column {
        id: format!("c{}", column.at),
        letter: letters(column.at),
        heading: column.heading.clone(),
        sample: column.sample.join(" · "),
        chosen: column.target.clone().unwrap_or_default(),
    }
}

fn change(book: &Book, one: &super::plan::Changing, names: &Names) -> Change {
    let register = book.register();
    let say = |field: &Declared, values: &declare::Values| {
        values.get(field.name.as_str()).map(|value| names.say(field, value)).unwrap_or_else(|| "nothing".to_owned())
    };
    let fields =
        book.access().fields(register).filter(|field| one.fields.iter().any(|name| field.name.as_str() == name));
    Change {
        row: one.row.to_string(),
        title: crate::registers::made::fill(register, register.entry_title.as_str(), &one.before, names),
        href: format!("{}/{}", book.address(), one.before.id),
        lines: fields
            .map(|field| (heading::heading(register, field), say(field, &one.before.values), say(field, &one.values)))
            .collect(),
    }
}

/// Brings in what was shown.
async fn apply(
    visit: Visit,
    session: Session,
    opened: Opened,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let writer = opened.writer()?;
    let book = &opened.book;
    let how = how_of(book, &sent);
    let held = book.engines.imports().get(session.id(), &book.control(), visit.now()).ok_or_else(|| {
        PageError::Conflict("The file is no longer here: it waits for half an hour. Send it again".to_owned())
    })?;
    let digest = sent.iter().find(|(name, _)| name == "shown").map(|(_, text)| text.clone()).unwrap_or_default();
    let look = looked(book, &held, &how).await?;
    if look.plan.digest() != digest {
        return refused(&look_page(&visit, book, &held, &how, look, true).await?);
    }
    match writer.import(look.plan).await {
        Ok((added, changed)) => {
            book.engines.imports().forget(session.id(), &book.control());
            let register = book.register();
            let text = match (added, changed) {
                (added, 0) => format!("{} brought in.", count(register, of(added))),
                (0, changed) => format!("{} changed.", count(register, of(changed))),
                (added, changed) => {
                    format!("{} brought in, {} changed.", count(register, of(added)), figure(of(changed)))
                }
            };
            Ok(visit.see_other_saying(&within(&book.address(), how.clause.as_deref()), &text))
        }
        // Somebody was quicker: what would happen now is shown once more.
        Err(RegisterError::NotNow | RegisterError::Refused(_) | RegisterError::Changed(_)) => {
            let look = looked(book, &held, &how).await?;
            refused(&look_page(&visit, book, &held, &how, look, true).await?)
        }
        Err(error @ (RegisterError::NotFound | RegisterError::Store(_) | RegisterError::Port(_))) => Err(error.into()),
    }
}

async fn looked(book: &Book, held: &Arc<Held>, how: &How) -> Result<Look, PageError> {
    look::look(book, Arc::clone(held), how.clone()).await.map_err(|error| match error {
        LookError::Register(error) => error.into(),
        LookError::Unreadable(why) => PageError::bad(why.to_string()),
        LookError::Broken(error) => PageError::internal(error),
    })
}

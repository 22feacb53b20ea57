//! Licences counted from an audit: the file is sent, what was bought stands beside what is installed, and the counts go
//! into the register together.

use std::sync::Arc;

use askama::Template;
use axum::{Form, extract::State};
use declare::{Entry, Value, Values};
use engines::registers::{Bringing, FileError, Given, RegisterError, table};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, RouteRow, Routes, Visit, Who, error::refused, html, kit::State as Mark, upload::Upload,
};

use super::{
    LICENCES, SOFTWARE, audit,
    reconcile::{Line, Verdict, reconcile},
};
use crate::{
    Registers, fields,
    sending::{Asks, MOST, Sending},
    state::{About, ToWrite},
};

const HERE: &str = "/registers/assets/licences/reconcile";
/// How many programs that nobody entered are named.
const UNKNOWN: usize = 40;

/// The register of these pages.
struct Licences;

impl About for Licences {
    const CONTROL: &'static str = LICENCES;
}

pub(super) fn routes() -> Routes<Registers> {
    Routes::new().get(HERE, Who::Named, ask).row(RouteRow::post(HERE, Who::Named).up_to(MOST), look).post(
        "/registers/assets/licences/reconcile/enter",
        Who::Named,
        enter,
    )
}

#[derive(Template)]
#[template(path = "registers/audit.html")]
struct AskPage {
    page: Page,
    sending: Sending,
}

const ASKS: Asks = Asks {
    title: "Count licences from an audit",
    lead: "Send the list of what is installed, as your audit tool or device manager exports it. What was bought then stands \
           beside it.",
    register: ("Software licences", "/registers/assets/licences"),
    here: HERE,
    label: "The audit",
    hint: "CSV or Excel, up to 15 MB. Nothing is saved before you have seen the counts.",
    button: "Show the counts",
    missing: "Choose the file of the audit",
};

fn ask_page(visit: &Visit, wrong: Option<String>) -> AskPage {
    let (page, sending) = ASKS.page(visit, wrong);
    AskPage { page, sending }
}

async fn ask(visit: Visit, _: ToWrite<Licences>) -> PageResult {
    html(&ask_page(&visit, None))
}

#[derive(Template)]
#[template(path = "registers/reconciled.html")]
struct LookPage {
    page: Page,
    says: String,
    lines: Vec<Shown>,
    counts: usize,
    unknown: Vec<(String, u64)>,
    more: usize,
    action: &'static str,
}

struct Shown {
    name: String,
    found_as: String,
    href: String,
    installed: u64,
    bought: String,
    mark: Mark,
    counts: Vec<Count>,
}

struct Count {
    id: Uuid,
    label: String,
    number: u64,
}

async fn look(
    State(registers): State<Registers>,
    visit: Visit,
    opened: ToWrite<Licences>,
    upload: Upload,
) -> PageResult {
    let book = &opened.book;
    let again = |text: String| refused(&ask_page(&visit, Some(text)));
    let now = visit.now();
    let read = ASKS.read(&upload, move |name, bytes| table(name, bytes, now).map(|rows| audit::read(&rows))).await?;
    let found = match read {
        Ok(Ok(Some(found))) => found,
        Ok(Ok(None)) => {
            return again("This file has no column for the program and none for the computer: choose the list of installed programs".to_owned());
        }
        Err(why) | Ok(Err(FileError::Unreadable(why))) => return again(why),
        Ok(Err(error @ (FileError::Register(_) | FileError::Broken(_)))) => return Err(PageError::internal(error)),
    };
    let entries = |control| registers.engines().entries(book.school(), control);
    let software = entries(SOFTWARE).await.map_err(PageError::internal)?;
    let licences = entries(LICENCES).await.map_err(PageError::internal)?;
    let held: Vec<&Entry> = licences.iter().map(|entry| &**entry).collect();
    let done = reconcile(&found, software.iter().map(|entry| &**entry), &held);
    let number = |id: Uuid| {
        let entry = held.iter().find(|entry| entry.id == id);
        entry.and_then(|entry| fields::text(entry, "number")).unwrap_or("Licence").to_owned()
    };
    let wrong = done.lines.iter().filter(|line| matches!(line.verdict, Verdict::Missing(_) | Verdict::None)).count();
    let says = match (wrong, done.lines.len()) {
        (_, 0) => "None of the programs in the register of software was found in this file.".to_owned(),
        (0, _) => "Nothing is installed more often than was bought.".to_owned(),
        (1, _) => "1 program is installed more often than was bought.".to_owned(),
        (many, _) => format!("{many} programs are installed more often than was bought."),
    };
    html(&LookPage {
        page: visit.page("Bought and installed").back("Choose another file", HERE),
        says,
        counts: done.lines.iter().map(|line| line.counts.len()).sum(),
        lines: done.lines.iter().map(|line| shown(line, &number)).collect(),
        more: done.unknown.len().saturating_sub(UNKNOWN),
        unknown: done.unknown.into_iter().take(UNKNOWN).collect(),
        action: "/registers/assets/licences/reconcile/enter",
    })
}

fn shown(line: &Line, number: &dyn Fn(Uuid) -> String) -> Shown {
    let others: Vec<&str> = line.found_as.iter().map(String::as_str).filter(|name| *name != line.name).collect();
    Shown {
        name: line.name.clone(),
        found_as: others.join(", "),
        href: format!("/registers/assets/software/{}", line.software),
        installed: line.installed,
        bought: line.bought.map_or_else(|| "No limit".to_owned(), |bought| bought.to_string()),
        mark: match &line.verdict {
            Verdict::Enough => Mark::good("Enough"),
            Verdict::Missing(1) => Mark::bad("1 too few"),
            Verdict::Missing(many) => Mark::bad(format!("{many} too few")),
            Verdict::None => Mark::bad("No licence"),
            Verdict::NotCounted => Mark::off("Not counted by device"),
        },
        counts: line.counts.iter().map(|(id, count)| Count { id: *id, label: number(*id), number: *count }).collect(),
    }
}

async fn enter(
    State(registers): State<Registers>,
    visit: Visit,
    opened: ToWrite<Licences>,
    Form(sent): Form<Vec<(String, String)>>,
) -> PageResult {
    let book = &opened.book;
    let writer = opened.writer()?;
    let licences = registers.engines().entries(book.school(), LICENCES).await.map_err(PageError::internal)?;
    let mut rows: Vec<Given> = Vec::new();
    for (name, text) in &sent {
        let Some(id) = name.strip_prefix("count-").and_then(|id| Uuid::parse_str(id).ok()) else { continue };
        let known = licences.iter().find(|entry| entry.id == id).ok_or(PageError::NotFound)?;
        let count: u32 = text
            .trim()
            .parse()
            .map_err(|_| PageError::bad(format!("“{text}” is no number: enter how many are installed")))?;
        rows.push(given(rows.len() + 1, known, count, book.today()));
    }
    let bringing: Bringing = writer.look_at_rows(rows);
    if let Some(fault) = bringing.faults().first() {
        return Err(PageError::bad(fault.clone()));
    }
    let changed = match writer.bring_in(bringing).await {
        Ok((_, changed)) => changed,
        Err(RegisterError::NotNow) => {
            return Err(PageError::Conflict("Somebody changed a licence meanwhile. Send the audit again".to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    let said =
        if changed == 1 { "1 licence is counted.".to_owned() } else { format!("{changed} licences are counted.") };
    Ok(visit.see_other_saying("/registers/assets/licences", &said))
}

fn given(row: usize, licence: &Arc<Entry>, count: u32, today: jiff::civil::Date) -> Given {
    let values = Values::from([
        ("installed".to_owned(), Value::Number(f64::from(count))),
        ("counted-on".to_owned(), Value::Date(today)),
    ]);
    Given { row, called: String::new(), known: Some(Arc::clone(licence)), values, unread: Vec::new() }
}

//! The list of a register: what there is, what is due, and the way to the first entry where there is none.

use askama::Template;
use axum::{Form, extract::Query};
use declare::{FieldKind, Register, Rows};
use policy::Clause;
use webkit::{
    Action, Page, PageError, PageResult, Visit, html,
    kit::{Choice, Choices, Clear, Next, Pager, encode},
};

use super::{
    fields::choices,
    narrowing::{COLUMN, Narrowing, encoded, is_private, narrowing},
    opened::Opened,
};
use crate::registers::{
    Asked, Book, Counts, PAGE, Shown,
    pages::rows::{Cells, Head, Row, head, offered, row},
    words::{self, Names, article, capital, figure},
};

#[derive(Template)]
#[template(path = "registers/list.html")]
struct ListPage {
    page: Page,
    title: String,
    caption: Vec<(String, String)>,
    says: String,
    lead: String,
    clause: Option<ClauseWords>,
    next: Option<Next>,
    waits: Vec<ClauseWords>,
    none: Option<String>,
    said: Option<String>,
    tools: Vec<(String, String)>,
    finds: Option<Finds>,
    columns: Option<Columns>,
    count: String,
    narrowed: bool,
    all_href: String,
    head: Vec<Head>,
    rows: Vec<Row>,
    groups: Vec<Group>,
    writes: bool,
    pager: Option<Pager>,
    choosing: Option<Choosing>,
    clear: Option<Clear>,
    address: String,
}

/// A clause as a page says it.
pub(super) struct ClauseWords {
    /// "4.3.1"; empty where it has no number.
    pub(super) number: String,
    /// What it says.
    pub(super) text: String,
    /// Its page, for those who may open it.
    pub(super) href: Option<String>,
}

impl ClauseWords {
    /// The words of a clause for whoever asks.
    pub(super) fn of(clause: &Clause, visit: &Visit) -> Self {
        let href = visit.may(Action::SeePolicy).then(|| format!("/policy/clauses/{}", encode(clause.key())));
        Self { number: clause.number.clone(), text: clause.text.clone(), href }
    }
}

/// The form above the list.
struct Finds {
    /// Whether it is posted: what is looked for may be a name, which stands in no address.
    posted: bool,
    label: String,
    find: String,
    selects: Vec<(String, String, String, Vec<Choice>)>,
    clause: String,
    /// The columns that somebody chose, which stay.
    columns: Vec<String>,
}

/// The form in which somebody says what the table shows.
struct Columns {
    boxes: Choices,
    /// What the address keeps.
    kept: Vec<(String, String)>,
}

/// A clause in the list of all clauses that a register is kept for.
struct Group {
    clause: ClauseWords,
    number: String,
    href: String,
    new_href: Option<String>,
}

/// What can be done with several entries together.
struct Choosing {
    actions: Vec<Choice>,
}

/// How many clauses stand on a page.
const GROUPS: u64 = 50;

/// The list.
pub(super) async fn list(visit: Visit, opened: Opened, Query(pairs): Query<Vec<(String, String)>>) -> PageResult {
    let query = Narrowing::of(pairs);
    let private = is_private(opened.book.register());
    let query = if private { Narrowing { find: String::new(), ..query } } else { query };
    show(&visit, &opened.book, query).await
}

/// Finds by words that may be a name: posted, so that they stand in no address and in no history of a browser.
pub(super) async fn find(visit: Visit, opened: Opened, Form(pairs): Form<Vec<(String, String)>>) -> PageResult {
    show(&visit, &opened.book, Narrowing::of(pairs)).await
}

async fn show(visit: &Visit, book: &Book, query: Narrowing) -> PageResult {
    let register = book.register();
    let mut asked = query.asked(book);
    let clause = match &asked.clause {
        Some(label) => Some(book.clause(label).ok_or(PageError::NotFound)?),
        None => None,
    };
    let counts = match &asked.clause {
        Some(label) => book.counts_of_clause(label).await?,
        None => book.counts().await?,
    };
    let narrowed = !asked.find.trim().is_empty() || !query.show.is_empty() || !asked.holds.is_empty();
    if !narrowed {
        asked.known = Some(counts.open);
    }
    let choosing = (query.choose == "yes").then(|| choosing(book)).flatten();
    let grouped = register.rows == Rows::Clause && asked.clause.is_none() && !narrowed && choosing.is_none();
    let empty = counts.all() == 0;
    let pairs = query.pairs(book);
    let mut page = ListPage {
        title: book.declaration().title.clone(),
        caption: caption(book, visit),
        says: says(book, counts),
        lead: register.lead.clone(),
        next: next(book, counts, &query, asked.clause.as_deref()),
        none: book.may_say_none().filter(|_| counts.open == 0 && clause.is_none()).map(str::to_owned),
        said: said(book, counts).await?,
        waits: if empty && clause.is_none() { waits(book, visit) } else { Vec::new() },
        clause: clause.map(|clause| ClauseWords::of(clause, visit)),
        tools: tools(book, &pairs, choosing.is_some(), empty),
        finds: None,
        columns: None,
        count: String::new(),
        narrowed,
        all_href: within(&book.address(), asked.clause.as_deref()),
        head: Vec::new(),
        rows: Vec::new(),
        groups: Vec::new(),
        writes: book.access().writes(),
        pager: None,
        clear: None,
        choosing,
        address: book.address(),
        page: visit.page(book.declaration().title.clone()).back("Registers", "/registers"),
    };
    if grouped {
        fill_groups(&mut page, visit, book, &query).await?;
    } else if !empty || narrowed {
        fill_rows(&mut page, book, &query, &asked, &pairs).await?;
    }
    if !empty && !grouped {
        page.finds = Some(finds(book, &query).await?);
    }
    html(&page)
}

async fn fill_rows(
    page: &mut ListPage,
    book: &Book,
    query: &Narrowing,
    asked: &Asked,
    pairs: &[(String, String)],
) -> Result<(), PageError> {
    let listed = book.list(asked).await?;
    let names = book.names(&listed.entries).await?;
    let cells = Cells { book, names: &names, with_clause: asked.clause.is_none(), columns: &query.columns };
    page.head = head(book, asked, pairs, cells.with_clause, cells.columns);
    page.rows = listed.entries.iter().map(|kept| row(&cells, kept)).collect();
    page.count = words::count(book.register(), listed.total);
    // What was found by a name has no address, so it has no second page: the first is enough to narrow it.
    let posted = is_private(book.register()) && !asked.find.trim().is_empty();
    let mut all = pairs.to_vec();
    if !query.sort.is_empty() {
        all.push(("sort".to_owned(), query.sort.clone()));
    }
    let choices = offered(book, &query.columns);
    let made = choices.iter().map(|(name, label, _)| Choice::new(name.clone(), label.clone())).collect();
    let boxes = Choices::checkboxes(COLUMN, "What the table shows", made).close();
    let shown = choices.iter().filter(|(_, _, shown)| *shown);
    page.columns = Some(Columns {
        boxes: shown.fold(boxes, |boxes, (name, _, _)| boxes.chosen(name.clone())),
        kept: all.iter().filter(|(name, _)| name != COLUMN).cloned().collect(),
    });
    page.pager = (!posted).then(|| Pager::new(&book.address(), &encoded(&all), query.page, PAGE, listed.total));
    if posted && listed.total > PAGE {
        page.count = format!("The first {PAGE} of {}", words::count(book.register(), listed.total));
    }
    if listed.entries.is_empty() {
        let strong = match asked.shown {
            Shown::Due => "Nothing is due.",
            Shown::Overdue => "Nothing is overdue.",
            Shown::Open | Shown::Ended | Shown::All => "Nothing fits this.",
        };
        page.clear =
            Some(Clear::new(strong, format!("{} kept here.", kept_here(book.counts().await?.all(), book.register()))));
    }
    Ok(())
}

fn kept_here(number: u64, register: &Register) -> String {
    format!("{} {}", words::count(register, number), if number == 1 { "is" } else { "are" })
}

async fn fill_groups(page: &mut ListPage, visit: &Visit, book: &Book, query: &Narrowing) -> Result<(), PageError> {
    let clauses = book.clauses();
    let counts = book.counts_by_clause().await?;
    let first = usize::try_from(query.page.offset(GROUPS)).unwrap_or(usize::MAX);
    let here: Vec<&Clause> =
        clauses.iter().copied().skip(first).take(usize::try_from(GROUPS).unwrap_or(usize::MAX)).collect();
    let writes = page.writes;
    for clause in here {
        let number = counts.get(clause.key()).copied().unwrap_or(0);
        let label = encode(clause.key());
        page.groups.push(Group {
            clause: ClauseWords::of(clause, visit),
            number: match number {
                0 => "Nothing yet".to_owned(),
                number => words::count(book.register(), number),
            },
            href: format!("{}?clause={label}", book.address()),
            new_href: writes.then(|| format!("{}/new?clause={label}", book.address())),
        });
    }
    let total = u64::try_from(clauses.len()).unwrap_or(u64::MAX);
    page.pager = Some(Pager::new(&book.address(), "", query.page, GROUPS, total));
    page.count = match total {
        1 => "1 clause".to_owned(),
        more => format!("{} clauses", figure(more)),
    };
    Ok(())
}

/// The clauses that a register of the whole school serves, above its title.
fn caption(book: &Book, visit: &Visit) -> Vec<(String, String)> {
    let clauses = book.clauses();
    if book.register().rows == Rows::Clause || clauses.len() > 4 || !visit.may(Action::SeePolicy) {
        return Vec::new();
    }
    let numbered = clauses.into_iter().filter(|clause| !clause.number.is_empty());
    numbered.map(|clause| (clause.number.clone(), format!("/policy/clauses/{}", encode(clause.key())))).collect()
}

fn says(book: &Book, counts: Counts) -> String {
    let register = book.register();
    if counts.all() == 0 {
        return String::new();
    }
    let ends = register.states.iter().any(|state| state.ended) && counts.ended > 0;
    let mut says = if ends {
        format!("{}, {} of them done with.", words::count(register, counts.all()), figure(counts.ended))
    } else {
        format!("{}.", words::count(register, counts.open))
    };
    match (counts.overdue, counts.due) {
        (0, 0) if register.due.is_some() => says.push_str(" Nothing is due."),
        (0, 0) => {}
        (0, due) => says.push_str(&format!(" {} due soon.", figure(due))),
        (late, 0) => says.push_str(&format!(" {} overdue.", figure(late))),
        (late, due) => says.push_str(&format!(" {} overdue, {} due soon.", figure(late), figure(due))),
    }
    says
}

/// The one next step: the first entry, or what is overdue.
fn next(book: &Book, counts: Counts, query: &Narrowing, clause: Option<&str>) -> Option<Next> {
    let register = book.register();
    if counts.all() == 0 {
        let chosen = register.rows == Rows::School || clause.is_some();
        if !book.access().writes() {
            let front = &book.in_force().policy().front;
            let who = register.writes.in_words(&|role| front.title_of(role).to_owned());
            let says = format!("It is kept by {who}. Ask one of them to begin.");
            return Some(Next::new("Nothing is entered yet", says));
        }
        let title = format!("Begin with the first {}", register.item);
        let says = Next::new(title, register.first.clone()).eyebrow("Next step");
        return Some(if chosen {
            says.button(
                format!("Enter {}", article(&register.item)),
                within(&format!("{}/new", book.address()), clause),
            )
        } else {
            says
        });
    }
    if counts.overdue == 0 || !query.show.is_empty() || query.page.number() > 1 {
        return None;
    }
    let (noun, verb) = if counts.overdue == 1 { (&register.item, "is") } else { (&register.items, "are") };
    let title = format!("{} {noun} {verb} overdue", figure(counts.overdue));
    let href = match clause {
        Some(label) => format!("{}?show=overdue&clause={}", book.address(), encode(label)),
        None => format!("{}?show=overdue", book.address()),
    };
    Some(Next::new(title, "See to the oldest first.").eyebrow("Next step").button("Show what is overdue", href))
}

/// That somebody said that there is nothing to enter, while nothing is open.
async fn said(book: &Book, counts: Counts) -> Result<Option<String>, PageError> {
    if counts.open > 0 {
        return Ok(None);
    }
    let Some(said) = book.said_none().await? else { return Ok(None) };
    let names =
        Names::of(&book.rows(), None, [].into_iter(), said.by.into_iter()).await.map_err(PageError::internal)?;
    let who = said.by.map_or_else(|| "Gatehouse".to_owned(), |person| names.person(person));
    Ok(Some(format!("“{}”, {who} said on {}.", said.words, kernel::time::date_in_words(said.on))))
}

fn waits(book: &Book, visit: &Visit) -> Vec<ClauseWords> {
    if book.register().rows == Rows::Clause {
        return Vec::new();
    }
    book.clauses().into_iter().take(6).map(|clause| ClauseWords::of(clause, visit)).collect()
}

/// An address within a clause.
pub(in crate::registers) fn within(address: &str, clause: Option<&str>) -> String {
    match clause {
        Some(label) => format!("{address}?clause={}", encode(label)),
        None => address.to_owned(),
    }
}

fn tools(book: &Book, pairs: &[(String, String)], choosing: bool, empty: bool) -> Vec<(String, String)> {
    let mut tools = Vec::new();
    let clause = pairs.iter().find(|(name, _)| name == "clause").map(|(_, label)| label.as_str());
    let register = book.register();
    // Where there is nothing yet, the next step says so already.
    if !empty && book.access().writes() && (register.rows == Rows::School || clause.is_some()) {
        let text = format!("Enter {}", article(&register.item));
        tools.push((text, within(&format!("{}/new", book.address()), clause)));
    }
    if !empty && self::choosing(book).is_some() {
        let others: Vec<(String, String)> = pairs.iter().filter(|(name, _)| name != "choose").cloned().collect();
        if choosing {
            tools.push(("Stop choosing".to_owned(), format!("{}?{}", book.address(), encoded(&others))));
        } else {
            let mut chosen = others;
            chosen.push(("choose".to_owned(), "yes".to_owned()));
            tools.push((
                format!("Change several {}", register.items),
                format!("{}?{}", book.address(), encoded(&chosen)),
            ));
        }
    }
    tools.extend(crate::registers::transfer::tools(book, pairs, empty));
    let offers = book.engines.offers(&book.control(), book.access().writes());
    tools.extend(offers.into_iter().map(|offer| (offer.title.to_owned(), offer.href.to_owned())));
    tools
}

/// What can be done with several entries together: steps, and fields that more than one may share.
fn choosing(book: &Book) -> Option<Choosing> {
    let register = book.register();
    let steps = register.moves.iter().filter(|step| book.access().may_take(step));
    let mut actions: Vec<Choice> =
        steps.map(|step| Choice::new(format!("move-{}", step.name), step.label.clone())).collect();
    if book.access().writes() {
        let shared = book
            .access()
            .form(register)
            .filter(|field| !field.unique && !matches!(field.kind, FieldKind::File { .. } | FieldKind::Signature));
        actions.extend(shared.map(|field| {
            Choice::new(
                format!("set-{}", field.name),
                format!("Change: {}", capital(field.column.trim_end_matches('?'))),
            )
        }));
    }
    (!actions.is_empty()).then_some(Choosing { actions })
}

async fn finds(book: &Book, query: &Narrowing) -> Result<Finds, PageError> {
    let register = book.register();
    let mut shows = vec![Choice::new("", "What is open")];
    if register.due.is_some() {
        shows.push(Choice::new("due", "Due or overdue"));
    }
    if register.states.len() > 1 {
        let states =
            register.states.iter().map(|state| Choice::new(format!("state-{}", state.name), state.label.clone()));
        shows.extend(states);
    }
    shows.push(Choice::new("ended", "Done with"));
    shows.push(Choice::new("all", "Everything"));
    let mut selects = vec![("show".to_owned(), "Show".to_owned(), query.show.clone(), shows)];
    for field in narrowing(book) {
        let name = format!("f-{}", field.name);
        let chosen = query.others.get(&name).cloned().unwrap_or_default();
        let mut all = vec![Choice::new("", "Any")];
        all.extend(choices(book, field).await?);
        selects.push((name, field.column.clone(), chosen, all));
    }
    Ok(Finds {
        columns: query.columns.clone(),
        posted: is_private(register),
        label: format!("Find {}", article(&register.item)),
        find: query.find.clone(),
        selects,
        clause: query.clause.clone(),
    })
}

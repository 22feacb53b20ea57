//! One entry: what it says, what can be done with it, and what was done with it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::Path,
    http::{HeaderValue, header},
};
use declare::{Field, FieldKind, Value, Values};
use kernel::{SchoolTime, time::date_in_words};
use uuid::Uuid;
use webkit::{Page, PageError, PageResult, Visit, html, kit::Next};

use super::{
    list::ClauseWords,
    opened::Opened,
    rows::{Standing, mark},
};
use crate::{
    files,
    registers::{
        Book, Change, Done, Kept,
        words::{Names, capital, state_label},
    },
};

#[derive(Template)]
#[template(path = "registers/entry.html")]
struct EntryPage {
    page: Page,
    caption: String,
    title: String,
    next: Option<Next>,
    mark: Option<Standing>,
    state: Option<String>,
    struck: Option<String>,
    clause: Option<ClauseWords>,
    steps: Vec<Step>,
    edit: Option<String>,
    end: Option<String>,
    version: i64,
    facts: Vec<Fact>,
    kept_until: Option<String>,
    history: Vec<Event>,
}

/// A step that can be taken from here.
struct Step {
    label: String,
    href: String,
    /// Whether it asks for nothing and is taken at once.
    at_once: bool,
}

struct Fact {
    label: String,
    lines: Vec<String>,
    href: Option<String>,
}

struct Event {
    at: String,
    says: String,
    changes: Vec<(String, String)>,
}

/// The page of an entry. Its title in the browser names the kind of thing alone.
pub(super) async fn entry(visit: Visit, opened: Opened) -> PageResult {
    let book = &opened.book;
    let kept = book.get(opened.id()?).await?;
    let names = book.names(std::slice::from_ref(&kept)).await?;
    let history = book.history(&kept).await?;
    let told = book.names_of_history(&history).await?;
    let register = book.register();
    let here = format!("{}/{}", book.address(), kept.entry.id);
    let clause = kept.entry.clause.as_deref().and_then(|label| book.clause(label));
    let steps = book.steps(&kept).into_iter().map(|step| Step {
        label: step.label.clone(),
        href: format!("{here}/move/{}", step.name),
        at_once: book.mover(&step.name).is_none_or(|mover| mover.asks_of(&kept.entry, &Values::new()).is_empty()),
    });
    let mark = mark(book, &kept);
    let writes = book.access().writes_of(register, &kept.entry) && kept.struck.is_none();
    html(&EntryPage {
        page: visit.page(capital(&register.item)).back(book.declaration().title.clone(), book.address()),
        caption: book.declaration().title.clone(),
        title: kept.title.clone(),
        state: mark
            .as_ref()
            .filter(|mark| mark.is_due())
            .and(kept.entry.state.as_deref())
            .map(|state| state_label(register, state).to_owned()),
        next: if kept.struck.is_none() { book.next_of(&kept).await? } else { None },
        mark,
        struck: struck(&kept, &names),
        clause: clause.map(|clause| ClauseWords::of(clause, &visit)),
        steps: steps.collect(),
        edit: writes.then(|| format!("{here}/edit")),
        end: writes.then(|| format!("{here}/end")),
        version: kept.entry.version,
        facts: facts(book, &kept, &names),
        kept_until: kept.keep_until.map(date_in_words),
        history: history.iter().map(|done| event(book, done, &told)).collect(),
    })
}

fn struck(kept: &Kept, names: &Names) -> Option<String> {
    let struck = kept.struck.as_ref()?;
    let who = struck.by.map_or_else(|| "Gatehouse".to_owned(), |person| names.person(person));
    let day = SchoolTime::new(struck.at).day_in_words();
    Some(format!("{who} struck this out on {day}: {}", struck.why))
}

fn facts(book: &Book, kept: &Kept, names: &Names) -> Vec<Fact> {
    let filled = book.access().fields_in(book.register(), &kept.entry).filter_map(|field| {
        let value = kept.entry.value(&field.name)?;
        let lines = names.say(field, value).lines().map(str::to_owned).collect();
        Some(Fact { label: field.column.clone(), lines, href: href(book, kept, field, value) })
    });
    let also = kept.entry.also.iter().filter_map(|label| book.clause(label));
    let also: Vec<String> = also.map(|clause| format!("{} {}", clause.number, clause.text)).collect();
    let also = (!also.is_empty()).then(|| Fact { label: "Also serves".to_owned(), lines: also, href: None });
    // Where it falls due so soon that its mark says it, the day stands there already.
    let due = kept.due_on.filter(|_| kept.struck.is_none() && !mark(book, kept).is_some_and(|mark| mark.is_due()));
    let due = due.map(|day| Fact { label: "Due by".to_owned(), lines: vec![date_in_words(day)], href: None });
    filled.chain(due).chain(also).collect()
}

/// Where a value leads: a file to its download, an entry to its page, an address to where it says.
fn href(book: &Book, kept: &Kept, field: &Field, value: &Value) -> Option<String> {
    match (&field.kind, value) {
        (FieldKind::File { .. }, Value::File { id, .. }) => {
            Some(format!("{}/{}/files/{id}", book.address(), kept.entry.id))
        }
        (FieldKind::Entry { of, .. }, Value::Entry(id)) => {
            let (module, control) = of.split_once('.')?;
            Some(format!("/registers/{module}/{control}/{id}"))
        }
        // Only what a browser does not run.
        (FieldKind::Address, Value::Text(text)) => {
            Some(text.clone()).filter(|text| text.starts_with("https://") || text.starts_with("http://"))
        }
        _ => None,
    }
}

fn event(book: &Book, done: &Done, names: &Names) -> Event {
    let who = done.by.map_or_else(|| "Gatehouse".to_owned(), |person| names.person(person));
    let at = SchoolTime::new(done.at);
    let fields: BTreeMap<&str, &Field> =
        book.register().fields.iter().map(|field| (field.name.as_str(), field)).collect();
    let entered = done.changes.iter().all(|change| change.old.is_none());
    let changes = done.changes.iter().filter_map(|change| {
        let field = fields.get(change.field.as_str())?;
        Some((field.column.clone(), words(field, change, names, entered)))
    });
    Event {
        at: format!("{}, {}", date_in_words(at.date()), at.clock_in_words()),
        says: format!("{who} {}", done.what),
        changes: changes.collect(),
    }
}

fn words(field: &Field, change: &Change, names: &Names, entered: bool) -> String {
    let say = |value: &Value| names.say(field, value);
    match (&change.old, &change.new) {
        (None, Some(new)) if entered => say(new),
        (None, Some(new)) => format!("now {}", say(new)),
        (Some(old), None) => format!("taken away; it was {}", say(old)),
        (Some(old), Some(new)) => format!("{}, before {}", say(new), say(old)),
        (None, None) => String::new(),
    }
}

/// A file of an entry, as a download.
pub(super) async fn file(opened: Opened, Path(path): Path<BTreeMap<String, String>>) -> PageResult {
    let named = path.get("file").and_then(|text| Uuid::parse_str(text).ok());
    let row = opened.book.file(opened.id()?, named.ok_or(PageError::NotFound)?).await?;
    let mut answer = files::download(opened.book.school(), &row)?;
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

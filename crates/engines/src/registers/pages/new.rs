//! Entering: the form of a new entry, and one entry after another without leaving the keyboard.

use askama::Template;
use axum::extract::Query;
use declare::{Entry, Field, Values};
use policy::Clause;
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Session, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Mistakes, encode},
};

use super::{
    fields::{Input, Offers, for_clauses, inputs, sends_files},
    form::{Read, Sent, Typed, id, read},
    list::{ClauseWords, within},
    opened::Opened,
};
use crate::registers::{
    Book, RegisterError, Writer,
    words::{article, capital},
};

#[derive(Template)]
#[template(path = "registers/form.html")]
pub(super) struct FormPage {
    pub(super) page: Page,
    pub(super) title: String,
    pub(super) summary: Option<ErrorSummary>,
    pub(super) clause: Option<ClauseWords>,
    /// The label of the clause, where it is chosen already.
    pub(super) label: String,
    /// The clauses to choose from, where none is chosen.
    pub(super) clauses: Option<Choices>,
    /// The other clauses that the entry may serve, where there are any.
    pub(super) also: Option<Choices>,
    pub(super) inputs: Vec<Input>,
    pub(super) files: bool,
    pub(super) version: Option<i64>,
    /// A mark of each field as it is kept, of a form that changes an entry.
    pub(super) was: Vec<String>,
    /// The other clauses that the entry serves as it is kept.
    pub(super) was_also: Vec<String>,
    pub(super) theirs: Option<Theirs>,
    pub(super) says: String,
    pub(super) save: String,
    pub(super) another: Option<String>,
    /// Whether one entry after another is made: the key that saves opens the next form then.
    pub(super) series: bool,
    pub(super) cancel: String,
}

/// What somebody else has saved meanwhile, beside what was typed.
pub(super) struct Theirs {
    /// "Tariq Teacher changed this at 10:15, after you had opened it."
    pub(super) says: String,
    /// What only they changed, which stays: "Place, Bought".
    pub(super) kept: String,
    /// Each field that both changed: its name, its label, what is kept now, what was typed.
    pub(super) both: Vec<(String, String, String, String)>,
}

/// What the address of the form says.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct About {
    clause: String,
    like: Option<Uuid>,
}

/// The fields of a form for whoever asks: those that they see.
pub(super) fn fields_of(book: &Book) -> Vec<&Field> {
    book.access().form(book.register()).collect()
}

/// Those of them that a form shows: what only a later step asks for is shown once something stands in it, was kept in
/// it or has to be put right.
pub(super) fn shown<'a>(
    book: &Book,
    fields: &[&'a Field],
    typed: &Typed,
    kept: Option<&Entry>,
    mistakes: &Mistakes,
) -> Vec<&'a Field> {
    let state = kept.and_then(|entry| entry.state.as_deref());
    let later = |field: &Field| book.register().leaves_to_a_step(field, state);
    let filled = |field: &Field| {
        !typed.texts(field).is_empty()
            || typed.file(field).is_some()
            || kept.is_some_and(|entry| entry.value(&field.name).is_some())
            || mistakes.of(&id(field)).is_some()
    };
    fields.iter().copied().filter(|field| !later(field) || filled(field)).collect()
}

/// The form of a new entry.
pub(super) async fn new(visit: Visit, session: Session, opened: Opened, Query(about): Query<About>) -> PageResult {
    opened.writer()?;
    let book = &opened.book;
    let fields = fields_of(book);
    let offers = Offers::read(book, &fields).await?;
    let mut typed = Typed::of_start(&fields, &session, book.today(), &offers.names);
    let mut clause = about.clause;
    let mut served = Vec::new();
    if let Some(like) = about.like {
        let last = book.get(like).await?;
        let names = book.names(std::slice::from_ref(&last)).await?;
        typed = Typed::of_last(&fields, &last.entry.values, &names).or(typed);
        clause = last.entry.clause.unwrap_or(clause);
        served = last.entry.also;
    }
    html(&page(&visit, book, &clause, &served, &typed, &offers, &Mistakes::new(), about.like.is_some())?)
}

#[expect(clippy::too_many_arguments, reason = "what a form is made of, in two places")]
fn page(
    visit: &Visit,
    book: &Book,
    clause: &str,
    served: &[String],
    typed: &Typed,
    offers: &Offers,
    mistakes: &Mistakes,
    series: bool,
) -> Result<FormPage, PageError> {
    let register = book.register();
    let fields = shown(book, &fields_of(book), typed, None, mistakes);
    let title = format!("Enter {}", article(&register.item));
    let page =
        visit.page(title.clone()).back(book.declaration().title.clone(), within(&book.address(), chosen(clause)));
    let known = match chosen(clause).filter(|_| for_clauses(book)) {
        Some(label) => Some(book.clause(label).ok_or(PageError::NotFound)?),
        None => None,
    };
    Ok(FormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title,
        summary: mistakes.summary(),
        label: known.map(|clause| clause.key().to_owned()).unwrap_or_default(),
        clause: known.map(|clause| ClauseWords::of(clause, visit)),
        clauses: (for_clauses(book) && known.is_none()).then(|| clauses(book, mistakes)),
        also: also(book, known.map(Clause::key), served),
        inputs: inputs(book, &fields, typed, offers, mistakes, mistakes.is_empty()),
        files: sends_files(&fields),
        version: None,
        was: Vec::new(),
        was_also: Vec::new(),
        theirs: None,
        says: String::new(),
        save: if series { "Save and finish" } else { "Save" }.to_owned(),
        series,
        another: Some(format!("Save and enter another {}", register.item)),
        cancel: within(&book.address(), chosen(clause)),
    })
}

fn chosen(clause: &str) -> Option<&str> {
    Some(clause).filter(|clause| !clause.is_empty())
}

/// The other clauses that an entry may serve, to tick; none where there is no other.
pub(super) fn also(book: &Book, clause: Option<&str>, served: &[String]) -> Option<Choices> {
    if !for_clauses(book) {
        return None;
    }
    let others = book.clauses().into_iter().filter(|one| Some(one.key()) != clause);
    let all: Vec<Choice> = others
        .map(|one| {
            let text: String = one.text.chars().take(90).collect();
            Choice::new(one.key(), format!("{} {text}", one.number))
        })
        .collect();
    let boxes = (!all.is_empty()).then(|| Choices::checkboxes("also", "It also serves these clauses", all).close());
    boxes.map(|boxes| served.iter().fold(boxes, |boxes, label| boxes.chosen(label)))
}

/// The clauses that entries are for, to choose one.
fn clauses(book: &Book, mistakes: &Mistakes) -> Choices {
    let mut all = vec![Choice::new("", "")];
    all.extend(book.clauses().into_iter().map(|clause| {
        let text: String = clause.text.chars().take(90).collect();
        Choice::new(clause.key(), format!("{} {text}", clause.number))
    }));
    Choices::select("clause", "Which clause is it for?", all).check(mistakes)
}

/// Saves a new entry; then shows its register, or the form for another.
pub(super) async fn enter(visit: Visit, opened: Opened, sent: Sent) -> PageResult {
    let writer = opened.writer()?;
    let book = &opened.book;
    let fields = fields_of(book);
    let offers = Offers::read(book, &fields).await?;
    let clause = sent.text("clause").to_owned();
    let mut read = read(book, &fields, &sent, &offers, &Values::new()).await?;
    if for_clauses(book) {
        match book.clause(&clause) {
            Some(_) => read.draft.clause = Some(clause.clone()),
            None => read.mistakes.add("clause", "Choose the clause that it is for"),
        }
    }
    let served: Vec<String> = sent.all("also").map(str::to_owned).collect();
    read.draft.also = Some(served.clone());
    let Some(id) = save(&writer, &mut read).await? else {
        let series = !sent.text("another").is_empty();
        let clause = if book.clause(&clause).is_some() { clause } else { String::new() };
        return refused(&page(&visit, book, &clause, &served, &read.typed, &offers, &read.mistakes, series)?);
    };
    let said = format!("{} is saved.", capital(&format!("the {}", book.register().item)));
    Ok(if sent.text("another").is_empty() {
        visit.see_other_saying(&within(&book.address(), read.draft.clause.as_deref().or(chosen(&clause))), &said)
    } else {
        let next = format!("{}/new?like={}", book.address(), encode(&id.to_string()));
        visit.see_other_saying(&next, &format!("{said} Enter the next one."))
    })
}

/// Says that there is nothing to enter.
pub(super) async fn none(visit: Visit, opened: Opened) -> PageResult {
    opened.writer()?.say_none().await?;
    let says = "It is noted, with your name and the day. You are asked again in a year.";
    Ok(visit.see_other_saying(&opened.book.address(), says))
}

/// Saves what was read, unless something has to be put right first.
async fn save(writer: &Writer<'_>, read: &mut Read) -> Result<Option<Uuid>, RegisterError> {
    let draft = std::mem::take(&mut read.draft);
    let files = draft.files.clone();
    let clause = draft.clause.clone();
    if read.mistakes.is_empty() {
        match writer.enter(draft).await {
            Ok(id) => {
                read.draft.clause = clause;
                return Ok(Some(id));
            }
            Err(RegisterError::Refused(refusals)) => read.refuse(refusals),
            Err(other) => return Err(other),
        }
    } else if let Err(RegisterError::Refused(refusals)) = writer.look_at(&draft) {
        // Everything that has to be put right is said at once.
        read.refuse(refusals);
    }
    read.wait(writer.book, files).await?;
    Ok(None)
}

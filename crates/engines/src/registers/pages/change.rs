//! Changing an entry, and striking one out that was wrong to enter.

use askama::Template;
use axum::Form;
use declare::{Field, Value};
use kernel::SchoolTime;
use webkit::{
    Page, PageError, PageResult, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Mistakes, TextArea},
};

use super::{
    fields::{Offers, inputs, sends_files},
    form::{Read, Sent, Typed, read},
    list::ClauseWords,
    new::{FormPage, Theirs, also, fields_of, shown},
    opened::Opened,
};
use crate::registers::{
    Book, Kept, RegisterError,
    words::{self, capital},
};

/// The form of an entry.
pub(super) async fn edit(visit: Visit, opened: Opened) -> PageResult {
    opened.writer()?;
    let book = &opened.book;
    let kept = book.get(opened.id()?).await?;
    if kept.struck.is_some() {
        return Err(RegisterError::NotNow.into());
    }
    let fields = fields_of(book);
    let offers = Offers::read(book, &fields).await?;
    let names = book.names_with(&offers, &kept).await?;
    let typed = Typed::of_values(&fields, &kept.entry.values, &names);
    html(&page(&visit, book, &kept, &typed, &offers, &Mistakes::new()))
}

fn page(visit: &Visit, book: &Book, kept: &Kept, typed: &Typed, offers: &Offers, mistakes: &Mistakes) -> FormPage {
    let fields = shown(book, &fields_of(book), typed, Some(&kept.entry), mistakes);
    let register = book.register();
    let here = format!("{}/{}", book.address(), kept.entry.id);
    // The title of the page names the kind of thing alone: an entry may be called by a child's name.
    let page =
        visit.page(format!("Change {}", words::article(&register.item))).back(capital(&register.item), here.clone());
    let clause = kept.entry.clause.as_deref().and_then(|label| book.clause(label));
    FormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title: format!("Change {}", kept.title),
        summary: mistakes.summary(),
        clause: clause.map(|clause| ClauseWords::of(clause, visit)),
        label: String::new(),
        clauses: None,
        also: also(book, kept.entry.clause.as_deref(), &kept.entry.also),
        inputs: inputs(book, &fields, typed, offers, mistakes, false),
        files: sends_files(&fields),
        version: Some(kept.entry.version),
        theirs: None,
        says: String::new(),
        save: "Save".to_owned(),
        another: None,
        series: false,
        cancel: here,
    }
}

/// Saves a change. Where somebody else was quicker, shows both, and loses nothing that was typed.
pub(super) async fn change(visit: Visit, opened: Opened, sent: Sent) -> PageResult {
    let writer = opened.writer()?;
    let book = &opened.book;
    let id = opened.id()?;
    let version = sent.version()?;
    let kept = book.get(id).await?;
    let fields = fields_of(book);
    let offers = Offers::read(book, &fields).await?;
    let mut read = read(book, &fields, &sent, &offers, &kept.entry.values).await?;
    let files = read.draft.files.clone();
    if read.mistakes.is_empty() {
        let mut draft = read.draft.clone();
        draft.also = Some(sent.all("also").map(str::to_owned).collect());
        match writer.change(id, version, draft).await {
            Ok(_) => {
                let said = format!("{} is changed.", capital(&format!("the {}", book.register().item)));
                return Ok(visit.see_other_saying(&format!("{}/{id}", book.address()), &said));
            }
            Err(RegisterError::Changed(now)) => {
                read.wait(book, files).await?;
                let theirs = theirs(book, &fields, &now, &read, &offers).await?;
                let page = FormPage {
                    theirs: Some(theirs),
                    save: "Save mine over it".to_owned(),
                    ..page(&visit, book, &now, &read.typed, &offers, &read.mistakes)
                };
                let mut answer = refused(&page)?;
                *answer.status_mut() = axum::http::StatusCode::CONFLICT;
                return Ok(answer);
            }
            Err(RegisterError::Refused(refusals)) => read.refuse(refusals),
            Err(other) => return Err(other.into()),
        }
    }
    read.wait(book, files).await?;
    let mut form = page(&visit, book, &kept, &read.typed, &offers, &read.mistakes);
    // Not the version of now: what somebody else saved since the form was opened is still to be told.
    form.version = Some(version);
    refused(&form)
}

/// What is kept now, beside what was typed.
async fn theirs(book: &Book, fields: &[&Field], now: &Kept, read: &Read, offers: &Offers) -> Result<Theirs, PageError> {
    let names = book.names_with(offers, now).await?;
    let typed =
        Kept { entry: declare::Entry { values: read.draft.values.clone(), ..now.entry.clone() }, ..now.clone() };
    let typed_names = book.names_with(offers, &typed).await?;
    let say = |names: &words::Names, field: &Field, value: Option<&Value>| {
        value.map_or_else(|| "nothing".to_owned(), |value| names.say(field, value))
    };
    let differing = fields.iter().filter_map(|field| {
        let (kept, typed) = (now.entry.value(&field.name), typed.entry.value(&field.name));
        (kept != typed).then(|| (field.column.clone(), say(&names, field, kept), say(&typed_names, field, typed)))
    });
    let who = now.changed_by.map_or_else(|| "Gatehouse".to_owned(), |person| names.person(person));
    let at = SchoolTime::new(now.entry.changed_at);
    let says = if at.date() == book.today() {
        format!("{who} changed this at {}, after you had opened it.", at.clock_in_words())
    } else {
        format!("{who} changed this on {}, after you had opened it.", at.day_in_words())
    };
    Ok(Theirs { says, fields: differing.collect() })
}

#[derive(Template)]
#[template(path = "registers/end.html")]
struct EndPage {
    page: Page,
    title: String,
    summary: Option<ErrorSummary>,
    why: TextArea,
    version: i64,
    cancel: String,
}

fn end_page(visit: &Visit, book: &Book, kept: &Kept, why: &str, mistakes: &Mistakes) -> EndPage {
    let here = format!("{}/{}", book.address(), kept.entry.id);
    let page = visit.page(format!("Strike out {}", words::article(&book.register().item)));
    let page = page.back(capital(&book.register().item), here.clone());
    EndPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title: format!("Strike out {}", kept.title),
        summary: mistakes.summary(),
        why: TextArea::new("why", "Why was it wrong to enter it?")
            .hint("For example: entered twice, or in the wrong register. It stands in the history for ever.")
            .value(why)
            .check(mistakes),
        version: kept.entry.version,
        cancel: here,
    }
}

/// Asks why an entry is struck out.
pub(super) async fn end(visit: Visit, opened: Opened) -> PageResult {
    opened.writer()?;
    let kept = opened.book.get(opened.id()?).await?;
    if kept.struck.is_some() {
        return Err(RegisterError::NotNow.into());
    }
    html(&end_page(&visit, &opened.book, &kept, "", &Mistakes::new()))
}

/// Why, and of which version.
#[derive(serde::Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    why: String,
    version: i64,
}

/// Strikes an entry out.
pub(super) async fn ended(visit: Visit, opened: Opened, Form(form): Form<Why>) -> PageResult {
    let writer = opened.writer()?;
    let id = opened.id()?;
    match writer.strike_out(id, form.version, &form.why).await {
        Ok(_) => Ok(visit.see_other_saying(&format!("{}/{id}", opened.book.address()), "It is struck out.")),
        Err(RegisterError::Refused(refusals)) => {
            let mut mistakes = Mistakes::new();
            refusals.into_iter().for_each(|refusal| mistakes.add("why", refusal.says));
            let kept = opened.book.get(id).await?;
            refused(&end_page(&visit, &opened.book, &kept, &form.why, &mistakes))
        }
        Err(RegisterError::Changed(now)) => {
            // What was typed stays; the form is now of the entry as it is.
            let mut mistakes = Mistakes::new();
            mistakes.add("why", "Somebody has changed the entry meanwhile: look at it again, then strike it out");
            refused(&end_page(&visit, &opened.book, &now, &form.why, &mistakes))
        }
        Err(other) => Err(other.into()),
    }
}

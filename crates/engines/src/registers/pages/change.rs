//! Changing an entry, also where somebody else was quicker, and striking one out that was wrong to enter.

use askama::Template;
use axum::Form;
use declare::Field;
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
    merge::{Met, Was, ask, marks, said},
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
    html(&page(&visit, book, &kept, &typed, &typed, &offers, &Mistakes::new()))
}

/// The form of an entry as it is kept `now`, with what was typed.
fn page(
    visit: &Visit,
    book: &Book,
    kept: &Kept,
    now: &Typed,
    typed: &Typed,
    offers: &Offers,
    mistakes: &Mistakes,
) -> FormPage {
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
        was: marks(&fields, now),
        was_also: kept.entry.also.clone(),
        theirs: None,
        says: String::new(),
        save: "Save".to_owned(),
        another: None,
        series: false,
        cancel: here,
    }
}

/// How often a change is tried again that met another.
const TRIES: usize = 3;

/// Saves a change. Where somebody else was quicker, both changes are kept; where both changed the same field, they are
/// shown beside each other. Nothing that was typed is lost.
pub(super) async fn change(visit: Visit, opened: Opened, sent: Sent) -> PageResult {
    let writer = opened.writer()?;
    let book = &opened.book;
    let id = opened.id()?;
    let version = sent.version()?;
    let was = Was::of_sent(&sent);
    let fields = fields_of(book);
    let offers = Offers::read(book, &fields).await?;
    for _ in 0..TRIES {
        let kept = book.get(id).await?;
        let names = book.names_with(&offers, &kept).await?;
        let now = Typed::of_values(&fields, &kept.entry.values, &names);
        let mut read = read(book, &fields, &sent, &offers, &kept.entry.values).await?;
        let met = was.meet(&fields, &sent, &mut read, &kept, &now, version != kept.entry.version);
        read.draft.also = Some(was.also(&sent, &kept.entry.also));
        let files = read.draft.files.clone();
        if read.mistakes.is_empty() && met.both.is_empty() {
            match writer.change(id, kept.entry.version, read.draft.clone()).await {
                Ok(_) => {
                    let mut said = format!("{} is changed.", capital(&format!("the {}", book.register().item)));
                    if !met.theirs.is_empty() {
                        let (who, theirs) = (who(&kept, &names), columns(&met.theirs));
                        said.push_str(&format!(" {who} had changed {theirs} meanwhile: that is kept too."));
                    }
                    return Ok(visit.see_other_saying(&format!("{}/{id}", book.address()), &said));
                }
                Err(RegisterError::Changed(_)) => continue,
                Err(RegisterError::Refused(refusals)) => read.refuse(refusals),
                Err(other) => return Err(other.into()),
            }
        }
        read.wait(book, files).await?;
        return answer(&visit, book, &kept, &now, &read, &offers, &met).await;
    }
    Err(PageError::Conflict("Several people are changing this entry at the same time. Send the form again".to_owned()))
}

/// The form once more: with what has to be put right, and what both changed.
async fn answer(
    visit: &Visit,
    book: &Book,
    kept: &Kept,
    now: &Typed,
    read: &Read,
    offers: &Offers,
    met: &Met<'_>,
) -> PageResult {
    let mut form = page(visit, book, kept, now, &read.typed, offers, &read.mistakes);
    if met.both.is_empty() && met.theirs.is_empty() {
        return refused(&form);
    }
    let names = book.names_with(offers, kept).await?;
    let mine =
        Kept { entry: declare::Entry { values: read.draft.values.clone(), ..kept.entry.clone() }, ..kept.clone() };
    let my_names = book.names_with(offers, &mine).await?;
    let both: Vec<(&Field, String, String)> = met
        .both
        .iter()
        .map(|field| {
            let theirs = said(field, kept.entry.value(&field.name), now, &names);
            (*field, theirs, said(field, mine.entry.value(&field.name), &read.typed, &my_names))
        })
        .collect();
    let who = who(kept, &names);
    ask(&mut form.inputs, &both, &who, &read.mistakes);
    let at = SchoolTime::new(kept.entry.changed_at);
    let when = if at.date() == book.today() {
        format!("at {}", at.clock_in_words())
    } else {
        format!("on {}", at.day_in_words())
    };
    let nothing = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
    form.theirs = Some(Theirs {
        says: format!("{who} changed this {when}, after you had opened it."),
        kept: columns(&met.theirs),
        both: both
            .into_iter()
            .map(|(field, theirs, mine)| (field.name.to_string(), field.column.clone(), nothing(theirs), nothing(mine)))
            .collect(),
    });
    let mut answer = refused(&form)?;
    if !met.both.is_empty() {
        *answer.status_mut() = axum::http::StatusCode::CONFLICT;
    }
    Ok(answer)
}

fn who(kept: &Kept, names: &words::Names) -> String {
    kept.changed_by.map_or_else(|| "Gatehouse".to_owned(), |person| names.person(person))
}

/// The fields by the heads of their columns: "Place, Bought".
fn columns(fields: &[&Field]) -> String {
    fields.iter().map(|field| field.column.as_str()).collect::<Vec<_>>().join(", ")
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

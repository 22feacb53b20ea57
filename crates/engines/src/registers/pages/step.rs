//! A step of one entry: what it asks for, and taking it.

use std::collections::BTreeMap;

use axum::extract::Path;
use declare::{Field, Values};
use webkit::{PageError, PageResult, Session, Visit, error::refused, html, kit::Mistakes};

use super::{
    fields::{Offers, inputs, sends_files},
    form::{self, Sent, Typed},
    list::ClauseWords,
    new::FormPage,
    opened::Opened,
};
use crate::registers::{Kept, Mover, RegisterError, words::capital};

type Named = Path<BTreeMap<String, String>>;

fn mover<'a>(opened: &'a Opened, path: &Named) -> Result<Mover<'a>, PageError> {
    let name = path.get("move").map(String::as_str).unwrap_or_default();
    if opened.book.register().moves.iter().all(|step| step.name != name) {
        return Err(PageError::NotFound);
    }
    opened.book.mover(name).ok_or_else(|| PageError::Forbidden("take this step".to_owned()))
}

/// What the step asks for. Days begin as today, for a step is mostly recorded when it is taken.
pub(super) async fn ask(visit: Visit, session: Session, opened: Opened, path: Named) -> PageResult {
    let mover = mover(&opened, &path)?;
    let book = &opened.book;
    let kept = book.get(opened.id()?).await?;
    if !mover.leads(&kept) {
        return Err(RegisterError::NotNow.into());
    }
    let fields = mover.shows_of(&kept.entry, &Values::new());
    let offers = Offers::read(book, &fields).await?;
    let names = book.names_with(&offers, &kept).await?;
    let typed = Typed::of_values(&fields, &kept.entry.values, &names)
        .or(Typed::of_start(&fields, &session, book.today(), &offers.names))
        .or(Typed::of_today(&fields, book.today(), &offers.names));
    html(&page(&visit, &mover, &kept, &fields, &typed, &offers, &Mistakes::new()))
}

fn page(
    visit: &Visit,
    mover: &Mover<'_>,
    kept: &Kept,
    fields: &[&Field],
    typed: &Typed,
    offers: &Offers,
    mistakes: &Mistakes,
) -> FormPage {
    let book = mover.book;
    let here = format!("{}/{}", book.address(), kept.entry.id);
    let label = mover.step().label.clone();
    let page = visit.page(label.clone()).back(capital(&book.register().item), here.clone());
    let clause = kept.entry.clause.as_deref().and_then(|label| book.clause(label));
    FormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title: label.clone(),
        summary: mistakes.summary(),
        clause: clause.map(|clause| ClauseWords::of(clause, visit)),
        label: String::new(),
        clauses: None,
        also: None,
        inputs: inputs(book, fields, typed, offers, mistakes, mistakes.is_empty()),
        files: sends_files(fields),
        version: Some(kept.entry.version),
        was: Vec::new(),
        was_also: Vec::new(),
        theirs: None,
        says: kept.title.clone(),
        save: label,
        another: None,
        series: false,
        cancel: here,
    }
}

/// Takes the step.
pub(super) async fn take(visit: Visit, opened: Opened, path: Named, sent: Sent) -> PageResult {
    let mover = mover(&opened, &path)?;
    let book = &opened.book;
    let id = opened.id()?;
    let version = sent.version()?;
    let kept = book.get(id).await?;
    let mut fields = mover.shows_of(&kept.entry, &Values::new());
    let mut offers = Offers::read(book, &fields).await?;
    let mut read = form::read(book, &fields, &sent, &offers, &Values::new()).await?;
    // What was typed may make it necessary to fill more.
    let more = mover.shows_of(&kept.entry, &read.draft.values);
    if more.len() > fields.len() {
        fields = more;
        offers = Offers::read(book, &fields).await?;
        read = form::read(book, &fields, &sent, &offers, &Values::new()).await?;
    }
    let files = read.draft.files.clone();
    if read.mistakes.is_empty() {
        match mover.take(id, version, read.draft.clone()).await {
            Ok(_) => {
                let said = format!("Done: {}.", mover.step().label.to_lowercase());
                return Ok(visit.see_other_saying(&format!("{}/{id}", book.address()), &said));
            }
            Err(RegisterError::Refused(refusals)) => read.refuse(refusals),
            Err(RegisterError::Changed(now)) => {
                let says = "Somebody has changed the entry meanwhile: look at it again, then take the step";
                read.mistakes.add("form", says);
                read.wait(book, files).await?;
                return refused(&page(&visit, &mover, &now, &fields, &read.typed, &offers, &read.mistakes));
            }
            Err(other) => return Err(other.into()),
        }
    }
    read.wait(book, files).await?;
    let mut form = page(&visit, &mover, &kept, &fields, &read.typed, &offers, &read.mistakes);
    form.version = Some(version);
    refused(&form)
}

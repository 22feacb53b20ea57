//! The pages of notices: what waits to be read, one notice, the public page, prints, and how far all have reached.

use axum::{
    Form,
    extract::{Path, Query, State},
};
use declare::Moment;
use kernel::{SchoolTime, Subject, time::date_in_words};
use webkit::{Page, PageError, PageResult, Reader, Routes, Session, Visit, Who, html, kit::Mistakes, see_other};

use super::{
    Known, moment_at_desk, prose,
    service::{self, Shown},
    shown, steps_left,
    told::{Item, Origin, Text, grouped},
    views::Section,
    waiting,
};
use crate::{Engines, attestations::asked::from_address, stored};

mod list;
mod notice;
mod print;
mod reach;

pub(super) use reach::Scope;

/// The routes of notices.
pub fn routes() -> Routes<Engines> {
    Routes::new()
        .get("/notices", Who::SignedIn, list::show)
        .get("/notices/waiting", Who::SignedIn, read_waiting)
        .post("/notices/waiting", Who::SignedIn, have_read)
        .get("/notices/public/{key}", Who::Public, print::public)
        .get("/notices/{key}", Who::Named, notice::show)
        .post("/notices/{key}/read", Who::Named, notice::have_read)
        .post("/notices/{key}/issue", Who::Named, notice::issue)
        .get("/notices/{key}/print", Who::Named, print::show)
        .get("/notices/{key}/poster.pdf", Who::Named, print::poster)
}

/// The page for its reader: children have larger type and no sections.
fn for_reader(page: Page, session: &Session) -> Page {
    match session.reader() {
        Reader::Young | Reader::Pupil => page.for_children(),
        Reader::Adult => page,
    }
}

/// "Clause 4.2.1", "Clauses 4.2.1, 4.2.2 and 4.3".
fn clauses_of(items: &[&Item<'_>]) -> String {
    let mut numbers: Vec<&str> = items.iter().map(|item| item.clause.number.as_str()).collect();
    numbers.dedup();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("Clause {one}"),
        [first @ .., last] => format!("Clauses {} and {last}", first.join(", ")),
    }
}

/// The texts of several items for one reader: words that several clauses share stand once, and clauses that are their
/// own words are listed under one heading for each control.
fn sections(items: &[&Item<'_>], reader: &Subject) -> Vec<Section> {
    let mut sections = Vec::new();
    for group in grouped(items.iter().copied()) {
        let mut parts: Vec<(Text<'_>, Vec<&Item<'_>>)> = Vec::new();
        for item in group {
            let text = item.text_at_home(reader);
            match parts.iter_mut().find(|(other, _)| other.is_like(&text)) {
                Some((_, items)) => items.push(item),
                None => parts.push((text, vec![item])),
            }
        }
        sections.extend(parts.iter().map(|(text, items)| section(text, items, reader)));
    }
    sections
}

/// How many texts a reader of these items reads: clauses that share their words are read at once.
pub(crate) fn things_to_read(items: &[&Item<'_>], reader: &Subject) -> usize {
    sections(items, reader).len()
}

fn section(text: &Text<'_>, items: &[&Item<'_>], reader: &Subject) -> Section {
    let blocks = text.for_all(items);
    Section {
        title: text.title.clone(),
        html: prose::html(&blocks, 3),
        points: prose::points(&blocks),
        clauses: clauses_of(items),
        language: text.language.clone(),
        texts: items.iter().map(|item| token(&shown(item, reader, moment_at_desk(item)))).collect(),
    }
}

/// A text in a form: the key of its binding and its digest.
fn token(shown: &Shown) -> String {
    format!("{} {}", shown.key, shown.digest)
}

/// What waits for the reader: all on one page for adults, step by step for children.
async fn read_waiting(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    if let Some(agreement) = engines.ports().unsigned(&session, visit.now()).await? {
        return Ok(see_other(&agreement));
    }
    let school = engines.school(session.school()).await?;
    let Some(known) = Known::read(&engines, &school, visit.now()).await? else { return Ok(see_other("/")) };
    let items = known.items();
    let seen = stored(service::of_person(&school, session.person()).await)?;
    let waits = waiting(&items, session.subject(), &seen);
    if waits.is_empty() {
        return Ok(see_other("/"));
    }
    let left = steps_left(&session, &seen, known.today);
    let sections = sections(&waits, session.subject());
    let child = session.reader() != Reader::Adult;
    let now_shown = if child { 1 } else { sections.len() };
    let tokens: Vec<&String> = sections.iter().take(now_shown).flat_map(|section| &section.texts).collect();
    let texts: Vec<_> = waits
        .iter()
        .map(|item| shown(item, session.subject(), moment_at_desk(item)))
        .filter(|shown| tokens.contains(&&token(shown)))
        .collect();
    let acknowledged = waits.iter().any(|item| item.acknowledged && texts.iter().any(|it| it.key == item.binding.key));
    stored(service::note_shown(&school, session.person(), &seen, texts, visit.now()).await)?;
    if child {
        // Whoever comes back for more than today's share reads on.
        let steps = if left == 0 { sections.len() } else { left.min(sections.len()) };
        let Some(section) = sections.into_iter().next() else { return Ok(see_other("/")) };
        return html(&super::views::StepPage {
            page: visit.page("Something to read").for_children(),
            step: match steps {
                1 => "One thing to read".to_owned(),
                many => format!("{many} things to read. This is one"),
            },
            section,
            button: "I have read it",
            acknowledged,
            young: session.reader() == Reader::Young,
        });
    }
    let button = if sections.len() == 1 { "I have read this" } else { "I have read these" };
    html(&super::views::WaitingPage {
        page: visit.page("Before you go on"),
        lead: match sections.len() {
            1 => "One thing to read. It is part of our online safety policy.".to_owned(),
            many => format!("{many} things to read. They are part of our online safety policy."),
        },
        button,
        acknowledged,
        sections,
    })
}

/// What a form says was read.
fn tokens(fields: &[(String, String)]) -> Vec<&str> {
    fields.iter().filter(|(name, _)| name == "text").map(|(_, value)| value.as_str()).collect()
}

/// Notes what was read, of what binds the reader and has not changed since the page was printed.
async fn have_read(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let Some(known) = Known::read(&engines, &school, visit.now()).await? else { return Ok(see_other("/")) };
    let items = known.items();
    let said = tokens(&fields);
    let texts: Vec<_> = items
        .iter()
        .filter(|item| item.waits_at_desk(session.subject()))
        .map(|item| shown(item, session.subject(), moment_at_desk(item)))
        .filter(|shown| said.contains(&token(shown).as_str()))
        .collect();
    let count = stored(service::read(&school, &session, texts, visit.now()).await)?;
    let seen = stored(service::of_person(&school, session.person()).await)?;
    let left = steps_left(&session, &seen, known.today);
    if left > 0 && !waiting(&items, session.subject(), &seen).is_empty() {
        return Ok(see_other("/notices/waiting"));
    }
    Ok(match (count, session.reader()) {
        (0, _) => see_other("/"),
        (_, Reader::Young | Reader::Pupil) => visit.see_other_saying("/", "Thank you for reading."),
        (_, Reader::Adult) => visit.see_other_saying("/", "Thank you. It is noted that you have read it."),
    })
}

/// The moments in words: "at sign-in and in a letter".
fn moments_in_words(moments: &[Moment]) -> String {
    let words: Vec<&str> = moments
        .iter()
        .map(|moment| match moment {
            Moment::SignIn => "at sign-in",
            Moment::Session => "at the start of a session",
            Moment::BlockPage => "on the page of a blocked site",
            Moment::HandIn => "where devices are handed in",
            Moment::Induction => "when somebody joins",
            Moment::Letter => "in a letter home",
            Moment::WebPage => "on the public page",
            Moment::Poster => "on a poster",
        })
        .collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A day of a moment, in words.
fn day_of(at: jiff::Timestamp) -> String {
    date_in_words(SchoolTime::new(at).date())
}

/// The name of a language, where it is one that schools often need.
fn language_name(code: &str) -> String {
    const NAMES: [(&str, &str); 24] = [
        ("ar", "Arabic"),
        ("bg", "Bulgarian"),
        ("bn", "Bengali"),
        ("cy", "Welsh"),
        ("de", "German"),
        ("es", "Spanish"),
        ("fa", "Persian"),
        ("fr", "French"),
        ("gu", "Gujarati"),
        ("hi", "Hindi"),
        ("hu", "Hungarian"),
        ("it", "Italian"),
        ("lt", "Lithuanian"),
        ("pa", "Panjabi"),
        ("pl", "Polish"),
        ("pt", "Portuguese"),
        ("ro", "Romanian"),
        ("ru", "Russian"),
        ("so", "Somali"),
        ("ta", "Tamil"),
        ("tr", "Turkish"),
        ("uk", "Ukrainian"),
        ("ur", "Urdu"),
        ("zh", "Chinese"),
    ];
    let known = NAMES.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| format!("the language {code}"))
}

/// An item of the policy by the key in an address.
fn find<'i, 'p>(items: &'i [Item<'p>], key: &str) -> Result<&'i Item<'p>, PageError> {
    let key = from_address(key);
    items.iter().find(|item| item.binding.key == key).ok_or(PageError::NotFound)
}

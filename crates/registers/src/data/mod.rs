//! Personal data: the hours in which a breach is told to the regulator.

mod clock;
mod pages;

use async_trait::async_trait;
use declare::Entry;
use engines::registers::{Beyond, Book, DueItem, Kept, RegisterError};
use kernel::SchoolTime;
use webkit::{Routes, kit::Next};

use self::clock::{Breach, Clock, Risk, Stand, Step, stand};
use crate::{Registers, fields};

/// The register of breaches.
const BREACH: &str = "data.breach";

/// The routes.
pub(crate) fn routes() -> Routes<Registers> {
    pages::routes()
}

/// The clocks of breaches, on their pages and among what is due.
pub(crate) struct Clocks;

/// What the clock asks of an entry. A breach of which no hour is known began with its day.
fn breach(entry: &Entry) -> Option<Breach> {
    let moment = |day: &str, time: &str| {
        let day = fields::day(entry, day)?;
        let time = fields::time(entry, time).unwrap_or_default();
        SchoolTime::parse(&format!("{day} {time}")).ok().map(|at| at.timestamp())
    };
    let filled = |field: &str| fields::filled(entry, field);
    Some(Breach {
        found: moment("found-on", "found-at")?,
        contained: filled("contained"),
        risk: match fields::text(entry, "risk") {
            Some("unlikely") => Some(Risk::Unlikely),
            Some("risk") => Some(Risk::Some),
            Some("high") => Some(Risk::High),
            Some(_) | None => None,
        },
        reasoned: filled("risk-why"),
        regulator: moment("regulator-on", "regulator-at"),
        people: filled("people-on") || filled("people-not-why"),
        closed: entry.state.as_deref() == Some("closed"),
    })
}

/// How a breach stands; none where it was struck out, or nobody knows when it was found.
fn stand_of(book: &Book, kept: &Kept) -> Option<Stand> {
    if kept.struck.is_some() {
        return None;
    }
    Some(stand(&breach(&kept.entry)?, book.now()))
}

/// Where a step is done: the move that does it, where the reader may take it, else the form.
fn way(book: &Book, kept: &Kept, step: Step, late: bool) -> Option<(String, String)> {
    let here = format!("{}/{}", book.address(), kept.entry.id);
    let wanted: &[&str] = match step {
        Step::Contain => {
            return book.access().writes().then(|| ("Write what was done".to_owned(), format!("{here}/edit")));
        }
        Step::Judge => &["judge"],
        Step::TellRegulator if late => &["tell-late", "tell"],
        Step::TellRegulator => &["tell"],
        Step::TellPeople => &["tell-people"],
        Step::Learn => &["close"],
    };
    let steps = book.steps(kept);
    let found = wanted.iter().find_map(|name| steps.iter().find(|step| step.name == *name))?;
    Some((found.label.clone(), format!("{here}/move/{}", found.name)))
}

#[async_trait]
impl Beyond for Clocks {
    fn controls(&self) -> &'static [&'static str] {
        &[BREACH]
    }

    async fn next(&self, book: &Book, kept: &Kept) -> Result<Option<Next>, RegisterError> {
        let Some(stand) = stand_of(book, kept) else { return Ok(None) };
        let Some(step) = stand.next() else { return Ok(None) };
        let late = stand.clock.is_late();
        let mut next = Next::new(step.title(), step.says());
        if let Some((label, href)) = way(book, kept, step, late) {
            next = next.button(label, href);
        }
        if let Clock::Running { .. } = stand.clock {
            let clock = format!("{}/{}/clock", book.address(), kept.entry.id);
            next = next.link("Show the clock", clock).eyebrow(stand.clock.words()).urgent();
        } else {
            next = next.eyebrow(stand.clock.words());
        }
        Ok(Some(next))
    }

    fn due(&self, book: &Book, kept: &Kept, item: DueItem) -> Option<DueItem> {
        let Some(stand) = stand_of(book, kept) else { return Some(item) };
        Some(match (stand.clock, stand.next()) {
            (Clock::Running { .. }, Some(step)) => DueItem {
                what: format!("{}: {}", kept.title, step.title_within()),
                when: stand.clock.words(),
                late: stand.clock.is_late(),
                first: true,
                ..item
            },
            (Clock::Running { .. } | Clock::Told { .. } | Clock::NotNeeded | Clock::Closed, _) => item,
        })
    }
}

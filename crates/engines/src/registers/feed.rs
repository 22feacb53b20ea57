//! A calendar of what falls due for somebody (RFC 5545), at an address that whoever has it may read: it says how many
//! things of which register, how many are to be confirmed, and never a name.

use std::{collections::BTreeMap, net::IpAddr};

use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::{Span, Timestamp, civil::Date};
use kernel::{PersonId, SchoolTime, time::date_in_words};
use store::{
    Act, Actor, School, StoreError,
    entity::register_feed,
    ids,
    query::{ColumnTrait, ExprTrait},
    time::{millis, timestamp},
};
use webkit::{
    Page, PageError, PageResult, Routes, Session, Token, Visit, Who, html,
    throttle::{Pace, Throttle},
};

use super::due::DueCount;
use crate::{Engines, attestations, stored};

mod calendar;

/// What the digest of a token is made with.
const SECRET: &str = "register.feed";
/// How far ahead the calendar goes, in days; what is overdue stands on today.
const AHEAD: i64 = 370;
/// How long overdue things are looked for, in days.
const BACK: i64 = 3_650;
/// A calendar asks a few times an hour; more often is somebody's mistake.
const READS: Pace = Pace { free: 40, longest: 5 * 60, forget: 15 * 60 };

/// Slows down those who read too often, and those who guess.
pub(crate) struct Limits {
    guesses: Throttle<IpAddr>,
    reads: Throttle<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { guesses: Throttle::new(Pace::ADDRESS), reads: Throttle::new(READS) }
    }
}

/// The routes.
pub(super) fn routes() -> Routes<Engines> {
    Routes::new()
        .get("/due/feed", Who::SignedIn, show)
        .post("/due/feed", Who::SignedIn, make)
        .post("/due/feed/end", Who::SignedIn, end)
        .get("/due/feed/{token}", Who::Public, calendar)
}

#[derive(Template)]
#[template(path = "due/feed.html")]
struct FeedPage {
    page: Page,
    since: Option<String>,
    address: Option<String>,
}

async fn own(school: &School, person: PersonId) -> Result<Option<register_feed::Model>, StoreError> {
    school
        .read()
        .find::<register_feed::Entity>()
        .filter(register_feed::Column::PersonId.eq(person.0))
        .filter(register_feed::Column::EndedAt.is_null())
        .one()
        .await
}

async fn show(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let school = engines.school(session.school()).await?;
    let feed = stored(own(&school, session.person()).await)?;
    html(&page(&visit, feed.map(|row| timestamp(row.made_at)), None))
}

fn page(visit: &Visit, since: Option<Timestamp>, address: Option<String>) -> FeedPage {
    FeedPage {
        page: visit.page("Calendar of what is due").back("What waits for you", "/due"),
        since: since.map(|at| date_in_words(SchoolTime::new(at).date())),
        address,
    }
}

/// Makes an address, and shows it this once. The one before it ends.
async fn make(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let school = engines.school(session.school()).await?;
    let now = visit.now();
    let token = Token::new(session.school())?;
    let row = register_feed::Model {
        id: stored(ids::new_id(now))?,
        school_id: school.id().0,
        person_id: session.person().0,
        token_digest: token.digest(&school.secret(SECRET)).to_string(),
        made_at: millis(now),
        ended_at: None,
    };
    let act = Act::new("register.feed", Actor::Person(session.person())).about(session.person().0);
    let done = school.act(act, now, async |tx| {
        close(&tx, session.person(), now).await?;
        tx.insert(row).await
    });
    stored(done.await)?;
    let address = visit.absolute(&format!("/due/feed/{}.ics", token.reveal()));
    html(&page(&visit, Some(now), Some(address)))
}

/// Withdraws it.
async fn end(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let school = engines.school(session.school()).await?;
    let now = visit.now();
    let act = Act::new("register.feed-end", Actor::Person(session.person())).about(session.person().0);
    stored(school.act(act, now, async |tx| close(&tx, session.person(), now).await).await)?;
    Ok(visit.see_other_saying("/due/feed", "The address is withdrawn: calendars that have it see nothing any more."))
}

async fn close(tx: &store::Tx, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    let live = register_feed::Column::PersonId.eq(person.0).and(register_feed::Column::EndedAt.is_null());
    tx.change::<register_feed::Entity>().set(register_feed::Column::EndedAt, millis(now)).filter(live).run().await?;
    Ok(())
}

/// The calendar, for whoever has its address.
async fn calendar(State(engines): State<Engines>, visit: Visit, Path(name): Path<String>) -> PageResult {
    let now = visit.now();
    let limits = engines.feeds();
    if let Some(address) = visit.address()
        && let Some(seconds) = limits.guesses.wait(&address, now)
    {
        return Err(PageError::TooMany { seconds });
    }
    let Some((school, person)) = found(&engines, &name).await? else {
        if let Some(address) = visit.address() {
            limits.guesses.tried(address, now);
        }
        return Err(PageError::NotFound);
    };
    let digest = blake3::hash(name.as_bytes()).to_hex().to_string();
    if let Some(seconds) = limits.reads.wait(&digest, now) {
        return Err(PageError::TooMany { seconds });
    }
    limits.reads.tried(digest, now);
    let people = engines.ports().people(&school, now).await?;
    let Some(person) = people.into_iter().find(|one| one.id == person) else { return Err(PageError::NotFound) };
    let today = visit.school_time().date();
    let (from, to) = (today.saturating_sub(Span::new().days(BACK)), today.saturating_add(Span::new().days(AHEAD)));
    let counts = engines
        .due_counts(&school, (person.id, &person.subject), (from, to), now)
        .await
        .map_err(PageError::internal)?;
    let asked = attestations::due_counts(&engines, &school, person.id, (from, to), now).await?;
    let mut events = events(counts, today, &visit);
    events.extend(confirmations(asked, today, &visit));
    events.sort_by(|one, two| (one.on, &one.key).cmp(&(two.on, &two.key)));
    let text = calendar::write(school.name(), &events, now);
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"due.ics\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok::<Response, _>((headers, text).into_response())
}

/// Whose calendar it is; none where the token is of nobody, or withdrawn.
async fn found(engines: &Engines, name: &str) -> Result<Option<(School, PersonId)>, PageError> {
    let Some(token) = name.strip_suffix(".ics").and_then(Token::parse) else { return Ok(None) };
    let school = match engines.store().school_by_id(token.school()).await {
        Ok(school) => school,
        // A token that names a school which is not here is a token of nobody.
        Err(StoreError::NoSchool(_)) => return Ok(None),
        Err(error) => return Err(PageError::internal(error)),
    };
    let digest = token.digest(&school.secret(SECRET)).to_string();
    let row = school
        .read()
        .find::<register_feed::Entity>()
        .filter(register_feed::Column::TokenDigest.eq(digest))
        .filter(register_feed::Column::EndedAt.is_null())
        .one()
        .await;
    Ok(stored(row)?.map(|row| (school, PersonId(row.person_id))))
}

/// What the calendar shows: a day's things of a register together; what is overdue, on today.
fn events(counts: Vec<DueCount>, today: Date, visit: &Visit) -> Vec<calendar::Event> {
    let mut events: Vec<calendar::Event> = Vec::new();
    let mut late: Vec<DueCount> = Vec::new();
    for one in counts {
        if one.on < today {
            match late.iter_mut().find(|known| known.control == one.control) {
                Some(known) => known.number += one.number,
                None => late.push(one),
            }
            continue;
        }
        events.push(event(&one, one.on, "due", "due", visit));
    }
    events.extend(late.iter().map(|one| event(one, today, "overdue", "overdue", visit)));
    events
}

/// The days on which things are to be confirmed; those that are overdue, on today.
fn confirmations(asked: BTreeMap<Date, usize>, today: Date, visit: &Visit) -> Vec<calendar::Event> {
    let say = |number: usize| if number == 1 { "1 thing".to_owned() } else { format!("{number} things") };
    let event = |key: String, on: Date, summary: String| calendar::Event {
        key,
        on,
        summary,
        href: visit.absolute("/attestations"),
    };
    let late: usize = asked.range(..today).map(|(_, number)| number).sum();
    let mut events: Vec<calendar::Event> = asked
        .range(today..)
        .map(|(on, number)| event(format!("confirm-{on}"), *on, format!("{} to confirm", say(*number))))
        .collect();
    if late > 0 {
        events.push(event("confirm-overdue".to_owned(), today, format!("{} to confirm, overdue", say(late))));
    }
    events
}

fn event(one: &DueCount, on: Date, word: &str, show: &str, visit: &Visit) -> calendar::Event {
    let items = if one.number == 1 { &one.item } else { &one.items };
    let address = format!("/registers/{}?show={show}", one.control.replacen('.', "/", 1));
    // An overdue one moves with the days and stays one event; a due one belongs to its day.
    let key = if word == "due" { format!("{}-{on}", one.control) } else { format!("{}-{word}", one.control) };
    calendar::Event {
        key,
        on,
        summary: format!("{} {items} {word}: {}", one.number, one.register),
        href: visit.absolute(&address),
    }
}

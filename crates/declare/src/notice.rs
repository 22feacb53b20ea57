//! How a clause stands that people are told of.

use jiff::{Span, civil::Date};
use kernel::{Audience, Evidence, PersonId, Role, SchoolTime, Standing, time::date_in_words};

use crate::{
    Moment, Notice,
    sentence::grouped,
    standing::{Judgement, Person, means},
};

/// Who is told, and who has been.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The key of the binding: `label#n`.
    pub key: &'a str,
    /// Whom the clause tells.
    pub who: &'a Audience,
    /// At which moments, and whether each says that it was read.
    pub notice: &'a Notice,
    /// Since when the present text has been in force.
    pub since: Date,
    /// Everybody at the school.
    pub people: &'a [Person],
    /// Whether somebody has been shown the present text, or has read it.
    pub seen: &'a dyn Fn(PersonId) -> Seen,
    /// When the present text was last printed, sent or published.
    pub published: Option<Date>,
    /// The school's title for a role.
    pub titles: &'a dyn Fn(Role) -> String,
    /// The time.
    pub now: &'a SchoolTime,
}

/// How far somebody has taken note of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// Not at all.
    No,
    /// It was shown.
    Shown,
    /// The person said that it was read.
    Read,
}

/// How many days people have to read a new text.
pub const DAYS: i64 = 14;

impl Moment {
    /// Whether a text is published at the moment, rather than shown to each.
    pub fn publishes(self) -> bool {
        match self {
            Self::Letter | Self::WebPage | Self::Poster => true,
            Self::SignIn | Self::Session | Self::BlockPage | Self::HandIn | Self::Induction => false,
        }
    }
}

/// Judges how a clause stands by those who have been shown the present text, or have read it.
pub fn judge(told: &Told<'_>) -> Judgement {
    let mut count = Count::default();
    for person in told.people.iter().filter(|person| means(told.who, &person.subject)) {
        count.of += 1;
        match (told.seen)(person.id) {
            Seen::Read => {
                count.read += 1;
                count.shown += 1;
            }
            Seen::Shown => count.shown += 1,
            Seen::No => {}
        }
        let time = person.joined.filter(|joined| *joined > told.since).unwrap_or(told.since);
        if (told.seen)(person.id) != Seen::Read {
            let until = time.saturating_add(Span::new().days(DAYS));
            count.first = Some(count.first.map_or(until, |first| first.min(until)));
        }
    }
    let (standing, statement) = if told.notice.acknowledged { read(told, &count) } else { shown(told, &count) };
    let href = format!("/notices/{}", told.key.replace('#', "~"));
    let evidence = Evidence::new(statement, told.now.timestamp())
        .figure(
            "Told so far",
            format!(
                "{} of {}",
                grouped(if told.notice.acknowledged { count.read } else { count.shown }),
                grouped(count.of)
            ),
        )
        .link("See its notice", href);
    (standing, evidence)
}

#[derive(Default)]
struct Count {
    of: usize,
    shown: usize,
    read: usize,
    /// The first day by which somebody should have read it who has not.
    first: Option<Date>,
}

impl Count {
    fn so_far(&self, told: &Told<'_>, number: usize, done: &str) -> String {
        let who = told.who.in_words(told.titles);
        let has = if number == 1 { "has" } else { "have" };
        format!("{} of {} ({who}) {has} {done}.", grouped(number), grouped(self.of))
    }
}

/// Each must have said that it was read.
fn read(told: &Told<'_>, count: &Count) -> (Standing, String) {
    let says = count.so_far(told, count.read, "read it");
    let mend = || "Ask those who are missing to sign in and read it.".to_owned();
    match count {
        Count { of: 0, .. } => nobody(told),
        Count { of, read, .. } if of == read => (Standing::Kept, says),
        Count { read: 0, .. } => not_kept("Nobody has read it yet.".to_owned(), mend()),
        Count { first: Some(by), .. } if *by >= told.now.date() => (Standing::Due { by: *by, what: mend() }, says),
        Count { .. } => not_kept(says, mend()),
    }
}

/// It is shown to whoever comes by, or was published.
fn shown(told: &Told<'_>, count: &Count) -> (Standing, String) {
    if let Some(on) = told.published
        && told.notice.moments.iter().any(|moment| moment.publishes())
    {
        return (Standing::Kept, format!("Published on {}.", date_in_words(on)));
    }
    match count {
        Count { shown: 0, of: 0, .. } => nobody(told),
        Count { shown: 0, .. } => {
            let publishes = told.notice.moments.iter().all(|moment| moment.publishes());
            let (why, mend) = match publishes {
                true => ("It has not been published yet.", "Print, send or publish it."),
                false => ("It has been shown to nobody yet.", "Have somebody sign in, or hand it out."),
            };
            not_kept(why.to_owned(), mend.to_owned())
        }
        Count { of, shown, .. } if of == shown => (Standing::Kept, count.so_far(told, *shown, "been shown it")),
        Count { shown, .. } => {
            let says = count.so_far(told, *shown, "been shown it");
            (Standing::Kept, format!("{says} The others are shown it when they come by."))
        }
    }
}

fn nobody(told: &Told<'_>) -> (Standing, String) {
    let who = told.who.in_words(told.titles);
    (Standing::Untried, format!("There is nobody to tell at present ({who})."))
}

fn not_kept(why: String, mend: String) -> (Standing, String) {
    (Standing::NotKept { since: None, why: why.clone(), mend }, why)
}

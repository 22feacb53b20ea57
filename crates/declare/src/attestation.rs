//! How a clause stands that a person is asked to confirm.

use jiff::{Span, civil::Date};
use kernel::{Audience, Every, Evidence, Role, SchoolTime, Standing, time::date_in_words};

use crate::standing::Judgement;

/// Who is asked, how often, and what was answered.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The key of the binding: `label#n`.
    pub key: &'a str,
    /// Who is asked.
    pub by: &'a Audience,
    /// Whether anybody is among them.
    pub anybody: bool,
    /// How often.
    pub every: Every,
    /// Since when the clause has been in force.
    pub since: Date,
    /// The last answer.
    pub last: Option<&'a Answer>,
    /// The school's title for a role.
    pub titles: &'a dyn Fn(Role) -> String,
    /// The time.
    pub now: &'a SchoolTime,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// On which day.
    pub on: Date,
    /// The answer.
    pub given: Given,
    /// What was said: what was looked at, what is wrong, why it does not apply.
    pub words: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is so.
    Yes,
    /// It is not so.
    No {
        /// What will be done.
        mend: String,
        /// By when.
        mend_by: Option<Date>,
    },
    /// It does not apply at this school.
    NotApplicable,
}

/// How many days there are for the first answer, and how long before its day a later one is said to be due.
pub const DAYS: i64 = 14;

/// Judges how a clause stands by the last answer.
pub fn judge(asked: &Asked<'_>) -> Judgement {
    let who = capital(&asked.by.in_words(asked.titles));
    let today = asked.now.date();
    let (standing, statement) = match asked.last {
        _ if !asked.anybody => {
            let why = format!("{who} is to confirm this, and nobody holds that role.");
            not_kept(plural(why, asked.by), "Say in People who holds it.".to_owned())
        }
        None => first(asked, &who, today),
        Some(answer) => answered(asked, answer, &who, today),
    };
    let href = format!("/attestations/{}", asked.key.replace('#', "~"));
    let mut evidence = Evidence::new(statement, asked.now.timestamp()).link("See its confirmation", href);
    if let Some(answer) = asked.last {
        evidence = evidence.figure("Last answer", date_in_words(answer.on));
    }
    (standing, evidence)
}

fn first(asked: &Asked<'_>, who: &str, today: Date) -> (Standing, String) {
    let by = asked.since.saturating_add(Span::new().days(DAYS));
    if today <= by {
        let statement = format!("{who} is to confirm this by {}.", date_in_words(by));
        let what = "Answer whether it is so.".to_owned();
        return (Standing::Due { by, what }, plural(statement, asked.by));
    }
    let why = format!("{who} was to confirm this by {}, and has not.", date_in_words(by));
    not_kept(plural(why, asked.by), "Answer whether it is so.".to_owned())
}

fn answered(asked: &Asked<'_>, answer: &Answer, who: &str, today: Date) -> (Standing, String) {
    let on = date_in_words(answer.on);
    let next = asked.every.after(answer.on);
    let words = quoted(&answer.words);
    match &answer.given {
        Given::No { mend, mend_by } => {
            let why = format!("Answered with no on {on}{words}.");
            let by = mend_by.map(date_in_words);
            let mend = match (mend.trim().trim_end_matches('.'), by) {
                ("", None) => "Say what will be done, and by when.".to_owned(),
                ("", Some(by)) => format!("It is to be mended by {by}."),
                (mend, None) => format!("{}.", capital(mend)),
                (mend, Some(by)) => format!("{}, by {by}.", capital(mend)),
            };
            match mend_by.filter(|by| *by < today) {
                Some(by) => {
                    let late =
                        format!("Answered with no on {on}{words}; it was to be mended by {}.", date_in_words(by));
                    not_kept(late, mend)
                }
                None => not_kept(why, mend),
            }
        }
        Given::Yes | Given::NotApplicable if next < today => {
            let why = format!(
                "Last answered on {on}; {} to confirm it again by {}.",
                was(who, asked.by),
                date_in_words(next)
            );
            not_kept(why, "Look again, and answer whether it is still so.".to_owned())
        }
        Given::Yes | Given::NotApplicable => {
            let statement = match answer.given {
                Given::NotApplicable => format!("Said on {on} not to apply here{words}."),
                Given::Yes | Given::No { .. } => format!("Confirmed on {on}{words}."),
            };
            // What was only just answered is not due, however often it is asked.
            let half = i64::from((next - answer.on).get_days()) / 2;
            let soon = next.saturating_sub(Span::new().days(DAYS.min(half)));
            if today >= soon {
                let what = "Look again, and answer whether it is still so.".to_owned();
                return (Standing::Due { by: next, what }, statement);
            }
            (Standing::Kept, statement)
        }
    }
}

fn not_kept(why: String, mend: String) -> (Standing, String) {
    (Standing::NotKept { since: None, why: why.clone(), mend }, why)
}

/// What was said, after a colon, where something was.
fn quoted(words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    if words.is_empty() { String::new() } else { format!(": “{words}”") }
}

/// Whether several are spoken of: "staff are", "the headteacher is".
fn are_several(by: &Audience) -> bool {
    use kernel::AudienceAtom::{All, Class, Everyone, Group, Joiners, Relation, Role, Stage, Years};
    match by.atoms() {
        [Role(_) | Everyone | Class(_) | Group(_) | Relation(_)] => false,
        [All(_) | Years(..) | Stage(_) | Joiners] => true,
        _ => true,
    }
}

/// The sentence as it is said of several, where the audience are several.
fn plural(sentence: String, by: &Audience) -> String {
    if !are_several(by) {
        return sentence;
    }
    sentence
        .replacen(" is to confirm", " are to confirm", 1)
        .replacen(" was to confirm", " were to confirm", 1)
        .replacen(", and has not.", ", and have not.", 1)
        .replacen("nobody holds that role", "there is nobody of them", 1)
}

fn was(who: &str, by: &Audience) -> String {
    let mut letters = who.chars();
    let who: String = letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect());
    format!("{who} {}", if are_several(by) { "were" } else { "was" })
}

fn capital(text: &str) -> String {
    crate::sentence::capital(text)
}

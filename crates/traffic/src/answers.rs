//! Answers that somebody waits for: to a request for a site, to a report of a failure. They stand on the home of whoever
//! asked, for a while.

use jiff::{SignedDuration, Timestamp};
use kernel::PersonId;
use store::{
    School, StoreError,
    entity::{filter_failure, filter_request},
    query::ColumnTrait as _,
    time::millis,
};

/// For how long an answer stands on the home: over a weekend. Later it is found where it was asked.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 3);

/// How many answers of each sort stand there.
const AT_MOST: u64 = 3;

/// An answer that somebody has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What about.
    pub title: &'static str,
    /// The answer, with the site where there is one.
    pub says: String,
    /// Where all of their answers stand.
    pub href: &'static str,
}

/// What this person was answered lately, of each sort the newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn lately(school: &School, person: PersonId, now: Timestamp) -> Result<Vec<Answered>, StoreError> {
    let (read, from) = (school.read(), millis(now - SHOWN));
    let requests = {
        use filter_request::Column;
        let mine = read.find::<filter_request::Entity>().filter(Column::PersonId.eq(person.0));
        let lately = mine.filter(Column::AnsweredAt.gte(from)).descending(Column::AnsweredAt);
        lately.limit(AT_MOST).all().await?
    };
    let failures = {
        use filter_failure::Column;
        let mine = read.find::<filter_failure::Entity>().filter(Column::PersonId.eq(person.0));
        let lately = mine.filter(Column::AnsweredAt.gte(from)).descending(Column::AnsweredAt);
        lately.limit(AT_MOST).all().await?
    };
    let requests = requests.into_iter().map(|row| Answered {
        title: "What you asked for",
        says: of_site(&row.site, row.answer),
        href: "/filter/ask",
    });
    let failures = failures.into_iter().map(|row| Answered {
        title: "What you reported",
        says: of_site(&row.site, row.answer),
        href: "/filter/failures/report",
    });
    Ok(requests.chain(failures).collect())
}

fn of_site(site: &str, answer: Option<String>) -> String {
    let answer = answer.unwrap_or_default();
    if site.is_empty() { answer } else { format!("{site}: {answer}") }
}

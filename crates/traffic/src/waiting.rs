//! What of filtering waits for somebody: a change for a second person, requests, reports of failures. For the list of
//! their home.

use jiff::Timestamp;
use store::{
    School, StoreError,
    entity::{filter_change, filter_failure},
    query::{ColumnTrait as _, Condition},
    time::millis,
};
use webkit::{Action, Rights, Session};

use crate::{changes::status, provides::Provides, requests::service as requests};

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What to do.
    pub what: String,
    /// Why.
    pub why: &'static str,
    /// Where.
    pub href: &'static str,
    /// Whether its time is over.
    pub late: bool,
}

fn counted(number: u64, one: &str, many: &str) -> String {
    if number == 1 { one.to_owned() } else { many.replace("{}", &number.to_string()) }
}

/// What waits for the person of `session`.
///
/// # Errors
/// Where the store refuses.
pub async fn waiting(
    school: &School,
    provides: &Provides,
    session: &Session,
    rights: &Rights,
    now: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    let (read, may) = (school.read(), |action| rights.allow(session.roles(), action));
    let mut all = Vec::new();
    if may(Action::ChangeFilter)
        && provides.change.is_some()
        && status::holds(school, provides, session.person()).await?
    {
        use filter_change::Column;
        let me = session.person().0;
        let holds = Condition::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(millis(now)));
        let begin = Condition::all().add(Column::State.eq("waiting")).add(Column::AskedBy.ne(me));
        let undo = Condition::all().add(Column::State.eq("active")).add(Column::EndAskedBy.ne(me));
        let found = read.find::<filter_change::Entity>().filter(holds).filter(Condition::any().add(begin).add(undo));
        let number = found.count().await?;
        if number > 0 {
            all.push(Waiting {
                what: counted(
                    number,
                    "Agree to a change to filtering, or not",
                    "Agree to {} changes to filtering, or not",
                ),
                why: "Somebody asked, and it takes a second person",
                href: "/filter/changes",
                late: false,
            });
        }
    }
    if may(Action::HandleFailures) {
        use filter_failure::Column;
        let open = || read.find::<filter_failure::Entity>().filter(Column::State.ne("answered"));
        let number = open().count().await?;
        if number > 0 {
            all.push(Waiting {
                what: counted(number, "See to a failure of the filter", "See to {} failures of the filter"),
                why: "Somebody reported it and waits for an answer",
                href: "/filter/failures",
                late: open().filter(Column::DueAt.lt(millis(now))).any().await?,
            });
        }
    }
    if may(Action::AnswerRequests) {
        let number = u64::try_from(requests::open(school).await?.len()).unwrap_or(u64::MAX);
        if number > 0 {
            all.push(Waiting {
                what: counted(number, "Answer a request for a site", "Answer {} requests for sites"),
                why: "Somebody met a closed site and asked for it",
                href: "/filter/requests",
                late: false,
            });
        }
    }
    Ok(all)
}

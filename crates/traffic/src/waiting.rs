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

use crate::{
    changes::status,
    checks::service as checks,
    lists::{feeds, service, smaller},
    matches::service as matches,
    provides::Provides,
    requests::service as requests,
};

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
    let tell = provides.checks.as_ref().and_then(|it| it.tell.as_ref());
    if tell.map_or_else(|| may(Action::HandleFailures), |tell| tell.contains(session.subject())) {
        let failed = checks::waiting(school).await?;
        if failed > 0 {
            all.push(Waiting {
                what: counted(
                    u64::try_from(failed).unwrap_or(u64::MAX),
                    "See to a check of the filter that failed",
                    "See to {} checks of the filter that failed",
                ),
                why: "The filter was tried, and something was not as it should be",
                href: "/filter/checks",
                late: true,
            });
        }
    }
    if may(Action::OpenSealed) {
        let number = matches::lately(school, now).await?;
        if number > 0 {
            all.push(Waiting {
                what: counted(
                    number,
                    "See to a request for illegal material that was refused",
                    "See to {} requests for illegal material that were refused",
                ),
                why: "Somebody may need help. The addresses are locked",
                href: "/filter/sealed",
                late: true,
            });
        }
        let asked = matches::asked_lately(school, now).await?.len();
        if asked >= matches::MANY {
            all.push(Waiting {
                what: format!("Somebody asked {asked} times about addresses that nobody may open"),
                why: "In the last 7 days",
                href: "/filter/sealed",
                late: true,
            });
        }
    }
    if may(Action::ManageLists) {
        let stale = feeds::all(school).await?.into_iter().filter(|feed| !feed.is_fresh(now) || feed.fault.is_some());
        let stale: Vec<_> = stale.map(|feed| feed.list).collect();
        if !stale.is_empty() {
            all.push(Waiting {
                what: format!("Take in the next sealed feed of {}", stale.join(", ")),
                why: "The one in use is not fresh, or the last one was refused",
                href: "/filter/lists",
                late: true,
            });
        }
    }
    if may(Action::ManageLists) {
        let held = smaller::waiting(school).await?;
        if held > 0 {
            all.push(Waiting {
                what: counted(
                    held,
                    "Look at a list of sites that came back much smaller or changed",
                    "Look at {} lists of sites that came back much smaller or changed",
                ),
                why: "The list before stays in force until somebody accepts the one that came",
                href: "/filter/lists",
                late: true,
            });
        }
    }
    if may(Action::ManageLists) {
        let failed = service::failed(school).await?;
        if !failed.is_empty() {
            all.push(Waiting {
                what: format!("See why no newer list came for {}", failed.join(", ")),
                why: "The last good copy stays in use",
                href: "/filter/lists",
                late: false,
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

//! What if a draft had been in force, or a change had held: the requests of past weeks from the activity log, decided
//! again by the rules of today and by the others, with the lists of today.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use activity::{ActivityLog, Alike, PersonKey, Scheme, Who};
use anyhow::Context as _;
use async_trait::async_trait;
use filter::{
    Address, Host, Snapshot,
    what_if::{Asked, Outlook, WhatIf},
};
use governance::drafts::service::{self as drafts, DraftError};
use jiff::{Span, Timestamp, civil::Date};
use kernel::{Capacity, Owner, PersonId, Place, Role, SchoolId, SchoolTime, Signed, Subject, Viewer};
use traffic::what_if::{DraftName, Foreseen, Foresight, NOBODY, NotForeseen, Tried};
use webkit::PortError;

use crate::live::Live;

/// The days that are looked at where nothing else is said.
pub(crate) const USUAL_DAYS: u16 = 28;
/// The most days.
pub(crate) const MOST_DAYS: u16 = 366;

/// What a draft would have changed.
#[derive(Debug)]
pub(crate) struct Replay {
    /// The first day that was looked at.
    pub(crate) from: Date,
    /// The last day: today, up to now.
    pub(crate) to: Date,
    /// What would have been otherwise.
    pub(crate) outlook: Outlook,
    /// Requests whose address cannot be read any more. They are in no figure of the outlook.
    pub(crate) unreadable: u64,
    /// Whether the whole log could be read.
    pub(crate) complete: bool,
}

/// Decides the requests of so many days again, today's up to now among them.
///
/// People are taken as they are today (signature, groups), with the roles, year and classes that the log kept of them.
///
/// # Errors
/// Where the activity log cannot answer.
pub(crate) async fn replay(
    live: &Live,
    log: &dyn ActivityLog,
    then: Snapshot,
    days: u16,
    now: &SchoolTime,
) -> anyhow::Result<Replay> {
    let school = &live.installation().school;
    let people = Arc::new(known_people(live));
    let today = live.rules().load_full();
    let then = Arc::new(then);
    let to = now.date();
    let from = to.saturating_sub(Span::new().days(i64::from(days.clamp(1, MOST_DAYS)) - 1));
    let mut whole = Sum::default();
    let mut day = from;
    while day <= to {
        let requests = log.alike(school.id(), day).await.context("the activity log cannot be read")?;
        let (people, now_rules, draft_rules) = (Arc::clone(&people), Arc::clone(&today), Arc::clone(&then));
        let decided = tokio::task::spawn_blocking(move || decide_day(&requests, &people, &now_rules, &draft_rules));
        whole.add(decided.await.context("the deciding was cut off")?);
        day = day.saturating_add(Span::new().days(1));
    }
    let status = log.status(school.id());
    let complete = status.unreadable.is_empty() && status.unseen_journals == 0;
    Ok(Replay { from, to, outlook: whole.outlook(), unreadable: whole.unreadable, complete })
}

/// What the days have in common.
#[derive(Default)]
struct Sum {
    parts: Vec<Outlook>,
    unreadable: u64,
}

impl Sum {
    fn add(&mut self, (outlook, unreadable): (Outlook, u64)) {
        self.parts.push(outlook);
        self.unreadable += unreadable;
    }

    fn outlook(&mut self) -> Outlook {
        std::mem::take(&mut self.parts).into_iter().reduce(Outlook::and).unwrap_or_default()
    }
}

/// Who is at the school today, by pseudonym.
fn known_people(live: &Live) -> HashMap<PersonKey, Known> {
    let school = &live.installation().school;
    let members = live.inner().members.load();
    let known = |(person, (subject, signed)): (&PersonId, &(Subject, Signed))| {
        let known = Known { person: *person, subject: subject.clone(), signed: *signed };
        (traffic::monitor::pseudonym(school, *person), known)
    };
    members.iter().map(known).collect()
}

struct Known {
    person: PersonId,
    subject: Subject,
    signed: Signed,
}

fn decide_day(
    requests: &[Alike],
    people: &HashMap<PersonKey, Known>,
    today: &Snapshot,
    then: &Snapshot,
) -> (Outlook, u64) {
    let mut what_if = WhatIf::new(today, then);
    let mut unreadable = 0;
    let mut audiences: BTreeMap<(Option<kernel::Year>, Vec<Role>), String> = BTreeMap::new();
    for request in requests {
        let Some(address) = address_of(request) else {
            unreadable += request.rows;
            continue;
        };
        let viewer = viewer_of(&request.who, people);
        let key = (viewer.subject.year, viewer.subject.roles.iter().copied().collect());
        let audience = audiences.entry(key).or_insert_with(|| audience_of(&viewer.subject));
        let at = SchoolTime::new(request.at);
        let times = request.rows;
        what_if.ask(&Asked { address: &address, viewer: &viewer, audience, at: &at, times });
    }
    (what_if.finish(), unreadable)
}

fn address_of(request: &Alike) -> Option<Address> {
    let scheme = match request.scheme {
        Scheme::Http => filter::Scheme::Http,
        Scheme::Https | Scheme::Dns => filter::Scheme::Https,
        Scheme::Other => return None,
    };
    Some(Address::new(scheme, Host::parse(&request.host).ok()?, request.port, request.path.as_deref()))
}

/// Who asked: as the log kept them, and, where they are still here, their groups and signature of today. Of somebody who
/// left the signature is not known any more; it does not hold them back.
fn viewer_of(who: &Who, people: &HashMap<PersonKey, Known>) -> Viewer {
    let known = who.person.as_ref().and_then(|key| people.get(key));
    let base = known.map(|known| known.subject.clone()).unwrap_or_default();
    Viewer {
        person: known.map(|known| known.person),
        subject: Subject { roles: who.roles.clone(), year: who.year, classes: who.classes.clone(), ..base },
        device: None,
        owner: Owner::Unknown,
        place: who.place.clone().unwrap_or(Place::School),
        how: who.how,
        signed: match known {
            Some(known) => known.signed,
            None if who.roles.is_empty() => Signed::No,
            None => Signed::NotAsked,
        },
        suspended: false,
    }
}

/// How a page names those to whom somebody belongs.
fn audience_of(subject: &Subject) -> String {
    if let Some(year) = subject.year {
        return year.title();
    }
    let names = [
        (Capacity::Staff, "Staff"),
        (Capacity::Governor, "Governors"),
        (Capacity::Parent, "Parents"),
        (Capacity::Pupil, "Pupils without a year"),
    ];
    let name = names.into_iter().find(|(capacity, _)| subject.has_capacity(*capacity)).map(|(_, name)| name);
    name.unwrap_or(if subject.roles.is_empty() { NOBODY } else { "Others" }).to_owned()
}

/// Decides again for the desk, one question at a time.
pub(crate) struct Foreseer {
    live: Live,
    log: Arc<dyn ActivityLog>,
    /// Held while something is tried out: it takes as much of the machine as there is.
    at_work: tokio::sync::Mutex<()>,
}

impl Foreseer {
    /// With the activity log of the running installation.
    pub(crate) fn new(live: Live, log: Arc<dyn ActivityLog>) -> Self {
        Self { live, log, at_work: tokio::sync::Mutex::default() }
    }

    /// The rules that are tried out.
    async fn rules_of(&self, tried: Tried, now: Timestamp) -> Result<Snapshot, NotForeseen> {
        let school = &self.live.installation().school;
        let rules = match tried {
            Tried::Draft(id) => {
                let draft = drafts::one(school, id).await.map_err(|error| match error {
                    DraftError::Unknown => NotForeseen::Unknown,
                    error @ (DraftError::Changed
                    | DraftError::Closed
                    | DraftError::TooLarge
                    | DraftError::TooMany
                    | DraftError::OtherSchool
                    | DraftError::Damaged(_)
                    | DraftError::Store(_)) => PortError::new("read a draft", error).into(),
                })?;
                if !draft.state.is_live() {
                    return Err(NotForeseen::Unknown);
                }
                let (_, policy) = draft.digest(now).ok_or(NotForeseen::Faulty)?;
                self.live.supposing(&policy, None, now).await
            }
            Tried::Change(id) => {
                let waits = traffic::changes::waits_for_second(school, id, now).await;
                let waits = waits.map_err(|error| PortError::new("read a change", error))?;
                let in_force = self.live.policy().filter(|_| waits).ok_or(NotForeseen::Unknown)?;
                self.live.supposing(&in_force.policy, Some(id), now).await
            }
        };
        rules.map_err(|error| PortError::new("read what people changed", error).into())
    }
}

#[async_trait]
impl Foresight for Foreseer {
    async fn drafts(&self, _: SchoolId, _: Timestamp) -> Result<Vec<DraftName>, PortError> {
        let all = drafts::all(&self.live.installation().school).await;
        let all = all.map_err(|error| PortError::new("read the drafts", error))?;
        let live = all.into_iter().filter(|draft| draft.state.is_live());
        Ok(live.map(|draft| DraftName { id: draft.id, title: draft.title }).collect())
    }

    async fn foresee(&self, _: SchoolId, tried: Tried, days: u16, now: Timestamp) -> Result<Foreseen, NotForeseen> {
        let _alone = self.at_work.try_lock().map_err(|_| NotForeseen::Busy)?;
        let then = self.rules_of(tried, now).await?;
        let replayed = replay(&self.live, &*self.log, then, days, &SchoolTime::new(now)).await;
        let Replay { from, to, outlook, unreadable, complete } =
            replayed.map_err(|error| PortError::new("decide past requests again", error))?;
        Ok(Foreseen { from, to, outlook, unreadable, complete })
    }
}

//! "Tell someone": what a child, or anybody, tells a trusted adult. The words are sealed; only who looks
//! after children reads them, and each reading is an act.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use kernel::{PersonId, Role, SchoolTime};
use store::{
    Act, Actor, School, StoreError,
    entity::{incident_report, people_person},
    ids,
    query::{ColumnTrait, FromQueryResult, QuerySelect},
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit, Session, kit::PageNumber, permit::MayReadConcerns};

use super::{Access, AccessError, subjects};

const PURPOSE: &str = "incident.report";

/// What happened, as the pictures say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Somebody was unkind.
    Unkind,
    /// Saw something bad.
    Scary,
    /// A stranger wrote.
    Stranger,
    /// Something else.
    Other,
}

impl What {
    /// Reads the value of the form.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unkind" => Some(Self::Unkind),
            "scary" => Some(Self::Scary),
            "stranger" => Some(Self::Stranger),
            "other" => Some(Self::Other),
            _ => None,
        }
    }

    /// As an adult reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unkind => "Someone was unkind",
            Self::Scary => "Saw something bad",
            Self::Stranger => "A stranger wrote",
            Self::Other => "Something else",
        }
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Told {
    what: Option<What>,
    words: String,
}

/// Somebody to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Who.
    pub id: PersonId,
    /// "Priya Nair".
    pub name: String,
    /// What the person is to a child: "keeps us safe".
    pub is: &'static str,
}

/// A message as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The row.
    pub id: Uuid,
    /// Who told, where that is known.
    pub from: String,
    /// Who was chosen, if anybody.
    pub told: Option<String>,
    /// What happened.
    pub what: Option<What>,
    /// The words.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// Since when it has been read.
    pub seen: Option<Timestamp>,
}

/// Messages as a page shows them: those of one person that came soon after each other stand together.
pub struct Messages {
    /// Those that nobody had read, the longest waiting first.
    pub waiting: Vec<Vec<Message>>,
    /// Those that were read before, the newest first.
    pub before: Vec<Vec<Message>>,
    /// How many nobody has read and this page does not show.
    pub left: u64,
    /// How many were read before, on all pages.
    pub read: u64,
}

/// How many that were read a page shows.
pub const ON_A_PAGE: u64 = 100;

/// How many people's messages, and how many of each, a page shows of those that nobody has read.
const ENTRIES: usize = 100;
const TEXTS: usize = 50;

/// Messages of one person that come within so many milliseconds of each other stand together: an hour.
const SOON: i64 = 60 * 60 * 1_000;

/// Whether somebody is among those to tell.
type Fits<'a> = Box<dyn Fn(&subjects::Member) -> bool + Send + 'a>;

impl Access {
    /// Whom a person can tell: own class teachers, the safeguarding lead, the head.
    pub async fn listeners(
        &self,
        school: &School,
        session: &Session,
        now: Timestamp,
    ) -> Result<Vec<Listener>, AccessError> {
        let members = subjects::all(&school.read(), SchoolTime::new(now).date()).await?;
        let mut found: Vec<Listener> = Vec::new();
        let groups: [(&str, Fits<'_>); 3] = [
            (
                "your teacher",
                Box::new(|member| {
                    member.subject.has_capacity(kernel::Capacity::Staff)
                        && !member.subject.classes.is_disjoint(&session.subject().classes)
                }),
            ),
            ("keeps us safe", Box::new(|member| member.subject.roles.contains(&Role::SafeguardingLead))),
            ("headteacher", Box::new(|member| member.subject.roles.contains(&Role::Headteacher))),
        ];
        let mut known: Vec<&subjects::Member> = members.values().collect();
        known.sort_by(|one, two| (&one.family, &one.given, one.id).cmp(&(&two.family, &two.given, two.id)));
        for (is, fits) in groups {
            for member in known.iter().filter(|member| member.id != session.person() && fits(member)) {
                if found.len() < 6 && !found.iter().any(|before| before.id == member.id) {
                    found.push(Listener { id: member.id, name: member.full_name(), is });
                }
            }
        }
        Ok(found)
    }

    /// Writes down what somebody told.
    pub async fn tell(
        &self,
        school: &School,
        from: PersonId,
        what: Option<What>,
        told: Option<PersonId>,
        words: &str,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let text = serde_json::to_vec(&Told { what, words: words.trim().chars().take(5_000).collect() })
            .map_err(|_| StoreError::Damaged { what: "a message" })?;
        let row = incident_report::Model {
            id: ids::new_id(now)?,
            school_id: school.id().0,
            person_id: Some(from.0),
            told_person_id: told.map(|told| told.0),
            words: school.seal(PURPOSE, &text)?,
            raised_at: millis(now),
            seen_at: None,
            seen_by: None,
        };
        // The subject is the message, not the child: who tells is in the sealed row alone.
        let act = Act::new("incident.report", Actor::Gatehouse).about(row.id);
        school.act(act, now, async |tx| tx.insert(row).await).await?;
        Ok(())
    }

    /// How many messages nobody has read.
    pub async fn unread(&self, school: &School) -> Result<u64, AccessError> {
        Ok(school
            .read()
            .find::<incident_report::Entity>()
            .filter(incident_report::Column::SeenAt.is_null())
            .count()
            .await?)
    }

    /// A page of the messages: on the first those that nobody has read, the longest waiting first, then those that were
    /// read, the newest first. What a page shows is read from then on, and that is an act.
    pub async fn read_messages(
        &self,
        school: &School,
        may: &MayReadConcerns,
        page: PageNumber,
        now: Timestamp,
    ) -> Result<Messages, AccessError> {
        use incident_report::Column;
        let rows = school.read();
        let seen = || rows.find::<incident_report::Entity>().filter(Column::SeenAt.is_not_null());
        let read = seen().count().await?;
        let before = seen().descending(Column::RaisedAt).descending(Column::Id).offset(page.offset(ON_A_PAGE));
        let before = before.limit(ON_A_PAGE).all().await?;
        let unread = self.unread(school).await?;
        let waiting = if page.number() == 1 { first_waiting(school).await? } else { Vec::new() };
        let new: Vec<Uuid> = waiting.iter().flatten().map(|row| row.id).collect();
        let left = unread.saturating_sub(u64::try_from(new.len()).unwrap_or(u64::MAX));
        let mut names = HashMap::new();
        let mut messages = Messages { waiting: Vec::new(), before: Vec::new(), left, read };
        for group in waiting {
            messages.waiting.push(told(school, group, &mut names).await?);
        }
        for group in grouped(before, |row| (row.person_id, row.raised_at)) {
            messages.before.push(told(school, group, &mut names).await?);
        }
        let by = may.by();
        let mut acts = vec![Act::new("incident.read-reports", by)];
        acts.extend(new.iter().map(|id| Act::new("incident.read-report", by).about(*id)));
        school
            .act_many(acts, now, async move |tx| {
                for some in new.chunks(500) {
                    tx.change::<incident_report::Entity>()
                        .set(Column::SeenAt, millis(now))
                        .set(Column::SeenBy, by.0)
                        .filter(Column::Id.is_in(some.iter().copied()))
                        .filter(Column::SeenAt.is_null())
                        .run()
                        .await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(messages)
    }

    /// Whether anybody here holds one of the `roles` that read messages at present: without one, a promise to children
    /// would be empty.
    pub async fn somebody_reads(
        &self,
        school: &School,
        roles: &BTreeSet<Role>,
        now: Timestamp,
    ) -> Result<bool, AccessError> {
        let members = subjects::all(&school.read(), SchoolTime::new(now).date()).await?;
        Ok(members.values().any(|member| !member.subject.roles.is_disjoint(roles)))
    }
}

/// Of a message, who sent it and when.
#[derive(FromQueryResult)]
struct Sent {
    id: Uuid,
    person_id: Option<Uuid>,
    raised_at: i64,
}

/// The rows, those of one person that came soon after each other together: however often somebody sends, another's message
/// stands beside theirs and not behind it.
fn grouped<T>(rows: Vec<T>, sent: impl Fn(&T) -> (Option<Uuid>, i64)) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut newest: HashMap<Uuid, usize> = HashMap::new();
    for row in rows {
        let (person, at) = sent(&row);
        let known = person.and_then(|person| newest.get(&person)).and_then(|nth| groups.get_mut(*nth));
        let near = |group: &&mut Vec<T>| group.last().is_some_and(|last| (at - sent(last).1).abs() <= SOON);
        match known.filter(near) {
            Some(group) => group.push(row),
            None => {
                newest.extend(person.map(|person| (person, groups.len())));
                groups.push(vec![row]);
            }
        }
    }
    groups
}

/// Of those that nobody has read, the groups that one page shows. What is left over comes at the next opening.
async fn first_waiting(school: &School) -> Result<Vec<Vec<incident_report::Model>>, StoreError> {
    use incident_report::Column;
    let rows = school.read();
    // All of them are looked through, without their words.
    let sent: Vec<Sent> = rows
        .find::<incident_report::Entity>()
        .filter(Column::SeenAt.is_null())
        .ascending(Column::RaisedAt)
        .ascending(Column::Id)
        .with(|select| select.select_only().columns([Column::Id, Column::PersonId, Column::RaisedAt]))
        .all_as()
        .await?;
    let mut waiting = Vec::new();
    for group in grouped(sent, |row| (row.person_id, row.raised_at)).into_iter().take(ENTRIES) {
        let ids = group.into_iter().take(TEXTS).map(|row| row.id);
        let found = rows.find::<incident_report::Entity>().filter(Column::Id.is_in(ids));
        waiting.push(found.ascending(Column::RaisedAt).ascending(Column::Id).all().await?);
    }
    Ok(waiting)
}

/// A group of messages as it is read.
async fn told(
    school: &School,
    group: Vec<incident_report::Model>,
    names: &mut HashMap<Uuid, Option<String>>,
) -> Result<Vec<Message>, AccessError> {
    let mut messages = Vec::with_capacity(group.len());
    for row in group {
        let told: Told = serde_json::from_slice(&school.unseal(PURPOSE, &row.words)?)
            .map_err(|_| StoreError::Damaged { what: "a message" })?;
        messages.push(Message {
            id: row.id,
            from: name(school, row.person_id, names).await?.unwrap_or_else(|| "Somebody".to_owned()),
            told: name(school, row.told_person_id, names).await?,
            what: told.what,
            words: told.words,
            at: timestamp(row.raised_at),
            seen: row.seen_at.map(timestamp),
        });
    }
    Ok(messages)
}

async fn name(
    school: &School,
    id: Option<Uuid>,
    known: &mut HashMap<Uuid, Option<String>>,
) -> Result<Option<String>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let row = school.read().get::<people_person::Entity>(id).await?;
    let name = row.map(|row| format!("{} {}", row.preferred_name.unwrap_or(row.given_name), row.family_name));
    known.insert(id, name.clone());
    Ok(name)
}

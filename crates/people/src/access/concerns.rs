//! "Tell someone": what a child, or anybody, tells a trusted adult. The words are sealed; only who looks
//! after children reads them, and each reading is an act.

use jiff::Timestamp;
use kernel::{PersonId, Role, SchoolTime};
use store::{
    Act, Actor, School, StoreError,
    entity::{incident_report, people_person, people_role},
    ids,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit, Session, permit::MayReadConcerns};

use super::{Access, AccessError};

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

/// Whether somebody is among those to tell.
type Fits<'a> = Box<dyn Fn(&super::subjects::Member) -> bool + Send + 'a>;

impl Access {
    /// Whom a person can tell: own class teachers, the safeguarding lead, the head.
    pub async fn listeners(
        &self,
        school: &School,
        session: &Session,
        now: Timestamp,
    ) -> Result<Vec<Listener>, AccessError> {
        let members = super::subjects::all(&school.read(), SchoolTime::new(now).date()).await?;
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
        let mut known: Vec<&super::subjects::Member> = members.values().collect();
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

    /// The messages, the newest first; opening the list marks them as read, and is an act.
    pub async fn read_messages(
        &self,
        school: &School,
        may: &MayReadConcerns,
        now: Timestamp,
    ) -> Result<Vec<Message>, AccessError> {
        let rows = school
            .read()
            .find::<incident_report::Entity>()
            .descending(incident_report::Column::RaisedAt)
            .limit(200)
            .all()
            .await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            let told: Told = serde_json::from_slice(&school.unseal(PURPOSE, &row.words)?)
                .map_err(|_| StoreError::Damaged { what: "a message" })?;
            messages.push(Message {
                id: row.id,
                from: name(school, row.person_id).await?.unwrap_or_else(|| "Somebody".to_owned()),
                told: name(school, row.told_person_id).await?,
                what: told.what,
                words: told.words,
                at: timestamp(row.raised_at),
                seen: row.seen_at.map(timestamp),
            });
        }
        let new: Vec<Uuid> = rows.iter().filter(|row| row.seen_at.is_none()).map(|row| row.id).collect();
        let by = may.by();
        let mut acts = vec![Act::new("incident.read-reports", by)];
        acts.extend(new.iter().map(|id| Act::new("incident.read-report", by).about(*id)));
        school
            .act_many(acts, now, async move |tx| {
                if !new.is_empty() {
                    tx.change::<incident_report::Entity>()
                        .set(incident_report::Column::SeenAt, millis(now))
                        .set(incident_report::Column::SeenBy, by.0)
                        .filter(incident_report::Column::Id.is_in(new))
                        .filter(incident_report::Column::SeenAt.is_null())
                        .run()
                        .await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(messages)
    }

    /// Whether anybody holds a role that reads messages: without one, a promise to children would be empty.
    pub async fn somebody_reads(&self, school: &School) -> Result<bool, AccessError> {
        let roles = [Role::SafeguardingLead.id(), Role::Headteacher.id()];
        Ok(school
            .read()
            .find::<people_role::Entity>()
            .filter(people_role::Column::Role.is_in(roles))
            .filter(people_role::Column::UntilOn.is_null())
            .any()
            .await?)
    }
}

async fn name(school: &School, id: Option<Uuid>) -> Result<Option<String>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let row = school.read().get::<people_person::Entity>(id).await?;
    Ok(row.map(|row| format!("{} {}", row.preferred_name.unwrap_or(row.given_name), row.family_name)))
}

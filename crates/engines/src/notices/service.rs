//! Who was shown what, who has read it, and what was printed, sent or hung up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use declare::Moment;
use jiff::{Timestamp, civil::Date};
use kernel::{Digest, PersonId, SchoolTime};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::{notice_issue, notice_view},
    ids,
    query::{ColumnTrait, FromQueryResult, QuerySelect},
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Session, permit::Named};

use super::told::Item;
use crate::{InForce, Person};

/// What the act of reading is called in the ledger.
pub const READ: &str = "notice.read";
/// What the act of issuing is called.
pub const ISSUE: &str = "notice.issue";

/// What one person has seen of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When it was first shown.
    pub shown: Timestamp,
    /// When the person said that it was read.
    pub read: Option<Timestamp>,
}

/// The texts that a person has seen, by the key of the binding and the digest.
pub type OfPerson = HashMap<(String, String), Seen>;

/// What a person has seen.
///
/// # Errors
/// Where the store refuses.
pub async fn of_person(school: &School, person: PersonId) -> Result<OfPerson, StoreError> {
    let rows =
        school.read().find::<notice_view::Entity>().filter(notice_view::Column::PersonId.eq(person.0)).all().await?;
    let seen = |row: notice_view::Model| {
        let seen = Seen { shown: timestamp(row.shown_at), read: row.read_at.map(timestamp) };
        ((row.notice, row.digest), seen)
    };
    Ok(rows.into_iter().map(seen).collect())
}

/// A text of a notice, as it was shown to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key of its binding.
    pub key: String,
    /// The label of its clause.
    pub label: Option<String>,
    /// The digest of the text.
    pub digest: Digest,
    /// At which moment.
    pub moment: Moment,
}

/// The word of a moment in rows.
pub(super) fn word(moment: Moment) -> &'static str {
    match moment {
        Moment::SignIn => "sign-in",
        Moment::Session => "session",
        Moment::BlockPage => "block-page",
        Moment::HandIn => "hand-in",
        Moment::Induction => "induction",
        Moment::Letter => "letter",
        Moment::WebPage => "web-page",
        Moment::Poster => "poster",
    }
}

/// Notes that a person was shown texts. Nobody decides it, so it is no act.
///
/// # Errors
/// Where the store refuses.
pub async fn note_shown(
    school: &School,
    person: PersonId,
    known: &OfPerson,
    shown: Vec<Shown>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let fresh = |one: &Shown| !known.contains_key(&(one.key.clone(), one.digest.to_string()));
    let rows: Vec<_> = shown
        .iter()
        .filter(|one| fresh(one))
        .map(|one| row(school, person, one, None, now))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    let noted = school
        .bookkeep(now, async move |tx| {
            for row in rows {
                tx.insert(row).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await;
    match noted {
        // Two windows of one person: the other one has noted it.
        Err(StoreError::Duplicate(_)) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}

fn row(
    school: &School,
    person: PersonId,
    shown: &Shown,
    read: Option<Timestamp>,
    now: Timestamp,
) -> Result<notice_view::Model, StoreError> {
    Ok(notice_view::Model {
        id: ids::new_id(now)?,
        school_id: school.id().0,
        notice: shown.key.clone(),
        digest: shown.digest.to_string(),
        person_id: person.0,
        moment: word(shown.moment).to_owned(),
        shown_at: millis(now),
        read_at: read.map(millis),
    })
}

/// Notes that the person of the session has read texts, each with its act. What was read already stays as it is.
///
/// # Errors
/// Where the store refuses.
pub async fn read(school: &School, session: &Session, texts: Vec<Shown>, now: Timestamp) -> Result<usize, StoreError> {
    if session.school() != school.id() {
        return Err(StoreError::OtherSchool("notice_view"));
    }
    let person = session.person();
    let known = of_person(school, person).await?;
    let seen = |one: &Shown| known.get(&(one.key.clone(), one.digest.to_string())).copied();
    let texts: Vec<_> = texts.into_iter().filter(|one| seen(one).is_none_or(|seen| seen.read.is_none())).collect();
    if texts.is_empty() {
        return Ok(0);
    }
    let mut acts = Vec::new();
    let mut rows = Vec::new();
    for one in &texts {
        let act = Act::new(READ, person).about_person(person).with(json!({
            "notice": one.key,
            "text": one.digest.to_string(),
            "moment": word(one.moment),
        }));
        acts.push(match &one.label {
            Some(label) => act.under(label.clone()),
            None => act,
        });
        rows.push((row(school, person, one, Some(now), now)?, seen(one).is_some()));
    }
    let count = rows.len();
    let done = school
        .act_many(acts, now, async move |tx| {
            use notice_view::Column;
            for (row, shown) in rows {
                if shown {
                    tx.change::<notice_view::Entity>()
                        .set(Column::ReadAt, row.read_at)
                        .filter(Column::Notice.eq(row.notice))
                        .filter(Column::Digest.eq(row.digest))
                        .filter(Column::PersonId.eq(row.person_id))
                        .run()
                        .await?;
                } else {
                    tx.insert(row).await?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .await;
    match done {
        Ok(()) => Ok(count),
        // Two windows of one person: the other one has said so already.
        Err(StoreError::Duplicate(_)) => Ok(0),
        Err(error) => Err(error),
    }
}

/// What was printed, sent or hung up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How.
    pub moment: String,
    /// Where or to whom.
    pub place: String,
    /// How many.
    pub copies: i64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Option<PersonId>,
    /// Whether it was the text of today.
    pub present: bool,
}

/// Notes that a text was printed, sent or hung up.
///
/// # Errors
/// Where the store refuses.
pub async fn issue(
    school: &School,
    may: Named,
    text: &Shown,
    place: &str,
    copies: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    if may.school() != school.id() {
        return Err(StoreError::OtherSchool("notice_issue"));
    }
    let row = notice_issue::Model {
        id: ids::new_id(now)?,
        school_id: school.id().0,
        notice: text.key.clone(),
        digest: text.digest.to_string(),
        moment: word(text.moment).to_owned(),
        place: place.to_owned(),
        copies: i64::from(copies),
        issued_by: Some(may.by().0),
        issued_at: millis(now),
    };
    let act = Act::new(ISSUE, may.by()).about(row.id).with(json!({
        "notice": row.notice,
        "text": row.digest,
        "moment": row.moment,
        "place": row.place,
        "copies": row.copies,
    }));
    let act = match &text.label {
        Some(label) => act.under(label.clone()),
        None => act,
    };
    school.act(act, now, async move |tx| tx.insert(row).await).await
}

/// What was issued of each item, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn issues(school: &School, items: &[Item<'_>]) -> Result<BTreeMap<String, Vec<Issue>>, StoreError> {
    let items: HashMap<&str, &Item<'_>> = items.iter().map(|item| (item.binding.key.as_str(), item)).collect();
    // The texts of what was never issued need not be put together.
    let mut present: HashMap<&str, BTreeSet<String>> = HashMap::new();
    let rows = school
        .read()
        .find::<notice_issue::Entity>()
        .descending(notice_issue::Column::IssuedAt)
        .descending(notice_issue::Column::Id)
        .all()
        .await?;
    let mut issues: BTreeMap<String, Vec<Issue>> = BTreeMap::new();
    for row in rows {
        let Some((key, item)) = items.get_key_value(row.notice.as_str()) else { continue };
        let digests = present.entry(key).or_insert_with(|| item.present().iter().map(ToString::to_string).collect());
        let issue = Issue {
            present: digests.contains(&row.digest),
            moment: row.moment,
            place: row.place,
            copies: row.copies,
            at: timestamp(row.issued_at),
            by: row.issued_by.map(PersonId),
        };
        issues.entry(row.notice).or_default().push(issue);
    }
    Ok(issues)
}

/// What is known of a notice, for its standing and its page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFacts {
    /// Whom it is counted for.
    pub bound: BTreeSet<PersonId>,
    /// Who was shown the present text.
    pub shown: BTreeSet<PersonId>,
    /// Who said that the present text was read.
    pub read: BTreeSet<PersonId>,
    /// What was issued, newest first.
    pub issues: Vec<Issue>,
    /// When the present text was last sent, hung up or published; what is told by the public page alone is published
    /// since its clause is in force.
    pub published: Option<Date>,
    /// At which moments it is told.
    pub moments: Vec<Moment>,
    /// Whether readers say that it was read.
    pub acknowledged: bool,
}

impl NoticeFacts {
    /// Whom it has reached: those who have read it, or seen it where that is enough.
    pub fn reached(&self) -> &BTreeSet<PersonId> {
        if self.acknowledged { &self.read } else { &self.shown }
    }
}

#[derive(FromQueryResult)]
struct ViewRow {
    person_id: Uuid,
    read_at: Option<i64>,
}

/// Who has been told what, by the key of each item: what standings rest on.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(
    school: &School,
    items: &[Item<'_>],
    people: &[Person],
    in_force: &dyn InForce,
) -> Result<BTreeMap<String, NoticeFacts>, StoreError> {
    use notice_view::Column;
    let mut issues = issues(school, items).await?;
    let rows = school.read();
    let mut facts = BTreeMap::new();
    for item in items {
        let key = item.binding.key.clone();
        let mut one = NoticeFacts {
            issues: issues.remove(&key).unwrap_or_default(),
            moments: item.moments.clone(),
            acknowledged: item.acknowledged,
            ..NoticeFacts::default()
        };
        let sent = one.issues.iter().find(|issue| issue.present).map(|issue| SchoolTime::new(issue.at).date());
        // A page that nobody has to open tells only those whom nothing else is to tell.
        let page_alone = !item.moments.is_empty() && item.moments.iter().all(|moment| *moment == Moment::WebPage);
        let public = page_alone.then(|| in_force.binding_since(item.clause, item.binding));
        one.published = sent.max(public);
        let digests = item.digests();
        let mut readers: BTreeMap<Digest, BTreeSet<PersonId>> = BTreeMap::new();
        for person in people.iter().filter(|person| item.counts(&person.subject)) {
            readers.entry(digests.of(&person.subject)).or_default().insert(person.id);
            one.bound.insert(person.id);
        }
        // A query for each text reads nothing of earlier versions, and two columns of what there is.
        for (digest, readers) in readers {
            let views = rows
                .find::<notice_view::Entity>()
                .filter(Column::Notice.eq(key.as_str()))
                .filter(Column::Digest.eq(digest.to_string()))
                .with(|select| select.select_only().columns([Column::PersonId, Column::ReadAt]));
            for view in views.all_as::<ViewRow>().await? {
                let person = PersonId(view.person_id);
                if readers.contains(&person) {
                    one.shown.insert(person);
                    if view.read_at.is_some() {
                        one.read.insert(person);
                    }
                }
            }
        }
        facts.insert(key, one);
    }
    Ok(facts)
}

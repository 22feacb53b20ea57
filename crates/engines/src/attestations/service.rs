//! Answers: read, checked and stored, each with its act in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, Timestamp, civil::Date};
use kernel::{PersonId, SchoolTime};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::{attest_answer, people_person},
    ids,
    query::ColumnTrait,
    time::{day, millis, parse_day, timestamp},
};
use uuid::Uuid;
use webkit::{kit::Mistakes, permit::Named};

use super::asked::{Answer, Item, LastAnswer};
use crate::typed::{longest, typed_day};

/// What the act of answering is called in the ledger.
pub const ANSWER: &str = "attest.answer";

/// The most letters of what is said.
const WORDS: usize = 2_000;
/// The latest that something may be put right: the school says again within a year.
const LATEST_MEND: i64 = 366;

/// An answer as it is kept, newest first on the page of its item.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its identifier.
    pub id: Uuid,
    /// When it was given.
    pub at: Timestamp,
    /// What it says.
    pub answer: LastAnswer,
    /// The file that came with it.
    pub file: Option<Uuid>,
}

/// The last answer to each item, by the key of its binding: what standings rest on. Answers to clauses that are gone
/// are among them.
///
/// # Errors
/// Where the store refuses, or what it has is damaged.
pub async fn answers(school: &School) -> Result<BTreeMap<String, LastAnswer>, StoreError> {
    let rows = school
        .read()
        .find::<attest_answer::Entity>()
        .ascending(attest_answer::Column::AnsweredAt)
        .ascending(attest_answer::Column::Id)
        .all()
        .await?;
    rows.into_iter().map(|row| Ok((row.binding_key.clone(), kept(row)?.answer))).collect()
}

/// An answer as its clause is judged by it.
pub fn judged(answer: &LastAnswer) -> declare::attestation::Answer {
    use declare::attestation::Given;
    let given = match answer.answer {
        Answer::Yes => Given::Yes,
        Answer::No => Given::No { mend: answer.mend.clone(), mend_by: answer.mend_by },
        Answer::NotApplicable => Given::NotApplicable,
    };
    declare::attestation::Answer { on: answer.on, given, words: answer.words.clone() }
}

/// Every answer to one item, newest first.
///
/// # Errors
/// Where the store refuses, or what it has is damaged.
pub async fn answers_to(school: &School, key: &str) -> Result<Vec<Kept>, StoreError> {
    use attest_answer::Column;
    let rows = school
        .read()
        .find::<attest_answer::Entity>()
        .filter(Column::BindingKey.eq(key))
        .descending(Column::AnsweredAt)
        .descending(Column::Id)
        .all()
        .await?;
    rows.into_iter().map(kept).collect()
}

fn kept(row: attest_answer::Model) -> Result<Kept, StoreError> {
    let damaged = || StoreError::Damaged { what: "an answer" };
    let at = timestamp(row.answered_at);
    Ok(Kept {
        id: row.id,
        at,
        file: row.file_id,
        answer: LastAnswer {
            answer: Answer::parse(&row.answer).ok_or_else(damaged)?,
            on: SchoolTime::new(at).date(),
            words: row.words,
            mend: row.mend,
            mend_by: row.mend_by_on.as_deref().and_then(parse_day),
            next: parse_day(&row.next_on).ok_or_else(damaged)?,
            by: row.answered_by.map(PersonId),
            label: row.label,
        },
    })
}

/// What these people are called, those who have left too.
///
/// # Errors
/// Where the store refuses.
pub async fn names(school: &School, ids: &BTreeSet<PersonId>) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut names = BTreeMap::new();
    let rows = school.read();
    for some in ids.chunks(500) {
        let found = rows.find::<people_person::Entity>();
        for row in found.filter(people_person::Column::Id.is_in(some.iter().copied())).all().await? {
            let given = row.preferred_name.unwrap_or(row.given_name);
            names.insert(PersonId(row.id), format!("{given} {}", row.family_name).trim().to_owned());
        }
    }
    Ok(names)
}

/// A filled form, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// `yes`, `no`, `not-applicable`, or nothing.
    pub answer: String,
    /// What is said.
    pub words: String,
    /// What will be done.
    pub mend: String,
    /// By when.
    pub mend_by: String,
}

/// An answer that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The key of the binding.
    pub key: String,
    label: Option<String>,
    known_as: String,
    control: String,
    answer: Answer,
    words: String,
    mend: String,
    mend_by: Option<Date>,
    next: Date,
}

/// The fields of a form for an item: their names begin with `prefix`.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a>(pub &'a str);

impl Names<'_> {
    /// The name of a field.
    pub fn of(self, field: &str) -> String {
        format!("{}{field}", self.0)
    }
}

/// Checks a form. `evidence` says whether a file came with it. What is to be put right is added to `mistakes`; then
/// there is no answer.
pub fn check(
    form: &Form,
    item: &Item<'_>,
    evidence: bool,
    today: Date,
    names: Names<'_>,
    mistakes: &mut Mistakes,
) -> Option<Given> {
    let before = mistakes.clone();
    let Some(answer) = Answer::parse(&form.answer) else {
        mistakes.add(&names.of("answer"), "Choose yes, no or that it does not apply");
        return None;
    };
    let words = form.words.trim();
    let mend = form.mend.trim();
    let mut mend_by = None;
    match answer {
        Answer::Yes => {
            if item.evidence_required() && !evidence && words.is_empty() {
                mistakes.add(&names.of("words"), "Say what you looked at, or add a file that shows it");
            }
        }
        Answer::No => {
            if words.is_empty() {
                mistakes.add(&names.of("words"), "Say what is not so");
            }
            if mend.is_empty() {
                mistakes.add(&names.of("mend"), "Say what will be done about it");
            }
            match typed_day(&form.mend_by, today) {
                Ok(None) => mistakes.add(&names.of("mend-by"), "Enter the day by which it will be done"),
                Ok(Some(by)) if by < today => {
                    mistakes.add(&names.of("mend-by"), "That day is past: enter a day from today on");
                }
                Ok(Some(by)) if by > today.saturating_add(Span::new().days(LATEST_MEND)) => {
                    mistakes.add(&names.of("mend-by"), "Enter a day within the next year");
                }
                Ok(by) => mend_by = by,
                Err(why) => mistakes.add(&names.of("mend-by"), why),
            }
        }
        Answer::NotApplicable => {
            if words.is_empty() {
                mistakes.add(&names.of("words"), "Say why it does not apply at this school");
            }
        }
    }
    longest(words, WORDS, &names.of("words"), mistakes);
    longest(mend, WORDS, &names.of("mend"), mistakes);
    (before == *mistakes).then(|| Given {
        key: item.binding.key.clone(),
        label: item.clause.label.clone(),
        known_as: item.clause.key().to_owned(),
        control: item.binding.control.to_string(),
        answer,
        words: words.to_owned(),
        mend: if answer == Answer::No { mend.to_owned() } else { String::new() },
        mend_by,
        next: item.next(answer, mend_by, today),
    })
}

/// A file that comes with an answer.
pub type Evidence = crate::files::Taken;

/// Stores answers of the holder of the permit, each with its act, in one transaction. `evidence` belongs to the first.
///
/// # Errors
/// Where the store refuses.
pub async fn answer(
    school: &School,
    may: Named,
    given: Vec<Given>,
    evidence: Option<Evidence>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if may.school() != school.id() {
        return Err(StoreError::OtherSchool("attest_answer"));
    }
    let mut acts = Vec::new();
    let mut rows = Vec::new();
    let mut files = Vec::new();
    let mut evidence = evidence;
    for one in given {
        let id = ids::new_id(now)?;
        let file = match evidence.take() {
            Some(taken) => Some(taken.row(school, "attest", Some(id), "evidence", Some(may.by()), now)?),
            None => None,
        };
        let mut act = Act::new(ANSWER, may.by()).about(id).with(json!({
            "binding": one.key,
            "control": one.control,
            "answer": one.answer.id(),
            "words": one.words,
            "mend": one.mend,
            "mend_by": one.mend_by.map(day),
            "next": day(one.next),
            "file": file.as_ref().map(|file| &file.digest),
        }));
        if let Some(label) = &one.label {
            act = act.under(label.clone());
        }
        acts.push(act);
        rows.push(attest_answer::Model {
            id,
            school_id: school.id().0,
            binding_key: one.key,
            label: one.known_as,
            control: one.control,
            answer: one.answer.id().to_owned(),
            words: one.words,
            mend: one.mend,
            mend_by_on: one.mend_by.map(day),
            file_id: file.as_ref().map(|file| file.id),
            next_on: day(one.next),
            answered_by: Some(may.by().0),
            answered_at: millis(now),
        });
        files.extend(file);
    }
    if rows.is_empty() {
        return Ok(());
    }
    school
        .act_many(acts, now, async move |tx| {
            for file in files {
                tx.insert(file).await?;
            }
            for row in rows {
                tx.insert(row).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
}

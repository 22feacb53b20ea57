//! Surveys as the register has them, and their answers: the one table that this area reads and writes itself.

use declare::Value;
use engines::{
    Engines,
    registers::{Asked, Book, Kept, RegisterError, Shown},
};
use jiff::{Timestamp, civil::Date};
use kernel::{Capacity, SchoolTime, Subject, Year};
use store::{School, StoreError, entity::learning_survey_answer as table, ids, query::ColumnTrait, time::day};
use uuid::Uuid;

use super::{
    CONTROL,
    questions::{OwnWords, Question, Wrong, parse},
    tally::Answer,
};

/// How many surveys are looked at: those of some decades.
const MOST: u64 = 500;

/// A survey: an entry of the register that has questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The entry.
    pub id: Uuid,
    /// "Online at home".
    pub title: String,
    /// The pupils who are asked.
    pub years: Vec<Year>,
    /// Who else is asked: `parents`, `staff`, `governors`.
    pub others: Vec<String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Its questions, or what has to be put right in them.
    pub questions: Result<Vec<Question>, Vec<Wrong>>,
    /// Whether the register still has it as being asked.
    asked: bool,
}

/// Where a survey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its questions have to be put right.
    Faulty,
    /// It opens on its first day.
    Coming,
    /// It can be answered.
    Open,
    /// It can no longer be answered.
    Over,
}

impl Survey {
    /// The survey of an entry; none where the entry is none, or was struck out.
    pub fn of(kept: &Kept) -> Option<Self> {
        if kept.struck.is_some() {
            return None;
        }
        let values = &kept.entry.values;
        let day = |name: &str| match values.get(name) {
            Some(Value::Date(day)) => Some(*day),
            Some(_) | None => None,
        };
        let text = |name: &str| match values.get(name) {
            Some(Value::Text(text)) => Some(text.as_str()),
            Some(_) | None => None,
        };
        let years = match values.get("for-years") {
            Some(Value::Years(years)) => years.clone(),
            Some(_) | None => Vec::new(),
        };
        let allowed = values.get("young-words") == Some(&Value::YesNo(true));
        let questions = parse(text("questions")?, OwnWords::of(&years, allowed));
        Some(Self {
            id: kept.entry.id,
            title: text("title").unwrap_or_default().to_owned(),
            others: match values.get("others") {
                Some(Value::Choices(names)) => names.clone(),
                Some(_) | None => Vec::new(),
            },
            years,
            from: day("open-from")?,
            until: day("open-until")?,
            questions,
            asked: kept.entry.state.as_deref().is_none_or(|state| state == "asked"),
        })
    }

    /// Where it is on a day.
    pub fn stage(&self, today: Date) -> Stage {
        match &self.questions {
            _ if !self.asked || today > self.until => Stage::Over,
            Err(_) => Stage::Faulty,
            Ok(_) if today < self.from => Stage::Coming,
            Ok(_) => Stage::Open,
        }
    }

    /// Whether somebody is asked: a pupil of one of its years, or one of the others whom it names.
    pub fn asks(&self, subject: &Subject) -> bool {
        let pupil =
            subject.has_capacity(Capacity::Pupil) && subject.year.is_some_and(|year| self.years.contains(&year));
        let other = self.others.iter().any(|name| match name.as_str() {
            "parents" => subject.has_capacity(Capacity::Parent),
            "staff" => subject.has_capacity(Capacity::Staff),
            "governors" => subject.has_capacity(Capacity::Governor),
            _ => false,
        });
        pupil || other
    }
}

/// The surveys of a register that is opened for whoever reads it, the newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn surveys(book: &Book) -> Result<Vec<Survey>, RegisterError> {
    let asked = Asked { shown: Shown::All, limit: Some(MOST), known: Some(MOST), ..Asked::default() };
    let mut all: Vec<Survey> = book.list(&asked).await?.entries.iter().filter_map(Survey::of).collect();
    all.sort_by_key(|survey| std::cmp::Reverse((survey.until, survey.id)));
    Ok(all)
}

/// The surveys that are open to somebody now. Those who are asked do not read the register: Gatehouse reads it for them,
/// and shows the title and the questions alone.
///
/// # Errors
/// Where the store or the policy in force cannot be read.
pub async fn open_to(
    engines: &Engines,
    school: &School,
    subject: &Subject,
    now: Timestamp,
) -> Result<Vec<Survey>, RegisterError> {
    let Some(book) = Book::open_as_gatehouse(engines, school, CONTROL, now).await? else { return Ok(Vec::new()) };
    let today = SchoolTime::new(now).date();
    let mut all = surveys(&book).await?;
    all.retain(|survey| survey.stage(today) == Stage::Open && survey.asks(subject));
    all.sort_by_key(|survey| (survey.until, survey.id));
    Ok(all)
}

/// How many answers a survey has.
///
/// # Errors
/// Where the store refuses.
pub async fn number(school: &School, survey: Uuid) -> Result<u64, StoreError> {
    school.read().find::<table::Entity>().filter(table::Column::SurveyId.eq(survey)).count().await
}

/// The answers of a survey, in no order that says anything.
///
/// # Errors
/// Where the store refuses, or an answer is damaged.
pub async fn answers(school: &School, survey: Uuid) -> Result<Vec<Answer>, StoreError> {
    let rows = school
        .read()
        .find::<table::Entity>()
        .filter(table::Column::SurveyId.eq(survey))
        .ascending(table::Column::Id)
        .all()
        .await?;
    let read = |row: table::Model| {
        serde_json::from_str(&row.answers_json).map_err(|_| StoreError::Damaged { what: "an answer to a survey" })
    };
    rows.into_iter().map(read).collect()
}

/// Keeps an answer. Its row has a random identifier and the day; the ledger has no entry of it.
///
/// The rows of a table lie in the order in which they were added, which whoever holds the database could lay beside the
/// order of sign-ins. So the new answer changes places with one that is drawn at random among all of its survey, itself
/// included: after each answer every order is as likely as every other.
///
/// # Errors
/// Where the store refuses, or the machine gives no random bytes.
pub async fn keep(school: &School, survey: Uuid, answer: &Answer, now: Timestamp) -> Result<(), StoreError> {
    let own = serde_json::to_string(answer).map_err(|_| StoreError::Damaged { what: "an answer to a survey" })?;
    let today = day(SchoolTime::new(now).date());
    let id = uuid::Builder::from_random_bytes(ids::random()?).into_uuid();
    let drawn = u64::from_be_bytes(ids::random()?);
    let school_id = school.id().0;
    school
        .bookkeep(now, async move |tx| {
            let of_survey = || tx.find::<table::Entity>().filter(table::Column::SurveyId.eq(survey));
            let number = of_survey().count().await?;
            let nth = drawn.checked_rem(number.saturating_add(1)).unwrap_or(0);
            let partner = if nth < number {
                of_survey().ascending(table::Column::Id).offset(nth).limit(1).one().await?
            } else {
                None
            };
            let mut row = table::Model { id, school_id, survey_id: survey, day_on: today, answers_json: own };
            if let Some(other) = partner {
                // Only where it is still as it was read: two answers at once must not lose one.
                let changed = tx
                    .change::<table::Entity>()
                    .set(table::Column::AnswersJson, row.answers_json.clone())
                    .set(table::Column::DayOn, row.day_on.clone())
                    .filter(table::Column::Id.eq(other.id))
                    .filter(table::Column::AnswersJson.eq(other.answers_json.clone()))
                    .filter(table::Column::DayOn.eq(other.day_on.clone()))
                    .run()
                    .await?;
                if changed == 1 {
                    row.answers_json = other.answers_json;
                    row.day_on = other.day_on;
                }
            }
            tx.insert(row).await
        })
        .await
}

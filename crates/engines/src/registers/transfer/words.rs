//! Words of a sheet that its register does not know, and what somebody said that they mean; days without a day.
//!
//! What was said once holds for every row, and for the next file. A name that several people bear is asked each time:
//! the one of today need not be the one of last time.

mod days;
mod options;

use std::collections::{BTreeMap, HashMap};

use declare::{
    Field, FieldKind, Register, Value,
    typed::{Lookups, Period, fold, read_field},
};
use jiff::Timestamp;
use kernel::{PersonId, Role, SchoolId};
use store::{School, StoreError, entity::register_word, query::ColumnTrait, time::timestamp};

pub(crate) use self::days::{Assumed, Bare, Days, Rule};
use super::heading::STATE;
use crate::roll::Roll;

/// How many words of a column are asked for.
const MOST_WORDS: usize = 40;
/// In how many rows a name is asked for row by row.
const MOST_ROWS: usize = 40;
/// The answer that a name does not mean the same person in every row.
pub(crate) const EACH: &str = "each";

/// What somebody said about the words of a sheet: by the column, the word's place among those of the column, and the row;
/// 0 for all rows. An empty word leaves its rows out.
pub(crate) type Meant = BTreeMap<(usize, usize, usize), String>;

/// A word of the sheet that means nothing in its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The column, and the word's place among those of the column.
    pub(crate) at: (usize, usize),
    /// What messages call the column.
    pub(crate) column: String,
    /// The field, or `~state`.
    pub(crate) field: String,
    /// As the sheet has it.
    pub(crate) text: String,
    /// In which rows.
    pub(crate) rows: Vec<usize>,
    /// What it can mean: the answer, and what it is called.
    pub(crate) options: Vec<(String, String)>,
    /// Whether several people are called so.
    pub(crate) several: bool,
    /// What it means, where somebody said so.
    pub(crate) means: Option<String>,
    /// Since when it is remembered, where nobody said anything else about this file.
    pub(crate) before: Option<Timestamp>,
    /// Whether somebody said about this file that it means nothing.
    pub(crate) dropped: bool,
    /// The rows, each with what else stands in it and whom it means there, where it is not the same person in all.
    pub(crate) each: Vec<(usize, String, Option<String>)>,
}

/// What is remembered from files before this one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before(HashMap<(String, String), (String, Timestamp)>);

/// Something that was said, to be remembered: the field, the word's mark, and what it means; none where that is
/// forgotten.
pub(crate) type Said = (String, String, Option<String>);

impl Before {
    /// What is remembered of a register.
    pub(crate) async fn read(school: &School, control: &str) -> Result<Self, StoreError> {
        let rows = school.read();
        let found =
            rows.find::<register_word::Entity>().filter(register_word::Column::Register.eq(control)).all().await?;
        let one = |row: register_word::Model| ((row.field, row.word), (row.means, timestamp(row.said_at)));
        Ok(Self(found.into_iter().map(one).collect()))
    }

    fn of(&self, field: &str, mark: &str) -> Option<&(String, Timestamp)> {
        self.0.get(&(field.to_owned(), mark.to_owned()))
    }
}

/// What a word is remembered by. It may be what a child is called, so that it is not kept itself.
fn mark(school: SchoolId, text: &str) -> String {
    let key = blake3::derive_key("gatehouse 2026 words of spreadsheets", school.0.as_bytes());
    blake3::keyed_hash(&key, fold(text).as_bytes()).to_hex().chars().take(32).collect()
}

/// What is asked with.
pub(crate) struct Ground<'a> {
    /// The register.
    pub(crate) register: &'a Register,
    /// The school.
    pub(crate) school: SchoolId,
    /// Everybody of it.
    pub(crate) roll: &'a Roll,
    /// What the school calls a role.
    pub(crate) title: &'a dyn Fn(Role) -> String,
    /// What names mean.
    pub(crate) lookups: &'a dyn Lookups,
    /// What was said about this file.
    pub(crate) meant: &'a Meant,
    /// What was said about days without a day in this file.
    pub(crate) days: &'a Days,
    /// What is remembered.
    pub(crate) before: &'a Before,
}

/// Where a word stands.
pub(crate) struct Place<'a> {
    /// The column, from 0.
    pub(crate) at: usize,
    /// What messages call it.
    pub(crate) column: &'a str,
    /// The row.
    pub(crate) row: usize,
    /// What else stands in the row.
    pub(crate) beside: &'a dyn Fn() -> String,
}

/// Words and days of a sheet that are asked about.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Words {
    /// The words, in the order of the sheet.
    pub(crate) all: Vec<Word>,
    /// The days.
    pub(crate) days: Vec<Assumed>,
    places: HashMap<(usize, String), Option<usize>>,
}

impl Words {
    /// What a text means in a field where it can be asked for; the error is `says` where nobody has said it.
    pub(crate) fn value(
        &mut self,
        ground: &Ground<'_>,
        place: &Place<'_>,
        field: &Field,
        text: &str,
        says: String,
    ) -> Result<Value, String> {
        match &field.kind {
            FieldKind::Date => self.day(ground, place, field, text).unwrap_or(Err(says)),
            FieldKind::Choice { many: true, .. } => {
                let all = self.parts(ground, place, field, text, &[';', '\n']).ok_or(says)?;
                Ok(Value::Choices(all))
            }
            FieldKind::Class { many: true } => {
                let all = self.parts(ground, place, field, text, &[';', ',', '\n']).ok_or(says)?;
                Ok(Value::Classes(all))
            }
            FieldKind::Person { many: true, .. } => {
                let all = self.parts(ground, place, field, text, &[';', '\n']).ok_or(says)?;
                Ok(Value::People(all.iter().filter_map(|id| PersonId::parse(id).ok()).collect()))
            }
            FieldKind::Choice { many: false, .. }
            | FieldKind::YesNo
            | FieldKind::Class { many: false }
            | FieldKind::Role
            | FieldKind::Person { many: false, .. } => {
                let means = self.one(ground, place, field.name.as_str(), Some(&field.kind), text).ok_or(says)?;
                single(&field.kind, &means).ok_or_else(|| format!("“{text}” cannot be chosen"))
            }
            FieldKind::Text { .. }
            | FieldKind::Number { .. }
            | FieldKind::Money
            | FieldKind::Time
            | FieldKind::Place
            | FieldKind::Year { .. }
            | FieldKind::Entry { .. }
            | FieldKind::File { .. }
            | FieldKind::Signature
            | FieldKind::Address
            | FieldKind::Clause => Err(says),
        }
    }

    /// What a text means as a state of the register.
    pub(crate) fn state(&mut self, ground: &Ground<'_>, place: &Place<'_>, text: &str) -> Option<String> {
        self.one(ground, place, STATE, None, text)
    }

    /// The day that is meant by a month or a year; none where the text names neither.
    fn day(
        &mut self,
        ground: &Ground<'_>,
        place: &Place<'_>,
        field: &Field,
        text: &str,
    ) -> Option<Result<Value, String>> {
        let period = declare::typed::read_period(text)?;
        let bare = match period {
            Period::Month(_) => Bare::Month,
            Period::Year(_) => Bare::Year,
        };
        let known = self.days.iter().position(|one| one.at == place.at && one.bare == bare);
        let nth = known.unwrap_or_else(|| {
            let said = ground.days.get(&(place.at, bare)).copied();
            let before = ground.before.of(field.name.as_str(), bare.word());
            let before = before.and_then(|(means, _)| Rule::parse(means));
            self.days.push(Assumed {
                at: place.at,
                column: place.column.to_owned(),
                field: field.name.to_string(),
                bare,
                sample: text.to_owned(),
                period,
                rows: 0,
                rule: said.or(before).unwrap_or(bare.usual()),
                said: said.is_some(),
            });
            self.days.len() - 1
        });
        let one = self.days.get_mut(nth)?;
        one.rows += 1;
        let day = one.rule.of(period);
        Some(day.map(Value::Date).ok_or_else(|| format!("“{text}” names no day: say above which is meant")))
    }

    /// The values of a text that names several, each once. None where one of them is not known.
    fn parts(
        &mut self,
        ground: &Ground<'_>,
        place: &Place<'_>,
        field: &Field,
        text: &str,
        between: &[char],
    ) -> Option<Vec<String>> {
        let kind = one_of(&field.kind);
        let alone = Field { kind: kind.clone(), ..field.clone() };
        let known = |text: &str| read_field(&alone, text, ground.lookups).ok().flatten().and_then(|it| answer(&it));
        let mut texts: Vec<String> = Vec::new();
        for part in text.split(between).map(str::trim).filter(|part| !part.is_empty()) {
            // Sheets have other signs between two than ours: they count where what they part is known.
            let finer = || part.split([',', '&', '/', '+']).flat_map(|some| some.split(" and ")).map(str::trim);
            if known(part).is_none() && finer().any(|one| known(one).is_some()) {
                texts.extend(finer().filter(|one| !one.is_empty()).map(str::to_owned));
            } else {
                texts.push(part.to_owned());
            }
        }
        let mut all = Vec::new();
        let mut whole = true;
        for text in texts {
            match known(&text).or_else(|| self.one(ground, place, field.name.as_str(), Some(&kind), &text)) {
                Some(value) if !all.contains(&value) => all.push(value),
                Some(_) => {}
                // All that are not known are asked for at once.
                None => whole = false,
            }
        }
        (whole && !all.is_empty()).then_some(all)
    }

    /// What one word means; takes note of it.
    fn one(
        &mut self,
        ground: &Ground<'_>,
        place: &Place<'_>,
        field: &str,
        kind: Option<&FieldKind>,
        text: &str,
    ) -> Option<String> {
        let key = (place.at, fold(text));
        let nth = match self.places.get(&key) {
            Some(known) => *known,
            None => {
                let nth = self.ask(ground, place, field, kind, text);
                self.places.insert(key, nth);
                nth
            }
        };
        let word = self.all.get_mut(nth?)?;
        if word.rows.last() != Some(&place.row) {
            word.rows.push(place.row);
        }
        if word.several && word.means.as_deref() == Some(EACH) {
            let means = ground.meant.get(&(word.at.0, word.at.1, place.row));
            let means = means.filter(|means| word.options.iter().any(|(answer, _)| answer == *means)).cloned();
            if word.each.len() < MOST_ROWS && word.each.last().is_none_or(|(row, ..)| *row != place.row) {
                word.each.push((place.row, (place.beside)(), means.clone()));
            }
            return means;
        }
        word.means.clone()
    }

    fn ask(
        &mut self,
        ground: &Ground<'_>,
        place: &Place<'_>,
        field: &str,
        kind: Option<&FieldKind>,
        text: &str,
    ) -> Option<usize> {
        let at = (place.at, self.all.iter().filter(|word| word.at.0 == place.at).count());
        if at.1 >= MOST_WORDS {
            return None;
        }
        let text: String = text.chars().take(60).collect();
        let (several, mut options) = ground.options(kind, &text);
        let before = ground.before.of(field, &mark(ground.school, &text)).filter(|_| !several);
        if let (Some(FieldKind::Person { who, .. }), Some((means, _))) = (kind, before)
            && let Ok(id) = PersonId::parse(means)
            && ground.roll.get(id).is_some_and(|it| !it.left && who.contains(&it.subject))
            && options.iter().all(|(answer, _)| answer != means)
        {
            options.extend(ground.person(id));
        }
        let fits =
            |means: &&String| options.iter().any(|(answer, _)| answer == *means) || (several && means.as_str() == EACH);
        let said = ground.meant.get(&(at.0, at.1, 0));
        let before = before.filter(|(means, _)| said.is_none() && fits(&means));
        self.all.push(Word {
            at,
            column: place.column.to_owned(),
            field: field.to_owned(),
            text,
            rows: Vec::new(),
            means: said.filter(fits).cloned().or_else(|| before.map(|(means, _)| means.clone())),
            before: before.map(|(_, at)| *at),
            dropped: said.is_some_and(String::is_empty),
            options,
            several,
            each: Vec::new(),
        });
        Some(self.all.len() - 1)
    }

    /// What is to be remembered of it.
    pub(crate) fn said(&self, school: SchoolId) -> Vec<Said> {
        let words = self.all.iter().filter(|word| !word.several && (word.means.is_some() || word.dropped));
        let words = words.map(|word| (word.field.clone(), mark(school, &word.text), word.means.clone()));
        let days = self.days.iter().filter(|one| one.said);
        let days = days.map(|one| (one.field.clone(), one.bare.word().to_owned(), Some(one.rule.word().to_owned())));
        words.chain(days).collect()
    }
}

/// The kind of one of several.
fn one_of(kind: &FieldKind) -> FieldKind {
    let mut one = kind.clone();
    if let FieldKind::Choice { many, .. } | FieldKind::Class { many } | FieldKind::Person { many, .. } = &mut one {
        *many = false;
    }
    one
}

/// A value as answers have it.
#[expect(clippy::wildcard_enum_match_arm, reason = "of all others there are not several")]
fn answer(value: &Value) -> Option<String> {
    match value {
        Value::Choice(name) | Value::Class(name) => Some(name.clone()),
        Value::Person(id) => Some(id.to_string()),
        _ => None,
    }
}

/// An answer as a value.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing is asked of all others")]
fn single(kind: &FieldKind, means: &str) -> Option<Value> {
    match kind {
        FieldKind::Choice { .. } => Some(Value::Choice(means.to_owned())),
        FieldKind::YesNo => Some(Value::YesNo(means == "yes")),
        FieldKind::Class { .. } => Some(Value::Class(means.to_owned())),
        FieldKind::Role => Role::parse(means).ok().map(Value::Role),
        FieldKind::Person { .. } => PersonId::parse(means).ok().map(Value::Person),
        _ => None,
    }
}

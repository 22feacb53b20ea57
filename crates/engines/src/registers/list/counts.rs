//! How many entries there are: on all pages of a list, open and ended, due and overdue, of each clause.

use std::collections::HashMap;

use jiff::civil::Date;
use sea_orm::{
    ColumnTrait, FromQueryResult, QuerySelect,
    sea_query::{Asterisk, Expr, ExprTrait, IntoColumnRef},
};
use store::{
    Find,
    entity::{OfSchool, register_entry, register_key},
    time::parse_day,
};

use super::{Asked, Part, Shown, digits, parts, soon};
use crate::registers::{
    book::Book,
    error::RegisterError,
    keys::{self, CLAUSE, DUE, ENTERED},
    narrow::{Many, Narrows, like},
};

/// How many entries a register has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not done with.
    pub open: u64,
    /// Done with or struck out.
    pub ended: u64,
    /// Due within the time that the register gives, not yet overdue.
    pub due: u64,
    /// Overdue.
    pub overdue: u64,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> u64 {
        self.open + self.ended
    }
}

#[derive(FromQueryResult)]
struct Counted {
    part: String,
    number: i64,
}

#[derive(FromQueryResult)]
struct Sum {
    register: String,
    ended: bool,
    number: i64,
}

#[derive(FromQueryResult)]
struct OnDay {
    register: String,
    due_on: String,
    number: i64,
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl Book {
    /// The counts of several registers of one school, by control, in few questions.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_of_all(books: &[Self]) -> Result<HashMap<String, Counts>, RegisterError> {
        let Some(first) = books.first() else { return Ok(HashMap::new()) };
        let controls: HashMap<String, &Self> = books.iter().map(|book| (book.control(), book)).collect();
        let rows = first.rows();
        let found: Vec<Sum> = rows
            .find::<register_entry::Entity>()
            .with(|select| {
                select
                    .select_only()
                    .column(register_entry::Column::Register)
                    .column(register_entry::Column::Ended)
                    .expr_as(every_row(), "number")
                    .group_by(register_entry::Column::Register)
                    .group_by(register_entry::Column::Ended)
            })
            .all_as()
            .await?;
        let mut counts: HashMap<String, Counts> = HashMap::new();
        for one in found.into_iter().filter(|one| controls.contains_key(&one.register)) {
            let count = counts.entry(one.register).or_default();
            if one.ended { count.ended = unsigned(one.number) } else { count.open = unsigned(one.number) }
        }
        let today = first.today();
        let furthest = books.iter().map(|book| soon(&book.register, today)).max().unwrap_or(today);
        let due: Vec<OnDay> = rows
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::DueOn.lte(furthest.to_string()))
            .with(|select| {
                select
                    .select_only()
                    .column(register_entry::Column::Register)
                    .column(register_entry::Column::DueOn)
                    .expr_as(every_row(), "number")
                    .group_by(register_entry::Column::Register)
                    .group_by(register_entry::Column::DueOn)
            })
            .all_as()
            .await?;
        for one in due {
            let Some((book, day)) = controls.get(&one.register).zip(parse_day(&one.due_on)) else { continue };
            let count = counts.entry(one.register).or_default();
            if day < today {
                count.overdue += unsigned(one.number);
            } else if day <= soon(&book.register, today) {
                count.due += unsigned(one.number);
            }
        }
        // Whoever reads of their own people alone counts these alone.
        for book in books.iter().filter(|book| book.access.is_narrow()) {
            counts.insert(book.control(), book.counts().await?);
        }
        Ok(counts)
    }

    /// How many entries there are, and how many are due.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts(&self) -> Result<Counts, RegisterError> {
        self.counts_of(&Narrows::default()).await
    }

    /// The same, of one clause.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_of_clause(&self, clause: &str) -> Result<Counts, RegisterError> {
        let asked = Asked { clause: Some(clause.to_owned()), ..Asked::default() };
        self.counts_of(&self.narrows(&asked).await?).await
    }

    async fn counts_of(&self, narrows: &Narrows) -> Result<Counts, RegisterError> {
        let mut counts = Counts {
            open: self.total(Shown::Open, narrows).await?,
            ended: self.total(Shown::Ended, narrows).await?,
            ..Counts::default()
        };
        if self.register.due.is_some() {
            let today = self.today();
            counts.overdue = self.due_between(narrows, None, today).await?;
            let soon = soon(&self.register, today);
            counts.due = self.due_between(narrows, Some(today), soon.tomorrow().unwrap_or(soon)).await?;
        }
        Ok(counts)
    }

    async fn due_between(&self, narrows: &Narrows, from: Option<Date>, before: Date) -> Result<u64, RegisterError> {
        let from = from.map_or_else(|| "00".to_owned(), |day| format!("00{day}"));
        let part = Part { from, before: format!("00{before}") };
        self.count_of(DUE, &part, narrows).await
    }

    /// How many open entries each clause has, by its label.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_by_clause(&self) -> Result<HashMap<String, u64>, RegisterError> {
        let rows = self.rows();
        let found: Vec<Counted> = self
            .of_register(rows.find::<register_key::Entity>())
            .filter(register_key::Column::Field.eq(keys::lookup(CLAUSE)))
            .filter(register_key::Column::SortKey.gte("00"))
            .filter(register_key::Column::SortKey.lt("01"))
            .with(|select| {
                select
                    .select_only()
                    .column_as(register_key::Column::SortKey, "part")
                    .expr_as(every_row(), "number")
                    .group_by(register_key::Column::SortKey)
            })
            .all_as()
            .await?;
        let label = |one: &Counted| one.part.get(2..).unwrap_or_default().to_owned();
        Ok(found.into_iter().map(|one| (label(&one), unsigned(one.number))).collect())
    }

    /// How many entries a list has on all its pages.
    pub(super) async fn total(&self, shown: Shown, narrows: &Narrows) -> Result<u64, RegisterError> {
        if narrows.ids.is_some() {
            let keys = self.keys_of(narrows, ENTERED).await?;
            let parts = parts(shown, false);
            return Ok(keys.iter().filter(|(key, _)| parts.iter().any(|part| part.holds(key))).count() as u64);
        }
        let rows = self.rows();
        if let [Many::Holding(holding)] = narrows.many.as_slice() {
            let digits = digits(shown);
            let found = self.of_register(rows.find::<register_key::Entity>()).filter(holding.condition_of(digits));
            let entry = Expr::col(register_key::Column::EntryId);
            let count = if holding.is_once() { every_row() } else { entry.count_distinct() };
            return number(found.with(|select| select.select_only().expr_as(count, "number"))).await;
        }
        if let [Many::Before(day)] = narrows.many.as_slice() {
            return self.due_between(&Narrows::default(), None, *day).await;
        }
        let mut found = self.seen(&rows);
        match shown {
            Shown::Open | Shown::Due | Shown::Overdue => found = found.filter(register_entry::Column::Ended.eq(false)),
            Shown::Ended => found = found.filter(register_entry::Column::Ended.eq(true)),
            Shown::All => {}
        }
        // Words are asked of the entry itself, without looking it up once more.
        let (words, others): (Vec<&Many>, Vec<&Many>) =
            narrows.many.iter().partition(|one| matches!(one, Many::Like(_)));
        for one in words {
            if let Many::Like(words) = one {
                found = found.filter(like(words));
            }
        }
        let entry = (register_entry::Entity, register_entry::Column::Id);
        found = found.filter(self.all_of(others, entry.into_column_ref()));
        number(found.with(|select| select.select_only().expr_as(every_row(), "number"))).await
    }

    pub(super) async fn count_of(&self, sort: &str, part: &Part, narrows: &Narrows) -> Result<u64, RegisterError> {
        if narrows.ids.is_some() {
            let keys = self.keys_of(narrows, sort).await?;
            return Ok(keys.iter().filter(|(key, _)| part.holds(key)).count() as u64);
        }
        let rows = self.rows();
        let entry = (register_key::Entity, register_key::Column::EntryId);
        let found = self
            .of_register(rows.find::<register_key::Entity>())
            .filter(register_key::Column::Field.eq(sort))
            .filter(part.condition())
            .filter(self.all_of(&narrows.many, entry.into_column_ref()));
        number(found.with(|select| select.select_only().expr_as(every_row(), "number"))).await
    }
}

async fn number<E: OfSchool>(find: Find<'_, E>) -> Result<u64, RegisterError> {
    let found: Vec<Number> = find.all_as().await?;
    Ok(found.first().map_or(0, |one| unsigned(one.number)))
}

/// How many rows there are: of no column, so that an index alone answers it.
fn every_row() -> Expr {
    Expr::col(Asterisk).count()
}

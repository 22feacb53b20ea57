//! How many entries there are: on all pages of a list, open and ended, due and overdue, of each clause.

use std::collections::HashMap;

use jiff::civil::Date;
use sea_orm::{
    ColumnTrait, FromQueryResult, QuerySelect, Select,
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
    memory::{AsOf, marks},
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
    /// The earliest day on which one of these is due; not counted where a clause is asked for.
    pub first_due: Option<Date>,
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
        let (memory, marks) = (first.engines.memory(), marks(&first.school).await?);
        let mark = |control: &str| marks.get(control).copied();
        let mut counts = HashMap::new();
        let mut unknown = Vec::new();
        for book in books {
            let control = book.control();
            // Whoever reads of their own people alone counts these alone.
            if book.access.is_narrow() {
                counts.insert(control, book.counts().await?);
            } else if let Some(known) = memory.counts(book, mark(&control)) {
                counts.insert(control, known);
            } else {
                unknown.push(book);
            }
        }
        if unknown.is_empty() {
            return Ok(counts);
        }
        let rows = first.rows();
        let controls: Vec<String> = unknown.iter().map(|book| book.control()).collect();
        let of_these = || {
            let found = rows.find::<register_entry::Entity>();
            found.filter(register_entry::Column::Register.is_in(controls.iter().map(String::as_str)))
        };
        let mut counted = Self::counted(&unknown, of_these).await?;
        for book in unknown {
            let control = book.control();
            let own = counted.remove(&control).unwrap_or_default();
            memory.keep_counts(book, mark(&control), own);
            counts.insert(control, own);
        }
        Ok(counts)
    }

    /// How many entries there are, and how many are due.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts(&self) -> Result<Counts, RegisterError> {
        let memory = self.engines.memory();
        let as_of = self.as_of().await?;
        if let AsOf::Mark(mark) = as_of
            && let Some(known) = memory.counts(self, mark)
        {
            return Ok(known);
        }
        let rows = self.rows();
        let mut counted = Self::counted(&[self], || self.seen(&rows)).await?;
        let counts = counted.remove(&self.control()).unwrap_or_default();
        if let AsOf::Mark(mark) = as_of {
            memory.keep_counts(self, mark, counts);
        }
        Ok(counts)
    }

    /// Counts the entries of registers on the day of the first; those without entries are left out.
    async fn counted<'r>(
        books: &[&Self],
        entries: impl Fn() -> Find<'r, register_entry::Entity>,
    ) -> Result<HashMap<String, Counts>, RegisterError> {
        use register_entry::Column;
        let Some(today) = books.first().map(|book| book.today()) else { return Ok(HashMap::new()) };
        let last: HashMap<String, Date> =
            books.iter().map(|book| (book.control(), soon(&book.register, today))).collect();
        let by = |select: Select<register_entry::Entity>, column: Column| {
            let select = select.select_only().column(Column::Register).column(column);
            select.expr_as(every_row(), "number").group_by(Column::Register).group_by(column)
        };
        let sums: Vec<Sum> = entries().with(|select| by(select, Column::Ended)).all_as().await?;
        let mut counts: HashMap<String, Counts> = HashMap::new();
        for one in sums {
            let count = counts.entry(one.register).or_default();
            if one.ended { count.ended = unsigned(one.number) } else { count.open = unsigned(one.number) }
        }
        if books.iter().all(|book| book.register.due.is_none()) {
            return Ok(counts);
        }
        let furthest = last.values().max().copied().unwrap_or(today);
        let due = entries().filter(Column::DueOn.lte(furthest.to_string()));
        let due: Vec<OnDay> = due.with(|select| by(select, Column::DueOn)).all_as().await?;
        for one in due {
            let Some((last, day)) = last.get(&one.register).zip(parse_day(&one.due_on)) else { continue };
            let count = counts.entry(one.register).or_default();
            if day < today {
                count.overdue += unsigned(one.number);
            } else if day <= *last {
                count.due += unsigned(one.number);
            } else {
                continue;
            }
            count.first_due = count.first_due.map_or(Some(day), |first| Some(first.min(day)));
        }
        Ok(counts)
    }

    /// The same, of one clause.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_of_clause(&self, clause: &str) -> Result<Counts, RegisterError> {
        let as_of = self.as_of().await?;
        let asked = Asked { clause: Some(clause.to_owned()), ..Asked::default() };
        let narrows = self.narrows(&asked, as_of).await?;
        let mut counts = Counts {
            open: self.total(Shown::Open, &narrows, as_of).await?,
            ended: self.total(Shown::Ended, &narrows, as_of).await?,
            ..Counts::default()
        };
        if self.register.due.is_some() {
            let today = self.today();
            counts.overdue = self.due_between(&narrows, None, today, as_of).await?;
            let soon = soon(&self.register, today);
            let after = soon.tomorrow().unwrap_or(soon);
            counts.due = self.due_between(&narrows, Some(today), after, as_of).await?;
        }
        Ok(counts)
    }

    async fn due_between(
        &self,
        narrows: &Narrows,
        from: Option<Date>,
        before: Date,
        as_of: AsOf,
    ) -> Result<u64, RegisterError> {
        let from = from.map_or_else(|| "00".to_owned(), |day| format!("00{day}"));
        let part = Part { from, before: format!("00{before}") };
        self.count_of(DUE, &part, narrows, as_of).await
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
    pub(super) async fn total(&self, shown: Shown, narrows: &Narrows, as_of: AsOf) -> Result<u64, RegisterError> {
        if narrows.ids.is_some() {
            let keys = self.keys_of(narrows, ENTERED).await?;
            let parts = parts(shown, false);
            return Ok(keys.iter().filter(|(key, _)| parts.iter().any(|part| part.holds(key))).count() as u64);
        }
        let of = format!("total {}{}", digits(shown).concat(), narrows.words());
        self.number(as_of, of, self.total_of_many(shown, narrows, as_of)).await
    }

    async fn total_of_many(&self, shown: Shown, narrows: &Narrows, as_of: AsOf) -> Result<u64, RegisterError> {
        let rows = self.rows();
        if let [Many::Holding(holding)] = narrows.many.as_slice() {
            let digits = digits(shown);
            let found = self.of_register(rows.find::<register_key::Entity>()).filter(holding.condition_of(digits));
            let entry = Expr::col(register_key::Column::EntryId);
            let count = if holding.is_once() { every_row() } else { entry.count_distinct() };
            return number(found.with(|select| select.select_only().expr_as(count, "number"))).await;
        }
        if let [Many::Before(day)] = narrows.many.as_slice() {
            return self.due_between(&Narrows::default(), None, *day, as_of).await;
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

    pub(super) async fn count_of(
        &self,
        sort: &str,
        part: &Part,
        narrows: &Narrows,
        as_of: AsOf,
    ) -> Result<u64, RegisterError> {
        if narrows.ids.is_some() {
            let keys = self.keys_of(narrows, sort).await?;
            return Ok(keys.iter().filter(|(key, _)| part.holds(key)).count() as u64);
        }
        let of = format!("part {sort} {} {}{}", part.from, part.before, narrows.words());
        let count = async {
            let rows = self.rows();
            let entry = (register_key::Entity, register_key::Column::EntryId);
            let found = self
                .of_register(rows.find::<register_key::Entity>())
                .filter(register_key::Column::Field.eq(sort))
                .filter(part.condition())
                .filter(self.all_of(&narrows.many, entry.into_column_ref()));
            number(found.with(|select| select.select_only().expr_as(every_row(), "number"))).await
        };
        self.number(as_of, of, count).await
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

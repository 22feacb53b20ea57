//! The list of a register: searched, narrowed, sorted and paged by the database.

use std::collections::HashMap;

use declare::{Register, typed::fold};
use jiff::civil::Date;
use kernel::PersonId;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, LikeExpr, Order, SelectStatement},
};
use store::{
    StoreError,
    entity::{register_entry, register_key},
    time::parse_day,
};
use uuid::Uuid;

use super::{
    book::Book,
    error::RegisterError,
    keys::{self, CLAUSE, DUE, ENTERED, PARTS, STATE},
    stored::Kept,
};

/// How many entries stand on a page.
pub const PAGE: u64 = 50;

/// Which entries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Those that are not done with.
    #[default]
    Open,
    /// Those that are done with, and those struck out.
    Ended,
    /// Every one.
    All,
    /// Those that are due soon, and those that are overdue.
    Due,
    /// Those that are overdue.
    Overdue,
}

impl Shown {
    /// Every choice, with its word in addresses.
    pub const ALL: [(Self, &'static str); 5] =
        [(Self::Open, ""), (Self::Due, "due"), (Self::Overdue, "overdue"), (Self::Ended, "ended"), (Self::All, "all")];

    /// Reads the word of an address.
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map_or(Self::Open, |(shown, _)| shown)
    }

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(shown, _)| *shown == self).map_or("", |(_, word)| word)
    }
}

/// What somebody asks of a list.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Words that must be found, each of them.
    pub find: String,
    /// Which entries.
    pub shown: Shown,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of the clause of this label.
    pub clause: Option<String>,
    /// Only those in which any field names this person.
    pub person: Option<PersonId>,
    /// Only those in which a field holds this: the field and the value as it is found.
    pub holds: Vec<(String, String)>,
    /// The column to sort by, and whether the largest comes first; as the register says where none is given.
    pub sort: Option<(String, bool)>,
    /// How many entries come before the page.
    pub offset: u64,
    /// How many entries the page has; [`PAGE`] where nothing is said.
    pub limit: Option<u64>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The entries, without what the reader may not see.
    pub entries: Vec<Kept>,
    /// How many there are on all pages.
    pub total: u64,
}

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
struct Found {
    entry_id: Uuid,
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

/// The first text that does not begin with `prefix`: the end of a range of the index.
fn beyond(prefix: &str) -> String {
    let mut letters: Vec<char> = prefix.chars().collect();
    let last = letters.pop().and_then(|last| char::from_u32(u32::from(last) + 1));
    letters.into_iter().chain(last).collect()
}

/// The last day that is shown as due soon.
pub(crate) fn soon(register: &Register, today: Date) -> Date {
    register.due.as_ref().map_or(today, |due| due.before.after(today))
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
                    .expr_as(register_entry::Column::Id.count(), "number")
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
                    .expr_as(register_entry::Column::Id.count(), "number")
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
        Ok(counts)
    }

    /// A page of the list. Narrows and sorts by nothing that the reader may not see.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn list(&self, asked: &Asked) -> Result<Listed, RegisterError> {
        let (sort, largest_first) = self.sort_of(asked);
        let narrowed = self.narrowed(asked);
        let parts = parts(asked.shown, largest_first);
        let limit = asked.limit.unwrap_or(PAGE);
        let mut ids: Vec<Uuid> = Vec::new();
        let (mut total, mut offset) = (0, asked.offset);
        for part in &parts {
            let number = self.count_of(&sort, part, &narrowed).await?;
            total += number;
            let wanted = limit.saturating_sub(ids.len() as u64);
            if offset >= number {
                offset -= number;
            } else if wanted > 0 {
                ids.extend(self.ids_of(&sort, part, &narrowed, largest_first, (offset, wanted)).await?);
                offset = 0;
            }
        }
        Ok(Listed { entries: self.some(&ids).await?, total })
    }

    /// How many entries there are, and how many are due.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts(&self) -> Result<Counts, RegisterError> {
        self.counts_of(&[]).await
    }

    /// The same, of one clause.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_of_clause(&self, clause: &str) -> Result<Counts, RegisterError> {
        let asked = Asked { clause: Some(clause.to_owned()), ..Asked::default() };
        self.counts_of(&self.narrowed(&asked)).await
    }

    async fn counts_of(&self, narrowed: &[SelectStatement]) -> Result<Counts, RegisterError> {
        let control = self.control();
        let rows = self.rows();
        let part = || Expr::cust("substr(sort_key, 1, 1)");
        let found: Vec<Counted> = rows
            .find::<register_key::Entity>()
            .filter(register_key::Column::Register.eq(control.as_str()))
            .filter(register_key::Column::Field.eq(ENTERED))
            .filter(within(narrowed))
            .with(|select| {
                select
                    .select_only()
                    .expr_as(part(), "part")
                    .expr_as(register_key::Column::EntryId.count(), "number")
                    .group_by(part())
            })
            .all_as()
            .await?;
        let mut counts = Counts::default();
        for one in found {
            if one.part == "0" { counts.open = unsigned(one.number) } else { counts.ended = unsigned(one.number) }
        }
        if self.register.due.is_some() {
            let today = self.today();
            counts.overdue = self.due_between(narrowed, None, today).await?;
            let soon = soon(&self.register, today);
            counts.due = self.due_between(narrowed, Some(today), soon.tomorrow().unwrap_or(soon)).await?;
        }
        Ok(counts)
    }

    async fn due_between(
        &self,
        narrowed: &[SelectStatement],
        from: Option<Date>,
        before: Date,
    ) -> Result<u64, RegisterError> {
        let from = from.map_or_else(|| "00".to_owned(), |day| format!("00{day}"));
        let part = Part { from, before: format!("00{before}") };
        self.count_where(DUE, &part, narrowed).await
    }

    /// How many open entries each clause has, by its label.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn counts_by_clause(&self) -> Result<HashMap<String, u64>, RegisterError> {
        let found: Vec<Counted> = self
            .rows()
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Register.eq(self.control()))
            .filter(register_entry::Column::Ended.eq(false))
            .filter(register_entry::Column::Clause.is_not_null())
            .with(|select| {
                select
                    .select_only()
                    .column_as(register_entry::Column::Clause, "part")
                    .expr_as(register_entry::Column::Id.count(), "number")
                    .group_by(register_entry::Column::Clause)
            })
            .all_as()
            .await?;
        Ok(found.into_iter().map(|one| (one.part, unsigned(one.number))).collect())
    }

    /// The newest open entries of some clauses.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn of_clauses(&self, labels: &[String], limit: u64) -> Result<Vec<Kept>, RegisterError> {
        let rows = self
            .rows()
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Register.eq(self.control()))
            .filter(register_entry::Column::Clause.is_in(labels))
            .filter(register_entry::Column::Ended.eq(false))
            .descending(register_entry::Column::EnteredAt)
            .descending(register_entry::Column::Id)
            .limit(limit)
            .all()
            .await?;
        self.shown(rows)
    }

    /// The entries with these identifiers, in their order; those that are not there are left out.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn some(&self, ids: &[Uuid]) -> Result<Vec<Kept>, RegisterError> {
        let mut found = HashMap::new();
        for some in ids.chunks(500) {
            let rows = self
                .rows()
                .find::<register_entry::Entity>()
                .filter(register_entry::Column::Id.is_in(some.iter().copied()))
                .filter(register_entry::Column::Register.eq(self.control()))
                .all()
                .await?;
            found.extend(self.shown(rows)?.into_iter().map(|kept| (kept.entry.id, kept)));
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    fn shown(&self, rows: Vec<register_entry::Model>) -> Result<Vec<Kept>, RegisterError> {
        let read = |row| {
            let mut kept = Kept::of(row)?;
            self.hide(&mut kept);
            Ok::<_, StoreError>(kept)
        };
        Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    /// The key to sort by, never that of a field which the reader may not see.
    pub(crate) fn sort_of(&self, asked: &Asked) -> (String, bool) {
        let seen =
            |key: &str| self.register.fields.iter().all(|field| field.name.as_str() != key || self.access.sees(field));
        let wanted = asked
            .sort
            .as_ref()
            .and_then(|(column, largest)| Some((keys::of_column(&self.register, column)?, *largest)))
            .filter(|(key, _)| seen(key));
        if let Some(wanted) = wanted {
            return wanted;
        }
        if matches!(asked.shown, Shown::Due | Shown::Overdue) && self.register.due.is_some() {
            return (DUE.to_owned(), false);
        }
        Some(keys::first_sort(&self.register))
            .filter(|(key, _)| seen(key))
            .unwrap_or_else(|| (ENTERED.to_owned(), true))
    }

    /// What the list is narrowed to, each as a query for the identifiers of entries.
    fn narrowed(&self, asked: &Asked) -> Vec<SelectStatement> {
        let mut all = Vec::new();
        let holding = |fields: Vec<String>, value: &str| {
            let keys = PARTS.iter().filter(|part| part.ends_with('0')).map(|part| format!("{part}{value}"));
            self.keys()
                .filter(register_key::Column::Field.is_in(fields))
                .filter(register_key::Column::SortKey.is_in(keys))
        };
        if let Some(state) = &asked.state {
            all.push(holding(vec![keys::lookup(STATE)], state).into_query());
        }
        if let Some(clause) = &asked.clause {
            all.push(holding(vec![keys::lookup(CLAUSE)], clause).into_query());
        }
        if let Some(person) = asked.person {
            let persons = self
                .access
                .fields(&self.register)
                .filter(|field| matches!(field.kind, declare::FieldKind::Person { .. }))
                .map(|field| keys::lookup(field.name.as_str()));
            all.push(holding(persons.collect(), &person.to_string()).into_query());
        }
        for (name, value) in &asked.holds {
            let known = self.access.fields(&self.register).find(|field| field.name.as_str() == name);
            if let Some(field) = known.filter(|field| keys::filters(field)) {
                all.push(holding(vec![keys::lookup(field.name.as_str())], value).into_query());
            }
        }
        if matches!(asked.shown, Shown::Due | Shown::Overdue) {
            let today = self.today();
            let before = match asked.shown {
                Shown::Overdue => today,
                Shown::Due | Shown::Open | Shown::Ended | Shown::All => {
                    let soon = soon(&self.register, today);
                    soon.tomorrow().unwrap_or(soon)
                }
            };
            let due = self
                .keys()
                .filter(register_key::Column::Field.eq(DUE))
                .filter(register_key::Column::SortKey.gte("00"))
                .filter(register_key::Column::SortKey.lt(format!("00{before}")));
            all.push(due.into_query());
        }
        let words = fold(&asked.find);
        if !words.is_empty() {
            let mut found = register_entry::Entity::find()
                .select_only()
                .column(register_entry::Column::Id)
                .filter(register_entry::Column::SchoolId.eq(self.school.id().0))
                .filter(register_entry::Column::Register.eq(self.control()));
            for word in words.split(' ') {
                let plain = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let like = LikeExpr::new(format!("%{plain}%")).escape('\\');
                found = found.filter(Expr::col(register_entry::Column::Search).like(like));
            }
            all.push(found.into_query());
        }
        all
    }

    fn keys(&self) -> sea_orm::Select<register_key::Entity> {
        register_key::Entity::find()
            .select_only()
            .column(register_key::Column::EntryId)
            .filter(register_key::Column::SchoolId.eq(self.school.id().0))
            .filter(register_key::Column::Register.eq(self.control()))
    }

    async fn count_of(&self, sort: &str, part: &Part, narrowed: &[SelectStatement]) -> Result<u64, RegisterError> {
        self.count_where(sort, part, narrowed).await
    }

    async fn count_where(&self, field: &str, part: &Part, narrowed: &[SelectStatement]) -> Result<u64, RegisterError> {
        let found: Vec<Number> = self
            .rows()
            .find::<register_key::Entity>()
            .filter(register_key::Column::Register.eq(self.control()))
            .filter(register_key::Column::Field.eq(field))
            .filter(part.condition())
            .filter(within(narrowed))
            .with(|select| select.select_only().expr_as(register_key::Column::EntryId.count(), "number"))
            .all_as()
            .await?;
        Ok(found.first().map_or(0, |one| unsigned(one.number)))
    }

    async fn ids_of(
        &self,
        sort: &str,
        part: &Part,
        narrowed: &[SelectStatement],
        largest_first: bool,
        (offset, limit): (u64, u64),
    ) -> Result<Vec<Uuid>, RegisterError> {
        let order = if largest_first { Order::Desc } else { Order::Asc };
        let found: Vec<Found> = self
            .rows()
            .find::<register_key::Entity>()
            .filter(register_key::Column::Register.eq(self.control()))
            .filter(register_key::Column::Field.eq(sort))
            .filter(part.condition())
            .filter(within(narrowed))
            .with(|select| {
                use sea_orm::QueryOrder as _;
                select
                    .select_only()
                    .column(register_key::Column::EntryId)
                    .order_by(register_key::Column::SortKey, order.clone())
                    .order_by(register_key::Column::EntryId, order)
            })
            .offset(offset)
            .limit(limit)
            .all_as()
            .await?;
        Ok(found.into_iter().map(|one| one.entry_id).collect())
    }
}

/// A stretch of a sorted list.
struct Part {
    from: String,
    before: String,
}

impl Part {
    fn condition(&self) -> Condition {
        Condition::all()
            .add(register_key::Column::SortKey.gte(self.from.as_str()))
            .add(register_key::Column::SortKey.lt(self.before.as_str()))
    }
}

/// The stretches of a list in their order: what is open before what has ended, and empty fields last either way.
fn parts(shown: Shown, largest_first: bool) -> Vec<Part> {
    let digits: &[&str] = match shown {
        Shown::Open | Shown::Due | Shown::Overdue => &["0"],
        Shown::Ended => &["1"],
        Shown::All => &["0", "1"],
    };
    if largest_first {
        let prefixes = PARTS.iter().filter(|part| digits.iter().any(|digit| part.starts_with(digit)));
        prefixes.map(|prefix| Part { from: (*prefix).to_owned(), before: beyond(prefix) }).collect()
    } else {
        let (first, last) = (digits.first().copied().unwrap_or("0"), digits.last().copied().unwrap_or("1"));
        vec![Part { from: first.to_owned(), before: beyond(last) }]
    }
}

fn within(narrowed: &[SelectStatement]) -> Condition {
    narrowed.iter().fold(Condition::all(), |all, one| {
        all.add(Expr::col((register_key::Entity, register_key::Column::EntryId)).in_subquery(one.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_before_the_next_prefix() {
        assert_eq!((beyond("00").as_str(), beyond("1").as_str()), ("01", "2"));
        assert_eq!(parts(Shown::All, false).len(), 1);
        assert_eq!(parts(Shown::All, true).len(), 4);
        for (shown, word) in Shown::ALL {
            assert_eq!((Shown::parse(word), shown.word()), (shown, word));
        }
    }
}

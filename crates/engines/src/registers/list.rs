//! The list of a register: searched, narrowed, sorted and paged by the database.

use std::collections::HashMap;

use declare::Register;
use jiff::civil::Date;
use kernel::PersonId;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, IntoColumnRef, Order},
};
use store::{
    Find, StoreError,
    entity::{OfSchool, register_entry, register_key},
    time::parse_day,
};
use uuid::Uuid;

use super::{
    access::Sight,
    book::Book,
    error::RegisterError,
    keys::{self, CLAUSE, DUE, ENTERED, PARTS},
    narrow::{Narrow, only_entry},
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
    /// How many entries there are on all pages, where that has been counted already.
    pub known: Option<u64>,
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
pub(super) struct Found {
    pub(super) entry_id: Uuid,
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
        // Whoever reads of their own people alone counts these alone.
        for book in books.iter().filter(|book| book.access.is_narrow()) {
            counts.insert(book.control(), book.counts().await?);
        }
        Ok(counts)
    }

    /// A page of the list. Narrows and sorts by nothing that the reader may not see.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn list(&self, asked: &Asked) -> Result<Listed, RegisterError> {
        let (sort, largest_first) = self.sort_of(asked);
        let narrows = self.narrows(asked).await?;
        let total = match asked.known {
            Some(total) => total,
            None => self.total(asked.shown, &narrows).await?,
        };
        let limit = asked.limit.unwrap_or(PAGE);
        let mut ids: Vec<Uuid> = Vec::new();
        let mut offset = asked.offset;
        for part in parts(asked.shown, largest_first) {
            let wanted = limit.saturating_sub(ids.len() as u64);
            if wanted == 0 {
                break;
            }
            let found = self.ids_of(&sort, &part, &narrows, largest_first, (offset, wanted)).await?;
            // Where the page begins in this part, what comes before it is behind us.
            offset = match (found.is_empty(), offset) {
                (true, 1..) => offset.saturating_sub(self.count_of(&sort, &part, &narrows).await?),
                (true | false, _) => 0,
            };
            ids.extend(found);
        }
        Ok(Listed { entries: self.some(&ids).await?, total })
    }

    /// The identifiers of everything that is asked for, in its order: for files, which are made piece by piece.
    pub(crate) async fn ids(&self, asked: &Asked) -> Result<Vec<Uuid>, RegisterError> {
        let (sort, largest_first) = self.sort_of(asked);
        let narrows = self.narrows(asked).await?;
        let mut ids = Vec::new();
        for part in parts(asked.shown, largest_first) {
            ids.extend(self.ids_of(&sort, &part, &narrows, largest_first, (0, 1_000_000)).await?);
        }
        Ok(ids)
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
        self.counts_of(&self.narrows(&asked).await?).await
    }

    async fn counts_of(&self, narrows: &[Narrow]) -> Result<Counts, RegisterError> {
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

    async fn due_between(&self, narrows: &[Narrow], from: Option<Date>, before: Date) -> Result<u64, RegisterError> {
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
                    .expr_as(register_key::Column::EntryId.count(), "number")
                    .group_by(register_key::Column::SortKey)
            })
            .all_as()
            .await?;
        let label = |one: &Counted| one.part.get(2..).unwrap_or_default().to_owned();
        Ok(found.into_iter().map(|one| (label(&one), unsigned(one.number))).collect())
    }

    /// The entries with these identifiers, in their order; those that are not there are left out.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn some(&self, ids: &[Uuid]) -> Result<Vec<Kept>, RegisterError> {
        let mut found = HashMap::new();
        for some in ids.chunks(500) {
            let rows =
                self.seen(&self.rows()).filter(register_entry::Column::Id.is_in(some.iter().copied())).all().await?;
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

    /// Keeps keys to those of the register, of entries that the reader may see.
    pub(crate) fn of_register<'a>(&self, find: Find<'a, register_key::Entity>) -> Find<'a, register_key::Entity> {
        let found = find.filter(register_key::Column::Register.eq(self.control()));
        match self.access.sight() {
            Sight::Everybody => found,
            Sight::Only(people) => {
                let seen = register_entry::Entity::find()
                    .select_only()
                    .column(register_entry::Column::Id)
                    .filter(register_entry::Column::SchoolId.eq(self.school.id().0))
                    .filter(register_entry::Column::Register.eq(self.control()))
                    .filter(register_entry::Column::SubjectId.is_in(people.iter().map(|person| person.0)));
                found.filter(register_key::Column::EntryId.in_subquery(seen.into_query()))
            }
        }
    }

    /// How many entries a list has on all its pages.
    async fn total(&self, shown: Shown, narrows: &[Narrow]) -> Result<u64, RegisterError> {
        let rows = self.rows();
        if let [Narrow::Few(holding) | Narrow::Many(holding)] = narrows {
            let digits = digits(shown);
            let found = self.of_register(rows.find::<register_key::Entity>()).filter(holding.condition_of(digits));
            let count = Expr::col(register_key::Column::EntryId).count_distinct();
            return number(found.with(|select| select.select_only().expr_as(count, "number"))).await;
        }
        if let [Narrow::Before(day)] = narrows {
            return self.due_between(&[], None, *day).await;
        }
        let mut found = self.seen(&rows);
        match shown {
            Shown::Open | Shown::Due | Shown::Overdue => found = found.filter(register_entry::Column::Ended.eq(false)),
            Shown::Ended => found = found.filter(register_entry::Column::Ended.eq(true)),
            Shown::All => {}
        }
        let entry = (register_entry::Entity, register_entry::Column::Id);
        found = found.filter(self.all_of(narrows, entry.into_column_ref()));
        let count = Expr::col(register_entry::Column::Id).count();
        number(found.with(|select| select.select_only().expr_as(count, "number"))).await
    }

    async fn count_of(&self, sort: &str, part: &Part, narrows: &[Narrow]) -> Result<u64, RegisterError> {
        let rows = self.rows();
        let entry = (register_key::Entity, register_key::Column::EntryId);
        let found = self
            .of_register(rows.find::<register_key::Entity>())
            .filter(register_key::Column::Field.eq(sort))
            .filter(part.condition())
            .filter(self.all_of(narrows, entry.into_column_ref()));
        let count = Expr::col(register_key::Column::EntryId).count();
        number(found.with(|select| select.select_only().expr_as(count, "number"))).await
    }

    async fn ids_of(
        &self,
        sort: &str,
        part: &Part,
        narrows: &[Narrow],
        largest_first: bool,
        (offset, limit): (u64, u64),
    ) -> Result<Vec<Uuid>, RegisterError> {
        let order = if largest_first { Order::Desc } else { Order::Asc };
        let rows = self.rows();
        let entry = (register_key::Entity, register_key::Column::EntryId);
        let found: Vec<Found> = self
            .of_register(rows.find::<register_key::Entity>())
            .filter(register_key::Column::Field.eq(sort))
            .filter(part.condition())
            .filter(self.all_of(narrows, entry.into_column_ref()))
            .with(|select| {
                use sea_orm::QueryOrder as _;
                only_entry(select)
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

async fn number<E: OfSchool>(find: Find<'_, E>) -> Result<u64, RegisterError> {
    let found: Vec<Number> = find.all_as().await?;
    Ok(found.first().map_or(0, |one| unsigned(one.number)))
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

/// The first digit of the keys of what is shown.
fn digits(shown: Shown) -> &'static [&'static str] {
    match shown {
        Shown::Open | Shown::Due | Shown::Overdue => &["0"],
        Shown::Ended => &["1"],
        Shown::All => &["0", "1"],
    }
}

/// The stretches of a list in their order: what is open before what has ended, and empty fields last either way.
fn parts(shown: Shown, largest_first: bool) -> Vec<Part> {
    let digits = digits(shown);
    if largest_first {
        let prefixes = PARTS.iter().filter(|part| digits.iter().any(|digit| part.starts_with(digit)));
        prefixes.map(|prefix| Part { from: (*prefix).to_owned(), before: beyond(prefix) }).collect()
    } else {
        let (first, last) = (digits.first().copied().unwrap_or("0"), digits.last().copied().unwrap_or("1"));
        vec![Part { from: first.to_owned(), before: beyond(last) }]
    }
}

#[cfg(test)]
mod tests;

//! The list of a register: searched, narrowed, sorted and paged by the database.

use std::collections::HashMap;

use declare::Register;
use jiff::civil::Date;
use kernel::PersonId;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{IntoColumnRef, Order},
};
use store::{
    Find, StoreError,
    entity::{register_entry, register_key},
};
use uuid::Uuid;

mod counts;

pub use self::counts::Counts;
use super::{
    access::Sight,
    book::Book,
    error::RegisterError,
    keys::{self, DUE, ENTERED, PARTS},
    narrow::{Many, Narrows, only_entry},
    stored::Kept,
};

/// How many entries stand on a page.
pub const PAGE: u64 = 50;
/// From how many entries before the page on it is looked from which end the page is nearer.
const FAR: u64 = 1_000;

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

#[derive(FromQueryResult)]
pub(super) struct Found {
    pub(super) entry_id: Uuid,
}

#[derive(FromQueryResult)]
struct Sorted {
    entry_id: Uuid,
    sort_key: String,
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
    /// A page of the list. Narrows and sorts by nothing that the reader may not see.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn list(&self, asked: &Asked) -> Result<Listed, RegisterError> {
        let (sort, largest_first) = self.sort_of(asked);
        let as_of = self.as_of().await?;
        let narrows = self.narrows(asked, as_of).await?;
        let limit = asked.limit.unwrap_or(PAGE);
        if narrows.ids.is_some() {
            let all = self.in_order(&narrows, &sort, &parts(asked.shown, largest_first), largest_first).await?;
            let first = usize::try_from(asked.offset).unwrap_or(usize::MAX);
            let many = usize::try_from(limit).unwrap_or(usize::MAX);
            let ids: Vec<Uuid> = all.iter().skip(first).take(many).copied().collect();
            return Ok(Listed { total: all.len() as u64, entries: self.some(&ids).await? });
        }
        let total = match asked.known {
            Some(total) => total,
            None => self.total(asked.shown, &narrows, as_of).await?,
        };
        let mut ids: Vec<Uuid> = Vec::new();
        let mut offset = asked.offset;
        let parts = parts(asked.shown, largest_first);
        for part in &parts {
            let wanted = limit.saturating_sub(ids.len() as u64);
            if wanted == 0 {
                break;
            }
            let number = match (offset > FAR, narrows.many.is_empty(), parts.len()) {
                (false, ..) => None,
                (true, true, _) => Some(self.count_of(&sort, part, &narrows, as_of).await?),
                // Counted more quickly than entry by entry.
                (true, false, 1) => Some(total),
                (true, false, _) => None,
            };
            let found = match number {
                // All of it comes before the page.
                Some(number) if number <= offset => {
                    offset -= number;
                    continue;
                }
                // The page is nearer to the end, so it is read from there.
                Some(number) if number - offset < offset => {
                    let here = wanted.min(number - offset);
                    let after = (number - offset - here, here);
                    let mut found = self.ids_of(&sort, part, &narrows.many, !largest_first, after).await?;
                    found.reverse();
                    found
                }
                Some(_) | None => self.ids_of(&sort, part, &narrows.many, largest_first, (offset, wanted)).await?,
            };
            // Where the page begins in this part, what comes before it is behind us.
            offset = match (found.is_empty(), offset) {
                (true, 1..) => offset.saturating_sub(self.count_of(&sort, part, &narrows, as_of).await?),
                (true | false, _) => 0,
            };
            ids.extend(found);
        }
        Ok(Listed { entries: self.some(&ids).await?, total })
    }

    /// The identifiers of everything that is asked for, in its order: for files, which are made piece by piece.
    pub(crate) async fn ids(&self, asked: &Asked) -> Result<Vec<Uuid>, RegisterError> {
        let (sort, largest_first) = self.sort_of(asked);
        let narrows = self.narrows(asked, self.as_of().await?).await?;
        let parts = parts(asked.shown, largest_first);
        if narrows.ids.is_some() {
            return self.in_order(&narrows, &sort, &parts, largest_first).await;
        }
        let mut ids = Vec::new();
        for part in parts {
            ids.extend(self.ids_of(&sort, &part, &narrows.many, largest_first, (0, 1_000_000)).await?);
        }
        Ok(ids)
    }

    /// The few entries that a list is narrowed to, in its order.
    async fn in_order(
        &self,
        narrows: &Narrows,
        sort: &str,
        parts: &[Part],
        largest_first: bool,
    ) -> Result<Vec<Uuid>, RegisterError> {
        let mut keys = self.keys_of(narrows, sort).await?;
        keys.sort_unstable();
        if largest_first {
            keys.reverse();
        }
        let of = |part: &Part| keys.iter().filter(|(key, _)| part.holds(key)).map(|(_, id)| *id).collect::<Vec<_>>();
        Ok(parts.iter().flat_map(of).collect())
    }

    /// What the few entries that a list is narrowed to are sorted by. It begins at the entries: asked of the keys alone, a
    /// database may walk along all keys of the school instead.
    async fn keys_of(&self, narrows: &Narrows, sort: &str) -> Result<Vec<(String, Uuid)>, RegisterError> {
        let mut keys = Vec::new();
        for some in narrows.ids.as_deref().unwrap_or_default().chunks(500) {
            let rows = self.rows();
            let entry = (register_key::Entity, register_key::Column::EntryId);
            let found: Vec<Sorted> = rows
                .find::<register_entry::Entity>()
                .filter(register_entry::Column::Id.is_in(some.iter().copied()))
                .filter(register_key::Column::Field.eq(sort))
                .filter(self.all_of(&narrows.many, entry.into_column_ref()))
                .with(|select| {
                    select
                        .join(JoinType::InnerJoin, register_key::Relation::Entry.def().rev())
                        .select_only()
                        .column(register_key::Column::EntryId)
                        .column(register_key::Column::SortKey)
                })
                .all_as()
                .await?;
            keys.extend(found.into_iter().map(|one| (one.sort_key, one.entry_id)));
        }
        Ok(keys)
    }

    /// The entries with these identifiers, in their order; those that are not there are left out.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn some(&self, ids: &[Uuid]) -> Result<Vec<Kept>, RegisterError> {
        let mut found = HashMap::new();
        let (control, sight) = (self.control(), self.access.sight());
        for some in ids.chunks(500) {
            // By their identifiers alone: with the register beside them, a database may read all of it.
            let rows = self.rows();
            let rows = rows.find::<register_entry::Entity>();
            let mut rows = rows.filter(register_entry::Column::Id.is_in(some.iter().copied())).all().await?;
            rows.retain(|row| row.register == control && sight.holds(row.subject_id.map(PersonId)));
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

    async fn ids_of(
        &self,
        sort: &str,
        part: &Part,
        many: &[Many],
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
            .filter(self.all_of(many, entry.into_column_ref()))
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

/// A stretch of a sorted list.
struct Part {
    from: String,
    before: String,
}

impl Part {
    fn holds(&self, key: &str) -> bool {
        self.from.as_str() <= key && key < self.before.as_str()
    }

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

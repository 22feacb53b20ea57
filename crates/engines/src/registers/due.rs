//! What is due in registers: for the list of things to do, and for the calendar, which shows numbers and no names.

use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, Subject};
use store::{
    School,
    entity::{register_entry, register_key},
    query::ColumnTrait,
    time::parse_day,
};
use uuid::Uuid;
use webkit::Session;

use super::{
    access::Access, book::Book, error::RegisterError, keys::DUE, kin::Kin, list::soon, made::fill_nameless,
    stored::Kept, words::due_in_words,
};
use crate::Engines;

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// The register: `assets.loans`.
    pub control: String,
    /// What the register is called.
    pub register: String,
    /// The entry.
    pub entry: Uuid,
    /// What is to be done: "Get Laptop 7 back". Names no person.
    pub what: String,
    /// The last day on which it is not overdue.
    pub on: Date,
    /// When, in words, seen from today: "Overdue since 2 November".
    pub when: String,
    /// Whether it is overdue.
    pub late: bool,
    /// The label of its clause, where clauses have entries of their own.
    pub clause: Option<String>,
    /// The page of the entry.
    pub href: String,
    /// Whether it stands before everything else, because hours count.
    pub first: bool,
}

/// What is due soon or overdue in one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueIn {
    /// The register: `assets.loans`.
    pub control: String,
    /// What it is called.
    pub register: String,
    /// The page of its list.
    pub href: String,
    /// Things that stand by themselves: because they are few, or because hours count; the most urgent first.
    pub items: Vec<DueItem>,
    /// The others, where they are many.
    pub together: Option<Together>,
}

/// Many things of one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// How many they are.
    pub number: u64,
    /// How many of them are overdue.
    pub late: u64,
    /// The day of the first.
    pub on: Date,
    /// The same in words, seen from today.
    pub when: String,
}

impl DueIn {
    /// Takes up things that were read: those for which hours count each by itself, many of the others together.
    fn take(&mut self, mut items: Vec<DueItem>, today: Date) {
        let others: Vec<DueItem> = items.extract_if(.., |item| !item.first).collect();
        self.items = items;
        match others.first() {
            Some(first) if others.len() as u64 >= ONE_LINE => {
                let late = others.iter().filter(|item| item.late).count() as u64;
                let (number, on) = (others.len() as u64, first.on);
                self.together = Some(Together { number, late, on, when: due_in_words(on, today) });
            }
            Some(_) | None => self.items.extend(others),
        }
    }
}

/// How many things of a register are due on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCount {
    /// The register: `assets.loans`.
    pub control: String,
    /// What the register is called.
    pub register: String,
    /// What one of its entries is called.
    pub item: String,
    /// What several are.
    pub items: String,
    /// The day.
    pub on: Date,
    /// How many.
    pub number: u64,
}

/// From how many on the things of one register are one line.
const ONE_LINE: u64 = 4;
/// How many things of one register are read.
const MOST: u64 = 200;

#[derive(sea_orm::FromQueryResult)]
struct OnDay {
    sort_key: String,
    number: i64,
}

impl Engines {
    /// What is due soon or overdue, by register, for whoever is signed in to see to. Of many things in one register it is
    /// only counted how many they are: no entry of them is read.
    ///
    /// # Errors
    /// Where the store refuses, or the policy in force cannot be read.
    pub async fn due_in(&self, session: &Session, now: Timestamp) -> Result<Vec<DueIn>, RegisterError> {
        let mut books = Book::all(self, session, now).await?;
        books.retain(Book::sees_to_dues);
        let counts = Book::counts_of_all(&books).await?;
        let mut all = Vec::new();
        for book in books {
            let counted = counts.get(&book.control()).copied().unwrap_or_default();
            let number = counted.overdue + counted.due;
            let Some(first) = counted.first_due else { continue };
            let mut due = DueIn {
                control: book.control(),
                register: book.declaration.title.clone(),
                href: book.address(),
                items: Vec::new(),
                together: None,
            };
            // What an area says of each has to be asked of each.
            if number >= ONE_LINE && !self.goes_beyond(&due.control) {
                let when = due_in_words(first, book.today());
                due.together = Some(Together { number, late: counted.overdue, on: first, when });
            } else {
                due.take(book.due_items().await?, book.today());
            }
            all.push((first, due));
        }
        all.sort_by(|(on, one), (other, two)| (on, &one.control).cmp(&(other, &two.control)));
        Ok(all.into_iter().map(|(_, due)| due).collect())
    }

    /// How many things fall due on each day from `from` to `to`, in the registers that somebody sees to.
    ///
    /// # Errors
    /// Where the store refuses, or the policy in force cannot be read.
    pub async fn due_counts(
        &self,
        school: &School,
        (person, subject): (PersonId, &Subject),
        (from, to): (Date, Date),
        now: Timestamp,
    ) -> Result<Vec<DueCount>, RegisterError> {
        let Some(in_force) = self.ports().in_force(school, now).await? else { return Ok(Vec::new()) };
        let declared: Vec<_> = in_force.declarations().into_iter().cloned().collect();
        let mut counts = Vec::new();
        let registers = declared.iter().filter_map(|declaration| declaration.register.as_deref());
        let kin = std::sync::Arc::new(Kin::read(&school.read(), person, registers).await?);
        for declaration in declared {
            let Some(access) = Access::of(person, school.id(), subject, &declaration, &kin) else { continue };
            let in_force = std::sync::Arc::clone(&in_force);
            if let Some(book) = Book::with(self, school.clone(), in_force, declaration, access, now) {
                counts.extend(book.due_counts(from, to).await?);
            }
        }
        counts.sort_by(|one, two| (one.on, &one.control).cmp(&(two.on, &two.control)));
        Ok(counts)
    }
}

impl Book {
    /// Whether things fall due here that the reader sees to.
    fn sees_to_dues(&self) -> bool {
        self.register.due.is_some() && self.access.sees_to(&self.register)
    }

    /// What is due soon or overdue here, where the reader sees to it; the most urgent first.
    ///
    /// # Errors
    /// Where the store refuses.
    async fn due_items(&self) -> Result<Vec<DueItem>, RegisterError> {
        let Some(due) = self.register.due.as_ref().filter(|_| self.sees_to_dues()) else {
            return Ok(Vec::new());
        };
        let today = self.today();
        let last = soon(&self.register, today);
        let rows = self
            .seen(&self.rows())
            .filter(register_entry::Column::DueOn.lte(last.to_string()))
            .ascending(register_entry::Column::DueOn)
            .ascending(register_entry::Column::Id)
            .limit(MOST)
            .all()
            .await?;
        let kept: Vec<Kept> = rows.into_iter().map(Kept::of).collect::<Result<_, _>>()?;
        let names = self.names(&kept).await?;
        Ok(kept
            .into_iter()
            .filter_map(|one| {
                let on = one.due_on?;
                let item = DueItem {
                    control: self.control(),
                    register: self.declaration.title.clone(),
                    entry: one.entry.id,
                    what: fill_nameless(&self.register, due.what.as_str(), &one.entry, &names),
                    on,
                    when: due_in_words(on, today),
                    late: on < today,
                    href: format!("{}/{}", self.address(), one.entry.id),
                    clause: one.entry.clause.clone(),
                    first: false,
                };
                self.due_said(&one, item)
            })
            .collect())
    }

    async fn due_counts(&self, from: Date, to: Date) -> Result<Vec<DueCount>, RegisterError> {
        use sea_orm::QuerySelect as _;
        if !self.sees_to_dues() {
            return Ok(Vec::new());
        }
        let rows = self.rows();
        let found: Vec<OnDay> = self
            .of_register(rows.find::<register_key::Entity>())
            .filter(register_key::Column::Field.eq(DUE))
            .filter(register_key::Column::SortKey.between(format!("00{from}"), format!("00{to}")))
            .with(|select| {
                select
                    .select_only()
                    .column(register_key::Column::SortKey)
                    .expr_as(register_key::Column::EntryId.count(), "number")
                    .group_by(register_key::Column::SortKey)
            })
            .all_as()
            .await?;
        Ok(found
            .into_iter()
            .filter_map(|one| {
                Some(DueCount {
                    control: self.control(),
                    register: self.declaration.title.clone(),
                    item: self.register.item.clone(),
                    items: self.register.items.clone(),
                    on: parse_day(one.sort_key.strip_prefix("00")?)?,
                    number: u64::try_from(one.number).ok()?,
                })
            })
            .collect())
    }
}

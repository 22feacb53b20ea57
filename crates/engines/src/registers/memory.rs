//! What is remembered of registers: how many entries they have, by what is asked of them. It holds as long as the mark of
//! the last change stays, which every change sets in its own transaction: whichever process makes it, nobody counts by
//! what was so before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date};
use kernel::SchoolId;
use store::{School, StoreError, Tx, entity::register_stamp, ids, query::ColumnTrait};
use uuid::Uuid;

use super::{access::Sight, book::Book, error::RegisterError, list::Counts};

/// How many numbers of one register are remembered.
const MOST: usize = 1_000;

/// The mark of the last change of a register; none where it has not been changed since there are marks.
pub(crate) type Mark = Option<Uuid>;

/// As of which change numbers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// That of this mark.
    Mark(Mark),
    /// None: the reader sees entries about some people alone, whose numbers are not remembered.
    Nothing,
}

/// What is remembered of the registers of all schools.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<(SchoolId, String), Remembered>>);

#[derive(Default)]
struct Remembered {
    mark: Mark,
    numbers: HashMap<String, u64>,
    counts: Option<(Date, Counts)>,
}

impl Memory {
    /// Works with what is remembered as of a mark; what was remembered as of another is forgotten.
    fn at<T>(&self, book: &Book, mark: Mark, work: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry((book.school.id(), book.control())).or_default();
        if own.mark != mark {
            *own = Remembered { mark, ..Remembered::default() };
        }
        work(own)
    }

    /// The counts of a register on a day.
    pub(crate) fn counts(&self, book: &Book, mark: Mark) -> Option<Counts> {
        let today = book.today();
        self.at(book, mark, |own| own.counts.filter(|(day, _)| *day == today).map(|(_, counts)| counts))
    }

    /// Remembers them.
    pub(crate) fn keep_counts(&self, book: &Book, mark: Mark, counts: Counts) {
        self.at(book, mark, |own| own.counts = Some((book.today(), counts)));
    }
}

impl Book {
    /// The mark as of which numbers are asked. It is read before anything is counted: what is counted is then at least as
    /// new as the mark.
    pub(super) async fn as_of(&self) -> Result<AsOf, RegisterError> {
        match self.access.sight() {
            Sight::Everybody => Ok(AsOf::Mark(mark(&self.school, &self.control()).await?)),
            Sight::Only(_) => Ok(AsOf::Nothing),
        }
    }

    /// A number by what it counts: remembered, or counted now.
    pub(super) async fn number(
        &self,
        as_of: AsOf,
        of: String,
        count: impl Future<Output = Result<u64, RegisterError>>,
    ) -> Result<u64, RegisterError> {
        let AsOf::Mark(mark) = as_of else { return count.await };
        let memory = self.engines.memory();
        if let Some(known) = memory.at(self, mark, |own| own.numbers.get(&of).copied()) {
            return Ok(known);
        }
        let number = count.await?;
        memory.at(self, mark, |own| {
            if own.numbers.len() >= MOST {
                own.numbers.clear();
            }
            own.numbers.insert(of, number);
        });
        Ok(number)
    }
}

/// The mark of a register.
pub(crate) async fn mark(school: &School, control: &str) -> Result<Mark, StoreError> {
    let rows = school.read();
    let found =
        rows.find::<register_stamp::Entity>().filter(register_stamp::Column::Register.eq(control)).one().await?;
    Ok(found.map(|row| row.stamp))
}

/// The marks of all registers of a school that have one.
pub(crate) async fn marks(school: &School) -> Result<HashMap<String, Uuid>, StoreError> {
    let found = school.read().find::<register_stamp::Entity>().all().await?;
    Ok(found.into_iter().map(|row| (row.register, row.stamp)).collect())
}

/// Marks registers as changed, at the end of the transaction that changes them.
pub(crate) async fn changed<'c>(
    tx: &Tx,
    school: &School,
    controls: impl IntoIterator<Item = &'c str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use register_stamp::Column;
    // Each once and always in the same order, so that two transactions do not wait for each other.
    let controls: std::collections::BTreeSet<&str> = controls.into_iter().collect();
    for control in controls {
        let row =
            register_stamp::Model { school_id: school.id().0, register: control.to_owned(), stamp: ids::new_id(now)? };
        tx.upsert(row, &[Column::SchoolId, Column::Register]).await?;
    }
    Ok(())
}

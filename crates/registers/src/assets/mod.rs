//! Equipment: no device leaves the register without a finished disposal, a loan says where its device is, and licences
//! are counted from an audit.

mod audit;
mod disposal;
mod known;
mod loan;
mod pages;
mod reconcile;

pub use known::{KnownDevices, SchoolDevice};

use std::sync::Arc;

use async_trait::async_trait;
use declare::Entry;
use engines::{
    Offer,
    registers::{Beyond, Book, Follow, RegisterError, Written},
};
use uuid::Uuid;
use webkit::Routes;

use crate::{Registers, fields};

const HARDWARE: &str = "assets.hardware";
const DISPOSAL: &str = "assets.disposal";
const LOANS: &str = "assets.loans";
const LICENCES: &str = "assets.licences";
const SOFTWARE: &str = "assets.software";

/// Where a device is when it is lent.
const ON_LOAN: &str = "on-loan";
/// Where it is when the school has got rid of it.
const DISPOSED: &str = "disposed";
/// Where a device is that can be lent.
const HERE: &[&str] = &["in-use", "spare", "repair"];

/// The pages that the lists lead to.
pub(crate) const OFFERS: [Offer; 1] = [Offer {
    control: LICENCES,
    title: "Count from an audit",
    href: "/registers/assets/licences/reconcile",
    writes: true,
}];

/// The routes.
pub(crate) fn routes() -> Routes<Registers> {
    pages::routes()
}

/// Where devices are, by what disposals and loans say.
pub(crate) struct Whereabouts;

#[async_trait]
impl Beyond for Whereabouts {
    fn controls(&self) -> &'static [&'static str] {
        &[HARDWARE, DISPOSAL, LOANS, known::STAFF]
    }

    async fn follows(&self, book: &Book, written: &[Written<'_>]) -> Result<Vec<Follow>, RegisterError> {
        known::addresses(written)?;
        match book.control().as_str() {
            DISPOSAL => disposal::of_disposals(&Devices::read(book, HARDWARE).await?, written),
            LOANS => loan::of_loans(&Devices::read(book, HARDWARE).await?, written),
            // Few changes of a device move it: what they ask is read only then.
            HARDWARE if written.iter().any(|one| moves(one, DISPOSED)) => {
                let disposals = Devices::read(book, DISPOSAL).await?;
                written
                    .iter()
                    .filter(|one| moves(one, DISPOSED))
                    .try_for_each(|one| disposal::may_leave(&disposals, one.after))?;
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Whether an entry that was there comes into a state by being written. One that is entered in it tells what was before.
fn moves(written: &Written<'_>, to: &str) -> bool {
    let state = |entry: &Entry| entry.state.as_deref() == Some(to);
    !written.struck && state(written.after) && written.before.is_some_and(|before| !state(before))
}

/// The entries of a register, to be looked up.
pub(crate) struct Devices(Arc<[Arc<Entry>]>);

impl Devices {
    async fn read(book: &Book, control: &str) -> Result<Self, RegisterError> {
        Ok(Self(book.engines().entries(book.school(), control).await?))
    }

    /// Entries that are given, for tests.
    #[cfg(test)]
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(Arc::new).collect())
    }

    fn get(&self, id: Uuid) -> Option<&Entry> {
        // Identifiers sort by the time at which they were made, and so do the entries.
        let nth = self.0.binary_search_by(|entry| entry.id.cmp(&id)).ok()?;
        self.0.get(nth).map(|entry| &**entry)
    }

    fn tag(&self, id: Uuid) -> &str {
        self.get(id).and_then(|entry| fields::text(entry, "tag")).unwrap_or("A device")
    }

    fn state(&self, id: Uuid) -> Option<&str> {
        self.get(id)?.state.as_deref()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use declare::{Entry, Value};
    use jiff::Timestamp;
    use uuid::Uuid;

    /// An entry in a state with a few fields.
    pub(crate) fn entry(id: u128, state: &str, fields: &[(&str, Value)]) -> Entry {
        Entry {
            id: Uuid::from_u128(id),
            clause: None,
            also: Vec::new(),
            state: Some(state.to_owned()),
            values: fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            entered_at: Timestamp::UNIX_EPOCH,
            entered_by: None,
            changed_at: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }
}

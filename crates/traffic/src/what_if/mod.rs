//! What if: the requests of past weeks, decided again as a draft of the policy or a change that waits would have it.
//! Who decides again is the binary's affair ([`Foresight`]); this module asks and shows.

mod pages;
mod views;

use async_trait::async_trait;
use filter::what_if::Outlook;
use jiff::{Timestamp, civil::Date};
use kernel::SchoolId;
use uuid::Uuid;
use webkit::{Action, PortError, Routes, Who};

use crate::Traffic;

/// How an outlook calls those of whom nothing is known.
pub const NOBODY: &str = "Nobody known";

/// What is tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// A draft of the policy.
    Draft(Uuid),
    /// A change that waits for a second person: as if they had agreed.
    Change(Uuid),
}

/// A draft of the policy that can be tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftName {
    /// The draft.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
}

/// What would have been otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The first day that was looked at.
    pub from: Date,
    /// The last: today, up to now.
    pub to: Date,
    /// What would have been otherwise. It names no sealed address.
    pub outlook: Outlook,
    /// Requests whose address cannot be read any more; they are in no figure.
    pub unreadable: u64,
    /// Whether the whole log could be read.
    pub complete: bool,
}

/// Why nothing could be found out.
#[derive(Debug, thiserror::Error)]
pub enum NotForeseen {
    /// There is no such draft or change, or it waits no longer.
    #[error("there is nothing like this to try out")]
    Unknown,
    /// The draft has errors.
    #[error("the draft has errors")]
    Faulty,
    /// Somebody else tries something out at this moment.
    #[error("something else is being tried out")]
    Busy,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] PortError),
}

/// Decides the requests of past weeks again. Filled by the binary, which has the activity log, drafts and lists at hand.
#[async_trait]
pub trait Foresight: Send + Sync {
    /// The drafts that are being written or wait for approval.
    async fn drafts(&self, school: SchoolId, now: Timestamp) -> Result<Vec<DraftName>, PortError>;

    /// What would have been otherwise in so many days up to `now`.
    async fn foresee(&self, school: SchoolId, tried: Tried, days: u16, now: Timestamp)
    -> Result<Foreseen, NotForeseen>;
}

pub(crate) fn routes() -> Routes<Traffic> {
    let replay = Who::May(Action::Replay);
    Routes::new().get("/filter/what-if", replay, pages::page).get("/filter/what-if.csv", replay, pages::export)
}

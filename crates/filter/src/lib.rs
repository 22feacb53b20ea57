//! What may be reached: lists, rules, decisions and their trace.
//!
//! Pure: bytes, people and times come in, decisions go out. No clock, file, socket or log.

pub mod address;
mod breadth;
pub mod bypass;
pub mod calendar;
pub mod category;
pub mod check;
mod decide;
pub mod decision;
pub mod host;
pub mod index;
mod lines;
pub mod list;
pub mod lookup;
mod pattern;
pub mod pinned;
pub mod rule;
pub mod safe_search;
pub mod sealed;
mod shared;
mod snapshot;
pub mod starter;
mod table;
pub mod treatment;
pub mod what_if;

pub use address::{Address, BadAddress, Scheme};
pub use breadth::covers_strangers;
pub use category::{Category, Kind};
pub use check::{Conflict, usual_audiences};
pub use decide::{decide, explain};
pub use decision::{Carried, Decision, Entry, Opened, Reason, Request, Stage, Step, Verdict};
pub use host::{BadHost, Host};
pub use index::{BuildError, Found, Image, ImageError, IndexBuilder, ListIndex, Tag, TagId};
pub use lines::{BlockLine, BlockLines, LineWords};
pub use list::{ListEntry, ListFormat, Refused, WhyRefused, parse_list, read_list};
pub use lookup::Lookup;
pub use rule::{Action, ClauseRef, Gate, OffSite, Origin, Otherwise, Rule, RuleSet, SetItem, SetName, Sets};
pub use sealed::{SealedError, SealedList, merge as merge_sealed, seal};
pub use shared::Shared;
pub use snapshot::{Parts, Snapshot};
pub use treatment::{
    ByName, Bypass, Cited, FileClass, Inspection, Measure, Restrict, Scan, TimeOut, Transfers, Treatment,
    TreatmentRule, Unseen,
};

//! The roll from a roster: OneRoster files in, what they would change out.
//!
//! Pure: bytes, the present roll and a date come in; [`Difference`] comes out, and somebody else applies
//! it. Only the columns that Gatehouse needs are read (names, role, year, class, address of mail, who is
//! whose parent, dates); what is not read cannot leak.

pub mod demo;
pub mod difference;
pub mod facts;
pub mod files;
pub mod guard;
pub mod manifest;
pub mod parse;
pub mod responsibilities;
pub mod role_words;
pub mod table;
pub mod target;
pub mod text;
pub mod words;

mod enrolments;
mod users;

pub use difference::{Change, ClassChange, Difference, Joiner, Leaver, Mover, WhyLeaves, apply, difference};
pub use facts::{ClassFacts, Mode, Modes, OutsideId, Part, PersonFacts, RefusedRow, Roll, Roster, Version};
pub use files::{FileLimits, Files, collect};
pub use guard::{Group, TooManyLeavers, guard};
pub use parse::{RosterError, Wanted, parse};
pub use responsibilities::{RoleRow, parse_responsibilities};
pub use target::{Target, target};

#[cfg(test)]
mod tests;

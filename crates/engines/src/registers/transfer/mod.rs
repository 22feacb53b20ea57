//! Registers and spreadsheets: what comes in from a file, with a dry run, and what goes out as one.
//!
//! Pure: what a file is and its cells (`workbook`, `text`, `cell`), where its headings are and what they mean
//! (`heading`), what its rows say (`rows`), what would be done (`plan`). At work: files that wait (`held`), the dry run
//! (`look`), the one act (`apply`), the pages.

mod apply;
mod cell;
mod export;
mod heading;
mod held;
mod limits;
mod look;
mod pages;
mod plan;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod unattended;
mod words;
mod workbook;
mod xlsx;

pub(crate) use held::Imports;
pub(super) use pages::{routes, tools};
pub use unattended::{Bringing, FileError, Given, table};

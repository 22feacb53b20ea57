//! Registers: entries of what a declaration says, with their list, form, history and files.
//!
//! A [`Book`] is a register opened for somebody: it reads. Its [`Writer`] and [`Mover`] change entries, each change one
//! act in the ledger. What a reader may not see leaves this module neither in an entry nor in a list, an order, a
//! search or a history.

mod access;
mod api;
mod attached;
mod beyond;
mod book;
mod cache;
mod due;
mod error;
mod feed;
mod history;
mod judge;
mod keys;
mod kin;
mod labels;
mod list;
mod made;
mod memory;
mod moving;
mod narrow;
pub(crate) mod none;
pub(crate) mod pages;
mod print;
mod put;
mod retention;
mod stored;
mod transfer;
mod typed;
mod valid;
pub mod words;
mod writing;

pub use access::Access;
pub use attached::remove_waiting;
pub use beyond::{Beyond, Follow, Written};
pub use book::{Book, Mover, Writer};
pub(crate) use cache::Cache;
pub use due::{DueCount, DueIn, DueItem, Together};
pub use error::{Refusal, RegisterError};
pub(crate) use feed::Limits;
pub use history::{Change, Done};
pub use list::{Asked, Counts, Listed, PAGE, Shown};
pub(crate) use memory::Memory;
pub use pages::routes;
pub use stored::{Kept, Struck};
pub(crate) use transfer::Imports;
pub use transfer::{Bringing, FileError, Given, table};
pub use typed::Meanings;
pub use writing::Draft;

//! Registers: entries of what a declaration says, with their list, form, history and files.
//!
//! A [`Book`] is a register opened for somebody: it reads. Its [`Writer`] and [`Mover`] change entries, each change one
//! act in the ledger. What a reader may not see leaves this module neither in an entry nor in a list, an order, a
//! search or a history.

mod access;
mod book;
mod error;
mod keys;
mod list;
mod stored;
pub mod words;

pub use access::Access;
pub use book::{Book, Mover, Writer};
pub use error::{Refusal, RegisterError};
pub use list::{Asked, Counts, Listed, PAGE, Shown};
pub use stored::{Kept, Struck};

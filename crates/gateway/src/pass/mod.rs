//! What an answer holds: its words, its kind of file, viruses, its size. All is judged as it streams.
//!
//! Up to 64 kB are held back before the first byte goes out, so that most of what is stopped is stopped by a
//! page; afterwards every piece is judged before it goes on, and what is found then cuts the connection, so
//! that nobody takes a part for the whole. Files that are scanned go on but for their last 64 kB, which wait
//! for the scanner. Pictures, sound, video and fonts pass untouched. No answer is ever gathered whole.
//!
//! What happens when something fails: text whose coding cannot be read, or that grows beyond measure, is
//! stopped; a scanner that does not answer leads to what the policy says; without compiled phrases text
//! passes unread.

mod clamd;
mod kind;
mod look;
mod plan;
mod stream;

pub use clamd::{BadClamdAt, Clamd, ClamdAt};
pub(crate) use look::Look;
pub(crate) use plan::{Asked, Plan, prepare, time_out};
pub(crate) use stream::through;

//! Stories of changes to filtering on both databases, and the pages behind the real gate.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "stories stop where something is not as they say")]

mod changing;
mod desk;
mod doors;
mod pages;
mod retention;
mod sealed;

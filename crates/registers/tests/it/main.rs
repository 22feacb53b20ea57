//! Stories of this area on both databases, through its pages and the engines' own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "stories stop where something is not as they say"
)]

mod breach;
mod desk;
mod endpoints;
mod equipment;
mod handin;
mod pictures;
mod roles;

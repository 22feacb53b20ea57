//! Stories of the engines on both databases, and their pages behind the real gate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "stories stop where something is not as they say"
)]

mod attestations;
mod desk;
mod due;
mod notices;
mod registers;
mod transfer;

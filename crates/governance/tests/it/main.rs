//! Stories of the area on both databases, and its pages behind the real gate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "stories stop where something is not as they say"
)]

mod desk;
mod drafting;
mod enacting;
mod page;
mod sample;
mod signing;
mod standing;
mod starting;

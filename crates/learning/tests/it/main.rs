//! Stories of learning on both databases, behind the real gate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "stories stop where something is not as they say"
)]

mod desk;
mod map;
mod surveys;
mod training;

//! Stories of the area on both databases, and its pages behind the real gate.

mod desk;
mod enacting;
mod page;
mod sample;
mod signing;
mod standing;

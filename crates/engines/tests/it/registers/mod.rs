//! Registers: what the service keeps, and their pages.

mod choosing;
mod counted;
mod declared;
pub(crate) mod desk;
mod files;
mod kin;
mod many;
mod pages;
mod private;
mod sequences;
mod service;
mod steps;
mod together;
mod upkeep;

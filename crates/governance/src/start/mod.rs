//! The first week: a policy to begin with, who answers for what, the people, what exists; and what turns most clauses.

pub mod asking;
mod begin;
pub mod pages;
pub mod starters;
pub mod steps;
pub mod views;

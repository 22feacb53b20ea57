//! What governors are told: how the policy stands, what is due, and what is missing, as a page and on paper.

pub mod pages;
mod paper;
pub mod report;

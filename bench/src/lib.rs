//! Input for the benchmarks.

pub mod lists;
pub mod pages;

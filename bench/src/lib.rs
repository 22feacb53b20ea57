//! Input for the benchmarks.

pub mod lists;

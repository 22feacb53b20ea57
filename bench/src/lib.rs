//! Input for the benchmarks.

//! Typed input as facts.

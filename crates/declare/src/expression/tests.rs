//! Expressions as facts.

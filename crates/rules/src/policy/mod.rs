//! `policy`: the policy itself.

pub mod document;
pub mod review;
pub mod roles;

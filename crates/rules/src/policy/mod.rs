//! `policy`: the policy itself.

pub mod amendment_notice;
pub mod approve;
pub mod document;
pub mod publish;
pub mod review;
pub mod roles;
pub mod use_matrix;

//! Drafts of the policy: written in the desk clause by clause, or as a folder; checked, compared, submitted,
//! approved by those whom the policy names, and put in force.

pub mod approvals;
pub mod approvals_pages;
pub mod clause_pages;
pub mod folder;
pub mod form;
pub mod pages;
pub mod service;
pub mod text;
pub mod views;

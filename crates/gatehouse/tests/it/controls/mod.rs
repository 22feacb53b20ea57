//! For each control that is built a test of its name: the clause is set in a policy, the system is driven from outside,
//! the clause is seen kept and broken, and its standing is seen to tell the truth.

mod access;
mod agreements;
pub(crate) mod filter;
pub(crate) mod malware;
mod monitor;
mod people;
mod policy;

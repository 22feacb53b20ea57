//! People and access: the roll, accounts, sign-in, sessions, device tokens.

pub mod access;
pub mod people;

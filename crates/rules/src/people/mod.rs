//! `people`: everybody whom the policy binds.

pub mod roll;
pub mod roster;

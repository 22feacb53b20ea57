//! `monitor`: what is recorded of the use of the internet, and who may look.

pub mod activity_log;
pub mod log_access;

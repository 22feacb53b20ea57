//! What no file of the crate can try alone.

mod diagnostics;
mod facts;
mod school;
mod shipped;

//! What no file of the crate can try alone.

mod facts;
mod school;
mod shipped;

//! What no file of the crate can try alone.

mod any;
mod diagnostics;
mod docs;
mod facts;
mod judging;
mod own;
mod school;
mod shipped;

//! What no file of the crate can try alone.

mod shipped;

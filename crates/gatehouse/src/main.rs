//! The one binary of a school.
fn main() {}

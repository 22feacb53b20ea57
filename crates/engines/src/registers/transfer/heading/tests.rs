//! Headings as schools have them.

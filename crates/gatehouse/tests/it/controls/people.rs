//! Controls of `people`.

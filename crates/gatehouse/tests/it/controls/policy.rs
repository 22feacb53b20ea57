//! Controls of `policy`.

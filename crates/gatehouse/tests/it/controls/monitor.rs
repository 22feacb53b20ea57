//! Controls of `monitor`.

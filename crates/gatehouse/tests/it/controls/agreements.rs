//! Controls of `agreements`.

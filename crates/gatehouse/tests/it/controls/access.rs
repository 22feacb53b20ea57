//! Controls of `access`.

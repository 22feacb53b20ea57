//! Components: each is a value that a page struct holds and a template prints with `{{ value }}`.
//!
//! They escape what they are given, so a template needs no filter.

mod badge;
mod form;
mod list;
mod next;
mod table;

pub use badge::{Badge, State};
pub use form::{Choice, Choices, ErrorSummary, Field, Mistake, Mistakes, TextArea};
pub use list::{Filters, PageNumber, Pager, encode};
pub use next::{Clear, Next, Todo, Urgency};
pub use table::{Cell, Row, Table};

/// Lets a component stand in a template as it is.
macro_rules! component {
    ($($name:ty),*) => {$(
        impl askama::filters::HtmlSafe for $name {}
    )*};
}
pub(crate) use component;

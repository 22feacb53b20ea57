//! Changes one thing of a policy's source and leaves every other byte as it is: the words of a clause, its bindings,
//! a clause more or less, a value of the front matter.
//!
//! What is typed cannot break out of its place. Each change is written, read again and compared: where anything but
//! the thing itself reads differently, the words are escaped, and at last the change is refused. Whether the result
//! is a sound policy, [`crate::check()`] says afterwards.

mod binding;
mod clause;
mod escape;
mod front;
mod place;
mod read;
#[cfg(test)]
mod tests;

pub use binding::{read_binding, read_value};
pub use clause::{
    ClauseText, New, Part, add_after, clause, labels, remove, set_binding, set_binding_terms, set_bindings, set_words,
};
pub use front::{FrontKey, front_value, set_front};

/// Why a change was not made. The source stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No clause has that label.
    #[error("no clause has the label `{0}`")]
    NoClause(String),
    /// The clause has no such binding.
    #[error("clause `{label}` has no binding {number}")]
    NoBinding {
        /// The clause.
        label: String,
        /// Which one was asked for, from 1.
        number: usize,
    },
    /// A clause without words.
    #[error("a clause needs words")]
    NoWords,
    /// The row has other cells than were given.
    #[error("the row has {cells} cells, not {given}")]
    Cells {
        /// How many it has.
        cells: usize,
        /// How many were given.
        given: usize,
    },
    /// It is not written as a binding.
    #[error("`{0}` is not a binding")]
    NotABinding(String),
    /// The value cannot stand there.
    #[error("`{0}` cannot stand there")]
    BadValue(String),
    /// Clauses stand below it.
    #[error("{0} clauses stand below this one; take them away first")]
    HasClausesBelow(usize),
    /// The file has no front matter that can be read.
    #[error("the front matter of `{0}` cannot be read")]
    NoFront(String),
    /// The change would alter other things too.
    #[error("this would change more than the clause")]
    BreaksOut,
}

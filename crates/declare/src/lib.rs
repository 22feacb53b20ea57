//! Declarations: what a control kept as data says of itself, and how it is judged.
//!
//! Pure: rows, people and the time come in as values.

pub mod attestation;
pub mod declaration;
pub mod declarations;
pub mod diagnostic;
pub mod expression;
pub mod facts;
pub mod field;
pub mod notice;
mod read;
pub mod sentence;
pub mod standing;
mod suggest;
pub mod typed;
pub mod value;

pub use declaration::{
    Attestation, AttestedEvidence, Cover, CoverOf, Declaration, Due, Empty, Keep, Moment, Move, Notice, NoticeText,
    Overdue, Register, Rows, StandingRule, State, TermDeclaration, TermType, Wrong,
};
pub use declarations::Declarations;
pub use diagnostic::Problem;
pub use expression::{Condition, Context, DateExpression, Terms};
pub use field::{Choice, Field, FieldKind, FieldName, Required, Start};
pub use sentence::Sentence;
pub use standing::{Class, Facts, Item, Person};
pub use value::{Entry, Value, Values};

#[cfg(test)]
mod tests;

//! The policy language: parse, check, bind, combine, compare, render.
//!
//! Pure: files come in as text, `today` as a parameter. The language knows a control only as
//! [`control::Control`]; which controls there are, a [`registry::Registry`] says.

mod address;
mod bind;
pub mod binding;
pub mod check;
pub mod combine;
pub mod common;
mod common_read;
pub mod control;
pub mod count;
pub mod de;
pub mod diagnostic;
pub mod diff;
pub mod edit;
mod faithful;
pub mod front;
mod front_read;
mod inline;
pub mod label;
mod links;
mod markdown;
pub mod model;
mod number;
mod people;
mod personal;
mod prose;
pub mod reference;
pub mod registry;
pub mod render;
mod report;
pub mod schema;
pub mod show;
mod site;
pub mod source;
mod suggest;
pub mod terms;
pub mod typed;
pub mod words;

pub use binding::Binding;
pub use check::{Checked, check, sketch};
pub use common::{Attest, Common, CommonTerms, Condition, Except, Exception};
pub use control::{Card, Combine, Combined, Control, ControlId, Kind, TermProblem};
pub use count::{ClauseRow, Counts, Share};
pub use de::TermsError;
pub use diagnostic::{Code, Diagnostic, Reporter, Severity, Spot};
pub use diff::{Change, ClauseChange, Difference, Piece, diff};
pub use front::{AddressBlock, Front, Network, NoticeFront, Seen, System};
pub use label::{Labelled, Written, label};
pub use model::{
    Agreement, Block, Cell, Clause, ClauseIx, ClauseKind, Document, Heading, List, Notice, Paragraph, Policy, Row,
    Table,
};
pub use prose::prose;
pub use reference::reference;
pub use registry::{PolicyCheck, Registry, RegistryError};
pub use render::Detail;
pub use schema::schema;
pub use show::show;
pub use source::{Source, SourceFile, Span};
pub use suggest::nearest;
pub use terms::{Term, TermTable, Value};
pub use typed::{FreeControl, Terms, TypedControl};
pub use words::Words;

#[cfg(test)]
mod tests;

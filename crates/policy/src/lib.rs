//! The policy language: parse, check, bind, combine, compare, render.
//!
//! Pure: files come in as text, `today` as a parameter. The language knows a control only as
//! [`control::Control`]; which controls there are, a [`registry::Registry`] says.

pub mod binding;
pub mod combine;
pub mod common;
pub mod control;
pub mod de;
pub mod diagnostic;
pub mod front;
pub mod model;
pub mod registry;
pub mod show;
pub mod source;
mod suggest;
pub mod terms;
pub mod typed;
pub mod words;

pub use binding::Binding;
pub use common::{Attest, Common, CommonTerms, Condition, Except, Exception};
pub use control::{Card, Combine, Combined, Control, ControlId, Kind, TermProblem};
pub use de::TermsError;
pub use diagnostic::{Code, Diagnostic, Reporter, Severity, Spot};
pub use front::{AddressBlock, Front, Network, NoticeFront, Seen, System};
pub use model::{
    Agreement, Block, Cell, Clause, ClauseIx, ClauseKind, Document, Heading, List, Notice, Paragraph, Policy, Row,
    Table,
};
pub use registry::{PolicyCheck, Registry, RegistryError};
pub use show::show;
pub use source::{Source, SourceFile, Span};
pub use terms::{Term, TermTable, Value};
pub use typed::{FreeControl, Terms, TypedControl};
pub use words::Words;

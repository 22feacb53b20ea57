//! A binding: one control that a clause asks for, with its terms.

use serde::de::DeserializeOwned;

use crate::{
    common::CommonTerms,
    control::ControlId,
    de::{self, TermsError},
    source::Span,
    terms::TermTable,
};

/// One control that a clause asks for, with its terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The control.
    pub control: ControlId,
    /// What it is known by: the key of its clause and its place in it, "pw-age#1".
    pub key: String,
    /// The terms that every binding may have.
    pub common: CommonTerms,
    /// The control's own terms.
    pub own: TermTable,
    /// All terms as given, in the order in which they are printed.
    pub given: TermTable,
    /// Where it stands, without the backticks.
    pub span: Span,
    /// Where the name of the control stands.
    pub control_span: Span,
}

impl Binding {
    /// The control's own terms as a Rust type.
    pub fn terms<T: DeserializeOwned>(&self) -> Result<T, TermsError> {
        de::table(&self.own)
    }

    /// As the source writes it, without label: `filter.categories { who = "pupils" }`.
    pub fn to_source(&self) -> String {
        if self.given.is_empty() {
            self.control.to_string()
        } else {
            format!("{} {}", self.control, self.given.to_toml())
        }
    }
}

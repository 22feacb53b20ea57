//! Papers: reports, the policy and posters as tagged PDF (PDF/UA-1), set by typst in the same fonts on every machine.
//!
//! What a paper says comes in as values; this crate knows neither the policy nor the records.

mod paper;
mod set;

pub use paper::{Item, Paper, Part, Poster, Table};
pub use set::{PdfError, paper, poster};

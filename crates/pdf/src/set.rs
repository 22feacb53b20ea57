//! Setting papers.

use std::sync::LazyLock;

use typst::foundations::{Dict, IntoValue as _};
use typst_as_lib::{TypstEngine, TypstTemplateMainFile};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{Paper, Poster};

/// Why there is no paper: a fault of ours, since nothing that a person types can make one.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// What it says could not be handed over.
    #[error("the paper `{title}` cannot be handed over")]
    Values {
        /// The paper.
        title: String,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// It could not be set.
    #[error("the paper `{title}` cannot be set: {why}")]
    Set {
        /// The paper.
        title: String,
        /// What typst says.
        why: String,
    },
}

/// Fonts that stand on every machine: these, and no others.
const FONTS: [&[u8]; 2] = [include_bytes!("../fonts/DejaVuSans.ttf"), include_bytes!("../fonts/DejaVuSans-Bold.ttf")];

type Engine = TypstEngine<TypstTemplateMainFile>;

fn engine(template: &'static str) -> Engine {
    TypstEngine::builder().main_file(template).fonts(FONTS).build()
}

static PAPER: LazyLock<Engine> = LazyLock::new(|| engine(include_str!("../templates/paper.typ")));
static POSTER: LazyLock<Engine> = LazyLock::new(|| engine(include_str!("../templates/poster.typ")));

/// A paper as tagged PDF. Takes a tenth of a second, and longer with hundreds of rows: not for the thread of a request.
///
/// # Errors
/// Where it cannot be set.
pub fn paper(paper: &Paper) -> Result<Vec<u8>, PdfError> {
    set(&PAPER, &paper.title, serde_json::to_string(paper))
}

/// A poster as tagged PDF.
///
/// # Errors
/// Where it cannot be set.
pub fn poster(poster: &Poster) -> Result<Vec<u8>, PdfError> {
    set(&POSTER, &poster.title, serde_json::to_string(poster))
}

fn set(engine: &Engine, title: &str, values: Result<String, serde_json::Error>) -> Result<Vec<u8>, PdfError> {
    let values = values.map_err(|cause| PdfError::Values { title: title.to_owned(), cause })?;
    let failed = |why: String| PdfError::Set { title: title.to_owned(), why };
    let mut inputs = Dict::new();
    inputs.insert("paper".into(), values.into_value());
    let set = engine.compile_with_input(inputs).output.map_err(|error| failed(error.to_string()))?;
    let said = |errors: typst::diag::EcoVec<typst::diag::SourceDiagnostic>| {
        failed(errors.iter().map(|error| error.message.to_string()).collect::<Vec<_>>().join("; "))
    };
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|error| failed(format!("{error:?}")))?;
    let options = PdfOptions { standards, ..PdfOptions::default() };
    typst_pdf::pdf(&set, &options).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Part, Table};

    fn sample() -> Paper {
        Paper {
            title: "Report to governors".to_owned(),
            school: "Willow Lane Primary".to_owned(),
            made: "22 November 2026".to_owned(),
            lead: vec!["23 of 134 clauses are kept.".to_owned()],
            parts: vec![
                Part::Heading { level: 1, text: "What is not kept".to_owned() },
                Part::Text { text: "#strong[not markup] $x$ *as it is*".to_owned() },
                Part::Items {
                    items: vec![Item {
                        number: "4.2".to_owned(),
                        text: "Staff sign – “always”.".to_owned(),
                        notes: vec!["0 of 61 have signed.".to_owned()],
                    }],
                },
                Part::Table(Table {
                    widths: vec![1, 3],
                    head: vec!["Clause".to_owned(), "Why".to_owned()],
                    rows: (0..80).map(|nth| vec![format!("{nth}"), "Nobody has entered one yet.".to_owned()]).collect(),
                }),
            ],
        }
    }

    #[test]
    fn a_paper_is_tagged_and_says_what_it_was_given() {
        let made = paper(&sample()).unwrap();
        assert!(made.starts_with(b"%PDF-"));
        let text = String::from_utf8_lossy(&made);
        assert!(text.contains("/MarkInfo") && text.contains("/StructTreeRoot"), "not tagged");
        assert!(text.contains("pdfuaid"), "it does not say that it is PDF/UA");
        assert!(made.len() < 400_000, "{} bytes", made.len());
    }

    #[test]
    fn a_poster_is_one_page() {
        let poster_of = |lines| Poster {
            title: "Stop. Turn it over. Tell someone.".to_owned(),
            school: "Willow Lane Primary".to_owned(),
            made: "22 November 2026".to_owned(),
            lines,
        };
        let made = poster(&poster_of(vec!["If something worries you, you did nothing wrong.".to_owned()])).unwrap();
        let text = String::from_utf8_lossy(&made);
        assert!(text.contains("/Count 1"), "more than a page");
    }
}

//! The phrase lists that come with the program. Thin: they are a beginning, and each says so at its head.

use super::{CompileError, ListError, PhraseList, Phrases};

static TEXTS: &[(&str, &str)] = &[];

/// The lists, read. An error is a mistake of ours, and a test looks for it.
pub fn lists() -> Result<Vec<PhraseList>, Vec<ListError>> {
    TEXTS.iter().map(|(name, text)| PhraseList::parse(name, text)).collect()
}

/// Compiles the lists of the program together with others.
pub fn with(others: &[PhraseList]) -> Result<Phrases, CompileError> {
    let own = lists().unwrap_or_default();
    Phrases::compile(own.iter().chain(others))
}

//! The phrase lists that come with the program. Thin: they are a beginning, and each says so at its head.

use super::{CompileError, ListError, PhraseList, Phrases};

static TEXTS: &[(&str, &str)] = &[
    ("self-harm", include_str!("../../data/self-harm.phrases")),
    ("eating-disorder", include_str!("../../data/eating-disorder.phrases")),
    ("extremism", include_str!("../../data/extremism.phrases")),
    ("violence", include_str!("../../data/violence.phrases")),
    ("violence-against-women", include_str!("../../data/violence-against-women.phrases")),
    ("hate", include_str!("../../data/hate.phrases")),
    ("drugs", include_str!("../../data/drugs.phrases")),
    ("gambling", include_str!("../../data/gambling.phrases")),
    ("adult", include_str!("../../data/adult.phrases")),
    ("misinformation", include_str!("../../data/misinformation.phrases")),
    ("excuses", include_str!("../../data/excuses.phrases")),
];

/// The lists, read. An error is a mistake of ours, and a test looks for it.
pub fn lists() -> Result<Vec<PhraseList>, Vec<ListError>> {
    TEXTS.iter().map(|(name, text)| PhraseList::parse(name, text)).collect()
}

/// Compiles the lists of the program together with others.
pub fn with(others: &[PhraseList]) -> Result<Phrases, CompileError> {
    let own = lists().map_err(CompileError::Starter)?;
    Phrases::compile(own.iter().chain(others))
}

//! Phrase lists made into one automaton.

use std::collections::HashMap;

use aho_corasick::{
    Anchored, MatchKind, StartKind,
    automaton::{Automaton, StateID},
    dfa, nfa,
};

use super::{ListError, Near, PhraseList};

/// Up to this size the automaton is a table with one step for each byte; beyond, a smaller one that is slower.
const LARGEST_TABLE: usize = 4 << 20;

/// Why lists could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// More phrases than the automaton can number.
    #[error("the phrase lists are too large")]
    TooLarge(#[from] aho_corasick::BuildError),
    /// A list of the program has mistakes.
    #[error("a phrase list of the program has {} mistakes, the first in {}", .0.len(), first(.0))]
    Starter(Vec<ListError>),
}

fn first(errors: &[ListError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

/// One phrase, compiled.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) points: i32,
    pub(super) categories: Vec<u16>,
    pub(super) parts: u8,
    pub(super) near: Near,
    pub(super) shown: Box<str>,
}

pub(super) enum Machine {
    Table(Box<dfa::DFA>),
    Compact(Box<nfa::contiguous::NFA>),
}

/// Phrase lists, ready to scan with. Made once for a snapshot and shared.
pub struct Phrases {
    pub(super) categories: Vec<String>,
    pub(super) entries: Vec<Entry>,
    /// For each pattern of the automaton the phrases and parts that it is.
    pub(super) uses: Vec<Vec<(u32, u8)>>,
    pub(super) machine: Machine,
    /// The state before the first word.
    pub(super) start: StateID,
}

impl std::fmt::Debug for Phrases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phrases")
            .field("categories", &self.categories)
            .field("phrases", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl Phrases {
    /// Compiles lists. A category may stand in several.
    pub fn compile<'a>(lists: impl IntoIterator<Item = &'a PhraseList>) -> Result<Self, CompileError> {
        let mut categories: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut uses: Vec<Vec<(u32, u8)>> = Vec::new();
        for phrase in lists.into_iter().flat_map(|list| &list.phrases) {
            let number = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            for (nth, part) in (0_u8..).zip(&phrase.parts) {
                let pattern = format!(" {}{}", part.words, if part.open { "" } else { " " });
                let at = *known.entry(pattern.clone()).or_insert(patterns.len());
                if at == patterns.len() {
                    patterns.push(pattern);
                    uses.push(Vec::new());
                }
                if let Some(uses) = uses.get_mut(at) {
                    uses.push((number, nth));
                }
            }
            let numbers = phrase.categories.iter().map(|name| {
                let at = categories.iter().position(|known| known == name).unwrap_or_else(|| {
                    categories.push(name.clone());
                    categories.len() - 1
                });
                u16::try_from(at).unwrap_or(u16::MAX)
            });
            entries.push(Entry {
                points: phrase.points,
                categories: numbers.collect(),
                parts: u8::try_from(phrase.parts.len()).unwrap_or(u8::MAX),
                near: phrase.near,
                shown: phrase.shown.as_str().into(),
            });
        }
        let machine = machine(&patterns)?;
        let start = match &machine {
            Machine::Table(table) => begin(table.as_ref()),
            Machine::Compact(compact) => begin(compact.as_ref()),
        };
        Ok(Self { categories, entries, uses, machine, start })
    }

    /// The categories that have phrases, each with the number of phrases that add points to it.
    pub fn categories(&self) -> impl Iterator<Item = (&str, usize)> {
        (0_u16..).zip(&self.categories).map(|(number, name)| {
            let of = |entry: &&Entry| entry.points > 0 && entry.categories.contains(&number);
            (name.as_str(), self.entries.iter().filter(of).count())
        })
    }

    /// How many phrases there are, excuses among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no phrase at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of memory that the automaton takes.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.machine {
            Machine::Table(table) => table.memory_usage(),
            Machine::Compact(compact) => compact.memory_usage(),
        }
    }
}

fn machine(patterns: &[String]) -> Result<Machine, CompileError> {
    let plain = nfa::noncontiguous::Builder::new().match_kind(MatchKind::Standard).prefilter(false).build(patterns)?;
    let states = patterns.iter().map(String::len).sum::<usize>() + 2;
    // Letters, digits and the space make between 33 and 64 classes of bytes, and each step takes four bytes.
    if states.saturating_mul(64 * 4) <= LARGEST_TABLE {
        let mut builder = dfa::Builder::new();
        builder.match_kind(MatchKind::Standard).prefilter(false).start_kind(StartKind::Unanchored);
        return Ok(Machine::Table(Box::new(builder.build_from_noncontiguous(&plain)?)));
    }
    let mut builder = nfa::contiguous::Builder::new();
    builder.match_kind(MatchKind::Standard).prefilter(false);
    Ok(Machine::Compact(Box::new(builder.build_from_noncontiguous(&plain)?)))
}

/// The state after the space that stands before the first word.
fn begin(automaton: &impl Automaton) -> StateID {
    let start = automaton.start_state(Anchored::No).unwrap_or_default();
    automaton.next_state(Anchored::No, start, b' ')
}
